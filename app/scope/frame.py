"""What one screen shows, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.memory.record import Record
from app.memory.segments import Segment

Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]
Lamp = Literal["STOP", "WAIT", "ROLL", "AUTO", "TRIG'D"]

ROWS = 2048  # points of a trace at most: two for each of 1000 columns, and the borders
BORDERS = 8  # points kept for the columns left and right of the screen
FIGURE_POINTS = 1000  # what the first version of this application showed
EACH_DOT = 60  # with so few points on the screen each is marked


class Kind(StrEnum):
    YT = "yt"
    XY = "xy"


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One line on the screen.

    x0    absolute x of x == 0 (Unix seconds for server time)
    x, y  (n,) float64, n <= ROWS; NaN in y breaks the line
    dots  (k,) numbers of the points to mark: those that no line reaches
    ends  x at the left and at the right border of the screen
    """

    channel: str
    kind: Kind
    x0: float
    x: Float64s
    y: Float64s
    dots: Ints
    ends: tuple[float, float]
    start: int = 0
    stop: int = 0

    @property
    def near(self) -> bool:
        """Whether x is that of a column of the screen: the points stand for more samples than are drawn."""
        return self.kind is Kind.YT and self.stop - self.start > len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """All traces of one screen by slot, and what the status line says of them."""

    traces: dict[int, Trace] = field(default_factory=dict)
    span: float = 10.0
    left: float = 0.0  # absolute x at the left border, of the leading channel
    reference: float = 1.0  # share of the screen left of the reference point: 1 rolls, 0.5 is triggered
    lead: str = ""
    lamp: Lamp = "WAIT"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of one segment that a screen shows: offsets from `left` to `left + span`."""

    segment: Segment
    left: float
    span: float
    first: int = 0  # no sample before this one is shown

    def samples(self, record: Record) -> tuple[int, int]:
        """Sample numbers from the last one before the screen to the first one after it, half open."""
        start = record.find(self.left, self.segment) - 1
        stop = record.find(self.left + self.span, self.segment, side="right") + 1
        oldest = max(self.segment.start, self.first, record.first)
        stop = min(stop, self.segment.stop, record.total)
        return min(max(start, oldest), max(stop, oldest)), max(stop, oldest)


def yt(record: Record, window: Window, rows: int = ROWS) -> Trace:
    """The trace of a window: every sample when there are few, else lowest and highest of each column.

    rows  most points it may have, >= 16
    """
    start, stop = window.samples(record)
    breaks = record.gap_starts(start + 1, stop)
    if stop - start + len(breaks) <= min(rows, ROWS // 2):
        x, y = raw(record, window, start, stop, breaks)
    else:
        x, y = envelope(record, window, start, stop, breaks, (rows - BORDERS) // 2)
    x0 = window.segment.x0 + window.left
    return Trace(record.name, Kind.YT, x0, x, y, dots(x, y), (0.0, window.span), start, stop)


def raw(record: Record, window: Window, start: int, stop: int, breaks: Ints) -> tuple[Float64s, Float64s]:
    """Every sample, with a NaN before each that no line may reach (`breaks`, sample numbers)."""
    x = record.offsets(start, stop) - window.left
    y = np.asarray(record.y(start, stop), np.float64)
    at = breaks - start
    return np.insert(x, at, x[at]), np.insert(y, at, np.nan)


def envelope(
    record: Record, window: Window, start: int, stop: int, breaks: Ints, columns: int
) -> tuple[Float64s, Float64s]:
    """Lowest and highest sample of each column that has any, nearest to the column before it first.

    Empty columns within a gap give NaN, so that the line is broken there; other empty columns are left out.
    """
    width = window.span / columns
    left = window.left - width  # one column more at either border: the newest sample stands on the right one
    found = record.columns(start, stop, left, width, columns + 2)
    index, low, high = found.index, found.low, found.high
    middle = low + high
    falling = np.concatenate(([False], middle[1:] < middle[:-1]))
    y = np.empty(2 * len(index))
    y[0::2] = np.where(falling, high, low)
    y[1::2] = np.where(falling, low, high)
    x = np.repeat((index - 0.5) * width, 2)
    at = 2 * broken(record, left, width, breaks[-columns:], index)
    return np.insert(x, at, x[at]), np.insert(y, at, np.nan)


def broken(record: Record, left: float, width: float, breaks: Ints, index: Ints) -> Ints:
    """Positions in `index` of columns with empty columns and a gap before them."""
    if not len(breaks):
        return np.empty(0, np.intp)
    offsets = np.array([record.offsets(n, n + 1)[0] for n in breaks.tolist()])
    at = np.unique(np.searchsorted(index, np.floor((offsets - left) / width)))
    at = at[(at > 0) & (at < len(index))]
    found: Ints = at[index[at] - index[at - 1] > 1]
    return found


def dots(x: Float64s, y: Float64s) -> Ints:
    """Points that no line reaches: alone between breaks, or all of them when there are few."""
    drawn = np.isfinite(y)
    if np.count_nonzero(drawn) <= EACH_DOT:
        return np.flatnonzero(drawn)
    edge = np.concatenate(([False], drawn, [False]))
    starts = np.flatnonzero(edge[1:] & ~edge[:-1])
    stops = np.flatnonzero(edge[:-1] & ~edge[1:])
    last = stops - 1
    alone: Ints = starts[(x[starts] == x[last]) & (y[starts] == y[last])]
    return alone


def xy(record: Record, ends: tuple[float, float], first: int = 0) -> Trace:
    """The figure: the newest points in the order in which they came, one unbroken line.

    ends   x at the borders of the screen
    first  no sample before this one is shown
    """
    segment = record.segment()
    start = max(record.total - FIGURE_POINTS, record.first, segment.start, first)
    x = record.x(start, record.total)
    y = np.asarray(record.y(start, record.total), np.float64)
    return Trace(record.name, Kind.XY, 0.0, x, y, dots(x, y), ends, start, record.total)
