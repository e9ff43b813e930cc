"""Which samples a reader gets, against a slow and obvious twin."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest

from app.api import selection
from app.api.selection import Wanted, extremes, selected, span
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples


def slow_extremes(y: list[float], n: int) -> set[int]:
    """The numbers of the smallest and the largest value of each run, the first of equal ones."""
    size = math.ceil(len(y) / n)
    kept = set()
    for start in range(0, len(y), size):
        run = [i for i in range(start, min(start + size, len(y))) if not math.isnan(y[i])] or [start]
        kept |= {min(run, key=lambda i: y[i]), max(run, key=lambda i: y[i])}
    return kept


@pytest.mark.parametrize("m", [1, 2, 7, 8, 9, 100, 101, 1023])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 50])
def test_extremes_are_those_of_the_slow_twin(m: int, n: int) -> None:
    y = np.random.default_rng(m * n).normal(size=max(m, n))
    y[::5] = np.nan
    y[: len(y) // 3] = np.nan
    found = extremes(y, n)
    assert set(found.tolist()) == slow_extremes(y.tolist(), n)
    assert len(found) <= 2 * n
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("block", [1, 7, 100, 1000])
@pytest.mark.parametrize(
    "wanted", [Wanted(None), Wanted(1), Wanted(99), Wanted(None, 30.0, 60.0), Wanted(5, 30.0)]
)
def test_blocks_do_not_change_what_is_selected(
    monkeypatch: pytest.MonkeyPatch, block: int, wanted: Wanted
) -> None:
    memory = Memory(100)
    x = np.arange(150.0) % 80
    memory.append([Samples("a", 0.0, x, x * 2, Origin.DATA)], 0.0)
    numbers = [i for i in range(50, 150) if (wanted.left or 0) <= x[i] <= (wanted.right or 1e9)]
    expected = numbers if wanted.n is None else numbers[-wanted.n :]
    monkeypatch.setattr(selection, "BLOCK", block)
    record = memory.records["a"]
    where = asyncio.run(span(record, wanted))
    parts = asyncio.run(selected(record, wanted, where))
    assert (where.start, where.n) == (expected[0], len(expected))
    assert parts[0].first == expected[0]
    assert np.concatenate([part.x for part in parts]).tolist() == x[expected].tolist()
    assert np.concatenate([part.y for part in parts]).tolist() == (2 * x[expected]).tolist()
