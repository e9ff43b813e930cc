"""Memories with a signal in them."""

from __future__ import annotations

import numpy as np

from app.memory.memory import Memory
from app.memory.samples import Floats, Origin, Samples

NOW = 1_700_000_000.0
POINTS = 100_000


def filled(*channels: tuple[str, Floats, Floats], points: int = POINTS, now: float = NOW) -> Memory:
    """A memory with channels of given x and y, received at once."""
    memory = Memory(points)
    for name, x, y in channels:
        send(memory, name, x, y, now)
    return memory


def send(memory: Memory, name: str, x: Floats, y: Floats, now: float = NOW) -> None:
    offsets = np.atleast_1d(np.asarray(x, np.float64))
    values = np.atleast_1d(np.asarray(y, np.float64))
    memory.append([Samples(name, 0.0, offsets, values, Origin.DATA)], now)


def streamed(rate: float, seconds: float, signal: object, name: str = "ch1", block: float = 0.1) -> Memory:
    """A memory that took a signal of x in blocks at its real pace, so that x per wall second is known."""
    memory = Memory(1_000_000)
    size = round(rate * block)
    for n in range(round(seconds / block)):
        x = (n * size + np.arange(size)) / rate
        send(memory, name, x, signal(x), NOW + (n + 1) * block)  # type: ignore[operator]
    return memory
