"""The pyramid: extremes of y over buckets of 16, 256, 4096, ... samples, and x at the start of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.dsp.envelope import buckets
from app.memory.ring import Ring
from app.memory.samples import Float64s, Floats

FACTOR = 16
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
        low, high = (ring.read(start * FACTOR, stop * FACTOR) for ring in (below.low, below.high))
        x = below.x.read(start * FACTOR, stop * FACTOR)[::FACTOR]
        above.write(start, x, *buckets(low, high, FACTOR))

    def coarsest(self, size: float) -> int:
        """How many levels have buckets of at most this size."""
        return sum(level.size <= size for level in self.levels)

    @property
    def nbytes(self) -> int:
        return sum(level.nbytes for level in self.levels)


def sizes(capacity: int) -> list[int]:
    """The bucket sizes that fit the ring at least once, and the smallest in any case."""
    found = [FACTOR]
    while found[-1] * FACTOR <= capacity:
        found.append(found[-1] * FACTOR)
    return found


def level(capacity: int, size: int, dtype: np.dtype[np.float64] | np.dtype[np.float32]) -> Level:
    n = -(-capacity // size) + 1
    return Level(size, Ring(np.empty(n)), Ring(np.empty(n, dtype)), Ring(np.empty(n, dtype)))
