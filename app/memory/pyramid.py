"""The pyramid: extremes of y over buckets of 16, 64, 256, ... samples, and x at the start of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.dsp.envelope import buckets
from app.memory.ring import Ring
from app.memory.samples import Float64s, Floats

FACTOR = 16  # samples in the smallest bucket
STEP = 4  # buckets of a level in one of the next
FEW = 192  # samples a column: fewer are taken as they are
SPREAD = 5  # buckets a column at least
SLACK = 1.5  # how far beyond these limits a level is kept
WIDTHS = 64  # widths of columns for which the level is kept
LEAST = 256  # buckets of a level at least, except for the first: fewer are read at once from the level below
CHUNK = 1 << 16  # samples built at a time, so that they are still in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Buckets of `size` samples; bucket b covers samples [b * size, (b + 1) * size)."""

    size: int
    x: Ring[Float64s]
    low: Ring[Floats]
    high: Ring[Floats]

    def write(self, bucket: int, x: Float64s, low: Floats, high: Floats) -> None:
        self.x.write(bucket, x)
        self.low.write(bucket, low)
        self.high.write(bucket, high)

    @property
    def nbytes(self) -> int:
        return self.x.nbytes + self.low.nbytes + self.high.nbytes


class Pyramid:
    """The levels above a ring of samples. Only buckets whose samples are all alive mean anything.

    capacity  of the ring, a multiple of FACTOR
    """

    def __init__(self, capacity: int, dtype: np.dtype[np.float64] | np.dtype[np.float32], built: int) -> None:
        self.built = built  # samples below this number are in every level as far as their buckets are full
        self.levels = tuple(level(capacity, size, dtype) for size in sizes(capacity))
        self.heights: dict[float, int] = {}  # by width of the columns, the last one asked for at the end

    def build(self, x: Ring[Float64s], y: Ring[Floats], first: int, total: int) -> None:
        """Take in the samples up to total, full buckets only; those before first are gone."""
        start = max(self.built, first) // FACTOR * FACTOR
        stop = total // FACTOR * FACTOR
        for at in range(start, stop, CHUNK):
            self._build(x, y, at, min(at + CHUNK, stop))
        self.built = max(self.built, stop)

    def _build(self, x: Ring[Float64s], y: Ring[Floats], start: int, stop: int) -> None:
        values = y.read(start, stop)
        low, high = buckets(values, values, FACTOR)
        self.levels[0].write(start // FACTOR, x.read(start, stop)[::FACTOR], low, high)
        for below, above in zip(self.levels, self.levels[1:], strict=False):
            self._raise(below, above, start // above.size, stop // above.size)

    @staticmethod
    def _raise(below: Level, above: Level, start: int, stop: int) -> None:
        if start >= stop:
            return
        low, high = (ring.read(start * STEP, stop * STEP) for ring in (below.low, below.high))
        x = below.x.read(start * STEP, stop * STEP)[::STEP]
        above.write(start, x, *buckets(low, high, STEP))

    def coarsest(self, size: float) -> int:
        """How many levels have buckets of at most this size."""
        return sum(level.size <= size for level in self.levels)

    def height(self, width: float, average: float) -> int:
        """How many levels to use for columns of a width; as before until the columns hold many more or fewer.

        average  samples a column
        """
        height = self.heights.pop(width, None)
        if height is None or not self._fits(height, average):
            height = self.coarsest(average / SPREAD) if average >= FEW else 0
        self.heights[width] = height
        if len(self.heights) > WIDTHS:
            del self.heights[next(iter(self.heights))]
        return height

    def _fits(self, height: int, average: float) -> bool:
        if height == 0:
            return average < SLACK * FEW
        spread = average / self.levels[height - 1].size
        least = max(0.8 * SPREAD, FEW / SLACK / self.levels[height - 1].size)
        return least <= spread and (spread < SLACK * SPREAD * STEP or height == len(self.levels))

    @property
    def nbytes(self) -> int:
        return sum(level.nbytes for level in self.levels)


def sizes(capacity: int) -> list[int]:
    """The bucket sizes, smallest first."""
    found = [FACTOR]
    while found[-1] * STEP * LEAST <= capacity:
        found.append(found[-1] * STEP)
    return found


def level(capacity: int, size: int, dtype: np.dtype[np.float64] | np.dtype[np.float32]) -> Level:
    n = -(-capacity // size) + 1
    return Level(size, Ring(np.empty(n)), Ring(np.empty(n, dtype)), Ring(np.empty(n, dtype)))
