"""The envelope of a long stretch of a record, at a cost that follows the screen and not the samples.

Few samples are cut into columns at the borders; many where the bucket of the pyramid begins that holds the
border, if that is near. The width and the density of the samples decide of which level, and it is kept for a
width. So where a column begins depends on the samples before it, and not on the stretch that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.dsp.envelope import Columns, edges, seams
from app.memory.pyramid import Level, Pyramid
from app.memory.ring import Ints, Ring
from app.memory.samples import Float64s, Floats

NEAR = 0.25  # of a column: how far before its border it may begin
APART = 4  # borders or ranges that need a look at the samples: so few are looked at one by one

Ranges = tuple[Ints, Ints, Ints]  # (k,) each: the column that owns a range, where it starts, where it stops


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples [start, stop) of one segment in which x increases, with the levels above them.

    alive  samples of the rings, half open: the levels are brought up to date when they are needed
    """

    x: Ring[Float64s]
    y: Ring[Floats]
    pyramid: Pyramid
    start: int
    stop: int
    alive: tuple[int, int]

    def columns(self, left: float, width: float, n: int) -> Columns:
        """The extremes in n columns; column k covers offsets from left + k * width to the next column.

        On the same grid (left a whole number of columns from 0) a column does not change any more once there
        is a sample beyond it, as long as the samples in it and close before it are in the stretch, and all
        together do not become much denser or rarer.
        """
        borders = edges(left, width, n)
        start = self.x.search(float(borders[0]) - NEAR * width, self.start, self.stop)
        stop = min(self.x.search(float(borders[-1]), start, self.stop) + 1, self.stop)
        if start == stop:
            return nothing()
        return replace(self, start=start, stop=stop)._columns(borders, width)

    def _columns(self, borders: Float64s, width: float) -> Columns:
        """The same of samples that begin close to the first border and end with one beyond the last."""
        covered = min(self.x.item(self.stop - 1), float(borders[-1])) - self.x.item(self.start)
        height = self.pyramid.height(width, (self.stop - self.start) / max(covered / width, 1.0))
        if height:
            self.pyramid.build(self.x, self.y, *self.alive)
            return self._coarse(borders, borders - NEAR * width, height)
        cuts = self.x.places(borders, self.start, self.stop)
        index, starts, stops = filled(cuts)
        if not len(index):
            return nothing()
        last = int(stops[-1])
        low, high = self.y.reduceat(np.fmin, starts, last), self.y.reduceat(np.fmax, starts, last)
        return Columns(index, low, high, starts, stops)

    def _coarse(self, borders: Float64s, least: Float64s, height: int) -> Columns:
        """The same with cuts at the starts of a level's buckets where their x is not below `least`."""
        level = self.pyramid.levels[height - 1]
        begin, end = -(-self.start // level.size), self.stop // level.size
        at = level.x.places(borders, begin, end)
        buckets = at - 1
        near = (level.x.at(np.maximum(buckets, begin)) >= least) & (at > begin) & (at < end)
        cuts = buckets * level.size
        rest = np.flatnonzero(~near)
        if len(rest) > APART:
            cuts[rest] = self._exact(borders[rest], least[rest], level.size)
            return self._ragged(cuts, height)
        for k in rest.tolist():
            cuts[k] = self._cut(float(borders[k]), float(least[k]), level.size)
        return self._even(cuts, [k for k in rest.tolist() if cuts[k] % level.size], level)

    # where the columns begin

    def _cut(self, border: float, least: float, size: int) -> int:
        """The sample at which the column right of a border begins."""
        at = self.x.search(border, self.start, self.stop)
        cut = (at - 1) // size * size
        return cut if self.start <= cut and at < self.stop and self.x.item(cut) >= least else at

    def _exact(self, borders: Float64s, least: Float64s, size: int) -> Ints:
        """The same for many borders."""
        at = self.x.places(borders, self.start, self.stop)
        cuts = (at - 1) // size * size
        near = (cuts >= self.start) & (at < self.stop)
        near &= self.x.at(np.maximum(cuts, self.start)) >= least
        return np.where(near, cuts, at)

    # what the columns show

    def _even(self, cuts: Ints, odd: list[int], level: Level) -> Columns:
        """The columns between cuts of which all but a few, the odd ones, are starts of buckets."""
        index, starts, stops = filled(cuts)
        if not len(index):
            return nothing()
        begin, end = starts // level.size, stops // level.size
        beside = [at for k in odd for at in (k - 1, k)]
        places = zip(index.searchsorted(beside).tolist(), beside, strict=True)
        parts = {k for k, column in places if k < len(index) and index[k] == column}
        for k in parts:
            begin[k] = -(-starts[k] // level.size)
        low, high = bodies(level, begin, end)
        for k in parts:
            self._add(low, high, k, int(starts[k]), int(stops[k]), level.size)
        return Columns(index, low, high, starts, stops)

    def _add(self, low: Float64s, high: Float64s, k: int, start: int, stop: int, size: int) -> None:
        """Put what buckets leave of a range into its extremes."""
        begin, end = -(-start // size) * size, stop // size * size
        for part in ((start, begin), (end, stop)) if begin < end else ((start, stop),):
            if part[0] < part[1]:
                values = self.y.read(*part)
                low[k] = np.fmin(low[k], np.fmin.reduce(values))
                high[k] = np.fmax(high[k], np.fmax.reduce(values))

    def _ragged(self, cuts: Ints, height: int) -> Columns:
        """The columns between any cuts."""
        index, starts, stops = filled(cuts)
        if not len(index):
            return nothing()
        low, high = np.full((2, len(index)), np.nan)
        self._merge(low, high, (np.arange(len(index)), starts, stops), height)
        return Columns(index, low, high, starts, stops)

    def _merge(self, low: Float64s, high: Float64s, ranges: Ranges, height: int) -> None:
        """Put many ranges into the extremes of their owners, through so many levels."""
        for level in reversed(self.pyramid.levels[:height]):
            owner, starts, stops = ranges
            begin, end = inside(starts, stops, level.size)
            whole = begin < end
            merge(low, high, level.low, level.high, (owner[whole], begin[whole], end[whole]))
            ranges = rests(ranges, begin, end, level.size)
        merge(low, high, self.y, self.y, ranges)


def filled(cuts: Ints) -> tuple[Ints, Ints, Ints]:
    """Which columns have samples, where these start and where they stop."""
    index = np.flatnonzero(cuts[1:] > cuts[:-1])
    if len(index) == len(cuts) - 1:
        return index, cuts[:-1], cuts[1:]
    return index, cuts[index], cuts[index + 1]


def inside(starts: Ints, stops: Ints, size: int) -> tuple[Ints, Ints]:
    """The buckets that lie within ranges, half open."""
    return (starts + (size - 1)) // size, stops // size


def bodies(level: Level, begin: Ints, end: Ints) -> tuple[Float64s, Float64s]:
    """The extremes of ranges of buckets that lie close together; NaN where a range is empty."""
    whole = np.flatnonzero(begin < end)
    if len(whole) == len(begin):
        return swept(level.low, level.high, begin, end)
    low, high = np.full((2, len(begin)), np.nan)
    if len(whole):
        first, last = int(whole[0]), int(whole[-1])
        part = slice(first, last + 1) if last - first < len(whole) else whole
        low[part], high[part] = swept(level.low, level.high, begin[part], end[part])
    return low, high


def nothing() -> Columns:
    """No column at all."""
    numbers, values = np.empty(0, np.int64), np.empty(0)
    return Columns(numbers, values, values, numbers, numbers)


def rests(ranges: Ranges, begin: Ints, end: Ints, size: int) -> Ranges:
    """What buckets [begin, end) leave of ranges on both sides; the whole range where there are none."""
    owner, starts, stops = ranges
    left = np.where(begin < end, begin * size, stops)
    right = np.where(begin < end, end * size, stops)
    starts, stops = np.concatenate((starts, right)), np.concatenate((left, stops))
    kept = np.flatnonzero(starts < stops)
    return np.concatenate((owner, owner))[kept], starts[kept], stops[kept]


def merge(low: Float64s, high: Float64s, lows: Ring[Floats], highs: Ring[Floats], ranges: Ranges) -> None:
    """Put the extremes of ranges, none of them empty, into those of their owners."""
    owner, starts, stops = ranges
    if len(owner):
        least, greatest = gathered(lows, highs, starts, stops)
        np.fmin.at(low, owner, least)
        np.fmax.at(high, owner, greatest)


def gathered(low: Ring[Floats], high: Ring[Floats], starts: Ints, stops: Ints) -> tuple[Float64s, Float64s]:
    """The extremes of ranges, not empty: in one sweep where they lie close together, else copied together."""
    lengths = stops - starts
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    if int(stops[-1] - starts[0]) <= 2 * total and bool(np.all(starts[1:] >= stops[:-1])):
        return swept(low, high, starts, stops)
    begins = ends - lengths
    numbers = np.arange(total) + np.repeat(starts - begins, lengths)
    lows, highs = Ring(low.at(numbers)), Ring(high.at(numbers))
    return lows.reduceat(np.fmin, begins, total), highs.reduceat(np.fmax, begins, total)


def swept(low: Ring[Floats], high: Ring[Floats], starts: Ints, stops: Ints) -> tuple[Float64s, Float64s]:
    """The extremes of ranges that increase, are not empty and do not overlap, with all between them."""
    stop = int(stops[-1])
    if (starts[1:] == stops[:-1]).all():
        return low.reduceat(np.fmin, starts, stop), high.reduceat(np.fmax, starts, stop)
    cuts, own = seams(starts, stops)
    return low.reduceat(np.fmin, cuts, stop)[own], high.reduceat(np.fmax, cuts, stop)[own]
