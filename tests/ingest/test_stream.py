"""Long bodies in chunks are stored while they come."""

from __future__ import annotations

import asyncio
import gc
import gzip
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import orjson
import pytest
from laned import lane_serving
from serving import Served, on_loop, serving

from app.ingest import stream
from app.ingest.bus import Local
from app.ingest.intake import Outcome, Room, crowded
from app.ingest.receiver import Receiver
from app.ingest.stream import AT_ONCE, Lines, Stream
from app.problems import Problem
from tests.conftest import wait_until

LINES, CSV, RAW = "application/x-ndjson", "text/csv", "application/octet-stream"


@pytest.fixture(params=["lane", "tornado"])
def scope(request: pytest.FixtureRequest) -> Iterator[Served]:
    with (lane_serving if request.param == "lane" else serving)() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


class Upload:
    """A POST whose body comes chunk by chunk."""

    def __init__(self, sender: socket.socket) -> None:
        self.sender = sender

    def send(self, piece: bytes) -> None:
        self.sender.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))

    def answer(self) -> tuple[int, Any]:
        response = http.client.HTTPResponse(self.sender)
        response.begin()
        return response.status, orjson.loads(response.read())

    def end(self) -> tuple[int, Any]:
        self.sender.sendall(b"0\r\n\r\n")
        return self.answer()


@contextmanager
def upload(scope: Served, kind: str, query: str = "", *headers: str) -> Iterator[Upload]:
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as sender:
        lines = [f"POST /data?{query} HTTP/1.1", "Host: a", f"Content-Type: {kind}"]
        lines.append("Transfer-Encoding: chunked")
        sender.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
        yield Upload(sender)


def total(scope: Served, n: int, name: str = "ch1") -> None:
    wait_until(lambda: name in scope.memory.records and scope.memory.records[name].total == n)


def test_what_has_come_is_stored_before_the_end(scope: Served) -> None:
    with upload(scope, LINES) as body:
        body.send(b'{"x":1,"y":2}\n{"x":2,"y":3}\n{"x":3')
        total(scope, 2)
        body.send(b',"y":4}\n')
        total(scope, 3)
        body.send(b'{"x":4,"y":5}')
        assert body.end() == (
            200,
            {"status": "success", "accepted": 4, "duplicate": False, "durability": "memory"},
        )
    assert scope.memory.records["ch1"].x(0, 9).tolist() == [1, 2, 3, 4]


def test_a_short_body_is_stored_whole_or_not_at_all(scope: Served) -> None:
    with upload(scope, LINES) as body:
        body.send(b'{"x":1,"y":2}\n')
        body.send(b'{"x":2}\n')
        status, answer = body.end()
    assert (status, answer["accepted"], answer["errors"][0]["line"]) == (400, 0, 2)
    assert scope.memory.accepted == 0


def test_the_header_of_csv_and_t0_hold_for_all_blocks(scope: Served) -> None:
    with upload(scope, CSV, "t0=5&rate=2") as body:
        body.send(b"# a file\na [V],b\n")
        body.send(b"1,10\n2,20\n")
        total(scope, 2, "a")
        body.send(b"3,30\n\n4,4")
        total(scope, 3, "a")
        body.send(b"0\n")
        total(scope, 4, "a")
        assert body.end()[1]["accepted"] == 8
    record = scope.memory.records["b"]
    assert record.y(0, 9).tolist() == [10, 20, 30, 40]
    assert record.x(0, 9).tolist() == [5, 5.5, 6, 6.5]
    assert (record.gaps, scope.memory.records["a"].unit) == (0, "V")


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_are_one_signal_however_fast_they_come(scope: Served, packed: bool) -> None:
    wave = np.arange(300_000, dtype="<i2")
    sent = gzip.compress(wave.tobytes()) if packed else wave.tobytes()
    headers = ["Content-Encoding: gzip"] if packed else []
    with upload(scope, RAW, "dtype=i2&rate=1000", *headers) as body:
        for at in range(0, len(sent), 10_001):
            body.send(sent[at : at + 10_001])
        status, answer = body.end()
    assert (status, answer["accepted"]) == (200, len(wave))
    record = scope.memory.records["ch1"]
    assert np.array_equal(record.y(0, record.total), wave)
    assert (record.gaps, len(record.gap_starts(1, record.total))) == (0, 0)
    np.testing.assert_allclose(np.diff(record.x(0, record.total)), 0.001, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "query", "good", "bad", "error"),
    [
        (
            LINES,
            "",
            b'{"x":1,"y":2}\n\n{"x":2,"y":2}\n',
            b'{"x":3,"y":2}\n{"x":1}\n',
            {"index": 3, "line": 5},
        ),
        (CSV, "", b"x,a\n0,1\n1,2\n", b"2,3\n3,four\n", {"index": 3, "line": 5}),
        (RAW, "dtype=f4&rate=1", b"\0" * 8, b"\0\0\0\0\0\0\x80\x7f", {"index": 3}),
    ],
)
def test_an_error_ends_it_and_says_what_is_stored(
    scope: Served, kind: str, query: str, good: bytes, bad: bytes, error: dict[str, int]
) -> None:
    with upload(scope, kind, query) as body:
        body.send(good)
        wait_until(lambda: scope.memory.accepted == 2)
        body.send(bad)
        status, answer = body.answer()
    assert (status, answer["accepted"], answer["first_not_stored"]) == (400, 2, 2)
    assert {name: answer["errors"][0].get(name) for name in error} == error
    assert scope.memory.accepted == 2


def test_good_lines_are_stored_and_bad_ones_told_at_the_end(scope: Served) -> None:
    with upload(scope, LINES, "on_error=skip") as body:
        body.send(b'{"x":1,"y":2}\nnonsense\n')
        total(scope, 1)
        body.send(b'{"x":2}\n{"x":3,"y":4}\n')
        total(scope, 2)
        status, answer = body.end()
    assert (status, answer["status"], answer["accepted"], answer["rejected"]) == (200, "partial", 2, 2)
    assert [fault["line"] for fault in answer["errors"]] == [2, 3]


def test_many_small_blocks_that_come_at_once_are_stored_block_by_block(scope: Served) -> None:
    with upload(scope, LINES) as body:
        for k in range(4):
            rows = range(3000 * k, 3000 * (k + 1))
            body.send(b"".join(b'{"t0":%d,"dt":1,"channels":{"a":[1],"b":[2]}}\n' % n for n in rows))
        status, answer = body.end()
    assert (status, answer["accepted"]) == (200, 24_000)
    assert scope.memory.records["b"].x(0, 12_000).tolist() == list(range(12_000))


@pytest.mark.parametrize(("kind", "first"), [(LINES, b""), (CSV, b""), (CSV, b"x,a\n")])
def test_lines_that_hold_nothing_do_not_go_on_for_ever(scope: Served, kind: str, first: bytes) -> None:
    with upload(scope, kind) as body:
        body.send(first + b"#\n")
        for _ in range(3):
            body.send(b"#\n\n" * 10_000)
        status, answer = body.end()
    assert (status, answer["code"]) == (400, "invalid_sample")
    assert "without a sample" in answer["message"]


def test_a_numbered_request_is_stored_at_its_end(scope: Served) -> None:
    with upload(scope, LINES, "", "X-Seq: 1", "X-Source-Id: a") as body:
        body.send(b'{"x":1,"y":2}\n' * 6000)
        assert scope.memory.accepted == 0
        assert body.end()[1]["seq"] == 1


def test_a_line_without_end_is_refused(scope: Served) -> None:
    with upload(scope, LINES) as body:
        body.send(b'{"x":1,"y":2}\n')
        total(scope, 1)
        for _ in range(17):
            body.send(b" " * 65_536)
        status, answer = body.answer()
    assert (status, answer["code"], answer["accepted"]) == (413, "body_too_large", 1)


class Slow(Local):
    """Stores what is put, and says so, or the contrary, when it is told to."""

    durability = "stream"  # type: ignore[assignment]

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver.memory, receiver.sequences)
        self.ways: list[asyncio.Future[Any]] = []

    def put(self, *given: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        super().put(*given)
        self.ways.append(asyncio.get_running_loop().create_future())
        return self.ways[-1]

    def say(self, loop: asyncio.AbstractEventLoop, stored: list[int], lost: list[int]) -> None:
        def say() -> None:
            for n in stored:
                self.ways[n].set_result([])
            for n in lost:
                self.ways[n].set_exception(Problem("store_unavailable", "it is gone"))

        on_loop(loop, say)


@pytest.fixture
def slow(scope: Served) -> Slow:
    bus = scope.receiver.bus = Slow(scope.receiver)
    return bus


def blocks(scope: Served, body: Upload, n: int) -> None:
    """Send so many blocks of two samples."""
    for k in range(1, n + 1):
        body.send(b'{"x":%d,"y":1}\n{"x":%d,"y":2}\n' % (2 * k, 2 * k + 1))
        total(scope, 2 * k)


@pytest.mark.parametrize("ended", [False, True])
def test_what_comes_after_a_block_that_is_not_stored_does_not_count(
    scope: Served, slow: Slow, ended: bool
) -> None:
    with upload(scope, LINES) as body:
        blocks(scope, body, 4)
        if ended:
            body.sender.sendall(b"0\r\n\r\n")
            wait_until(lambda: scope.receiver.room.stored == 1)
        slow.say(scope.loop, [0, 2], [1])
        slow.say(scope.loop, [], [3])
        status, answer = body.answer()
    assert (status, answer["code"]) == (503, "store_unavailable")
    assert (answer["accepted"], answer["first_not_stored"]) == (2, 2)


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("lost", [False, True])
def test_an_error_is_told_when_it_is_known_what_is_stored_before_it(
    scope: Served, slow: Slow, ended: bool, lost: bool
) -> None:
    with upload(scope, LINES) as body:
        blocks(scope, body, 2)
        body.send(b'{"x":9}\n')
        wait_until(lambda: not scope.receiver.room.bodies)
        if ended:
            body.sender.sendall(b"0\r\n\r\n")
            wait_until(lambda: scope.receiver.room.stored == 1)
        slow.say(scope.loop, [0], [])
        slow.say(scope.loop, [] if lost else [1], [1] if lost else [])
        status, answer = body.answer()
    first = 2 if lost else 4
    assert (status, answer["accepted"], answer["first_not_stored"]) == (503 if lost else 400, first, first)
    assert [fault["line"] for fault in answer["errors"]] == ([] if lost else [5])


def test_an_error_in_what_comes_last_waits_as_well(scope: Served, slow: Slow) -> None:
    with upload(scope, LINES) as body:
        blocks(scope, body, 1)
        body.sender.sendall(b'8\r\n{"x":9}\n\r\n0\r\n\r\n')
        wait_until(lambda: scope.receiver.room.stored == 1)
        slow.say(scope.loop, [0], [])
        status, answer = body.answer()
    assert (status, answer["accepted"], answer["first_not_stored"]) == (400, 2, 2)


def test_a_block_for_which_there_is_no_memory_is_answered(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(*_: object) -> None:
        raise MemoryError

    with upload(scope, LINES) as body:
        blocks(scope, body, 1)
        monkeypatch.setattr(scope.receiver.bus, "put", put)
        body.send(b'{"x":9,"y":1}\n')
        status, answer = body.answer()
    assert (status, answer["code"], answer["first_not_stored"]) == (503, "overloaded", 2)
    counts = scope.receiver.counts
    assert counts.samples == {("ndjson", "stored"): 2, ("ndjson", "rejected"): 1}
    assert counts.batches == {("ndjson", "stored"): 1, ("ndjson", "rejected"): 1}


def test_nothing_is_kept_of_what_is_stored_or_logged_of_what_is_not(scope: Served, slow: Slow) -> None:
    room = scope.receiver.room
    with upload(scope, LINES) as body:
        blocks(scope, body, 4)
        slow.say(scope.loop, [0, 1], [])
        wait_until(lambda: [len(coming.pending) for coming in room.bodies] == [2])
    wait_until(lambda: not room.bodies)  # its sender has gone
    slow.say(scope.loop, [], [3])
    slow.ways.clear()
    on_loop(scope.loop, gc.collect)  # the fixture looks at what is logged


@pytest.mark.parametrize("status", [408, 503])
def test_whoever_is_cut_off_hears_what_is_stored(
    scope: Served, slow: Slow, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    room = scope.receiver.room
    monkeypatch.setattr(stream, "BODY_SECONDS", 0.3 if status == 408 else 15)
    with upload(scope, LINES) as body:
        blocks(scope, body, 1)
        if status == 503:
            on_loop(scope.loop, lambda: [coming.fail(crowded(1)) for coming in room.bodies.copy()])
        wait_until(lambda: not room.bodies)
        slow.say(scope.loop, [0], [])
        said, answer = body.answer()
    assert (said, answer["accepted"], answer["first_not_stored"]) == (status, 2, 2)


@pytest.mark.parametrize("later", [False, True])
def test_what_is_stored_before_a_line_that_is_no_chunk_is_told(later: bool) -> None:
    """By the lane; Tornado answers that itself."""
    with lane_serving() as scope:
        slow = Slow(scope.receiver)
        if later:
            scope.receiver.bus = slow
        with upload(scope, LINES) as body:
            blocks(scope, body, 1)
            body.sender.sendall(b"zz\r\n")
            if later:
                wait_until(lambda: not scope.receiver.room.bodies)
                body.sender.sendall(b"0\r\n\r\nPOST /data HTTP/1.1\r\nHost: a\r\n\r\n")
                slow.say(scope.loop, [0], [])
            status, answer = body.answer()
            assert body.sender.recv(1) == b""
    assert (status, answer["accepted"], answer["first_not_stored"]) == (400, 2, 2)


@pytest.mark.parametrize("first", [b"", b"\n" * 20_000])
def test_compressed_lines_longer_than_a_block_are_stored_one_by_one(scope: Served, first: bytes) -> None:
    line = orjson.dumps({"t0": 0, "dt": 1, "channels": {"w": [1] * 9000}}) + b"\n"
    with upload(scope, LINES, "", "Content-Encoding: gzip") as body:
        body.send(gzip.compress(first + line * 45))
        status, answer = body.end()
    assert (status, answer.get("accepted")) == (200, 45 * 9000)


def test_a_long_piece_is_stored_in_turns() -> None:
    stored: list[bytes] = []
    lines = [b'{"x":%d,"y":1}\n' % n for n in range(20_000)]

    def store(body: bytes, *_: object) -> stream.Block:
        stored.append(body)
        return [], None

    async def run(turns: int) -> object:
        stored.clear()
        body = Stream(Lines(), {}, store, time.time_ns, Room(8), pytest.fail, "gzip")
        body.add(gzip.compress(b"".join(lines)))
        for n in range(1, turns):
            assert (len(stored), body.ready()) == (n * AT_ONCE, False)
            await asyncio.sleep(0)
        while turns > 2 and not body.ready():
            await asyncio.sleep(0)
        body.end()
        return body.whole()

    for turns in (1, 2, 4):  # it may end in between
        assert isinstance(asyncio.run(run(turns)), Outcome)
        assert b"".join(stored) == b"".join(lines)
        assert len(stored) > 4 * AT_ONCE
