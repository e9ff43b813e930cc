"""Redis killed, hanging, emptied, set back or full: nothing acknowledged is lost or stored twice."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from redis.exceptions import OutOfMemoryError
from serving import on_loop
from shared import Joined, joined

from app.ingest import redis_writer
from app.ingest.bus import Series
from app.ingest.redis_link import DOWN, STREAM
from app.ingest.redis_writer import Part
from app.memory.samples import Origin, Samples
from app.problems import Problem
from tests.conftest import wait_until
from tests.redis_server import RedisServer, needs_redis, redis_server

pytestmark = needs_redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def scope(redis: RedisServer) -> Iterator[Joined]:
    with joined(redis) as shared:
        yield shared


def down(scope: Joined) -> bool:
    return scope.notices.get("store") == DOWN


class Sender(threading.Thread):
    """Sends numbered points until it is stopped, each again until it is acknowledged.

    answers  status and s that it took, of each request
    """

    def __init__(self, scope: Joined, name: str) -> None:
        super().__init__(daemon=True)
        self.scope, self.source = scope, name
        self.acknowledged = 0
        self.answers: list[tuple[int, float]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            n = self.acknowledged
            began = time.monotonic()
            response, body = self.scope.served.raw(
                "POST",
                "/data",
                {"x": n, "y": n, "channel": self.source},
                X_Source_Id=self.source,
                X_Seq=str(n),
            )
            self.answers.append((response.status, time.monotonic() - began))
            if response.status == 200:
                self.acknowledged += 1
            else:
                assert response.headers["Retry-After"] == "1"
                assert orjson.loads(body)["code"] == "store_unavailable"
                self.over.wait(0.02)

    def point(self, n: int) -> dict[str, Any]:
        return {"x": n, "y": n, "channel": self.source}


@contextmanager
def sending(scope: Joined, n: int = 4) -> Iterator[list[Sender]]:
    senders = [Sender(scope, f"s{i}") for i in range(n)]
    for sender in senders:
        sender.start()
    try:
        yield senders
    finally:
        for sender in senders:
            sender.over.set()
            sender.join(10)


def nothing_lost(scope: Joined, senders: list[Sender]) -> None:
    """What was acknowledged is there, once and in order; of what was not, one point of each at the most."""
    wait_until(lambda: scope.bus.ready() and not down(scope))
    for sender in senders:
        values = wait_until(lambda s=sender: (y := scope.y(s.source)) and len(y) >= s.acknowledged and y)  # type: ignore[misc]
        assert values == list(range(len(values)))
        assert len(values) - sender.acknowledged in (0, 1)


def count(senders: list[Sender], status: int) -> int:
    return sum(answer == status for sender in senders for answer, _ in sender.answers)


def test_a_killed_redis_loses_nothing_and_comes_back(scope: Joined, redis: RedisServer) -> None:
    with sending(scope) as senders:
        for _ in range(2):
            before = count(senders, 200)
            wait_until(lambda n=before: count(senders, 200) > n + 50)  # type: ignore[misc]
            redis.kill()
            refused = count(senders, 503)
            wait_until(lambda n=refused: count(senders, 503) > n + 8 and down(scope))  # type: ignore[misc]
            redis.start()
            began, before = time.monotonic(), count(senders, 200)
            wait_until(lambda n=before: count(senders, 200) > n, 5)  # type: ignore[misc]
            assert time.monotonic() - began < 3
    nothing_lost(scope, senders)
    assert max(took for sender in senders for _, took in sender.answers) < 2.5
    with joined(redis) as other:
        nothing_lost(other, senders)


def test_a_hanging_redis_is_503_within_two_seconds_and_the_picture_stays(
    scope: Joined, redis: RedisServer
) -> None:
    with sending(scope) as senders:
        wait_until(lambda: count(senders, 200) > 50)
        redis.send(signal.SIGSTOP)
        wait_until(lambda: down(scope), 5)
        wait_until(lambda: count(senders, 503) > 40)
        assert len(scope.y("s0")) > 0
        redis.send(signal.SIGCONT)
        before = count(senders, 200)
        wait_until(lambda: count(senders, 200) > before + 50)
    nothing_lost(scope, senders)
    took = sorted(took for sender in senders for _, took in sender.answers)
    assert took[int(len(took) * 0.99)] < 2
    assert "store" not in wait_until(lambda: None if down(scope) else [scope.notices])[0]


def test_a_batch_that_redis_took_without_saying_so_is_not_stored_again(
    scope: Joined, redis: RedisServer
) -> None:
    def send() -> tuple[int, Any]:
        return scope.served.post([{"x": 1, "y": 1}, {"x": 2, "y": 2}], X_Source_Id="esp", X_Seq="1")

    assert scope.served.post({"x": 0, "y": 0})[0] == 200
    redis.send(signal.SIGSTOP)
    began = time.monotonic()
    assert send()[0] == 503  # it lies in the socket of Redis, which will read it
    assert time.monotonic() - began < 2.2
    redis.send(signal.SIGCONT)
    answer = wait_until(lambda: (said := send())[0] == 200 and said[1])
    assert answer["duplicate"] is True
    wait_until(lambda: scope.y() == [0, 1, 2])


def test_an_emptied_redis_is_noticed_and_gone_on_with(scope: Joined, redis: RedisServer) -> None:
    with joined(redis) as other:
        for n in range(3):
            scope.served.post({"x": n, "y": n})
        wait_until(lambda: len(other.y()) == 3)
        redis.ask("FLUSHALL")
        for shared in (scope, other):
            wait_until(lambda s=shared: s.bus.tail.epoch == b"", 2)  # type: ignore[misc]
        assert scope.served.post({"x": 3, "y": 3})[0] == 200
        wait_until(lambda: len(other.y()) == 4)
        for shared in (scope, other):
            assert shared.y() == [0, 1, 2, 3]
            assert shared.memory.records["ch1"].gap_starts(1, 9).tolist() == [3]
            assert shared.memory.records["ch1"].gaps == 1


def test_what_comes_at_once_after_redis_was_emptied_is_seen_by_all(scope: Joined, redis: RedisServer) -> None:
    with joined(redis) as other:
        for n in range(50):
            if n % 10 == 9:
                redis.ask("FLUSHALL")
            assert [scope, other][n % 2].served.post({"x": n, "y": n})[0] == 200
        for shared in (scope, other):
            wait_until(lambda s=shared: s.y() == list(range(50)))  # type: ignore[misc]
            assert set(shared.memory.records["ch1"].gap_starts(1, 99).tolist()) == {9, 19, 29, 39, 49}


def test_what_redis_forgot_before_it_was_read_is_not_acknowledged(
    scope: Joined, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was in the stream, which was emptied at once."""
    assert scope.served.post({"x": 0, "y": 0})[0] == 200
    read = scope.bus.tail.read

    async def emptied() -> list[Any]:
        found = await read()
        return [] if found and redis.ask("FLUSHALL") else found

    monkeypatch.setattr(scope.bus.tail, "read", emptied)
    wait_until(lambda: scope.served.post({"x": 1, "y": 1})[1].get("code") == "store_unavailable", 10)
    monkeypatch.undo()
    wait_until(lambda: scope.served.post({"x": 2, "y": 2})[0] == 200)
    wait_until(lambda: scope.y()[-1] == 2)


def test_a_redis_that_kept_nothing_begins_a_new_stream(tmp_path: Path) -> None:
    with redis_server(tmp_path, "--appendonly", "no") as redis, joined(redis) as scope:
        assert "append-only" in wait_until(lambda: scope.notices.get("store"))  # type: ignore[arg-type]
        assert scope.served.post([{"x": 0, "y": 0}])[1]["durability"] == "memory"
        redis.kill()
        wait_until(lambda: down(scope))
        redis.start()
        wait_until(scope.bus.ready)
        assert scope.served.post({"x": 1, "y": 1})[0] == 200
        assert scope.y() == [0, 1]
        assert scope.memory.records["ch1"].gap_starts(1, 9).tolist() == [1]


def test_a_redis_that_has_gone_back_is_gone_on_with(
    scope: Joined, redis: RedisServer, tmp_path: Path
) -> None:
    with joined(redis) as other:
        for n in range(4):
            scope.served.post({"x": n, "y": n})
            if n == 1:
                shutil.copytree(tmp_path / "appendonlydir", tmp_path / "older")
        wait_until(lambda: len(other.y()) == 4)
        redis.kill()
        shutil.rmtree(tmp_path / "appendonlydir")
        (tmp_path / "older").rename(tmp_path / "appendonlydir")
        redis.start()
        for shared in (scope, other):
            wait_until(shared.bus.ready)
        for n in range(4, 8):
            assert [scope, other][n % 2].served.post({"x": n, "y": n})[0] == 200
        for shared in (scope, other):
            wait_until(lambda s=shared: s.y() == list(range(8)))  # type: ignore[misc]
            assert shared.memory.records["ch1"].gap_starts(1, 9).tolist() == [4]
        with joined(redis) as third:
            assert third.y() == [0, 1, 4, 5, 6, 7]


def test_a_full_redis_is_503_and_not_200(scope: Joined, redis: RedisServer) -> None:
    assert scope.served.post({"x": 0, "y": 0})[0] == 200
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    status, answer = scope.served.post({"x": 1, "y": 1})
    assert (status, answer["code"]) == (503, "store_unavailable")
    assert "memory" in wait_until(lambda: scope.notices.get("store"))  # type: ignore[arg-type]
    redis.ask("CONFIG", "SET", "maxmemory", "0")
    assert scope.served.post({"x": 1, "y": 1})[0] == 200
    assert scope.y() == [0, 1]
    assert int(str(redis.ask("XLEN", STREAM))) == 2


@pytest.mark.parametrize("n", [1, 10_000])
def test_after_a_block_that_is_not_stored_none_of_its_body_is(
    scope: Joined, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    """Those in the same entry, in the next ones, and those that come then; others are not affected."""
    writer, x = scope.bus.writer, np.zeros(n)
    run_script = writer.run_script

    async def full(entries: list[list[Part]], *script: str) -> list[Any]:
        monkeypatch.undo()
        rest = await run_script(entries[1:], *script) if entries[1:] else []
        return [OutOfMemoryError("it is full"), *rest]

    def put(name: str, series: Series) -> asyncio.Future[Any]:
        return scope.bus.put([Samples(name, 0.0, x, x, Origin.DATA)], 1.7e9, series)

    async def run() -> None:
        one, other = Series(), Series()
        ways = [put("a", one) for _ in range(3)]
        with pytest.raises(Problem, match="does not take it"):
            await ways[0]
        later = [put("b", other), put("a", one), put("b", other)]
        ended = await asyncio.gather(*ways, *later, return_exceptions=True)
        assert [isinstance(how, Problem) for how in ended] == [True, True, True, False, True, False]

    monkeypatch.setattr(writer, "run_script", full)
    asyncio.run_coroutine_threadsafe(run(), scope.served.loop).result(10)
    assert {name: record.total for name, record in scope.memory.records.items()} == {"b": 2 * n}
    assert (writer.bytes, len(writer.waiting)) == (0, 0)


def test_a_master_that_has_become_a_replica_is_left_though_it_answers(
    scope: Joined, redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address leads to the new one by then, and somebody sends on and on."""
    assert scope.served.post({"x": 0, "y": 0})[0] == 200
    (tmp_path / "other").mkdir()
    with redis_server(tmp_path / "other") as other:
        opened = asyncio.open_connection
        monkeypatch.setattr(
            asyncio, "open_connection", lambda **given: opened(**given | {"port": other.port})
        )
        redis.ask("REPLICAOF", "127.0.0.1", other.port)
        assert scope.served.post({"x": 1, "y": 1})[0] == 503
        wait_until(lambda: scope.served.post({"x": 2, "y": 2})[0] == 200, 5)
        assert other.ask("EXISTS", STREAM) == 1


def test_a_redis_that_was_full_is_ready_again_though_nobody_sends(
    scope: Joined, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_writer, "IDLE", 0.02)
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    assert scope.served.post({"x": 1, "y": 1})[0] == 503
    time.sleep(0.2)
    assert not scope.bus.ready()
    redis.ask("CONFIG", "SET", "maxmemory", "0")
    wait_until(scope.bus.ready, 2)
    assert redis.ask("KEYS", "*") == []


def test_what_a_write_of_nothing_cannot_tell_stays_until_samples_are_taken(
    scope: Joined, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_writer, "IDLE", 0.02)
    redis.ask("SET", STREAM, "something else")
    assert scope.served.post({"x": 1, "y": 1})[0] == 503
    time.sleep(0.2)
    assert "WRONGTYPE" in scope.bus.writer.refused


def test_a_channel_that_cannot_be_deleted_for_all_is_503_and_stays(scope: Joined, redis: RedisServer) -> None:
    for name in "ab":
        scope.served.post({"x": 0, "y": 0, "channel": name})
    redis.kill()
    wait_until(lambda: down(scope))
    response, body = scope.served.raw("DELETE", "/data")
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert orjson.loads(body)["code"] == "store_unavailable"
    assert list(scope.memory.records) == ["a", "b"]
    redis.start()
    wait_until(scope.bus.ready)
    assert scope.served.ask("DELETE", "/data") == (200, {"status": "success", "deleted": ["a", "b"]})
    assert not scope.memory.records


def test_what_others_could_not_delete_is_no_matter_of_who_deletes_later(
    scope: Joined, redis: RedisServer
) -> None:
    for name in "ab":
        scope.served.post({"x": 0, "y": 0, "channel": name})
    redis.kill()
    wait_until(lambda: down(scope))
    on_loop(scope.served.loop, lambda: scope.memory.delete("a"))
    redis.start()
    wait_until(scope.bus.ready)
    answer = scope.served.ask("DELETE", "/data?channel=b")
    assert answer == (200, {"status": "success", "deleted": ["b"]})
    assert list(scope.memory.records) == ["a"]


def test_what_cannot_be_said_to_all_is_not_said(scope: Joined, redis: RedisServer) -> None:
    scope.served.post({"x": 0, "y": 0})
    redis.kill()
    wait_until(lambda: down(scope))
    with pytest.raises(Problem, match="Redis does not answer; try again") as raised:
        on_loop(scope.served.loop, lambda: scope.memory.say("ch1", label="other"))
    assert raised.value.code == "store_unavailable"
    assert scope.memory.records["ch1"].label == "ch1"


RIGHTS = (
    "+@connection +@stream +@hash +@list +@sortedset +eval +evalsha +expire +del +time"  # as in the README
)


def test_a_user_with_few_rights_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_writer, "AOF", 0.1)
    with redis_server(tmp_path) as redis:
        redis.ask("ACL", "SETUSER", "scope", "on", ">secret", "~{scope}*", *RIGHTS.split())
        url = redis.url.replace("redis://", "redis://scope:secret@")
        with joined(redis, url=url) as scope:
            for n in range(2):
                headers = {"X_Source_Id": "esp", "X_Seq": "7"}
                answer = scope.served.post([{"x": 1, "y": 1}], **headers)[1]
                assert (answer["duplicate"], answer["durability"]) == (n == 1, "memory")  # it may not ask
            redis.ask("ACL", "SETUSER", "scope", "+info")
            wait_until(lambda: scope.bus.durability == "stream")
            scope.bus.writer.refused, scope.bus.writer.passing = "it was full", True
            wait_until(scope.bus.ready)
