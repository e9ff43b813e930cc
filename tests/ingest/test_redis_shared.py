"""Processes that share a stream: the same samples in the same order, stored once, and what is said."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from serving import on_loop
from shared import Joined, joined
from test_stream import LINES, upload

from app.config import Config
from app.ingest import redis_writer
from app.ingest.redis_bus import RedisBus
from app.ingest.redis_link import SCRIPT, STREAM, TOTALS
from app.ingest.redis_tail import Tail
from app.memory.memory import ChannelLimit
from app.memory.samples import Origin, Samples
from app.problems import Problem
from tests.conftest import wait_until
from tests.redis_server import RedisServer, needs_redis, redis_server

pytestmark = needs_redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(autouse=True)
def empty(redis: RedisServer) -> None:
    redis.ask("FLUSHALL")


@pytest.fixture
def one(redis: RedisServer) -> Iterator[Joined]:
    with joined(redis) as shared:
        yield shared


@pytest.fixture
def other(redis: RedisServer) -> Iterator[Joined]:
    with joined(redis) as shared:
        yield shared


def block(n: int, first: int = 0, **more: Any) -> dict[str, Any]:
    return {"x": list(range(first, first + n)), "y": list(range(first, first + n)), **more}


def stream_length(redis: RedisServer) -> int:
    return int(str(redis.ask("XLEN", STREAM)))


def test_all_see_the_same_samples_in_the_same_order(one: Joined, other: Joined) -> None:
    def send(n: int) -> int:
        return [one, other][n % 2].served.post({"x": n, "y": n})[0]

    with ThreadPoolExecutor(8) as senders:
        assert set(senders.map(send, range(200))) == {200}
    wait_until(lambda: len(one.y()) == len(other.y()) == 200)
    assert one.y() == other.y()
    assert sorted(one.y()) == list(range(200))


def test_what_a_process_has_acknowledged_it_shows(one: Joined) -> None:
    for n in range(20):
        one.served.post({"x": n, "y": n})
        assert one.y()[-1] == n


def test_what_comes_together_shares_an_entry(one: Joined, redis: RedisServer) -> None:
    """Points of sixteen senders at once, each acknowledged by itself."""
    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(lambda n: one.served.post({"x": n, "y": n})[0], range(320)))
    assert answers == [200] * 320
    assert stream_length(redis) < 200


def test_a_batch_is_one_entry_and_all_or_nothing(one: Joined, other: Joined, redis: RedisServer) -> None:
    batch = {"x": [1, 2], "channels": {"a": [1, 2], "b": [3, 4]}}
    assert one.served.post(batch)[1]["durability"] == "stream"
    wait_until(lambda: other.y("b") == [3, 4])
    assert other.y("a") == [1, 2]
    assert stream_length(redis) == 1


def test_a_repeated_request_is_known_to_every_process(one: Joined, other: Joined) -> None:
    headers = {"X_Source_Id": "esp", "X_Seq": "18446744073709551615"}
    assert one.served.post(block(3), **headers)[1]["duplicate"] is False
    for shared in (one, other):
        assert shared.served.post(block(3), **headers)[1]["duplicate"] is True
        status, answer = shared.served.post(block(4), **headers)
        assert (status, answer["code"]) == (409, "seq_conflict")
    wait_until(lambda: other.memory.accepted == 3)
    assert one.memory.accepted == 3


def test_a_number_left_out_is_missing_for_every_process(one: Joined, other: Joined) -> None:
    for shared, n in ((one, 2**63), (other, 2**63 + 1), (one, 2**63 + 5)):
        shared.served.post(block(1, n - 2**63), X_Source_Id="esp", X_Seq=str(n))
    wait_until(lambda: other.memory.accepted == 3)
    for shared in (one, other):
        record = shared.memory.records["ch1"]
        assert record.lost == 3
        assert record.gap_starts(1, 9).tolist() == [2]


def test_the_same_request_twice_at_once_is_stored_once(one: Joined, other: Joined) -> None:
    def send(n: int) -> bool:
        headers = {"X_Source_Id": "esp", "X_Seq": str(n // 4)}
        return bool([one, other][n % 2].served.post(block(2, n // 4), **headers)[1]["duplicate"])

    with ThreadPoolExecutor(8) as senders:
        assert sum(not duplicate for duplicate in senders.map(send, range(160))) == 40
    wait_until(lambda: other.memory.accepted == one.memory.accepted == 80)


def test_the_newest_requests_are_remembered_and_not_for_ever(
    one: Joined, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_writer, "KEPT", 3)
    monkeypatch.setattr(redis_writer, "SENDERS", 2)
    for source in "abc":
        for n in range(5):
            one.served.post({"x": n, "y": 1}, X_Source_Id=source, X_Seq=str(n))
    seen = list(redis.client.scan_iter(f"{STREAM}:seen:*"))
    assert len(seen) == 2
    for key in seen:
        assert redis.ask("HLEN", key) == 3 + 1  # and the highest
        assert 800 < int(str(redis.ask("TTL", key))) <= 900


def test_a_block_without_x_hears_where_it_landed(one: Joined) -> None:
    first = one.served.post({"dt": 0.001, "y": [1] * 10})[1]
    second = one.served.post({"dt": 0.001, "y": [1] * 10})[1]
    assert first["x0"] == pytest.approx(one.served.clock() / 1e9, abs=0.1)
    assert second["x0"] - first["x0"] == pytest.approx(0.01, abs=1e-4)


def test_what_is_said_of_a_channel_all_hear_and_those_who_come_later(
    one: Joined, other: Joined, redis: RedisServer
) -> None:
    one.served.post(block(2))
    on_loop(one.served.loop, lambda: one.memory.say("ch1", label="vibration"))
    assert one.memory.records["ch1"].label == "vibration"
    on_loop(one.served.loop, lambda: one.memory.say("ch1", probe=10.0))
    wait_until(lambda: other.y() == [0, 10])
    redis.ask("XTRIM", STREAM, "MAXLEN", 0)
    one.served.post(block(1, 5))
    with joined(redis) as third:
        assert third.y() == [50]
        assert third.memory.records["ch1"].label == "vibration"


def test_a_deleted_channel_is_gone_everywhere_when_that_is_answered(
    one: Joined, other: Joined, redis: RedisServer
) -> None:
    for name in ("a", "b"):
        one.served.post(block(3, channel=name))
    assert one.served.ask("DELETE", "/data?channel=a")[0] == 200
    wait_until(lambda: list(other.memory.records) == ["b"])
    assert list(one.memory.records) == ["b"]
    on_loop(one.served.loop, one.memory.clear)
    wait_until(lambda: not other.memory.records)
    with joined(redis) as third:
        assert not third.memory.records


def test_channels_that_two_processes_let_in_at_once_are_all_there(redis: RedisServer) -> None:
    """The limit is looked at before the stream; what is in it is stored."""
    few = Config(max_channels=2)
    with joined(redis, few) as one, joined(redis, few) as other:
        held = held_up(other)
        one.served.post(block(1, channel="a"))
        one.served.post(block(1, channel="b"))
        assert one.served.post(block(1, channel="c"))[1]["code"] == "channel_limit"
        redis.ask("XADD", STREAM, "*", *last_entry(redis, b'"b"', b'"c"'))
        held.set()
        wait_until(lambda: list(one.memory.records) == list(other.memory.records) == ["a", "b", "c"])


def test_channels_on_their_way_count_as_much_as_those_in_memory(redis: RedisServer) -> None:
    with joined(redis, Config(max_channels=2)) as one:
        bus = one.bus

        def put(*names: str) -> asyncio.Future[Any]:
            x = np.zeros(1)
            return bus.put([Samples(name, 0.0, x, x, Origin.DATA) for name in names], 1.7e9)

        async def run() -> None:
            ways = [put("a"), put("a", "b"), put("b")]
            with pytest.raises(ChannelLimit):
                put("a", "c")
            await asyncio.gather(*ways)
            assert (list(one.memory.records), bus.coming) == (["a", "b"], {})
            one.memory.clear()
            await one.memory.settled()
            bus.writer.up = False
            with pytest.raises(Problem):
                put("d", "e")
            bus.writer.up = True
            await put("c", "d")

        asyncio.run_coroutine_threadsafe(run(), one.served.loop).result(10)
        assert list(one.memory.records) == ["c", "d"]


def test_after_an_error_in_a_long_body_nothing_is_stored_twice_by_going_on(one: Joined) -> None:
    rows = [b'{"x":%d,"y":%d}\n' % (n, n) for n in range(2500)]
    bad = [*rows[:1800], b'{"x":1}\n', *rows[1801:]]
    for status in (400, 200):
        with upload(one.served, LINES) as body:
            body.sender.settimeout(10)
            body.sender.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(b"".join(bad)), b"".join(bad)))
            said, answer = body.answer()
        assert said == status
        bad = rows[answer.get("first_not_stored", 0) :]
    assert one.y() == list(range(2500))


def last_entry(redis: RedisServer, old: bytes, new: bytes) -> list[bytes]:
    """The newest entry with another word in it, as if some process had put it there just after it."""
    ((_, fields),) = redis.client.xrevrange(STREAM, count=1)  # type: ignore[misc]
    epoch, before, own = fields[b"h"].split()
    head = b"%b %d %b" % (epoch, int(before) + int(own), own)
    return [b"h", head, b"b", fields[b"b"].replace(old, new)]


def held_up(shared: Joined) -> threading.Event:
    """Have a server do nothing until the event is set."""
    go_on, stands = threading.Event(), threading.Event()

    def stand() -> None:
        stands.set()
        go_on.wait(20)

    shared.served.loop.call_soon_threadsafe(stand)
    assert stands.wait(5)
    return go_on


def test_what_was_trimmed_before_it_was_read_is_a_gap_and_counted(
    one: Joined, other: Joined, redis: RedisServer
) -> None:
    one.served.post(block(10))
    wait_until(lambda: len(other.y()) == 10)
    held = held_up(other)
    for n in range(1, 6):
        one.served.post(block(10, 10 * n))
    redis.ask("XTRIM", STREAM, "MAXLEN", 2)
    held.set()
    wait_until(lambda: other.y()[-1] == 59)
    read = len(other.y()) - 20  # with the batch, perhaps, that it had asked for before
    assert read in (10, 20)
    assert other.y() == [*range(read), *range(40, 60)]
    assert other.bus.tail.missed == 40 - read
    assert other.memory.records["ch1"].gap_starts(1, 99).tolist() == [read]
    assert one.bus.tail.missed == 0


def test_what_was_trimmed_to_the_last_is_noticed_without_a_next_entry(
    one: Joined, other: Joined, redis: RedisServer
) -> None:
    one.served.post(block(10))
    wait_until(lambda: len(other.y()) == 10)
    held = held_up(other)
    for n in (10, 17):
        one.served.post(block(7, n))
    redis.ask("XTRIM", STREAM, "MAXLEN", 0)
    held.set()
    wait_until(lambda: other.bus.tail.missed + len(other.y()) == 24, 5)
    missed = other.bus.tail.missed
    assert missed in (7, 14)
    one.served.post(block(1, 30))
    wait_until(lambda: other.y()[-1] == 30)
    assert other.bus.tail.missed == missed
    assert other.memory.records["ch1"].gap_starts(1, 99).tolist() == [24 - missed]


def test_the_stream_is_trimmed_by_samples(redis: RedisServer) -> None:
    with joined(redis, Config(scope_points=1000)) as shared:
        for n in range(100):
            shared.served.post(block(500, 500 * n) if n % 10 == 0 else block(1, 500 * n + 499))
        kept = [int(fields[b"h"].split()[2]) for _, fields in redis.client.xrange(STREAM)]  # type: ignore[misc]
        assert 1000 <= sum(kept) <= 1000 + 500 + 1000 // 64 + 100
        assert redis.client.hget(TOTALS, "samples") == b"5090"


def test_who_has_not_read_all_cuts_nothing_off(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    names, config = [f"ch{k}" for k in range(1, 9)], Config(scope_points=1000)
    with joined(redis, config) as shared:
        for n in range(10):
            for name in names:
                shared.served.post(block(100, 100 * n, channel=name))
    begin, read = RedisBus.run, Tail.read
    buses: list[RedisBus] = []

    async def run(bus: RedisBus) -> None:
        buses.append(bus)
        await begin(bus)

    async def late(tail: Tail) -> list[Any]:
        """What this process is sent is in the stream before it has read a thing."""
        while not tail.refilled and stream_length(redis) == 80:
            if buses[0].writer.up and not buses[0].writer.waiting:
                buses[0].put(
                    [Samples("ch1", 0.0, np.arange(1000.0, 1500.0), np.zeros(500), Origin.DATA)], 1.7e9
                )
            await asyncio.sleep(0.01)
        return await read(tail)

    monkeypatch.setattr(RedisBus, "run", run)
    monkeypatch.setattr(Tail, "read", late)
    with joined(redis, config) as again:
        assert [len(again.y(name)) for name in names] == [1000] * 8
        assert again.y()[-1] == 0
        assert again.y("ch8") == list(range(1000))


def test_entries_of_others_are_passed_over(one: Joined, redis: RedisServer) -> None:
    redis.ask("XADD", STREAM, "*", "hello", "world")
    for head in ("x 0 1", "0123abcd a b", "0123abcd 0"):
        redis.ask("XADD", STREAM, "*", "h", head, "b", "not a batch")
    assert one.served.post({"x": 1, "y": 7})[0] == 200
    epoch = redis.client.hget(TOTALS, "epoch")
    redis.ask("XADD", STREAM, "*", "h", b"%b 1 0" % epoch, "b", "not a batch")  # type: ignore[operator]
    assert one.served.post({"x": 2, "y": 8})[0] == 200
    wait_until(lambda: one.y() == [7, 8])


def test_a_script_that_redis_has_forgotten_is_sent_again(one: Joined, redis: RedisServer) -> None:
    redis.ask("SCRIPT", "FLUSH")
    assert one.served.post({"x": 1, "y": 7})[0] == 200
    assert one.served.post({"x": 2, "y": 8})[0] == 200
    assert one.y() == [7, 8]


def test_a_script_that_another_process_brings_meanwhile_stores_nothing_twice(
    one: Joined, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = one.bus.writer.run_script

    async def between(entries: list[Any], *script: str) -> list[Any]:
        if script[0] == "EVAL":
            return await run(entries, *script)
        first = await run(entries[:1], *script)
        redis.ask("SCRIPT", "LOAD", SCRIPT)
        return first + await run(entries[1:], *script)

    def send() -> list[Any]:
        x = np.arange(10_000.0)
        return [
            one.bus.put([Samples(name, 0.0, x, x + k, Origin.DATA)], 1.7e9) for k, name in enumerate("ab")
        ]

    redis.ask("SCRIPT", "FLUSH")
    monkeypatch.setattr(one.bus.writer, "run_script", between)
    done = on_loop(one.served.loop, send)
    wait_until(lambda: all(each.done() for each in done))
    assert stream_length(redis) == 2
    for k, name in enumerate("ab"):
        assert one.y(name) == list(range(k, 10_000 + k))
        assert done[k].result()[0].stop == 10_000


def test_a_million_samples_are_back_within_a_second(one: Joined, redis: RedisServer) -> None:
    def send() -> None:
        for n in range(1000):
            x = np.arange(1000) / 1000
            one.bus.put([Samples("ch1", float(n), x, np.arange(1000.0), Origin.DATA)], 1.7e9)

    on_loop(one.served.loop, send)
    wait_until(lambda: one.memory.accepted == 1_000_000)
    began = time.monotonic()
    with joined(redis) as third:
        took = time.monotonic() - began
        assert third.memory.accepted == 1_000_000
        assert third.y()[-1] == 999
    print(f"refilled within {took:.2f} s")
    assert took < 5  # the bench says how long it takes on a machine of one's own
