"""How many bodies may be on their way in at once, by Tornado and by the lane."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest
from laned import lane_serving
from serving import Served, serving

from app.config import Config
from app.ingest import intake
from app.ingest.answer import Answer
from tests.conftest import wait_until

BODY = b'{"x": 1, "y": 2}'
HEAD = b"POST /data HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = (
    b"POST /data HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + BODY + b"\r\n0\r\n\r\n"
)
Serve = Callable[[Config], AbstractContextManager[Served]]


@pytest.fixture(params=[serving, lane_serving], ids=["tornado", "lane"])
def small(request: pytest.FixtureRequest) -> Iterator[Served]:
    serve: Serve = request.param
    with serve(Config(max_requests=2)) as served:
        yield served


def begun(served: Served) -> socket.socket:
    """A sender that has sent half of its request."""
    made = socket.create_connection(("127.0.0.1", served.port), timeout=5)
    made.sendall(HEAD + BODY[:5])
    return made


def answered(sender: socket.socket, rest: bytes = BODY[5:]) -> tuple[bytes, bytes]:
    """Head and body of the answer to the rest of a request."""
    sender.sendall(rest)
    answer = b""
    while b"}" not in answer:
        answer += sender.recv(4096)
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def test_one_body_too_many_is_told_to_come_again(small: Served) -> None:
    first, second = begun(small), begun(small)
    wait_until(lambda: len(small.receiver.room.bodies) == 2)
    third = socket.create_connection(("127.0.0.1", small.port), timeout=5)
    head, body = answered(third, CHUNKED)  # of which nobody knows the end when it begins
    answer = orjson.loads(body)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in head
    assert (answer["code"], answer["limit"], answer["max"]) == ("overloaded", "requests", 2)
    assert small.memory.accepted == 0
    assert answered(first)[1] == b'{"status":"success"}'
    assert (
        answered(third, CHUNKED)[1] == b'{"status":"success"}'
    )  # there is room again, on the same connection
    second.close()
    wait_until(lambda: not small.receiver.room.bodies)
    assert small.memory.accepted == 2
    for sender in (first, third):
        sender.close()


def test_a_slow_body_makes_way_when_it_has_had_its_time(small: Served) -> None:
    now = [100.0]
    small.receiver.room.clock = lambda: now[0]
    slow = begun(small)
    wait_until(lambda: len(small.receiver.room.bodies) == 1)
    quick = begun(small)
    wait_until(lambda: len(small.receiver.room.bodies) == 2)
    now[0] += 1
    third = begun(small)
    head = slow.recv(4096)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in head
    assert answered(third)[1] == answered(quick)[1] == b'{"status":"success"}'
    assert small.receiver.counts.refusals[("overloaded",)] == 1
    for sender in (slow, quick, third):
        sender.close()


def test_a_body_that_is_sent_as_it_is_measured_keeps_its_place() -> None:
    now = [100.0]
    with lane_serving(Config(max_requests=1)) as small:
        small.receiver.room.clock = lambda: now[0]
        live = socket.create_connection(("127.0.0.1", small.port), timeout=5)
        head = b"POST /data HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-ndjson\r\n"
        live.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n11\r\n" + BODY + b"\n\r\n")
        wait_until(lambda: small.memory.accepted == 1)
        other = socket.create_connection(("127.0.0.1", small.port), timeout=5)
        for passed, status in ((4, b"503"), (2, b"200")):
            now[0] += passed
            assert answered(other, CHUNKED)[0].startswith(b"HTTP/1.1 " + status)
        for sender in (live, other):
            sender.close()


def test_reading_back_takes_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.1)
    with serving() as scope:
        for start in range(0, 1_000_000, 100_000):
            scope.post({"t0": start, "dt": 1, "y": [0.25] * 100_000})
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        reader.connect(("127.0.0.1", scope.port))
        reader.settimeout(10)
        reader.sendall(b"GET /data?n=all HTTP/1.0\r\nHost: h\r\n\r\n")
        end = time.monotonic() + 0.4
        wait_until(lambda: time.monotonic() > end)
        answer = b"".join(iter(lambda: reader.recv(1 << 20), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert len(orjson.loads(answer.partition(b"\r\n\r\n")[2])["channels"]["ch1"]["x"]) == 1_000_000
        assert [record.getMessage() for record in scope.logged] == []


def test_a_body_that_is_whole_has_left_while_it_is_stored(small: Served) -> None:
    answer = small.receiver.received

    def slow(*asked: Any) -> asyncio.Future[Answer]:
        stored: asyncio.Future[Answer] = small.loop.create_future()
        small.loop.call_later(0.3, lambda: stored.set_result(answer(*asked)))
        return stored

    small.receiver.received = slow
    sender = begun(small)
    wait_until(lambda: small.receiver.room.bodies)
    sender.sendall(BODY[5:])
    wait_until(lambda: not small.receiver.room.bodies)
    assert small.memory.accepted == 0
    assert answered(sender, b"")[0].startswith(b"HTTP/1.1 200 ")
