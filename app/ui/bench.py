"""What all tabs of the process share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from app.config import Config
from app.feed.feed import Feed
from app.memory.memory import Memory
from app.ui.demo import Demo


@dataclass(frozen=True)
class Bench:
    """One for the process; tabs come and go."""

    memory: Memory
    config: Config
    demo: Demo
    feed: Feed
    clock: Callable[[], float] = time.time

    @property
    def rows(self) -> int:
        """Points of a trace at most."""
        return self.feed.rows
