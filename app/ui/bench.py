"""What all tabs of the process share: the memory, the set-up that fits it, and a budget of time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable

from app.config import Config
from app.memory.memory import Memory
from app.memory.record import Record
from app.scope.autoset import SLOTS, Autoset, Setup
from app.scope.frame import ROWS
from app.ui.demo import Demo

SHARE = 0.25  # of the event loop's time that all live pictures together may take
QUICKEST = 1 / 15  # s between two frames of a tab
AUTOSET_EVERY = 0.25  # s
FEWEST_ROWS = 16
SMOOTHING = 0.2


class Bench:
    """One for the process; tabs come and go."""

    def __init__(
        self, memory: Memory, config: Config, demo: Demo, clock: Callable[[], float] = time.time
    ) -> None:
        self.memory = memory
        self.config = config
        self.demo = demo
        self.clock = clock
        self.rows = max(min(config.scope_points, ROWS), FEWEST_ROWS)
        self.viewers: set[int] = set()  # numbers of the tabs that are connected
        self._numbers = itertools.count()
        self._costs: dict[int, float] = {}  # s a frame takes, of the tabs that are drawing
        self._autoset = Autoset()
        self._looked = self._free = -1.0
        self._beyond: frozenset[str] = frozenset()

    def number(self) -> int:
        """A number for a new tab."""
        return next(self._numbers)

    def setup(self) -> Setup:
        """The set-up that fits the signal now."""
        now = time.monotonic()
        if now - self._looked >= AUTOSET_EVERY:
            self._looked = now
            self._beyond &= self.memory.records.keys()
            self._autoset.update(self.memory.records.values(), self.memory.version, self._beyond)
        return self._autoset.setup

    def want(self, shown: Iterable[Record]) -> None:
        """Have channels beyond the first eight fitted, too, from when a tab shows them."""
        self._beyond |= {record.name for record in shown if record.slot >= SLOTS}

    def period(self) -> float:
        """s between two frames of a tab, such that all tabs together stay within their share of the time."""
        return max(QUICKEST, sum(self._costs.values()) / SHARE)

    def free(self) -> bool:
        """Whether the last frame, of any tab, is long enough ago for another; POSTs come in between."""
        return time.monotonic() >= self._free

    def spent(self, tab: int, seconds: float) -> None:
        """Note what a frame of this tab took, which has just been drawn."""
        self._free = time.monotonic() + seconds * (1 / SHARE - 1)
        old = self._costs.get(tab, seconds)
        self._costs[tab] = old + SMOOTHING * (seconds - old)

    def rests(self, tab: int) -> None:
        """This tab draws nothing for now: the others may have its time."""
        self._costs.pop(tab, None)

    def left(self, tab: int) -> None:
        """This tab has lost its browser."""
        self.viewers.discard(tab)
        self.rests(tab)
