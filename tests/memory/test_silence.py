"""Channels that fell silent are forgotten, and no others."""

from __future__ import annotations

import numpy as np

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.memory.silence import Silence


def send(memory: Memory, *names: str) -> None:
    x = np.array([float(memory.accepted)])
    memory.append([Samples(name, 0.0, x, np.ones(1), Origin.DATA) for name in names], 0.0)


def test_a_channel_without_samples_for_so_long_is_forgotten() -> None:
    memory = Memory(1000)
    silence = Silence(memory, 100)
    send(memory, "a", "b")
    assert silence.look(0) == []
    assert silence.look(60) == []
    send(memory, "b")
    assert silence.look(99) == []
    assert silence.look(100) == ["a"]
    assert list(memory.records) == ["b"]
    assert silence.look(198) == []
    assert silence.look(199) == ["b"]


def test_a_channel_that_was_deleted_and_comes_again_is_a_new_one() -> None:
    memory = Memory(1000)
    silence = Silence(memory, 100)
    send(memory, "a")
    silence.look(0)
    memory.delete("a")
    send(memory, "a")
    assert silence.look(100) == []
    assert silence.look(200) == ["a"]


def test_an_empty_memory_is_silent() -> None:
    assert Silence(Memory(10), 1).look(1e9) == []
