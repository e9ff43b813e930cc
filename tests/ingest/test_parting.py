"""Bodies that are still on their way when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from app.ingest.intake import Intake, Outcome, Room, arrived
from app.ingest.stream import Block, Lines, Query, Stream
from app.memory.samples import Origin, Samples
from app.problems import Problem

ROW = b'{"x":1,"y":2}\n'


class Long:
    """A body that is stored line by line, the store's answers to it, and what its sender heard."""

    def __init__(self) -> None:
        self.room = Room(4)
        self.heard: list[Problem] = []
        self.ways: list[asyncio.Future[list[int]]] = []
        self.body = Stream(Lines(), {}, self.store, lambda: 0, self.room, self.heard.append, "")

    def store(self, block: bytes, _query: Query, _now: int) -> Block:
        self.ways.append(asyncio.get_running_loop().create_future())
        n = block.count(b"\n")
        return [Samples("ch1", 0.0, np.zeros(n), np.zeros(n), Origin.DATA)], self.ways[-1]

    def block(self) -> None:
        self.body.add(ROW)
        self.body.commit()

    def told(self) -> list[tuple[str, object, object]]:
        return [
            (said.code, said.details.get("accepted"), said.details.get("first_not_stored"))
            for said in self.heard
        ]


def on_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@on_loop
async def test_what_may_yet_be_stored_is_waited_for() -> None:
    long = Long()
    long.block()
    long.block()
    long.ways[0].set_result([])
    long.room.close()
    await asyncio.sleep(0)
    assert long.heard == []
    long.ways[1].set_result([])
    await asyncio.sleep(0)
    assert long.told() == [("draining", 2, 2)]
    long.room.part()
    assert len(long.heard) == 1


@on_loop
async def test_a_problem_too_waits_for_what_may_yet_be_stored() -> None:
    long = Long()
    for _ in range(3):
        long.block()
    long.body.fail(Problem("invalid_sample", "a row is bad"))
    long.body.add(ROW)
    long.body.commit()
    assert len(long.ways) == 3
    for way in long.ways:
        assert long.heard == []
        way.set_result([])
        await asyncio.sleep(0)
    assert long.told() == [("invalid_sample", 3, 3)]
    assert not long.room.coming


@on_loop
async def test_nothing_is_stored_after_a_block_that_was_not() -> None:
    long = Long()
    long.block()
    long.room.close()
    long.body.add(ROW)
    long.ways[0].set_exception(Problem("store_unavailable", "it is gone"))
    await asyncio.sleep(0)
    assert long.told() == [("store_unavailable", 0, 0)]
    assert len(long.ways) == 1


@on_loop
async def test_what_is_never_known_is_never_told() -> None:
    long = Long()
    long.block()
    long.room.close()
    long.room.part()
    await asyncio.sleep(0)
    assert long.heard == []


@on_loop
async def test_a_block_that_is_not_stored_does_not_count_nor_those_after_it() -> None:
    long = Long()
    for _ in range(3):
        long.block()
    long.room.close()
    long.ways[0].set_result([])
    long.ways[1].set_exception(Problem("store_unavailable", "it is gone"))
    long.ways[2].set_result([])
    await asyncio.sleep(0)
    assert long.told() == [("store_unavailable", 1, 1)]


@on_loop
async def test_one_that_ends_meanwhile_is_stored_to_its_end() -> None:
    long = Long()
    long.block()
    long.room.close()
    long.body.add(ROW)
    assert long.body.due is None
    long.body.end()
    found = long.body.whole()
    assert isinstance(found, Outcome)
    assert found.told["accepted"] == 2
    for way in long.ways:
        way.set_result([])
    assert await arrived(found, b"stored") == b"stored"
    assert long.heard == []


@on_loop
async def test_one_of_which_nothing_is_stored_yet_has_its_first_block() -> None:
    long = Long()
    long.room.close()
    assert long.heard == []
    long.block()
    long.ways[0].set_result([])
    await asyncio.sleep(0)
    assert long.told() == [("draining", 1, 1)]


@on_loop
async def test_a_short_body_has_time_and_is_answered_in_the_end() -> None:
    long, heard = Long(), []
    short = Intake(100, long.room, heard.append)
    short.add(b"{")
    long.room.close()
    assert heard == []
    long.room.part()
    assert [problem.code for problem in heard] == ["draining"]
    assert not long.room.coming
    assert not long.room.bodies


@pytest.mark.parametrize("most", [0, 1])
def test_one_that_is_dropped_hears_its_own_problem(most: int) -> None:
    async def parted() -> list[str]:
        heard: list[Problem] = []
        room = Room(most)
        body = Intake(2, room, heard.append)
        body.add(b"{ }")
        room.part()
        return [problem.code for problem in heard]

    assert asyncio.run(parted()) == ["body_too_large" if most else "overloaded"]
