"""POST /data on a live server."""

from __future__ import annotations

import gzip
import http.client
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import groupby
from typing import Any

import numpy as np
import orjson
import pytest
from malformed import MALFORMED
from serving import Served, serving
from unpacking import Unpacked

import app.ingest.intake as intake
from app.config import Config
from app.ingest.intake import BITES
from tests.conftest import wait_until

Serve = Callable[..., AbstractContextManager[Served]]
SMALL = Config(max_body=10_000, max_samples=500, max_channels=3)


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


@pytest.fixture
def small() -> Iterator[Served]:
    with serving(SMALL) as served:
        yield served


@pytest.fixture
def serve() -> Serve:
    return serving


# What a sender gets back


def test_a_point_is_answered_as_by_the_first_version(scope: Served) -> None:
    response, body = scope.raw("POST", "/data", {"x": 1, "y": 2})
    assert (response.status, body) == (200, b'{"status":"success"}')
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data; boundary=x", "a/b/c"])
def test_any_content_type_is_read_as_json(scope: Served, content_type: str | None) -> None:
    headers = {"Content_Type": content_type} if content_type else {}
    assert scope.post({"x": 1, "y": "2.5"}, **headers) == (200, {"status": "success"})


def test_a_batch_is_answered_with_its_size(scope: Served) -> None:
    expected = {"status": "success", "accepted": 2, "duplicate": False, "durability": "memory"}
    assert scope.post([{"x": 1, "y": 2}, {"x": 2, "y": 3}]) == (200, expected)
    assert scope.post({"x": [3], "channels": {"a": [1], "b": [2]}}) == (200, expected)


def test_a_block_with_a_step_only_is_answered_with_the_x_it_was_given(scope: Served) -> None:
    status, first = scope.post({"rate": 100, "y": [0] * 100})
    assert (status, first["accepted"], first["dt"]) == (200, 100, 0.01)
    scope.clock.now += 1_000_000_000
    _, second = scope.post({"rate": 100, "y": [0] * 100})
    assert second["x0"] == pytest.approx(first["x0"] + 1)


def test_what_is_acknowledged_is_in_memory(scope: Served) -> None:
    scope.post({"x": 1, "y": 2, "channel": "a", "unit": "V"})
    scope.post({"x": [2, 3], "y": [4, None], "channel": "a"})
    record = scope.memory.records["a"]
    assert (record.total, record.unit) == (3, "V")
    assert record.y(0, 2).tolist() == [2, 4]


def test_a_point_without_x_has_the_time_of_receipt(scope: Served) -> None:
    scope.clock.now = 1_800_000_000_500_000_000
    scope.post({"y": 1})
    assert scope.memory.records["ch1"].x(0, 1).tolist() == [1_800_000_000.5]


def test_no_malformed_body_changes_anything_or_leaves_a_trace_in_the_log(scope: Served) -> None:
    scope.post({"x": 1, "y": 2})
    before = scope.ask("GET", "/channels")
    for name, body, status, code, words in MALFORMED:
        answer_status, answer = scope.post(body)
        assert (answer_status, answer["code"], answer["status"]) == (status, code, "error"), name
        assert words in answer["message"], name
        assert answer["accepted"] == 0
        assert answer["request_id"]
    assert scope.ask("GET", "/channels") == before


def test_a_batch_with_one_bad_sample_is_not_stored_at_all(scope: Served) -> None:
    good = [{"x": i, "y": i} for i in range(100)]
    status, answer = scope.post([*good, {"x": 100, "y": None}])
    assert (status, answer["errors"][0]["index"], answer["error_count"]) == (400, 100, 1)
    assert scope.memory.accepted == 0


def test_strict_problems_are_given_on_request(scope: Served) -> None:
    response, body = scope.raw("POST", "/data", b"{", Accept="application/problem+json")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert orjson.loads(body)["status"] == response.status == 400


def test_a_thousand_points_on_one_connection(scope: Served) -> None:
    connection = scope.connection()
    for i in range(1000):
        connection.request("POST", "/data", b'{"x": %d, "y": 1}' % i)
        assert connection.getresponse().read() == b'{"status":"success"}'
    connection.close()
    assert scope.memory.records["ch1"].total == 1000


# Limits


def test_too_many_channels_in_memory_are_refused_and_old_ones_go_on(small: Served) -> None:
    for name in "abc":
        assert small.post({"x": 1, "y": 1, "channel": name})[0] == 200
    status, answer = small.post([{"x": 2, "y": 2, "channel": "a"}, {"x": 1, "y": 1, "channel": "d"}])
    assert (status, answer["code"], answer["max"]) == (422, "channel_limit", 3)
    assert small.memory.records["a"].total == 1
    assert small.post({"x": 2, "y": 1, "channel": "a"})[0] == 200


def test_too_many_samples_in_a_request_are_refused(small: Served) -> None:
    status, answer = small.post({"dt": 1, "y": [0] * 501})
    assert (status, answer["code"], answer["limit"], answer["max"]) == (
        413,
        "too_many_points",
        "samples",
        500,
    )


@pytest.mark.parametrize("size", [10_001, 200_000, 8_000_000])
def test_a_body_over_the_limit_is_read_on_and_then_refused(small: Served, size: int) -> None:
    body = b" " * size
    for chunked in (False, True):
        connection = small.connection()
        given: Any = iter([body[i : i + 65536] for i in range(0, size, 65536)]) if chunked else body
        connection.request("POST", "/data", given, encode_chunked=chunked)
        response = connection.getresponse()
        answer = orjson.loads(response.read())
        assert (response.status, answer["code"], answer["max"]) == (413, "body_too_large", 10_000)
        connection.request("POST", "/data", b'{"x": 1, "y": 1}')  # the connection lives on
        assert connection.getresponse().read() == b'{"status":"success"}'
        connection.close()


def test_a_body_of_exactly_the_limit_is_taken(small: Served) -> None:
    assert small.post(b'{"x":1,"y":2}'.ljust(10_000)) == (200, {"status": "success"})
    assert small.post(b'{"x":1,"y":2}'.ljust(10_001))[0] == 413


def test_a_body_without_end_is_refused_at_last(small: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "DROP_BYTES", 1_000_000)
    with raw_request(small, b"Content-Length: 100000000000\r\n") as sender:
        sender.sendall(b" " * 1_200_000)
        assert answer_of(sender) == (413, "body_too_large")


def test_a_large_body_that_comes_too_slowly_is_refused(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "DROP_SECONDS", 0.1)
    with raw_request(small, b"Content-Length: 1000000\r\n") as sender:
        sender.sendall(b" " * 20_000)
        assert answer_of(sender) == (413, "body_too_large")


@pytest.mark.parametrize("drip", [b"", b'{"x": 1'])
def test_a_body_that_never_ends_is_answered_with_408(
    small: Served, monkeypatch: pytest.MonkeyPatch, drip: bytes
) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.1)
    with raw_request(small, b"Content-Length: 100\r\n") as sender:
        sender.sendall(drip)
        assert answer_of(sender) == (408, "timeout")
    assert small.memory.accepted == 0


def test_a_large_body_to_another_path_is_not_let_in_by_a_connection_that_posted(small: Served) -> None:
    connection = small.connection()
    connection.request("POST", "/data", b'{"x": 1, "y": 1}')
    connection.getresponse().read()
    connection.putrequest("POST", "/channels")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


BAD_LENGTHS = [
    (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"{}"),
    (b"Content-Length: -1\r\n", b"{}"),
    (b"Content-Length: two\r\n", b"{}"),
    (b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}xx0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: gzip\r\n", b"{}"),
]


@pytest.mark.parametrize(("headers", "body"), BAD_LENGTHS)
def test_a_body_of_unclear_length_stores_nothing(small: Served, headers: bytes, body: bytes) -> None:
    with raw_request(small, headers) as sender:
        sender.sendall(body)
        assert sender.recv(65536).startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert small.memory.accepted == 0


def test_a_body_without_length_is_an_empty_body(small: Served) -> None:
    with raw_request(small, b"") as sender:
        assert answer_of(sender) == (400, "empty_body")


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(scope: Served) -> None:
    for headers in (b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"):
        with raw_request(scope, headers) as sender:
            sender.sendall(b'40\r\n{"x": 1')
    assert scope.post({"x": 1, "y": 1})[0] == 200
    assert scope.memory.accepted == 1


def test_a_body_in_small_pieces_is_put_together(scope: Served) -> None:
    with raw_request(scope, b"Transfer-Encoding: chunked\r\n") as sender:
        for byte in b'{"x": 1, "y": 2}':
            sender.sendall(b"1\r\n%c\r\n" % byte)
        sender.sendall(b"0\r\n\r\n")
        assert sender.recv(65536).endswith(b'{"status":"success"}')


def test_a_sender_that_asks_first_is_told_to_go_on(scope: Served) -> None:
    with raw_request(scope, b"Content-Length: 15\r\nExpect: 100-continue\r\n") as sender:
        assert b"100" in sender.recv(65536)
        sender.sendall(b'{"x": 1, "y":2}')
        assert sender.recv(65536).endswith(b'{"status":"success"}')


# Encodings, methods, origins


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "nonsense"])
def test_an_encoded_body_is_refused_with_what_is_read(scope: Served, encoding: str) -> None:
    response, body = scope.raw("POST", "/data", b'{"x": 1, "y": 2}', Content_Encoding=encoding)
    assert (response.status, orjson.loads(body)["code"]) == (415, "unsupported_media_type")
    assert response.headers["Accept-Encoding"] == "gzip, zstd"


def packed(size: int) -> tuple[bytes, bytes]:
    """Headers of a point that is so many bytes when it is unpacked, and its body."""
    body = gzip.compress(b'{"x": 1, "y": 2}' + b" " * size)
    return b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(body), body


def test_what_unpacks_to_much_waits_for_its_iteration_of_the_loop(scope: Served, unpacked: Unpacked) -> None:
    """All have come while the loop was busy; others must not wait until the last of them is unpacked."""
    with ExitStack() as stack:
        scope.loop.call_soon_threadsafe(time.sleep, 0.3)
        senders = [stack.enter_context(raw_request(scope, *packed(300_000))) for _ in range(6)]
        for sender in senders:
            assert sender.recv(65536).endswith(b'{"status":"success"}')
    iterations = [iteration for iteration, *_ in unpacked.pieces]
    assert len(iterations) >= len(senders)
    assert len(set(iterations)) == len(iterations)


def test_who_sends_many_compressed_bodies_ahead_holds_nobody_up(scope: Served, unpacked: Unpacked) -> None:
    (head, many), (other_head, one) = packed(100_000), packed(50)
    request = b"POST /data HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n" + many
    scope.loop.call_soon_threadsafe(time.sleep, 0.3)
    with (
        raw_request(scope, head, many + 150 * request) as first,
        raw_request(scope, other_head, one) as second,
    ):
        assert second.recv(65536).endswith(b'{"status":"success"}')
        wait_until(lambda: scope.memory.accepted == 152, 20)
        assert first.recv(1000)
    sizes = [size for _, size, _ in unpacked.pieces]
    assert sizes.index(len(one)) < 20


def test_bombs_are_unpacked_in_small_bites_one_after_the_other(scope: Served, unpacked: Unpacked) -> None:
    with ExitStack() as stack:
        scope.loop.call_soon_threadsafe(time.sleep, 0.3)
        senders = [stack.enter_context(raw_request(scope, *packed(4_000_000))) for _ in range(6)]
        for sender in senders:
            assert sender.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert max(size for _, size, _ in unpacked.pieces) == BITES[0]
    in_one = Counter(iteration for iteration, *_ in unpacked.pieces)
    assert max(in_one.values()) <= 2  # the end of one, which is little, and the beginning of the next
    turns = [body for body, _ in groupby(unpacked.pieces, lambda piece: id(piece[2]))]
    assert len(turns) == len(senders)


def test_what_unpacks_to_little_is_taken_in_large_bites(scope: Served, unpacked: Unpacked) -> None:
    values = b",".join(b"%.15f" % value for value in np.random.default_rng(5).normal(size=10_000))
    body = gzip.compress(b'{"t0": 0, "dt": 1, "y": [' + values + b"]}")
    status, _ = scope.post(body, Content_Encoding="gzip")
    assert status == 200
    assert len(unpacked.pieces) <= 2 * len(body) // BITES[1]  # and those at the ends of what was read at once


def test_the_encoding_identity_is_none(scope: Served) -> None:
    assert scope.post({"x": 1, "y": 2}, Content_Encoding="identity")[0] == 200


def test_other_methods_are_refused_with_those_there_are(scope: Served) -> None:
    for method in ("PUT", "PATCH", "HEAD", "BREW"):
        response, _ = scope.raw(method, "/data", b"{}" if method != "HEAD" else None)
        assert response.status == 405
        assert set(response.headers["Allow"].split(", ")) == {"GET", "POST", "DELETE", "OPTIONS"}


def test_a_preflight_is_answered_without_permission(scope: Served) -> None:
    response, body = scope.raw("OPTIONS", "/data", Origin="http://evil.example")
    assert (response.status, body) == (204, b"")
    assert "POST" in response.headers["Allow"]
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


def test_a_page_of_another_host_may_not_send(scope: Served) -> None:
    own = f"http://127.0.0.1:{scope.port}"
    assert scope.post({"x": 1, "y": 2}, Origin=own)[0] == 200
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        status, answer = scope.post({"x": 1, "y": 2}, **headers)
        assert (status, answer["code"]) == (403, "origin_not_allowed")
        assert "BOKEH_ALLOW_WS_ORIGIN" in answer["message"]
    assert scope.memory.accepted == 1


def test_a_page_of_an_allowed_host_may_send(serve: Serve) -> None:
    with serve(Config(allow_ws_origin=("page.example",))) as served:
        assert served.post({"x": 1, "y": 2}, Origin="https://page.example")[0] == 200
        assert served.post({"x": 1, "y": 2}, Origin=f"http://127.0.0.1:{served.port}")[0] == 403


def test_a_bug_in_the_memory_is_answered_with_500_and_a_number(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret")

    with serve() as served:
        monkeypatch.setattr(served.memory, "append", broken)
        status, answer = served.post({"x": 1, "y": 2})
        assert (status, answer["code"]) == (500, "internal")
        assert "secret" not in str(answer)
        (record,) = wait_until(lambda: [r for r in served.logged if r.levelno >= logging.ERROR])
        assert answer["request_id"] in record.getMessage()


# Raw sockets


def raw_request(served: Served, headers: bytes, body: bytes = b"") -> socket.socket:
    """A connection on which the head of a POST has been sent, and so much of its body."""
    sender = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    sender.sendall(b"POST /data HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + body)
    return sender


def test_a_body_in_chunks_may_go_on_for_longer_than_others() -> None:
    lines = b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"
    with serving(body_timeout=0.2) as served, raw_request(served, lines) as sender:
        for x in range(4):
            line = b'{"x": %d, "y": 1}\n' % x
            sender.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            time.sleep(0.1)
        sender.sendall(b"0\r\n\r\n")
        assert sender.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert served.memory.accepted == 4


def answer_of(sender: socket.socket) -> tuple[int, str]:
    """Status and code of the answer."""
    response = http.client.HTTPResponse(sender)
    response.begin()
    return response.status, orjson.loads(response.read())["code"]


def test_a_system_without_memory_is_no_bug(scope: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(scope.receiver.bus, "put", put)
    response, raw = scope.raw("POST", "/data", {"y": 1})
    answer = orjson.loads(raw)
    assert (response.status, response.headers["Retry-After"], answer["code"]) == (503, "5", "overloaded")
    monkeypatch.undo()
    assert scope.post({"y": 1})[0] == 200
