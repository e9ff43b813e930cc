"""Gaps of what is played again: where the live channel had them, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.record import Record
from app.memory.samples import Float64s, Origin, Samples
from app.store.block import samples, taken
from tests.scope.signals import NOW

CAME = (1_700_000_000_000_000_000, 1_700_000_001_000_000_000)
START = 1_700_000_000_123_456_789
SIZES = [1, 2, 7, 40, 1 << 16]  # samples that are due together


def even(t0: float, step: float, n: int) -> Samples:
    return Samples("a", t0, np.arange(n) * step, np.ones(n), Origin.DATA, step)


def explicit(x: Float64s) -> Samples:
    return Samples("a", 0.0, x, np.ones(len(x)), Origin.DATA)


def clocked(seconds: float, n: int) -> Samples:
    base = START + round(seconds * 1e9)
    return Samples("a", base, np.arange(n) / 1000, np.ones(n), Origin.CLOCK)


def live(*batches: Samples | int) -> Record:
    """A channel with these blocks; a number says how many requests are missing before the next one."""
    made, missing = Memory(1 << 20), 0
    for each in batches:
        if isinstance(each, int):
            missing = each
        else:
            made.append([each], NOW, missing)
            missing = 0
    return made.records["a"]


def played(record: Record, size: int, *, before: Sequence[Samples] = ()) -> Record:
    """The channel that a recording of it becomes, in parts of a size."""
    made = Memory(1 << 20)
    for each in before:
        made.append([each], NOW)
    for start in range(0, record.total, size):
        block = taken(record, start, min(start + size, record.total), CAME)
        made.append(list(samples(block, "a", afresh=start == 0)), NOW)
    return made.records["a"]


def alike(found: Record, record: Record) -> None:
    np.testing.assert_array_equal(found.gap_starts(0, found.total), record.gap_starts(0, record.total))
    np.testing.assert_allclose(found.x(0, found.total), record.x(0, record.total), rtol=1e-12, atol=1e-12)
    assert found.figure == record.figure


@pytest.mark.parametrize("size", SIZES)
def test_a_gap_for_requests_that_are_missing_is_played(size: int) -> None:
    record = live(even(0.0, 0.01, 10), even(0.1, 0.01, 10), 1, even(0.3, 0.01, 10), even(0.4, 0.01, 10))
    assert record.gap_starts(0, 40).tolist() == [0, 20]
    alike(played(record, size), record)


@pytest.mark.parametrize("size", SIZES)
def test_a_gap_that_no_step_tells_is_played(size: int) -> None:
    record = live(even(0.0, 0.01, 10), 1, even(0.1, 0.01, 10))
    assert record.gaps == 1
    alike(played(record, size), record)
    assert played(record, size).gaps == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_slower_block_between_others_is_no_gap(size: int) -> None:
    record = live(even(0.0, 0.001, 50), even(0.05, 0.001, 50), even(0.1, 1.0, 50), even(50.1, 0.001, 50))
    assert record.gaps == 0
    alike(played(record, size), record)


@pytest.mark.parametrize("size", SIZES)
def test_jumps_and_times_that_go_back_are_played(size: int) -> None:
    x = np.concatenate([np.arange(50.0), 1e9 + np.arange(50.0), np.arange(50.0), np.arange(90.0, 140.0)])
    record = live(explicit(x))
    assert record.gap_starts(0, 200).tolist() == [0, 50, 100, 150]
    alike(played(record, size), record)


@pytest.mark.parametrize("size", SIZES)
def test_by_the_clock_a_silence_is_a_gap_and_a_pause_of_the_player_is_none(size: int) -> None:
    record = live(*(clocked(k / 20 + (k > 4) * 30, 50) for k in range(9)))
    assert record.gap_starts(0, record.total).tolist() == [0, 250]
    alike(played(record, size), record)


@pytest.mark.parametrize("size", SIZES)
def test_short_blocks_that_each_begin_anew_do_not_become_a_figure(size: int) -> None:
    record = live(*(even(0.0, 0.01, 3) for _ in range(30)))
    assert not record.figure
    alike(played(record, size), record)


@pytest.mark.parametrize("size", [40, 1 << 16])
def test_a_figure_stays_one(size: int) -> None:
    record = live(explicit(np.sin(np.arange(1000) / 5)))
    assert record.figure
    alike(played(record, size), record)


def test_no_line_leads_from_what_was_there_to_what_is_played() -> None:
    record = live(even(10.0, 0.01, 50))
    found = played(record, 50, before=[even(9.5, 0.01, 50)])
    assert found.gap_starts(0, 100).tolist() == [0, 50]


def test_whatever_comes_is_played_with_the_same_gaps() -> None:
    random.seed(5)
    for _ in range(60):
        batches: list[Samples | int] = []
        x = 0.0
        for _ in range(random.randint(1, 12)):
            n, step = random.choice([1, 2, 9, 50]), random.choice([0.001, 0.01, 1.0])
            x += random.choice([0.0, 0.0, 0.0, 3.0, 1e6, -x])
            made = even(x, step, n) if random.random() < 0.7 else explicit(x + np.arange(n) * step)
            batches += [random.choice([0, 0, 1]), made]
            x += n * step
        record = live(*batches)
        if not record.figure:
            alike(played(record, random.choice(SIZES)), record)
