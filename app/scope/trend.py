"""The trend of a measurement: a record of its readings over the server's time."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import numpy as np

from app.memory.laid import Laid
from app.memory.memory import Records
from app.memory.samples import Origin
from app.scope.measuring import Item, Measured
from app.scope.view import View

LEFT = 2.0  # s without a reading of the view that gave them, after which another view may
NOT_MEASURED = "nothing that is watched measures it: add it to the measurements of a screen"


class Trend:
    """One trend: a sample for each reading, NaN for one that cannot be had.

    The readings are those of the first view that has the measurement in its list, with that view's timebase,
    gate and trigger, for as long as somebody watches it; then of another one.

    why  why there are no samples, or no new ones; None: there are
    """

    def __init__(self, name: str, slot: int, points: int, serial: Callable[[], int]) -> None:
        self.name = name
        self.why: str | None = NOT_MEASURED
        self.record = Laid(name, slot, points, serial())
        self._view: View | None = None
        self._last = -LEFT
        self._base = 0
        try:
            Item.of(name[1:])
        except ValueError as error:
            self.why = str(error)

    def advance(self, _memory: Records, _most: int) -> int:
        """Nothing is to be worked out: readings come by themselves."""
        return 0

    def note(self, view: View, measured: Measured, now: float) -> bool:
        """Take the reading of a view, if it is one of this measurement; whether it was.

        now  Unix seconds
        """
        taken = next((each for each in measured.taken if str(each.item) == self.name[1:]), None)
        if taken is None or (view != self._view and 0 <= now - self._last < LEFT):
            return False
        if not self.record.total:
            self._base = round(now * 1e9)
            self.record.begin(self._base, Origin.CLOCK)
        at = max((round(now * 1e9) - self._base) / 1e9, self._offset())
        value = nan if taken.reading.value is None else taken.reading.value
        self.record.know(taken.unit, "s")
        self.record.lay(np.array([at]), np.array([value]), np.empty(0, np.int64), now)
        self._view, self._last, self.why = view, now, taken.reading.why
        return True

    def _offset(self) -> float:
        """x of the newest sample."""
        record = self.record
        return float(record.offsets(record.total - 1, record.total)[0]) if record.total else 0.0
