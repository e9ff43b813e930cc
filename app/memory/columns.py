"""The envelope of a long stretch of a record, at a cost that follows the screen and not the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dsp.envelope import Columns, edges, envelope, extremes
from app.memory.pyramid import FACTOR, Level, Pyramid
from app.memory.ring import Ints, Ring
from app.memory.samples import Float64s, Floats

Flags = NDArray[np.bool_]

FEW = 8192  # samples taken as they are, whatever the screen
NEAR = 0.25  # of a column: how far from its place an extreme may be drawn


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples [start, stop) of one segment in which x increases, with the levels above them, up to date."""

    x: Ring[Float64s]
    y: Ring[Floats]
    pyramid: Pyramid
    start: int
    stop: int

    def columns(self, left: float, width: float, n: int) -> Columns:
        """The extremes in n columns; column k covers offsets from left + k * width to the next column."""
        borders = edges(left, width, n)
        start = self.x.search(borders[0], self.start, self.stop)
        stop = self.x.search(borders[-1], start, self.stop)
        shown = Stretch(self.x, self.y, self.pyramid, start, stop)
        height = self.pyramid.coarsest(NEAR * (stop - start) / n)
        if height == 0 or stop - start <= FEW:
            return envelope(self.x.read(start, stop), self.y.read(start, stop), left, width, n, start)
        return shown._coarse(borders, height)

    def _coarse(self, borders: Float64s, height: int) -> Columns:
        level = self.pyramid.levels[height - 1]
        cuts = np.empty(len(borders), np.int64)
        cuts[0], cuts[-1] = self.start, self.stop
        cuts[1:-1] = self._cuts(borders[1:-1], level, NEAR * (borders[1] - borders[0]))
        index = np.flatnonzero(cuts[1:] > cuts[:-1])
        low, high = self._extremes(cuts[index], cuts[index + 1], height)
        return Columns(index, low, high, cuts[index], cuts[index + 1])

    # where the columns begin

    def _cuts(self, borders: Float64s, level: Level, near: float) -> Ints:
        """The sample at which each column begins: the end of a bucket that spans at most `near`, or exact."""
        begin, end = -(-self.start // level.size), self.stop // level.size
        x = level.x.read(begin, end)
        at = x.searchsorted(borders)
        cuts = (begin + at) * level.size
        inner = np.clip(at, 1, max(1, len(x) - 1))
        good = (at == inner) & (len(x) > 1)
        if len(x) > 1:
            good &= x[inner] - x[inner - 1] <= near
        rest = np.flatnonzero(~good)
        bucket = begin + at[rest] - 1
        tail = end * level.size
        if tail < self.stop:
            bucket += (at[rest] == len(x)) & (borders[rest] > self.x.item(tail))
        cuts[rest] = self._refine(borders[rest], bucket, level.size, near)
        return cuts

    def _refine(self, borders: Float64s, bucket: Ints, size: int, near: float) -> Ints:
        """The same for borders that lie within these buckets of this size, through their children."""
        cuts = np.empty(len(borders), np.int64)
        rest = np.arange(len(borders))
        while len(rest):
            size = size // FACTOR
            bucket = self._child(borders[rest], bucket * FACTOR, size)
            ends = (bucket + 1) * size
            cuts[rest] = ends
            if size == 1:
                break
            open_ = ~self._short(bucket * size, ends, near)
            rest, bucket = rest[open_], bucket[open_]
        return cuts

    def _child(self, borders: Float64s, first: Ints, size: int) -> Ints:
        """Of 16 buckets from first, the last one that starts below the border."""
        starts = (first + np.arange(FACTOR)[:, None]) * size
        x = self.x.at(np.clip(starts, self.start, self.stop - 1))
        below = (x < borders) & (starts < self.stop) | (starts < self.start)
        found: Ints = first + below.sum(axis=0) - 1
        return found

    def _short(self, starts: Ints, ends: Ints, near: float) -> Flags:
        """Which buckets lie within the stretch and span little."""
        x = self.x.at(np.clip(np.array((starts, ends)), self.start, self.stop - 1))
        short: Flags = (starts >= self.start) & (ends <= self.stop) & (x[1] - x[0] <= near)
        return short

    # what the columns show

    def _extremes(self, starts: Ints, stops: Ints, height: int) -> tuple[Float64s, Float64s]:
        """The extremes of y over ranges: whole buckets of the coarse levels, the ends from finer ones."""
        low, high = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
        owner = np.arange(len(starts))
        for level in reversed(self.pyramid.levels[:height]):
            begin, end = -(-starts // level.size), stops // level.size
            whole = begin < end
            merge(low, high, owner[whole], *gathered(level.low, level.high, begin[whole], end[whole]))
            owner, starts, stops = rests(owner, starts, stops, begin * level.size, end * level.size)
        merge(low, high, owner, *gathered(self.y, self.y, starts, stops))
        return low, high


def rests(owner: Ints, starts: Ints, stops: Ints, begin: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """What [begin, end) leaves of ranges on both sides; the whole range where it is empty."""
    left = np.where(begin < end, begin, stops)
    right = np.where(begin < end, end, stops)
    owners = np.concatenate((owner, owner))
    starts, stops = np.concatenate((starts, right)), np.concatenate((left, stops))
    kept = starts < stops
    return owners[kept], starts[kept], stops[kept]


def merge(low: Float64s, high: Float64s, owner: Ints, least: Float64s, greatest: Float64s) -> None:
    np.fmin.at(low, owner, least)
    np.fmax.at(high, owner, greatest)


def gathered(low: Ring[Floats], high: Ring[Floats], starts: Ints, stops: Ints) -> tuple[Float64s, Float64s]:
    """The extremes of ranges, none of them empty: in one sweep where they lie close together."""
    if len(starts) == 0:
        return np.empty(0), np.empty(0)
    lengths = stops - starts
    total = int(lengths.sum())
    first, last = int(starts[0]), int(stops[-1])
    if last - first <= 2 * total and np.all(starts[1:] >= stops[:-1]):
        return extremes(low.read(first, last), high.read(first, last), starts - first, stops - first)
    ends = np.cumsum(lengths)
    begins = ends - lengths
    numbers = np.arange(total) + np.repeat(starts - begins, lengths)
    return extremes(low.at(numbers), high.at(numbers) if high is not low else low.at(numbers), begins, ends)
