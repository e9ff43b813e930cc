"""The memory: all records, within one budget, all or nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest
from blocks import clocked, explicit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.memory.memory import LEAST, SAMPLE, ChannelLimit, Memory, stepped
from app.memory.record import START, Room, in_memory
from app.memory.samples import Samples

POINTS = 6000


def filled(memory: Memory, *names: str, n: int = POINTS) -> Memory:
    for name in names:
        memory.append([explicit(np.arange(float(n)), channel=name)], 0.0)
    return memory


# channels


def test_channels_stand_in_order_of_creation() -> None:
    memory = Memory(POINTS)
    memory.append([explicit(0.0, channel=name) for name in "cabac"], 0.0)
    assert list(memory.records) == ["c", "a", "b"]
    assert [record.slot for record in memory.records.values()] == [0, 1, 2]
    assert [record.total for record in memory.records.values()] == [2, 2, 1]


def test_a_new_channel_takes_the_lowest_free_slot() -> None:
    memory = filled(Memory(POINTS), "a", "b", "c", n=1)
    memory.delete("b")
    filled(memory, "d", "e", n=1)
    assert {name: record.slot for name, record in memory.records.items()} == {"a": 0, "c": 2, "d": 1, "e": 3}


def test_one_channel_too_many_stores_nothing() -> None:
    memory = filled(Memory(POINTS, max_channels=2), "a", n=5)
    version = memory.version
    with pytest.raises(ChannelLimit) as caught:
        memory.append([explicit(9.0, channel=name) for name in "abc"], 0.0)
    assert caught.value.limit == 2
    assert list(memory.records) == ["a"]
    assert (memory.records["a"].total, memory.accepted, memory.version) == (5, 5, version)


def test_deleting_forgets_and_the_name_starts_afresh() -> None:
    memory = filled(Memory(POINTS), "a", n=5)
    assert memory.delete("a")
    assert not memory.delete("a")
    filled(memory, "a", n=3)
    assert (memory.records["a"].total, memory.accepted) == (3, 8)


def test_clearing_forgets_all() -> None:
    memory = filled(Memory(POINTS), "a", "b", n=5)
    memory.clear()
    assert (memory.records, memory.accepted) == ({}, 10)


def test_a_label_leaves_the_key() -> None:
    memory = filled(Memory(POINTS), "a", n=1)
    assert memory.records["a"].label == "a"
    assert memory.label("a", "Inlet")
    assert not memory.label("b", "Outlet")
    assert (memory.records["a"].name, memory.records["a"].label) == ("a", "Inlet")


class Scarce(Memory):
    """There is no room for many samples of the last channel of a batch."""

    def _room(self, serial: int) -> Room:
        def room(capacity: int, dtype: np.dtype[np.floating]) -> tuple[Any, Any]:
            if serial in (2, 3) and (capacity > START or dtype == np.float64):
                raise MemoryError
            return in_memory(capacity, dtype)

        return room


@pytest.mark.parametrize("last", ["b", "c"])
@pytest.mark.parametrize("n", [1, 2 * START])
def test_a_batch_for_which_there_is_no_room_is_not_stored_in_part(last: str, n: int) -> None:
    memory = Scarce(POINTS)
    narrow = [explicit(np.arange(3), np.zeros(3, np.float32), name) for name in "ab"]
    memory.append(narrow, 0.0)
    before = {name: (record.total, record.capacity, record.narrow) for name, record in memory.records.items()}
    with pytest.raises(MemoryError):
        memory.append([explicit(np.arange(n) + 3, np.ones(n), name) for name in ("a", last)], 0.0, 5)
    assert list(memory.records) == ["a", "b"]
    record = memory.records["b"]
    assert (record.total, record.capacity, record.narrow) == before["b"]
    assert memory.records["a"].total == 3
    assert [record.lost for record in memory.records.values()] == [None, None]
    assert memory.accepted == 6
    memory.append([explicit(np.arange(2.0 * START) + 3, channel="a"), narrow[1]], 0.0)
    assert [record.total for record in memory.records.values()] == [3 + 2 * START, 6]
    assert memory.records["b"].y(0, 6).tolist() == [0.0] * 6


def test_a_block_for_which_there_is_no_room_leaves_its_channel_as_it_was() -> None:
    memory = Scarce(POINTS)
    for name in "ab":
        memory.append([explicit(np.arange(3), np.zeros(3, np.float32), name)], 0.0, 0)
    for _ in range(2):
        with pytest.raises(MemoryError):
            memory.append([explicit(np.arange(3.0) + 3, channel="b")], 0.0, 5)
    record = memory.records["b"]
    assert (record.lost, record.gaps, record.total) == (0, 0, 3)


def test_a_channel_for_which_there_is_no_room_takes_none_from_the_others() -> None:
    memory = Scarce(POINTS, 2 * SAMPLE * 2048)
    memory.append([explicit(np.arange(2048), channel="a")], 0.0)
    for name in "bc":
        with pytest.raises(MemoryError):
            memory.append([explicit(np.arange(3.0), channel=name)], 0.0)
    assert memory.created == 1
    memory.append([explicit(np.arange(5000) + 2048.0, channel="a")], 0.0)
    assert memory.records["a"].capacity > 2048


def test_the_version_grows_with_every_change() -> None:
    memory = Memory(POINTS)
    versions = [memory.version]
    for change in (
        lambda: filled(memory, "a", n=1),
        lambda: memory.label("a", "b"),
        lambda: memory.delete("a"),
        memory.clear,
    ):
        change()
        versions.append(memory.version)
    assert versions == sorted(set(versions))


def test_a_batch_tells_where_each_block_landed() -> None:
    memory = filled(Memory(POINTS), "a", n=5)
    placed = memory.append([explicit([8.0, 9.0]), explicit(1.0, channel="b"), explicit(10.0)], 0.0)
    found = [(block.channel, block.start, block.stop, block.x0) for block in placed]
    assert found == [("a", 5, 7, 8.0), ("b", 0, 1, 1.0), ("a", 7, 8, 10.0)]


def test_an_empty_batch_changes_no_channel() -> None:
    memory = Memory(POINTS)
    assert memory.append([], 0.0) == []
    assert (memory.accepted, memory.records) == (0, {})


# budget


def used(memory: Memory) -> int:
    return sum(record.nbytes for record in memory.records.values())


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 16, 50])
def test_the_budget_holds(channels: int) -> None:
    budget = channels * LEAST * 18 + 300_000
    memory = Memory(POINTS, budget)
    for i in range(channels):
        filled(memory, str(i))
        assert used(memory) <= budget
    for record in memory.records.values():
        alive = record.total - record.first
        assert LEAST <= alive <= POINTS
        assert record.x(record.first, record.total).tolist() == list(range(POINTS - alive, POINTS))


def test_every_channel_gets_a_little_whatever_the_budget() -> None:
    memory = filled(Memory(POINTS, 1000), "a", "b")
    assert [record.total - record.first for record in memory.records.values()] == [LEAST, LEAST]


def test_deleting_gives_the_others_room() -> None:
    memory = filled(Memory(POINTS, POINTS * 36), "a", "b", "c", "d")
    assert memory.records["a"].capacity < POINTS
    memory.delete("b")
    memory.delete("c")
    filled(memory, "a")
    assert memory.records["a"].total - memory.records["a"].first == POINTS


def test_records_are_not_moved_for_every_new_channel() -> None:
    assert [stepped(n) for n in range(1, 14)] == [1, 2, 3, 4, 6, 6, 8, 8, 12, 12, 12, 12, 16]


# everything at once, against deques

UNIT = 2.0**-10


class Machine(RuleBasedStateMachine):
    """Any sequence of appends and deletions; every accepted sample is alive or evicted, none twice."""

    points, budget = 1500, 4 * 1024 * 18

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory(self.points, self.budget, max_channels=6)
        self.twins: dict[str, oracles.Twin] = {}
        self.x: dict[str, float] = {}
        self.accepted = 0

    def block(self, name: str, steps: list[int], dtype: type[np.floating]) -> Samples:
        xs = self.x.get(name, 0.0) + np.cumsum(np.array(steps) * UNIT)
        ys = np.arange(self.accepted, self.accepted + len(xs)).astype(dtype)
        ys[ys % 5 == 0] = np.nan
        self.x[name] = float(xs[-1])
        self.accepted += len(xs)
        self.twins.setdefault(name, oracles.Twin(self.points)).append(xs.tolist(), ys.tolist())
        return explicit(xs, ys, name)

    @rule(
        names=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3),
        first=st.sampled_from([1, 1, 0, 40, -300, 10**7]),
        n=st.sampled_from([1, 1, 2, 30, 200, 1499, 1501, 4000]),
        dtype=st.sampled_from([np.float32, np.float64]),
    )
    def append(self, names: list[str], first: int, n: int, dtype: type[np.floating]) -> None:
        self.memory.append([self.block(name, [first, *[1] * (n - 1)], dtype) for name in names], 0.0)

    @rule(name=st.sampled_from("abcdef"), seed=st.integers(0, 2**32), n=st.sampled_from([3, 60, 400]))
    def wander(self, name: str, seed: int, n: int) -> None:
        steps = np.random.default_rng(seed).integers(-2, 3, n).tolist()
        self.memory.append([self.block(name, steps, np.float64)], 0.0)

    @rule(name=st.sampled_from("abcdef"), n=st.integers(1, 20))
    def one_by_one(self, name: str, n: int) -> None:
        for _ in range(n):
            self.memory.append([self.block(name, [1], np.float64)], 0.0)

    @precondition(lambda self: self.twins)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.twins)))
        assert self.memory.delete(name)
        del self.twins[name], self.x[name]

    @rule()
    def one_too_many(self) -> None:
        with pytest.raises(ChannelLimit):
            self.memory.append([explicit(0.0, channel=f"other {i}") for i in range(7)], 0.0)

    @invariant()
    def accepted_is_what_was_accepted(self) -> None:
        assert self.memory.accepted == self.accepted
        assert set(self.memory.records) == set(self.twins)

    @invariant()
    def records_hold_what_the_deques_hold(self) -> None:
        for name, record in self.memory.records.items():
            twin = self.twins[name]
            assert record.total == len(twin.live) + twin.evicted
            assert twin.evicted <= record.first <= record.total - min(record.total, LEAST)
            alive = np.array(twin.live)[record.first - twin.evicted :]
            np.testing.assert_array_equal(record.x(0, record.total), alive[:, 0])
            np.testing.assert_array_equal(record.y(0, record.total), alive[:, 1])

    @invariant()
    def breaks_and_extremes_are_right(self) -> None:
        for name, record in self.memory.records.items():
            sorter = self.twins[name].sorter
            living = sorted(n for n in sorter.breaks if n >= record.first)
            assert record.gap_starts(0, record.total).tolist() == living
            assert (record.figure, record.gaps) == (sorter.figure, sorter.gaps)
            segment = record.segment()
            if not segment.figure:
                columns = record.columns(segment.start, segment.stop, -1e6, 2e6, 1)
                least = np.fmin.reduce(record.y(segment.start, segment.stop).astype(np.float64))
                np.testing.assert_array_equal(columns.low, [least])

    @invariant()
    def the_budget_holds(self) -> None:
        assert used(self.memory) <= max(self.budget, len(self.memory.records) * LEAST * 18)


Machine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestMachine = Machine.TestCase


def test_clocked_points_are_counted_too() -> None:
    memory = Memory(POINTS)
    for i in range(20):
        memory.append([clocked(i * 0.1)], float(i))
    assert memory.accepted == memory.records["a"].total == 20
