"""The ring: the newest values of an endless column."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.ring import Ring

CAPACITY = 16
SIZES = [0, 1, CAPACITY - 1, CAPACITY, CAPACITY + 1, 3 * CAPACITY + 5]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("start", [0, 1, CAPACITY - 1, CAPACITY, 5 * CAPACITY + 3])
def test_the_newest_values_stay(n: int, start: int) -> None:
    ring = Ring(np.full(CAPACITY, -1.0))
    ring.write(start, np.arange(start, start + n, dtype=np.float64))
    first = max(start, start + n - CAPACITY)
    alive = np.arange(first, start + n)
    assert ring.read(first, start + n).tolist() == alive.tolist()
    assert ring.at(alive[::-1]).tolist() == alive[::-1].tolist()
    assert [ring.item(i) for i in alive.tolist()] == alive.tolist()


def test_an_unbroken_part_is_a_view() -> None:
    ring = Ring(np.zeros(CAPACITY))
    assert np.shares_memory(ring.read(CAPACITY, 2 * CAPACITY), ring.data)
    assert not np.shares_memory(ring.read(CAPACITY - 1, CAPACITY + 1), ring.data)


@pytest.mark.parametrize("start", [0, 5, CAPACITY - 1])
@pytest.mark.parametrize("side", ["left", "right"])
def test_search_crosses_the_wrap(start: int, side: str) -> None:
    values = np.repeat(np.arange(8.0), 2)
    ring = Ring(np.zeros(CAPACITY))
    ring.write(start, values)
    for value in (-1.0, 0.0, 3.0, 3.5, 7.0, 8.0):
        expected = start + int(values.searchsorted(value, side))  # type: ignore[call-overload]
        assert ring.search(value, start, start + CAPACITY, side) == expected  # type: ignore[arg-type]


def test_search_in_nothing_finds_the_start() -> None:
    assert Ring(np.zeros(CAPACITY)).search(1.0, 33, 33) == 33


@pytest.mark.parametrize("capacity", [CAPACITY // 2, 4 * CAPACITY])
def test_moving_keeps_values_and_numbers(capacity: int) -> None:
    ring = Ring(np.zeros(CAPACITY))
    ring.write(0, np.arange(40.0))
    moved = ring.moved(np.zeros(capacity), 32, 40)
    assert moved.read(32, 40).tolist() == list(range(32, 40))
    assert moved.capacity == capacity


def test_moving_what_wraps_takes_no_other_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring(np.zeros(CAPACITY))
    ring.write(0, np.arange(40.0))

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "concatenate", fail)
    for start in range(40 - CAPACITY, 41):
        moved = ring.moved(np.zeros(4 * CAPACITY), start, 40)
        assert moved.data[[n % (4 * CAPACITY) for n in range(start, 40)]].tolist() == list(range(start, 40))
