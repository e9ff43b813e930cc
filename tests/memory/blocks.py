"""Short ways to write samples."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.memory.samples import Floats, Origin, Samples

NOW = 1_700_000_000


def explicit(x: Iterable[float] | float, y: Floats | None = None, channel: str = "a") -> Samples:
    """Samples whose x the sender named one by one."""
    offsets = np.atleast_1d(np.array(x, dtype=np.float64))
    return Samples(channel, 0.0, offsets, np.zeros(len(offsets)) if y is None else y, Origin.DATA)


def stepped(t0: float, dt: float, n: int) -> Samples:
    """Samples of which the sender named the first x and the step."""
    return Samples("a", t0, np.arange(n) * dt, np.zeros(n), Origin.DATA, dt)


def clocked(seconds: float) -> Samples:
    """A sample without x, received so many seconds after NOW."""
    return Samples("a", NOW * 10**9 + round(seconds * 1e9), np.zeros(1), np.ones(1), Origin.CLOCK)


def following(seconds: float, step: float, n: int) -> Samples:
    """A block of which only the step is known, received so many seconds after NOW."""
    received = NOW * 10**9 + round(seconds * 1e9)
    return Samples("a", received, np.arange(n) * step, np.zeros(n), Origin.NEXT, step)
