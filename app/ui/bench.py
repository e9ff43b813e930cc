"""What all tabs of the process share."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.config import Config
from app.feed.feed import Feed
from app.scope.derived import Sources
from app.store.drawer import Drawer
from app.store.pins import Pins
from app.store.setups import Setups
from app.ui.demo import Demo


def empty() -> Drawer:
    """A drawer in which nothing survives, and nothing is recorded."""
    return Drawer(None, dict, lambda _batch, _now: None, {})


@dataclass(frozen=True)
class Bench:
    """One for the process; tabs come and go."""

    config: Config
    demo: Demo
    feed: Feed
    clock: Callable[[], float] = time.time
    drawer: Drawer = field(default_factory=empty)
    epochs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def pins(self) -> Pins:
        return self.drawer.pins

    @property
    def setups(self) -> Setups:
        return self.drawer.setups

    @property
    def memory(self) -> Sources:
        """All that can be shown."""
        return self.feed.memory

    @property
    def rows(self) -> int:
        """Points of a trace at most."""
        return self.feed.rows
