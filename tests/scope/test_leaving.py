"""Whether a screen of the past is about to lose what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Setup
from app.scope.derived import Sources
from app.scope.frame import Frame
from app.scope.leaving import SOON, leaving
from app.scope.place import Place
from app.scope.search import Searches
from app.scope.sweep import Sweep
from app.scope.view import View, frame
from tests.scope.signals import NOW, send

RATE, POINTS = 1000, 10_000


def streamed(seconds: float) -> Memory:
    """A memory with room for ten seconds, which took a signal for so long."""
    memory = Memory(POINTS)
    for n in range(round(10 * seconds)):
        x = n / 10 + np.arange(RATE // 10) / RATE
        send(memory, "ch1", x, np.sin(x), NOW + (n + 1) / 10)
    return memory


def shown(memory: Memory, n: int) -> Frame:
    """A screen of 10 ms with this sample in its middle."""
    place = Place(memory.records["ch1"].serial, n)
    return frame(View(1e-3, sweep=Sweep(place=place)), memory, Setup(), Searches())


@pytest.mark.parametrize(
    ("seconds", "age", "leaves"),
    [(15, 9.99, True), (15, 8.5, True), (15, 7.5, False), (15, 0.1, False), (9, 8.9, True), (5, 4.9, False)],
)
def test_what_is_older_than_the_memory_will_reach_soon_is_leaving(
    seconds: float, age: float, leaves: bool
) -> None:
    memory = streamed(seconds)
    made = shown(memory, memory.records["ch1"].total - round(age * RATE))
    assert made.traces
    assert leaving(made, Sources(memory), NOW + seconds) is leaves


def test_nothing_leaves_while_nothing_comes() -> None:
    memory = streamed(15)
    made = shown(memory, memory.records["ch1"].first + 10)
    assert leaving(made, Sources(memory), NOW + 15)
    assert not leaving(made, Sources(memory), NOW + 15 + 2 * SOON + 5)


def test_a_screen_without_samples_has_none_to_lose() -> None:
    memory = streamed(15)
    assert not leaving(shown(memory, 0), Sources(memory), NOW + 15)
