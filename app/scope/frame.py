"""What one screen shows, as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.dsp.envelope import Columns
from app.memory.record import Record
from app.memory.segments import Segment
from app.scope.acquisition import Acquisition, Detector, extremes
from app.scope.autoset import Setup
from app.scope.lines import Lines
from app.scope.plane import Plane
from app.scope.raster import Gram, Raster
from app.scope.sweep import FIGURE_POINTS, Anchor

Float64s = NDArray[np.float64]
Ints = NDArray[np.int64]
Lamp = Literal["STOP", "READY", "WAIT", "ROLL", "AUTO", "TRIG'D", "HISTORY"]

ROWS = 2048  # points of a trace at most: two for each of 1020 columns, and the borders
BORDERS = 8  # points kept for the columns left and right of the screen
EACH_DOT = 60  # with so few points on the screen each is marked
SCREENS = 16  # a rolling trace counts x from a place that stays for so many screens
WHOLE = 2.0**52  # columns up to this number are told apart
HAIR = 1e-6  # of a column: what rounding does
PARTIAL = 2  # columns that the end of the record eats into: the oldest, and where the one after it begins
MANY = 16  # columns; a record that shows fewer is shown to its very end


class Kind(StrEnum):
    YT = "yt"
    XY = "xy"
    SPECTRUM = "spectrum"  # x is frequency
    IMAGE = "image"  # y is frequency; there is no line, but an image


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One line on the screen.

    x0           absolute x of x == 0 (Unix seconds for server time)
    x, y         (n,) float64, n <= ROWS; NaN in y breaks the line
    dots         (k,) numbers of the points to mark: those that no line reaches
    ends         x at the left and at the right border of the screen
    start, stop  the samples that it shows
    serial       of the record
    limits       y at the bottom and at the top of the screen; None: as the vertical knobs have them
    units        of x and y; None: those of the record
    image        with a column for each point
    """

    channel: str
    kind: Kind
    x0: float
    x: Float64s
    y: Float64s
    dots: NDArray[np.intp]
    ends: tuple[float, float]
    start: int = 0
    stop: int = 0
    serial: int = 0
    limits: tuple[float, float] | None = None
    units: tuple[str, str] | None = None
    image: Raster | None = None

    @property
    def near(self) -> bool:
        """Whether x is that of a column of the screen: the points stand for more samples than are drawn."""
        n = self.stop - self.start
        return self.kind is not Kind.XY and (n // 2 if self.kind is Kind.SPECTRUM else n) > len(self.x)


@dataclass(frozen=True, slots=True)
class Triggered:
    """What the trigger did for a frame.

    source   name of its channel; empty: none was looked for
    x        absolute x of the event that the screen shows; None: it shows none
    share    where that is on the screen: 0 at the left border, 1 at the right
    marks    the levels, in units of y
    count    events found so far
    rate     of them lately, in 1/x
    """

    source: str = ""
    x: float | None = None
    share: float | None = None
    marks: tuple[float, ...] = ()
    count: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """All traces of one screen by slot, and what the status line says of them.

    lead     the channel that the x axis is of, also while nothing of it is shown; empty: there is none
    held     where each Y-T channel was held, by name
    setup    what it was made with
    delay    x from the trigger to the reference point, as it was then
    history  whether it is of the past
    lines    of the spectra, if the traces are some; None: they are signals
    plane    of an XY screen; None: it is none
    gram     of a spectrogram; None: it is none
    beside   by slot: traces of signals that are on the screen, but not drawn themselves
    acquired how its samples were acquired
    sweeps   in the average or the envelope that its traces are; 0: they are none
    records  by name: those that its traces are of, where the memory has others
    """

    traces: dict[int, Trace] = field(default_factory=dict)
    span: float = 10.0
    left: float = 0.0  # absolute x at the left border, of the leading channel
    reference: float = 1.0  # share of the screen left of the reference point: 1 rolls, 0.5 is triggered
    lead: str = ""
    lamp: Lamp = "WAIT"
    held: Mapping[str, Anchor] = field(default_factory=dict)
    setup: Setup = field(default_factory=Setup)
    units_per_div: float = 1.0
    trigger: Triggered = field(default_factory=Triggered)
    delay: float = 0.0
    history: bool = False
    lines: Lines | None = None
    plane: Plane | None = None
    gram: Gram | None = None
    beside: Mapping[int, Trace] = field(default_factory=dict)
    acquired: Acquisition = field(default_factory=Acquisition)
    sweeps: int = 0
    records: Mapping[str, Record] = field(default_factory=dict)

    @property
    def signals(self) -> dict[int, Trace]:
        """All signals on the screen by slot, drawn or not."""
        return {**self.beside, **self.traces}


@dataclass(frozen=True, slots=True)
class Window:
    """The part of one segment that a screen shows: offsets from `left` to `left + span`."""

    segment: Segment
    left: float
    span: float
    first: int = 0  # no sample before this one is shown
    held: bool = False  # the screen stands with its signal: columns are counted from its left border

    def samples(self, record: Record) -> tuple[int, int]:
        """Sample numbers from the last one before the screen to the first one after it, half open."""
        start = record.find(self.left, self.segment) - 1
        stop = record.find(self.left + self.span, self.segment, side="right") + 1
        return self.clipped(record, start, stop)

    def clipped(self, record: Record, start: int, stop: int) -> tuple[int, int]:
        """What there is to show of samples [start, stop)."""
        oldest = max(self.segment.start, self.first, record.first)
        stop = min(stop, self.segment.stop, record.total)
        return min(max(start, oldest), max(stop, oldest)), max(stop, oldest)


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a trace, and the origin of its x; column k begins at offset base + k * width.

    first  number of the first column drawn, one left of the screen
    n      how many are drawn
    zero   number of the column at whose left border x is 0
    stays  whether the columns are the same ones while the screen moves
    """

    width: float
    base: float
    first: int
    n: int
    zero: int
    stays: bool

    @property
    def origin(self) -> float:
        """Offset of x == 0."""
        return self.base + self.zero * self.width

    def x(self, index: Ints) -> Float64s:
        """x of the middle of columns, which are counted from the first one drawn."""
        return np.asarray(index + (self.first - self.zero + 0.5), np.float64) * self.width


def grid(window: Window, rows: int) -> Grid:
    """The grid of a screen: it stays where it is while the screen rolls on."""
    columns = (rows - BORDERS) // 2
    width = window.span / columns
    left, right = window.left / width, (window.left + window.span) / width
    if window.held or not max(abs(left), abs(right)) < WHOLE:
        return Grid(width, window.left, -1, columns + 2, 0, stays=False)
    first, last = math.floor(left) - 1, math.floor(right + HAIR)
    far = SCREENS * columns
    return Grid(width, 0.0, first, last - first + 1, math.floor(left) // far * far, stays=True)


def yt(record: Record, window: Window, rows: int = ROWS, detect: Detector = extremes) -> Trace:
    """The trace of a window: every sample when there are few, else what is detected in each column.

    rows  most points it may have, >= 16
    """
    start, stop = window.samples(record)
    breaks = record.gap_starts(start + 1, stop)
    own = grid(window, rows)
    ends = window.left - own.origin, window.left - own.origin + window.span
    few = stop - start + len(breaks) <= min(rows, ROWS // 2)
    found = None if few and detect is extremes else columns(record, window, own, start, stop)
    if found is None or (few and (found.stop - found.start <= 1).all()):
        x, y = raw(record, own.origin, start, stop, breaks)
    else:
        x, y = drawn(record, own, found, ends[1], detect)
        if len(found.index):
            start, stop = int(found.start[0]), int(found.stop[-1])
    x0 = window.segment.x0 + own.origin
    return Trace(record.name, Kind.YT, x0, x, y, dots(x, y), ends, start, stop, record.serial)


def raw(record: Record, origin: float, start: int, stop: int, breaks: Ints) -> tuple[Float64s, Float64s]:
    """Every sample, with a NaN before each that no line may reach (`breaks`, sample numbers)."""
    return parted(
        record.offsets(start, stop) - origin, np.array(record.y(start, stop), np.float64), breaks - start
    )


def parted(x: Float64s, y: Float64s, at: Ints) -> tuple[Float64s, Float64s]:
    """The same points with a NaN, at the same x, before those with these numbers."""
    return (np.insert(x, at, x[at]), np.insert(y, at, np.nan)) if len(at) else (x, y)


def columns(record: Record, window: Window, own: Grid, start: int, stop: int) -> Columns:
    """The columns of a grid that have samples: of samples [start, stop) or, where the grid stays, whole ones.

    What a column of a rolling screen shows does not change until it leaves. So the oldest ones are left out
    while the record loses samples from them.
    """
    if own.stays:
        before = record.find((own.first - 1) * own.width, window.segment)  # they tell where the first begins
        start, stop = window.clipped(record, before, stop)
    found = record.columns(start, stop, own.base + own.first * own.width, own.width, own.n)
    if not own.stays or len(found.index) <= MANY or not window.first < record.first == start:
        return found
    oldest = math.floor(record.offsets(start, start + 1)[0] / own.width) - own.first
    kept = found.index >= oldest + PARTIAL
    return Columns(*(part[kept] for part in (found.index, found.low, found.high, found.start, found.stop)))


def drawn(
    record: Record, own: Grid, found: Columns, right: float, detect: Detector
) -> tuple[Float64s, Float64s]:
    """What is detected in each column.

    Empty columns within a gap give NaN, so that the line is broken there; other empty columns are left out.

    right  x at the right border, where the newest sample may stand: its column is not drawn beyond it
    """
    y = detect(record, found)
    each = len(y) // max(len(found.index), 1)
    x = own.x(found.index)
    if own.stays:
        np.minimum(x, right, out=x)
    return parted(np.repeat(x, each), y, each * broken(record, found))


def broken(record: Record, found: Columns) -> Ints:
    """Positions of the columns that begin after a gap and have empty columns before them."""
    index = found.index
    if len(index) < 2 or index[-1] - index[0] == len(index) - 1:
        return index[:0]
    lonely = 1 + np.flatnonzero(index[1:] - index[:-1] > 1)
    first = found.start[lonely]
    breaks = record.gap_starts(int(first[0]), int(first[-1]) + 1)
    here: Ints = lonely[np.isin(first, breaks, assume_unique=True)]
    return here


def dots(x: Float64s, y: Float64s) -> NDArray[np.intp]:
    """Points that no line reaches: alone between breaks, or all of them when there are few."""
    drawn = np.isfinite(y)
    n = np.count_nonzero(drawn)
    if n <= EACH_DOT:
        return np.flatnonzero(drawn)
    if n == len(y):
        return np.empty(0, np.intp)
    edge = np.concatenate(([False], drawn, [False]))
    starts = np.flatnonzero(edge[1:] & ~edge[:-1])
    stops = np.flatnonzero(edge[:-1] & ~edge[1:])
    last = stops - 1
    alone: NDArray[np.intp] = starts[(x[starts] == x[last]) & (y[starts] == y[last])]
    return alone


def xy(record: Record, ends: tuple[float, float], first: int = 0) -> Trace:
    """The figure: the newest points in the order in which they came, one unbroken line.

    ends   x at the borders of the screen
    first  no sample before this one is shown
    """
    segment = record.segment()
    start = max(record.total - FIGURE_POINTS, record.first, segment.start, first)
    x = record.x(start, record.total)
    y = np.array(record.y(start, record.total), np.float64)  # a copy: pictures are kept
    return Trace(record.name, Kind.XY, 0.0, x, y, dots(x, y), ends, start, record.total, record.serial)
