"""A screen as a picture, without a server."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.api import lettering, png
from app.api.boxes import arranged
from app.api.glass import OVER, Line, Pane, bands, dashed, pieces
from app.api.painting import time_of_day
from app.scope.frame import Frame, Kind, Trace
from app.scope.palette import TRACES, Colours


def line(x: object, y: object) -> Line:
    return Line("#FFFFFF", np.asarray(x, float), np.asarray(y, float), np.empty((0, 2)))


def painted(
    y: object, limits: tuple[float, float] = (-4, 4), size: tuple[int, int] = (200, 160)
) -> np.ndarray:
    """A glass with one trace, as rows, columns, colours."""
    values = np.asarray(y, float)
    x = np.arange(len(values), dtype=float)
    trace = Trace("a", Kind.YT, 0.0, x, values, np.empty(0, int), (0.0, len(values) - 1.0))
    found = Image.new("RGB", size)
    for top, band in bands(Pane(*size), Frame({0: trace}), {0: {"limits": limits, "place": 0}}, Colours.of()):
        found.paste(band, (0, top))
    return np.asarray(found)


def lit(picture: np.ndarray) -> np.ndarray:
    colour = tuple(bytes.fromhex(TRACES[0][1:]))
    return (picture == colour).all(axis=2)


@pytest.mark.parametrize("band", [1 << 12, 1 << 14, 1 << 24])
def test_bands_do_not_change_the_picture(monkeypatch: pytest.MonkeyPatch, band: int) -> None:
    y = np.sin(np.arange(300) / 9) * 3
    y[100:110] = np.nan
    expected = painted(y).astype(int)
    monkeypatch.setattr("app.api.glass.BAND", band)
    off = np.abs(painted(y) - expected).max(axis=2)  # ends of clipped lines are rounded: half a px of trace
    assert (off > 0).mean() < 0.01
    assert off.max() < 150


def test_a_trace_is_where_its_limits_put_it() -> None:
    for value, row in ((0, 80), (2, 40), (-3.5, 150)):
        rows = np.flatnonzero(lit(painted([value] * 100)).any(axis=1))
        assert abs(rows.mean() - row) <= 1
    assert not lit(painted([100] * 50)).any()


def test_a_gap_is_not_painted() -> None:
    columns = lit(painted([0] * 40 + [np.nan] * 20 + [0] * 40)).any(axis=0)
    assert columns[:75].all()
    assert not columns[82:118].any()
    assert columns[125:].all()


def test_a_steep_line_leaves_no_row_out() -> None:
    assert lit(painted([-1e150, 1e150])).any(axis=1).mean() > 0.4
    assert lit(painted([-3.9, 3.9] * 50))[10:-10].any(axis=1).all()


@pytest.mark.parametrize("y", [[np.nan] * 5, [0.0], [], [np.inf, -np.inf, 1]])
def test_odd_traces_are_painted(y: list[float]) -> None:
    assert painted(y).shape == (160, 200, 3)


@pytest.mark.parametrize("limits", [(0.0, 0.0), (-1e150, 1e150), (1e-300, 2e-300)])
def test_odd_limits_are_painted(limits: tuple[float, float]) -> None:
    assert painted([0, 1, -1e150], limits).shape == (160, 200, 3)


def test_pieces_stay_near_the_band_and_on_the_line() -> None:
    random = np.random.default_rng(2)
    x, y = random.normal(size=(2, 500)) * 10.0 ** random.uniform(0, 9, (2, 500))
    found = list(pieces(line(x, y), (100, 50), 20, 3))
    for points in found:
        assert (points.min(axis=0) >= (-3, -3)).all()
        assert (points.max(axis=0) <= (103, 53)).all()
    whole, clipped = Image.new("L", (100, 50)), Image.new("L", (100, 50))
    for start in range(499):
        ends = np.array([x[start], y[start] - 20, x[start + 1], y[start + 1] - 20])
        if (np.abs(ends) < 5000).all():
            ImageDraw.Draw(whole).line(np.rint(ends).tolist(), 255, 5)
    for points in found:
        ImageDraw.Draw(clipped).line(points.ravel().tolist(), 255, 1)
    near = np.asarray(clipped)[np.asarray(whole) > 0].sum()
    assert near > 0


def test_dashes_follow_the_line_and_lose_none_of_its_points() -> None:
    x, y = np.array([0.0, 10, 10, 40, 50, 60]), np.array([0.0, 0, 20, 20, np.nan, 20])
    at, up = dashed(x, y, [8, 4])  # 30 px along, 30 more, and nothing across the gap
    whole = np.isfinite(up)
    lengths = np.hypot(np.diff(at), np.diff(up))
    runs = np.split(lengths, np.flatnonzero(~np.isfinite(lengths)))
    assert [round(float(np.nansum(run)), 6) for run in runs if np.nansum(run)] == [8, 8, 8, 8, 8]
    assert up[whole].min() == 0
    assert up[whole].max() == 20
    noisy = np.random.default_rng(1).normal(0, 1e6, 1000)
    assert dashed(np.arange(1000.0), noisy, [8, 4])[1] is noisy


def test_a_point_alone_is_a_line_of_its_own() -> None:
    (points,) = pieces(line([5, 5], [5, 5]), (100, 50), 0, 3)
    assert points.tolist() == [[5, 5], [5, 5]]


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (320, 240), (1000, 700)])
def test_a_png_file_gives_back_the_picture(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = b"".join(png.png(Image.fromarray(noise)))
    read = Image.open(io.BytesIO(file))
    assert (read.format, read.mode, read.size) == ("PNG", "RGB", size)
    np.testing.assert_array_equal(np.asarray(read), noise)


SIGNS = "0Aµμ°Ω²³√×·−–…éüñğЖ≈∞Δ'"


@pytest.mark.parametrize("bold", [False, True])
def test_the_signs_of_units_and_names_are_there(bold: bool) -> None:
    for sign in SIGNS:
        assert lettering.has(lettering.source(sign, bold=bold), sign), sign


def test_digits_are_equally_wide() -> None:
    assert len({lettering.width(digit, 13) for digit in "0123456789"}) == 1


def test_a_text_is_shortened_to_its_room() -> None:
    assert lettering.shortened("ch1", 100, 13) == "ch1"
    for room in (0, 5, 20, 60):
        found = lettering.shortened("a very long name indeed", room, 13)
        assert lettering.width(found, 13) <= room


def test_without_the_faces_of_panel_pillow_s_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "brought", lambda **_: ())
    monkeypatch.setattr(lettering, "SYSTEM", ())
    lettering.source.cache_clear()
    lettering.runs.cache_clear()
    image = Image.new("RGB", (200, 40))
    assert lettering.write(ImageDraw.Draw(image), (5, 20), "1.50 kΩ 温", 13, "#FFFFFF") > 40
    assert np.asarray(image).any()
    lettering.source.cache_clear()
    lettering.runs.cache_clear()


BOXES = [{"number": number} for number in range(1, 9)]


@pytest.mark.parametrize("size", [(320, 240, 0.75), (640, 400, 0.75), (1280, 720, 1.0), (3840, 240, 0.75)])
@pytest.mark.parametrize("n", range(9))
def test_boxes_are_inside_and_apart(size: tuple[int, int, float], n: int) -> None:
    found = arranged(BOXES[:n], size[:2], size[2])
    assert len(found.placed) + found.left_out == n
    for (left, top, right, bottom), _ in found.placed:
        assert 0 <= left < right <= size[0]
        assert size[1] - found.height <= top < bottom <= size[1]
    places = [place for place, _ in found.placed]
    for one, other in pairwise(places):
        assert one[2] < other[0] or one[3] < other[1]


def test_the_time_of_day_has_the_decimals_that_the_screen_needs() -> None:
    assert time_of_day(1_700_000_000.25, 100) == "22:13:20"
    assert time_of_day(1_700_000_000.25, 0.1) == "22:13:20.250"
    assert time_of_day(1e300, 1) == "1e+300 s"


def test_the_glass_is_painted_larger_and_reduced() -> None:
    assert OVER > 1
    values = np.unique(painted(np.linspace(-3, 3, 50)).reshape(-1, 3), axis=0)
    assert len(values) > 6
