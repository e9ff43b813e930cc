"""A record of what is worked out: where x starts afresh and where gaps are is told to it, not found out."""

from __future__ import annotations

import numpy as np

from app.memory.record import Record, rounded
from app.memory.ring import Ints
from app.memory.samples import Float64s, Origin

SIGNS = str.maketrans({"<": "‹", ">": "›", '"': "”", "'": "’", "`": "’", "&": "+", "$": "S"})
LONGEST_LABEL = 32


def label(name: str) -> str:
    """What people read of a derived name: without its sigil, and without signs that a label has not."""
    text = "".join(sign for sign in name[1:].strip().translate(SIGNS) if sign.isprintable())
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


class Laid(Record):
    """Samples laid down by whoever works them out.

    pacer  the record with whose samples they come; None: they come by themselves
    """

    def __init__(self, name: str, slot: int, points: int, serial: int) -> None:
        super().__init__(name, slot, points, rounded(points), serial=serial)
        self.label = label(name)
        self.pacer: Record | None = None
        self._begun = False

    def begin(self, base: float | int, origin: Origin) -> None:
        """Have the next samples begin a segment."""
        axis = self._axis
        axis.base, axis.origin = base, origin
        if self._begun and axis.segments.starts[-1] == self.total:
            axis.segments.rewind(self.total)
        axis.segments.begin(self.total, base, origin)
        axis.window.clear()
        self._begun = True

    def lay(self, offsets: Float64s, y: Float64s, breaks: Ints, now: float) -> None:
        """Take samples of the segment that was begun.

        offsets  (n,) from its base, increasing
        breaks   numbers of those that begin after a gap
        now      Unix seconds of their arrival
        """
        if len(y) == 0:
            return
        axis, start = self._axis, self.total
        stop = start + len(y)
        self.reserve(len(y), y.dtype)
        for n in breaks.tolist():
            axis.segments.mark(start + n)
        axis.ring.write(start, offsets)
        axis.window.extend(np.diff(offsets))
        axis.last = float(offsets[-1])
        self.total = stop
        self.first = max(self.first, stop - min(self._points, self.capacity))
        self._store(start, y)
        self.noted(now)

    def know(self, unit: str, x_unit: str) -> None:
        self._unit, self._x_unit = unit, x_unit

    def rate(self, now: float) -> float:
        return super().rate(now) if self.pacer is None else self.pacer.rate(now)

    def pace(self) -> float | None:
        return super().pace() if self.pacer is None else self.pacer.pace()
