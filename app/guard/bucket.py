"""How much may pass in a time."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """A token bucket that may go into debt: what comes while it holds one or more passes whole.

    rate   a second
    most   saved up at rest; 1 or more
    clock  s
    """

    def __init__(self, rate: float, most: float, clock: Callable[[], float]) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._saved, self._at = most, clock()

    def wait(self) -> float:
        """s until something may pass; 0: now."""
        now = self._clock()
        self._saved = min(self._most, self._saved + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, 1 - self._saved) / self._rate

    def take(self, n: float) -> None:
        self._saved -= n
