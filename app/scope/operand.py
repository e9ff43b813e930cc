"""A channel that an expression uses: a run of its samples in which x increases."""

from __future__ import annotations

import numpy as np

from app.dsp.alignment import Signal, interpolated
from app.dsp.pieces import Ints
from app.memory.record import Record
from app.memory.ring import Side
from app.memory.samples import Float64s, Floats
from app.memory.segments import Segment
from app.scope.sweep import shift

MOST_RUNS = 1000  # segments that are looked back on
NEAR = 1e-6  # of a step: x of two channels that differ by less are the same


class Operand:
    """Samples [first, stop) of a record, all counted from one base. A jump ahead in x is a gap in it.

    closed  whether x has started afresh after it
    figure  whether x goes back and forth in it: there is nothing to be had of it
    """

    def __init__(self, record: Record, start: int) -> None:
        own = record.segment(start)
        self.record = record
        self.base, self.origin, self.x0 = own.base, own.origin, own.x0
        self.closed, self.figure = False, own.figure
        self._start, self._known, self.stop = start, start, own.stop
        self.look()

    def look(self) -> None:
        """See how far it goes by now."""
        if self.closed or self.lost:
            return
        own = self.record.segment(max(self._known, self.record.first))
        while own.stop < self.record.total:
            after = self.record.segment(own.stop)
            if not goes_on(self.record, own, after):
                self.closed = True
                break
            own = after
        self._known, self.stop = own.start, own.stop

    def following(self) -> Operand:
        """The run after it; of an endless one, what is alive."""
        return Operand(self.record, max(self.stop, self.record.first))

    @property
    def lost(self) -> bool:
        """Whether nothing of it is alive any more."""
        return self.record.first >= self.stop

    @property
    def first(self) -> int:
        return max(self._start, self.record.first)

    @property
    def run(self) -> Segment:
        return Segment(self.first, self.stop, self.base, self.origin, figure=False)

    def shift(self, to: Operand) -> float:
        """What to add to its offsets to have those of another one."""
        return shift(to.run, self.run)

    def find(self, offset: float, side: Side = "left") -> int:
        return self.record.find(offset, self.run, side)

    def offset(self, n: int) -> float:
        return float(self.record.offsets(n, n + 1)[0])

    def count(self, left: float, right: float) -> int:
        """Samples between these offsets."""
        return self.find(right, "right") - self.find(left)

    def same(self, start: int, x: Float64s, near: float) -> int:
        """How many samples from `start` on have these x, as far as both go; 0: they differ.

        near  what two x may differ by
        """
        n = min(len(x), self.stop - start)
        own = self.record.offsets(start, start + n)
        return n if n and bool(np.abs(own - x[:n]).max() <= near) else 0

    def pair(self, start: int, n: int) -> tuple[Floats, Ints]:
        """Samples as they are, and the numbers of those that begin after a gap."""
        return self.record.y(start, start + n), self.record.gap_starts(start, start + n) - start

    def between(self, x: Float64s, before: float) -> tuple[Floats, Ints]:
        """Values at these x, between its first sample and its last, and the numbers of those after a gap.

        before  x of the sample before them
        """
        start = max(self.first, self.find(before, "right") - 1)
        stop = min(self.stop, self.find(float(x[-1]), "right") + 1)
        breaks = self.record.gap_starts(start + 1, stop) - start
        part = Signal(self.record.offsets(start, stop), self.record.y(start, stop), breaks)
        gaps = part.x[np.append(np.flatnonzero(~np.isfinite(part.y)), breaks)]
        places = x.searchsorted(gaps[gaps > before])
        return interpolated(part, x).y, np.unique(places[places < len(x)])


def goes_on(record: Record, own: Segment, after: Segment) -> bool:
    """Whether x only jumps ahead from one segment to the next."""
    if after.figure or own.figure or (own.base, own.origin) != (after.base, after.origin):
        return False
    first, last = record.offsets(after.start, after.start + 1), record.offsets(own.stop - 1, own.stop)
    return bool(len(first) and len(last) and first[0] > last[0])


def begins(record: Record) -> list[int]:
    """The samples with which the runs of a record begin, the newest first."""
    own = record.segment()
    found: list[int] = []
    for _ in range(MOST_RUNS):
        if own.start <= record.first:
            return [*found, record.first]
        before = record.segment(own.start - 1)
        if not goes_on(record, before, own):
            found.append(own.start)
        own = before
    return found or [own.start]
