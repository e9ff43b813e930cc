"""Many sweeps as one, point by point."""

from __future__ import annotations

import numpy as np

from app.dsp.envelope import Float64s


class Mean:
    """The mean of sweeps: of all of them up to `most`, then each new one counts for one in so many.

    NaN where a sweep has nothing leaves that point as it is; a point that no sweep has is NaN.
    """

    def __init__(self, n: int, most: int) -> None:
        self.values = np.full(n, np.nan)
        self._most = most
        self._counts = np.zeros(n)

    def add(self, values: Float64s) -> None:
        """Take in a sweep, (n,)."""
        there = np.isfinite(values)
        self._counts[there] = np.minimum(self._counts[there] + 1, self._most)
        before = np.where(self._counts > 1, self.values, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.values = np.where(there, before + (values - before) / self._counts, self.values)


class Extremes:
    """The lowest and the highest of sweeps: of the newest `most` at least, of twice as many at the most.

    There are two generations: the one that grows, and the one before, which is forgotten when it is full.
    """

    def __init__(self, n: int, most: int) -> None:
        self._most = most
        self._count = 0
        self._new = self._old = nothing(n)

    @property
    def low(self) -> Float64s:
        """(n,) NaN where no sweep has anything."""
        return np.fmin(self._new[0], self._old[0])

    @property
    def high(self) -> Float64s:
        return np.fmax(self._new[1], self._old[1])

    def add(self, low: Float64s, high: Float64s) -> None:
        """Take in a sweep, (n,) each."""
        if self._count == self._most:
            self._old, self._new, self._count = self._new, nothing(len(low)), 0
        self._new = np.fmin(self._new[0], low), np.fmax(self._new[1], high)
        self._count += 1


def nothing(n: int) -> tuple[Float64s, Float64s]:
    return np.full(n, np.nan), np.full(n, np.nan)
