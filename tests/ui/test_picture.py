"""What is sent is what is seen on the canvas."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import Open
from tests.ui.instrument import CYAN, NEAR, YELLOW, Front, columns_with, middles, rows_with, unbroken

SINE = np.sin(np.arange(20) / 3)


def test_a_single_post_shows_a_dot(front: Front, server: Server) -> None:
    server.post({"y": 1.5})
    front.has("ch1")
    wait_until(lambda: 9 <= front.mask().sum() <= 80)
    mask = front.settled()
    assert np.ptp(columns_with(mask)) < 12
    assert np.ptp(rows_with(mask)) < 12


def test_twenty_posts_show_a_trace(front: Front, server: Server) -> None:
    server.points(enumerate(SINE.tolist()))
    wait_until(lambda: front.received(20))
    mask = front.settled()
    seen = columns_with(mask)
    assert unbroken(seen)
    assert len(seen) > 0.4 * mask.shape[1]
    assert np.ptp(rows_with(mask)) > 0.3 * mask.shape[0]


def test_the_trace_has_the_shape_of_the_signal(front: Front, server: Server) -> None:
    x = np.arange(200) / 100
    server.columns(x, ch1=np.sin(2 * np.pi * x))
    wait_until(lambda: front.received(200))
    mask = front.settled()
    rows, seen = middles(mask), columns_with(mask)
    assert front.text("#status-timebase") == "0.2/div"
    expected = -np.sin(2 * np.pi * (1.99 - 2 * (1 - seen / mask.shape[1])))
    assert np.corrcoef(rows[seen], expected)[0, 1] > 0.99


def test_a_post_moves_the_trace(front: Front, server: Server) -> None:
    server.points(enumerate(SINE.tolist()))
    wait_until(lambda: front.received(20))
    before = front.settled()
    server.post({"x": 20, "y": 0.0})
    wait_until(lambda: not np.array_equal(front.mask(), before))


def test_a_figure_posted_point_by_point_is_a_closed_curve(front: Front, server: Server) -> None:
    angles = np.arange(240) * 2 * np.pi / 120
    server.points(zip(np.sin(3 * angles).tolist(), np.sin(2 * angles).tolist(), strict=True))
    wait_until(lambda: front.received(240))
    mask = front.settled()
    rows, columns = rows_with(mask), columns_with(mask)
    assert unbroken(columns)
    assert unbroken(rows)
    middle = slice(columns[0] + np.ptp(columns) // 4, columns[-1] - np.ptp(columns) // 4)
    assert mask[rows[0], middle].sum() < mask.shape[1] / 2
    crossed = [np.count_nonzero(np.diff(column.astype(int)) == 1) for column in mask.T[columns[5:-5]]]
    assert np.median(crossed) >= 3  # a 3:2 figure is crossed by an upright line four times or more
    assert min(crossed) >= 2  # closed: no upright line through it meets it once only


def test_two_curls_of_different_x_origin_draw_no_line_between_them(front: Front, server: Server) -> None:
    server.post({"x": 12.3, "y": 1})
    server.post({"y": 2})
    wait_until(lambda: front.received(2))
    mask = front.settled()
    assert mask.sum() <= 160  # dots, no line
    assert not front.text("#status-timebase").startswith(("1 G", "200 M", "500 M"))


def test_two_channels_of_different_x_origin_are_both_seen(front: Front, server: Server) -> None:
    server.points(enumerate(SINE.tolist()), channel="counted")
    for value in SINE.tolist():
        server.post({"y": value, "channel": "timed"})
    wait_until(lambda: front.received(40))
    assert front.settled().sum() > 60
    assert front.settled(CYAN).sum() > 60


def test_nan_is_a_gap_on_the_canvas(front: Front, server: Server) -> None:
    y: list[float | None] = [0.5] * 300
    y[140:160] = [None] * 20
    server.post({"x": list(range(300)), "y": y})
    wait_until(lambda: front.received(300))
    seen = columns_with(front.settled())
    holes = np.flatnonzero(np.diff(seen) > 1)
    assert len(holes) == 1
    assert np.diff(seen)[holes[0]] > 10


def test_a_late_joiner_and_a_reload_see_the_history(front: Front, opened: Open, server: Server) -> None:
    x = np.arange(400) / 100
    server.columns(x, ch1=np.sin(2 * np.pi * x))
    wait_until(lambda: front.received(400))
    before = front.settled()
    assert before.sum() > 500
    late = opened()
    assert np.array_equal(late.settled(), before)
    assert np.array_equal(late.reload().settled(), before)


def test_a_glitch_of_one_sample_among_twenty_thousand_is_seen(front: Front, server: Server) -> None:
    y = np.zeros(20_000)
    y[15_000] = 1.0
    server.columns(np.arange(20_000) / 1000, ch1=y)
    wait_until(lambda: front.received(20_000))
    front.type("#timebase", "2")
    front.type("#units", "500m")
    front.shows("#status-timebase", "2/div")
    front.shows(".box .units", "0.5/div")
    mask = front.settled()
    rows = rows_with(mask)
    assert np.ptp(rows) > mask.shape[0] * 2 / 8 * 0.9  # two divisions high


def test_a_zero_marker_is_seen_within_a_filled_trace_of_its_colour(front: Front, server: Server) -> None:
    x = np.arange(20_000) / 1000
    server.columns(x, ch1=np.where(np.arange(len(x)) % 2, 1.0, -1.0))
    wait_until(lambda: front.received(20_000))
    front.type("#timebase", "1")
    mask = front.settled()
    middle = round(float(rows_with(mask).mean()))
    assert mask[middle - 40 : middle + 40, 30:].mean() > 0.9  # filled
    box = front.picture()[middle - 6 : middle + 7, 3:20]
    near = np.abs(box - np.array(YELLOW)).sum(axis=2) < NEAR
    assert 0.05 < near.mean() < 0.7


def test_the_pointer_reads_x_and_y_exactly_and_with_units(front: Front, server: Server) -> None:
    x = [0.0, 1.0, 2.0, 3.0]
    server.post({"x": x, "y": [0.1, 1.234567, 0.5, 0.25], "unit": "V", "x_unit": "mm"})
    wait_until(lambda: front.received(4))
    mask = front.settled()
    top = float(rows_with(mask)[0])
    glass = front.page.locator("#glass canvas").first.bounding_box()
    assert glass is not None
    column = float(np.flatnonzero(mask[int(top) + 3]).mean())
    front.page.mouse.move(glass["x"] + column - 40, glass["y"] + top + 40)
    front.page.mouse.move(glass["x"] + column, glass["y"] + top + 3)
    expect(front.page.locator(".bk-Tooltip").first).to_contain_text("ch1: 1.234567 V at 1 mm")
