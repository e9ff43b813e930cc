"""The glass of a painted screen: graticule and traces, antialiased by painting them larger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.api.raster import image, painted
from app.scope import channel, timebase
from app.scope.frame import Frame, Trace
from app.scope.palette import Colours, Theme
from app.scope.readouts import State

Float64s = NDArray[np.float64]
Pixels = NDArray[np.int32]

OVER = 2  # times larger
BAND = 1 << 20  # px, of those larger ones, painted at once
FAR = 1e12  # px from the glass: points beyond are put there
ON, OFF = 2.0, 4.0  # px of a dotted line
TICKS, TICK = 5, 0.06  # for each division, and their half length in divisions
DOT = 3.0  # px, radius
TRACE = 1.5  # px
MOST_DASHES = 5000  # of a line
NEAR = 16  # points: how far from what is seen a line is followed


@dataclass(frozen=True, slots=True)
class Pane:
    """Size of the glass in px, and how much larger than usual everything on it is."""

    width: int
    height: int
    scale: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A trace on the larger pane: x and y (n,) px, NaN in y breaks it; the points to mark (k, 2)."""

    colour: str
    x: Float64s
    y: Float64s
    dots: Float64s


def bands(
    pane: Pane, frame: Frame, legend: Mapping[int, State], colours: Colours
) -> Iterator[tuple[int, Image.Image]]:
    """The glass from top to bottom, a band at a time, each with its first row.

    legend  by slot: limits, and the place of the trace in the palette
    """
    lines = [
        line(pane, trace, legend[slot], colours) for slot, trace in frame.traces.items() if slot in legend
    ]
    rows = max(8, BAND // (OVER * OVER * pane.width))
    grid, raster = Graticule(pane, colours.theme), image(frame)
    for top in range(0, pane.height, rows):
        height = min(rows, pane.height - top)
        band = Image.new("RGB", (pane.width * OVER, height * OVER), colours.theme.background)
        if raster is not None:
            size = (pane.width * OVER, pane.height * OVER)
            band.paste(painted(raster, size, top * OVER, band.height, colours.theme.background))
        grid.paint(band, top * OVER)
        for each in lines:
            paint(band, each, top * OVER, pane.scale)
        yield top, band.reduce(OVER)


def line(pane: Pane, trace: Trace, about: State, colours: Colours) -> Line:
    """A trace where it lies on the larger pane."""
    bottom, top = cast(tuple[float, float], about["limits"])
    across = cast(tuple[str, float, float] | None, about.get("across"))
    left, right = trace.ends if across is None else across[1:]
    with np.errstate(all="ignore"):
        x = (trace.x - left) / (right - left) * (pane.width * OVER)
        y = (top - trace.y) / (top - bottom) * (pane.height * OVER)
        y[~np.isfinite(x)] = np.nan
    x, y = np.clip(np.nan_to_num(x), -FAR, FAR), np.clip(y, -FAR, FAR)
    dots = np.stack((x[trace.dots], y[trace.dots]), 1)
    place = cast(int, about["place"])
    dash = [step * OVER * pane.scale for step in colours.dashes[place]]
    colour = blended(colours.traces[place], colours.theme.background, cast(float, about.get("alpha", 1.0)))
    return Line(colour, *(dashed(x, y, dash) if dash else (x, y)), dots)


def blended(colour: str, ground: str, alpha: float) -> str:
    """A colour over another; alpha 1 is the colour itself."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:]), strict=True)
    return "#" + bytes(round(alpha * own + (1 - alpha) * under) for own, under in pairs).hex()


def dashed(x: Float64s, y: Float64s, dash: Sequence[float]) -> tuple[Float64s, Float64s]:
    """The line with a gap of NaN after each dash; as it is where that would be very many.

    dash  lengths on and off in turn, px
    """
    whole = np.isfinite(y)
    steps = np.hypot(np.diff(x), np.diff(np.where(whole, y, 0.0))) * (whole[:-1] & whole[1:])
    along = np.concatenate(((0.0,), np.cumsum(steps)))
    if len(x) < 2 or not 0 < along[-1] < MOST_DASHES * sum(dash):
        return x, y
    borders = np.cumsum(np.tile(dash, int(along[-1] / sum(dash)) + 1))
    borders = borders[borders < along[-1]]
    at = along.searchsorted(borders, "right")
    share = (borders - along[at - 1]) / steps[at - 1]
    cut_x, cut_y = (v[at - 1] + share * (v[at] - v[at - 1]) for v in (x, y))
    on = along.searchsorted(borders, "right")
    off = borders.searchsorted(along, "right") % 2 == 1  # points that lie in a gap
    shown = np.where(off, np.nan, y)
    broken = np.where(np.arange(len(borders)) % 2 == 0, np.nan, cut_y)
    pairs_x = np.repeat(cut_x, 2)
    pairs_y = np.stack((np.where(np.isnan(broken), cut_y, np.nan), broken), 1).ravel()
    return np.insert(x, np.repeat(on, 2), pairs_x), np.insert(shown, np.repeat(on, 2), pairs_y)


def pen(scale: float) -> Pixels:
    """Where a line of one larger px is drawn again, so that it is as wide as it should be: (k, 2)."""
    width = max(round(TRACE * OVER), round(TRACE * scale * OVER))
    along = np.arange(width) - width // 2
    across = along[along != 0]
    flat, steep = np.stack((along, 0 * along), 1), np.stack((0 * across, across), 1)
    return np.concatenate((flat, steep)).astype(np.int32)


class Graticule:
    """Dotted lines at the divisions, solid ones with ticks through the centre."""

    def __init__(self, pane: Pane, theme: Theme) -> None:
        self.pane = pane
        self.theme = theme
        self.across = dotted(pane.width * OVER, pane.scale, theme)
        self.down = dotted(pane.height * OVER, pane.scale, theme).transpose(Image.Transpose.ROTATE_270)

    def paint(self, band: Image.Image, top: int) -> None:
        """
        top  of the band, in the larger px
        """
        for i in range(1, timebase.DIVISIONS):
            band.paste(self.down, (self.x(i), -top))
        for j in range(1, channel.DIVISIONS):
            band.paste(self.across, (0, self.y(j) - top))
        draw = ImageDraw.Draw(band)
        for x0, y0, x1, y1 in self.centre():
            draw.rectangle((x0, y0 - top, x1 + OVER - 1, y1 + OVER - 1 - top), fill=self.theme.axes)

    def x(self, divisions: float) -> int:
        """Where a px of the picture begins, so that a line takes one row or column of it."""
        return round(divisions * self.pane.width / timebase.DIVISIONS) * OVER

    def y(self, divisions: float) -> int:
        return round(divisions * self.pane.height / channel.DIVISIONS) * OVER

    def centre(self) -> Iterator[tuple[int, int, int, int]]:
        """The centre lines and their ticks, as lines."""
        x, y = self.x(timebase.DIVISIONS / 2), self.y(channel.DIVISIONS / 2)
        yield 0, y, self.pane.width * OVER, y
        yield x, 0, x, self.pane.height * OVER
        size = round(TICK * self.pane.height / channel.DIVISIONS) * OVER
        for i in range(1, timebase.DIVISIONS * TICKS):
            yield self.x(i / TICKS), y - size, self.x(i / TICKS), y + size
        for j in range(1, channel.DIVISIONS * TICKS):
            yield x - size, self.y(j / TICKS), x + size, self.y(j / TICKS)


def dotted(length: int, scale: float, theme: Theme) -> Image.Image:
    """A dotted line of one px of the picture."""
    on, period = round(ON * scale) * OVER, round((ON + OFF) * scale) * OVER
    lit = (np.arange(length) % period < on).astype(np.uint8)
    mask = Image.fromarray(np.repeat(lit[np.newaxis] * 255, OVER, axis=0))
    ground = Image.new("RGB", mask.size, theme.background)
    ground.paste(theme.line, (0, 0), mask)
    return ground


def paint(band: Image.Image, each: Line, top: int, scale: float) -> None:
    """Paint what of a line lies in a band."""
    draw = ImageDraw.Draw(band)
    shifts = pen(scale)
    for points in pieces(each, (band.width, band.height), top, len(shifts)):
        for shift in shifts:
            draw.line((points + shift).ravel().tolist(), fill=each.colour, width=1)
    radius = DOT * scale * OVER
    for x, y in (each.dots - (0, top)).tolist():
        if -radius <= y <= band.height + radius:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=each.colour)


def pieces(each: Line, size: tuple[int, int], top: int, reach: int) -> Iterator[Pixels]:
    """The unbroken lines of a band, as points (n, 2) in it or within reach, however far they went."""
    left, right = -reach, size[0] + reach
    low, high = top - reach, top + size[1] + reach
    x, y = each.x, each.y
    if len(x) < 2:
        return
    kept = np.isfinite(y[:-1]) & np.isfinite(y[1:])
    kept &= (np.maximum(x[:-1], x[1:]) >= left) & (np.minimum(x[:-1], x[1:]) <= right)
    seen = kept & (np.maximum(y[:-1], y[1:]) >= low) & (np.minimum(y[:-1], y[1:]) <= high)
    near = np.convolve(seen, np.ones(2 * NEAR + 1))[NEAR:-NEAR] > 0
    at = np.flatnonzero(kept & near)  # few long lines are painted sooner than many short ones
    if not len(at):
        return
    ends = np.array([x[at], y[at], x[at + 1], y[at + 1]])
    ends[[0, 2]], ends[[1, 3]] = clipped(ends[[0, 2]], ends[[1, 3]], low, high)
    ends[[1, 3]], ends[[0, 2]] = clipped(ends[[1, 3]], ends[[0, 2]], left, right)
    ends[[1, 3]] -= top
    points = np.rint(ends).astype(np.int32).T.reshape(-1, 2)
    outside = (x[at] < left) | (x[at] > right)  # there, a line would go from one border to another
    begins = np.flatnonzero((np.diff(at, prepend=-2) > 1) | outside)
    for start, stop in zip(begins, [*begins[1:], len(at)], strict=True):
        run = points[2 * start : 2 * stop]
        again = (run[1:] == run[:-1]).all(axis=1)
        again[-1] = False  # a point alone is a line, too
        yield run[np.concatenate(([True], ~again))]


def clipped(along: Float64s, across: Float64s, low: float, high: float) -> tuple[Float64s, Float64s]:
    """Lines whose second coordinate ends at low and high; what lies beyond goes along there.

    along, across  (2, n) coordinates of both ends; finite
    """
    inside = np.clip(across, low, high)
    rise, run = across[1] - across[0], along[1] - along[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (inside - across) / rise
    share = np.clip(np.nan_to_num(share), [[0.0], [-1.0]], [[1.0], [0.0]])  # no end moves past the other
    return along + share * run, inside
