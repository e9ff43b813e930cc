"""The recent steps of x, and what counts as a gap among them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from app.memory.samples import Float64s

WINDOW = 256  # steps looked back on
ENOUGH = 8  # steps from which on a gap can be told
LEASE = 16  # steps for which a cautious limit holds before the exact ones are found again
SURE = 1e6  # with fewer steps known, a jump is more than this times |x|, and |x| counts as 1 at least


@dataclass(frozen=True, slots=True)
class Steps:
    """The recent steps of x: how many are known (0: nothing is), their median and 99th percentile."""

    median: float = 0.0
    p99: float = 0.0
    count: int = 0

    def limits(self) -> Limits:
        """Steps of zero are no measure: with no others, nothing is a gap."""
        scale = self.median or self.p99
        if self.count < ENOUGH or scale == 0:
            return UNKNOWN
        gap = max(5 * self.median, 3 * self.p99)
        return Limits(gap, max(10_000 * scale, gap))


class Limits(NamedTuple):
    """A step above gap is a gap; above jump (not below gap), x has gone elsewhere. Infinite: unknown."""

    gap: float
    jump: float

    def jumped(self, step: float, before: float) -> bool:
        """before  x before the step"""
        return step > (self.jump if self.jump < inf else SURE * max(abs(before), 1.0)) or step == inf

    @property
    def calm(self) -> float:
        """A step up to here is neither gap nor jump; none is while they are unknown."""
        return self.gap if self.jump < inf else -inf

    def widened(self, other: Limits) -> Limits:
        """The wider of both, as far as they are known."""
        if other.jump == inf:
            return self
        if self.jump == inf:
            return other
        return Limits(max(self.gap, other.gap), max(self.jump, other.jump))


UNKNOWN = Limits(inf, inf)


def measured(steps: Float64s) -> Steps:
    """Median and 99th percentile, by rank: of 8 to 100 steps, the largest alone is above the percentile."""
    n = len(steps)
    if n == 0:
        return Steps()
    middle, high = n // 2, int(0.99 * (n - 1))
    ranked = np.partition(steps, (middle, high))
    return Steps(float(ranked[middle]), float(ranked[high]), n)


class Window:
    """The last 256 forward steps of a segment."""

    def __init__(self) -> None:
        self._steps = np.empty(WINDOW)
        self.clear()

    def clear(self) -> None:
        self._count = 0
        self._sure = SURE
        self._until = ENOUGH
        self._limits: Limits | None = UNKNOWN

    def allows(self, step: float) -> bool:
        """Quick: the step is neither gap nor jump for certain. False: ask the limits."""
        return step <= self._sure and self._count < self._until

    def push(self, step: float) -> None:
        self._steps[self._count % WINDOW] = step
        self._count += 1
        self._limits = None

    def extend(self, steps: Float64s) -> None:
        """Push many."""
        if len(steps) == 0:
            return
        last = steps[-WINDOW:]
        count = self._count + len(steps)
        self._steps[np.arange(count - len(last), count) % WINDOW] = last
        self._count = count
        self._until = 0
        self._limits = None

    def repeat(self, step: float, n: int) -> None:
        """Push the same step n times."""
        self.extend(np.full(min(n, WINDOW), step))

    def limits(self) -> Limits:
        """The exact limits, of all steps pushed so far."""
        if self._limits is None:
            self._limits = self._measure()
        return self._limits

    def steps(self) -> Steps:
        return measured(self._steps[: min(self._count, WINDOW)])

    def _measure(self) -> Limits:
        """The limits, and a bound below them that holds however small the next steps are.

        Each new step can move a rank down by one at most, so the value LEASE ranks lower is such a bound.
        """
        known = min(self._count, WINDOW)
        if known < ENOUGH:
            self._until, self._sure = ENOUGH, SURE
            return UNKNOWN
        ranked = self._steps[:known].copy()
        ranked.sort()
        middle, high = known // 2, int(0.99 * (known - 1))
        self._until = self._count + LEASE
        if middle >= LEASE:
            low = float(ranked[middle - LEASE])
            self._sure = min(max(5 * low, 3 * float(ranked[high - LEASE])), 10_000 * low)
        else:
            self._sure = 0.0
        return Steps(float(ranked[middle]), float(ranked[high]), known).limits()
