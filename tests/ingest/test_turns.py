"""Long bodies are read in steps: others have their turn meanwhile, and nothing else changes."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from app.config import Config
from app.ingest.answer import Answer
from app.ingest.batch import Asked, completed
from app.ingest.raw import raw_samples
from app.ingest.receiver import Receiver
from app.ingest.turns import STEPS, Turns
from app.memory.memory import Memory
from app.problems import Problem

NOW = 1_700_000_000 * 10**9
LINES = 20_000
# What of each format takes longest, all of it bad and half of it good.
LONG: dict[str, tuple[bytes, bytes]] = {
    "application/json": (b"[%b]" % b",".join([b'{"x":1,"y":""}'] * LINES), b'{"x":1,"y":2}'),
    "application/x-ndjson": (b"\n".join([b'{"x":1,"y":""}'] * LINES), b'{"x":1,"y":2}'),
    "text/csv": (b"x,a\n" + b"1,z\n" * LINES, b"1,2"),
    "text/x-influx": (b"m v=T 1\n" * LINES, b"m v=1 1"),
    "text/x-teleplot": (b"a:1:z\n" * LINES, b"a:1:2"),
}


def half_good(kind: str) -> bytes:
    body, good = LONG[kind]
    if kind == "application/json":
        return b"[%b,%b]" % (b",".join([good] * LINES), body[1:-1])
    return body.rstrip() + b"\n" + (good + b"\n") * LINES


def receiver() -> Receiver:
    return Receiver(Memory(100_000), Config())


async def answered(found: Answer | asyncio.Future[Answer]) -> tuple[int, Any]:
    said = found if isinstance(found, Answer) else await found
    return said.status, orjson.loads(said.body)


@pytest.mark.parametrize("kind", LONG)
def test_others_have_many_turns_while_a_long_body_is_read(kind: str) -> None:
    async def run() -> None:
        made, turns = receiver(), 0
        coming = made.received({"Content-Type": kind}, half_good(kind), NOW, "on_error=skip")
        assert not isinstance(coming, Answer)
        while not coming.done():
            await asyncio.sleep(0)
            turns += 1
            if turns == 3:
                assert await answered(made.received({}, b'{"y":1,"channel":"other"}', NOW)) == (
                    200,
                    {"status": "success"},
                )
        status, answer = await answered(coming)
        assert (status, answer["accepted"], answer["rejected"]) == (200, LINES, LINES)
        assert turns > 10
        assert next(iter(made.memory.records)) == "other"

    asyncio.run(run())


@pytest.mark.parametrize("kind", LONG)
def test_a_long_bad_body_is_refused_with_all_its_faults_counted(kind: str) -> None:
    async def run() -> None:
        made = receiver()
        status, answer = await answered(made.received({"Content-Type": kind}, LONG[kind][0], NOW))
        assert (status, answer["error_count"], len(answer["errors"])) == (400, LINES, 100)
        assert not made.memory.records
        assert sum(made.counts.batches.values()) == 1

    asyncio.run(run())


def test_long_bodies_are_stored_in_the_order_in_which_they_came() -> None:
    async def run() -> None:
        made, kind = receiver(), "text/csv"
        bodies = [b"x,c%d\n" % k + b"1,2\n" * (50_000 // (k + 1)) for k in range(4)]
        coming = [made.received({"Content-Type": kind}, body, NOW) for body in bodies]
        assert {(await answered(each))[0] for each in coming} == {200}
        assert list(made.memory.records) == ["c0", "c1", "c2", "c3"]

    asyncio.run(run())


def test_of_too_many_long_bodies_the_last_hear_when_to_come_again() -> None:
    async def run() -> None:
        made, body = Receiver(Memory(100_000), Config(max_requests=2)), b"x,a\n" + b"1,2\n" * 20_000
        coming = [made.received({"Content-Type": "text/csv"}, body, NOW) for _ in range(4)]
        told = [await answered(each) for each in coming]
        assert [status for status, _ in told] == [200, 200, 503, 503]
        assert (told[3][1]["code"], told[3][1]["max"]) == ("overloaded", 2)
        assert (await answered(made.received({"Content-Type": "text/csv"}, body, NOW)))[0] == 200
        assert made.memory.records["a"].total == 60_000

    asyncio.run(run())


def test_the_same_numbered_long_body_is_stored_once_although_it_comes_twice_at_once() -> None:
    async def run() -> None:
        made = receiver()
        headers = {"Content-Type": "text/csv", "X-Source-Id": "a", "X-Boot-Id": "b", "X-Seq": "1"}
        body = b"x,a\n" + b"1,2\n" * 20_000
        coming = [made.received(headers, body, NOW) for _ in range(3)]
        told = [(await answered(each))[1] for each in coming]
        assert [each["duplicate"] for each in told] == [False, True, True]
        assert made.memory.records["a"].total == 20_000
        other = await answered(made.received(headers, body + b"1,2\n", NOW))
        assert (other[0], other[1]["code"]) == (409, "seq_conflict")

    asyncio.run(run())


def test_a_bug_in_a_step_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RecursionError

    async def run() -> None:
        made = receiver()
        monkeypatch.setattr(made.turns, "read", broken)
        status, answer = await answered(
            made.received({"Content-Type": "text/csv"}, b"x,a\n" + b"1,2\n" * 20_000, NOW)
        )
        assert (status, answer["code"]) == (500, "internal")

    asyncio.run(run())


def test_what_is_short_is_read_at_once() -> None:
    turns = Turns(1)
    for read, (size, steps) in STEPS.items():
        assert not turns.needs(read, size)
        assert turns.needs(read, size + 1)
        with pytest.raises(Problem):
            completed(steps(b"", Asked(NOW)))
    assert not turns.needs(raw_samples, 1 << 20)
