"""Segments and breaks: where x starts afresh, and which samples no line may reach."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from app.memory.ring import Ints
from app.memory.samples import Float64s, Origin

NANO = 1e-9
KEPT = 64  # dead entries are dropped when the lists have doubled and grown by so many


@dataclass(frozen=True, slots=True)
class Segment:
    """Samples [start, stop) that share an x origin; x increases in it unless it is a figure.

    base    x of offset 0: a float, or integer nanoseconds since 1970 (CLOCK)
    origin  DATA or CLOCK
    """

    start: int
    stop: int
    base: float | int
    origin: Origin
    figure: bool

    @property
    def x0(self) -> float:
        """The base as x: Unix seconds for CLOCK."""
        return seconds(self.base) if self.origin is Origin.CLOCK else float(self.base)


def seconds(nanoseconds: float | int) -> float:
    return nanoseconds / 1e9


def between(base: float | int, other: float | int, origin: Origin) -> float:
    """x from the base `other` to `base`; integers are subtracted before they become seconds."""
    return seconds(base - other) if origin is Origin.CLOCK else base - other


class Segments:
    """The segments and breaks of a record, compact: 25 bytes a segment, 8 a break."""

    def __init__(self) -> None:
        self.gaps = 0
        self.starts = array("q")
        self.breaks = array("q")
        self._nanoseconds = array("q")
        self._bases = array("d")
        self._origins = array("b")
        self._figures = array("b")
        self._limit = KEPT

    def begin(self, start: int, base: float | int, origin: Origin, *, figure: bool = False) -> None:
        clock = origin is Origin.CLOCK
        self.starts.append(start)
        self._break(start)
        self._nanoseconds.append(int(base) if clock else 0)
        self._bases.append(0.0 if clock else base)
        self._origins.append(clock)
        self._figures.append(figure)

    def mark(self, n: int) -> None:
        """A gap before sample n."""
        if self._break(n):
            self.gaps += 1

    def _break(self, n: int) -> bool:
        new = not self.breaks or self.breaks[-1] != n
        if new:
            self.breaks.append(n)
        return new

    def rewind(self, n: int) -> None:
        """Forget what begins at sample n or later."""
        del self.breaks[bisect_left(self.breaks, n) :]
        keep = bisect_left(self.starts, n)
        for column in self._columns():
            del column[keep:]

    def prune(self, first: int) -> None:
        """Drop what lies before the oldest live sample, now and then: the lists stay below twice that."""
        if max(len(self.starts), len(self.breaks)) <= self._limit:
            return
        del self.breaks[: bisect_left(self.breaks, first)]
        dead = max(0, bisect_right(self.starts, first) - 1)
        for column in self._columns():
            del column[:dead]
        self._limit = 2 * max(len(self.starts), len(self.breaks)) + KEPT

    def at(self, n: int, first: int, total: int) -> Segment:
        """The segment that holds sample n, clipped to what lives."""
        i = max(0, bisect_right(self.starts, n) - 1)
        stop = min(self.starts[i + 1], total) if i + 1 < len(self.starts) else total
        clock = bool(self._origins[i])
        base = self._nanoseconds[i] if clock else self._bases[i]
        origin = Origin.CLOCK if clock else Origin.DATA
        return Segment(max(self.starts[i], first), stop, base, origin, bool(self._figures[i]))

    def inside(self, start: int, stop: int) -> Ints:
        """The breaks in [start, stop)."""
        i, j = bisect_left(self.breaks, start), bisect_left(self.breaks, stop)
        return np.array(self.breaks[i:j], dtype=np.int64)

    def bases(self, start: int, stop: int) -> Float64s:
        """The base of every sample in [start, stop), as x."""
        i, j = max(0, bisect_right(self.starts, start) - 1), bisect_left(self.starts, stop)
        clock = np.array(self._origins[i:j], dtype=bool)
        nanoseconds = np.array(self._nanoseconds[i:j], dtype=np.int64)
        bases = np.where(clock, nanoseconds / 1e9, np.array(self._bases[i:j], dtype=np.float64))
        cuts = np.array([start, *self.starts[i + 1 : j], stop], dtype=np.int64)
        return np.repeat(bases, np.diff(cuts))

    def bases_at(self, numbers: Ints) -> Float64s:
        """The base of samples with these numbers, which do not fall, as x."""
        if not len(numbers):
            return np.empty(0)
        first, last = int(numbers[0]), int(numbers[-1])
        starts = [first, *self.starts[bisect_right(self.starts, first) : bisect_right(self.starts, last)]]
        bases = [self.at(n, n, n + 1).x0 for n in starts]
        return np.array(bases)[np.searchsorted(np.array(starts), numbers, "right") - 1]

    def after(self, n: int) -> int:
        """How many segments begin after sample n."""
        return len(self.starts) - max(1, bisect_right(self.starts, n))

    def start(self, back: int) -> int | None:
        """Where the segment begins that is so many before the newest; None: there is none."""
        return self.starts[-1 - back] if 0 <= back < len(self.starts) else None

    def _columns(self) -> tuple[array[int] | array[float], ...]:
        return (self.starts, self._nanoseconds, self._bases, self._origins, self._figures)
