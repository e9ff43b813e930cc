"""Whatever holds of a store that answers at once holds of one that answers later."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np
import orjson
import pytest
import test_handler
import test_sequences
import test_stream
from laned import lane_serving
from serving import Served, serving
from websockets.sync.client import connect

from app.config import Config
from app.ingest.bus import Done, Local, Mark
from app.ingest.receiver import Receiver
from app.ingest.sequences import Numbered
from app.ingest.teleplot_udp import Telegrams
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import Problem
from tests.conftest import wait_until

LATER = 0.002  # s


class Late:
    """A bus that takes a moment, as a store beyond this process does."""

    durability = "memory"

    def __init__(self, local: Local) -> None:
        self.local = local
        self.under_way = self.most = 0
        self.fails: Exception | None = None

    def known(self, request: Numbered, content: bytes) -> bool | None:
        return self.local.known(request, content)

    def put(self, batch: Sequence[Samples], now: float, mark: Mark | None = None) -> asyncio.Future[Done]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Done] = loop.create_future()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        loop.call_later(LATER, self.store, done, batch, now, mark)
        return done

    def store(self, done: asyncio.Future[Done], *what: Any) -> None:
        self.under_way -= 1
        try:
            if self.fails:
                raise self.fails
            done.set_result(self.local.put(*what))
        except Exception as error:
            done.set_exception(error)


@contextmanager
def late(serve: Callable[..., Any], *given: Any) -> Iterator[Served]:
    with serve(*given) as served:
        served.receiver.bus = Late(served.receiver.bus)
        yield served


@pytest.fixture(params=[serving, lane_serving], ids=["tornado", "lane"])
def scope(request: pytest.FixtureRequest) -> Iterator[Served]:
    with late(request.param) as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


@pytest.fixture(params=[serving, lane_serving], ids=["tornado", "lane"])
def small(request: pytest.FixtureRequest) -> Iterator[Served]:
    with late(request.param, test_handler.SMALL) as served:
        yield served


@pytest.fixture(params=[serving, lane_serving], ids=["tornado", "lane"])
def serve(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return lambda *given: late(request.param, *given)


for module in (test_handler, test_sequences, test_stream):
    found = {name: test for name, test in vars(module).items() if name.startswith("test_")}
    globals().update({name: test for name, test in found.items() if "slow" not in signature(test).parameters})


def request(body: bytes) -> bytes:
    return b"POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


DOWN = Problem("store_unavailable", "the store does not answer", headers={"Retry-After": "1"})


def test_a_store_that_is_down_is_503_and_never_200(scope: Served) -> None:
    scope.receiver.bus.fails = DOWN
    for body in ({"x": 1, "y": 2}, [{"x": 1, "y": 2}, {"x": 2, "y": 2}]):
        status, answer = scope.post(body)
        assert (status, answer["code"]) == (503, "store_unavailable")
    assert scope.memory.accepted == 0


def test_a_long_body_is_503_when_one_of_its_blocks_is_not_stored(scope: Served) -> None:
    lines = b"".join(b'{"x":%d,"y":1}\n' % n for n in range(9000))
    with test_stream.upload(scope, test_stream.LINES) as body:
        body.send(lines)
        wait_until(lambda: scope.receiver.bus.most > 0)
        scope.receiver.bus.fails = DOWN
        body.send(lines)
        status, answer = body.end()
    assert (status, answer["code"]) == (503, "store_unavailable")


def counted(scope: Served, kind: str) -> dict[str, int]:
    """Samples of a format, by what became of them."""
    return {how: n for (name, how), n in scope.receiver.counts.samples.items() if name == kind and n}


def test_samples_are_counted_as_stored_when_they_are_and_else_as_rejected(scope: Served) -> None:
    assert scope.post({"x": 1, "y": 2})[0] == 200
    scope.receiver.bus.fails = DOWN
    assert scope.post([{"x": 1, "y": 2}, {"x": 2, "y": 2}])[0] == 503
    assert counted(scope, "json") == {"stored": 1, "rejected": 2}
    with test_stream.upload(scope, test_stream.LINES) as body:
        body.send(b"".join(b'{"x":%d,"y":1}\n' % n for n in range(9000)))
        assert body.end()[0] == 503  # Tornado has the end as well as the answer
    wait_until(lambda: scope.receiver.bus.under_way == 0)
    counts = scope.receiver.counts
    assert set(counted(scope, "ndjson")) == {"rejected"}
    assert counts.refusals == {("store_unavailable",): 2}
    assert sum(n for (_, how), n in counts.batches.items() if how == "rejected") == 2


def test_what_comes_without_a_request_is_counted_when_the_store_has_it_or_has_not() -> None:
    async def run() -> None:
        receiver = Receiver(Memory(1000), Config())
        bus = Late(Local(receiver.memory, receiver.sequences))
        receiver.bus = bus
        telegrams = Telegrams(receiver, lambda: 0)
        counts = receiver.counts
        telegrams.datagram_received(b"a:1", ("127.0.0.1", 1))
        assert (bus.under_way, counts.samples) == (1, {})
        await asyncio.sleep(2 * LATER)
        assert counts.samples == {("teleplot", "stored"): 1}
        bus.fails = DOWN
        telegrams.datagram_received(b"a:1\nb:2", ("127.0.0.1", 1))
        await asyncio.sleep(2 * LATER)
        assert counts.samples == {("teleplot", "stored"): 1, ("teleplot", "rejected"): 2}
        assert (counts.refusals, telegrams.refused) == ({("store_unavailable",): 1}, 1)

    asyncio.run(run())


def test_what_is_played_is_counted_beside_what_is_sent() -> None:
    receiver = Receiver(Memory(1000), Config())
    receiver.play([Samples("a", 0.0, np.arange(5.0), np.arange(5.0), Origin.DATA)], 1.7e9)
    assert receiver.counts.samples == {("replay", "stored"): 5}


def test_requests_in_a_row_are_answered_in_a_row(scope: Served) -> None:
    bodies = [b'{"x":1,"y":1}', b"nothing", b'{"x":2,"y":1}']
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as sender:
        sender.sendall(b"".join(map(request, bodies)))
        statuses = []
        stream = sender.makefile("rb")
        for _ in bodies:
            statuses.append(int(stream.readline().split()[1]))
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
    assert statuses == [200, 400, 200]
    assert scope.memory.accepted == 2


def test_a_sender_may_leave_before_its_answer(scope: Served) -> None:
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as sender:
        sender.sendall(request(b'{"x":1,"y":1}'))
    wait_until(lambda: scope.memory.accepted == 1)
    assert scope.post({"x": 2, "y": 1})[0] == 200


def test_messages_are_acknowledged_in_order_and_many_are_under_way() -> None:
    with (
        late(lane_serving) as served,
        connect(f"ws://127.0.0.1:{served.port}/data", compression=None) as sender,
    ):
        for n in range(200):
            sender.send(orjson.dumps({"x": n, "y": 1}).decode())
        assert [orjson.loads(sender.recv(5))["ack"] for n in range(200)] == list(range(1, 201))
        assert 1 < served.receiver.bus.most <= 32
        assert served.memory.accepted == 200
