"""How samples arrive: their rate, and how fast x runs, against the wall clock."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

SPAN = 5.0  # seconds looked back on
SPACING = 0.1  # least seconds between two marks
EPOCH = 1e9, 4e9  # between them x is a time in seconds since 1970
KEPT = 8  # marks kept however old, for senders that come seldom


class Mark(NamedTuple):
    """What was known at one moment."""

    now: float
    total: int
    x: float
    run: int  # first sample of the segment, by which segments are told apart


class Arrivals:
    """Marks of the last five seconds, ten a second at most."""

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque()
        self.due = float("-inf")  # when the next mark is wanted

    def mark(self, now: float, total: int, x: float, run: int) -> None:
        marks = self._marks
        if marks and now < marks[-1].now:
            marks.clear()  # somebody has set the clock back
        marks.append(Mark(now, total, x, run))
        self.due = now + SPACING
        while len(marks) > KEPT and marks[0].now < now - SPAN:
            marks.popleft()

    def rate(self, now: float, total: int) -> float:
        """Samples a second; a silence longer than usual lowers it, one of five seconds makes it zero."""
        recent = [mark for mark in self._marks if mark.now >= now - SPAN]
        if not recent:
            return 0.0
        first, last = recent[0], recent[-1]
        if first is last:
            before = self._marks[-2].total if len(self._marks) > 1 else 0
            return (total - before) / SPAN
        lasted = last.now - first.now
        usual = lasted / (len(recent) - 1)
        return (last.total - first.total) / max(lasted, now - first.now - usual)

    def pace(self) -> float | None:
        """x a second in the newest segment; None while unknown."""
        if not self._marks:
            return None
        last = self._marks[-1]
        first = next(mark for mark in self._marks if mark.run == last.run)
        lasted = last.now - first.now
        return (last.x - first.x) / lasted if lasted > 0 else None
