"""What all tabs of the process share: the memory, the set-up that fits it, and a budget of time."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.config import Config
from app.memory.memory import Memory
from app.scope.autoset import Autoset, Setup
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
        self.costs: dict[int, float] = {}  # s a frame takes, by tab
        self._autoset = Autoset()
        self._looked = -1.0

    @property
    def tabs(self) -> int:
        """Tabs that are connected."""
        return len(self.costs)

    def setup(self) -> Setup:
        """The set-up that fits the signal now."""
        now = time.monotonic()
        if now - self._looked >= AUTOSET_EVERY:
            self._looked = now
            self._autoset.update(self.memory.records.values(), self.memory.version)
        return self._autoset.setup

    def period(self) -> float:
        """s between two frames of a tab, such that all tabs together stay within their share of the time."""
        return max(QUICKEST, sum(self.costs.values()) / SHARE)

    def spent(self, tab: int, seconds: float) -> None:
        """Note what a frame of this tab took."""
        old = self.costs.get(tab, seconds)
        self.costs[tab] = old + SMOOTHING * (seconds - old)

    def left(self, tab: int) -> None:
        self.costs.pop(tab, None)
