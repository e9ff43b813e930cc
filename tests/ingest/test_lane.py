"""The lane: everything that is true of POST /data by Tornado is true of it, and what is its own."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator

import orjson
import pytest
import test_handler
from laned import Laned, lane_serving
from malformed import MALFORMED
from serving import Served, serving
from test_handler import SMALL, Serve, answer_of, raw_request

import app.ingest.intake as intake
import app.ingest.lane as lane
from app.ingest.requests import Chunked, Sized, head
from app.problems import Problem
from tests.conftest import wait_until

OK = b'{"status":"success"}'
POINT = b'{"x": 1, "y": 2}'
NOT_COMPARED = re.compile(rb"(?im)^(?:Server|Date): .*\r\n|\b[0-9a-f]{32}\b")  # numbers of requests differ


@pytest.fixture
def scope() -> Iterator[Laned]:
    with lane_serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


@pytest.fixture
def small() -> Iterator[Laned]:
    with lane_serving(SMALL) as served:
        yield served


@pytest.fixture
def serve() -> Serve:
    return lane_serving


# Every fact about Tornado's way in is one about the lane.
globals().update({name: test for name, test in vars(test_handler).items() if name.startswith("test_")})


def test_what_is_no_request_is_a_request_refused_and_no_body(scope: Laned) -> None:
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as sender:
        sender.sendall(b"garbage garbage\r\n\r\n")
        assert rest_of(sender).startswith(b"HTTP/1.1 400 ")
    counts, answers = scope.receiver.counts, scope.receiver.answers
    assert (counts.refusals, counts.batches) == ({}, {})
    assert answers.counts == {("other", "other", 400): 1}
    assert answers.refusals.told["bad_request"].route == "other"


# The same bytes to both


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Served, Served]]:
    """Through the lane, and by Tornado alone."""
    with lane_serving(SMALL) as first, serving(SMALL) as second:
        yield first, second


def said(served: Served, request: bytes) -> tuple[list[bytes], bytes]:
    """Sorted head lines and body of the answer to these bytes and a last request, until the end."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sender:
        # Not by shutting down: Tornado drops an answer that is not yet out when its sender has gone.
        sender.sendall(request + b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = rest_of(sender)
    lines, _, body = NOT_COMPARED.sub(b"", received).partition(b"\r\n\r\n")
    return sorted(lines.split(b"\r\n")), body


def rest_of(sender: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    return b"".join(iter(lambda: sender.recv(65536), b""))


def a_post(body: bytes, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"POST /data HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@pytest.mark.parametrize(("body"), [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_body_hears_the_same_from_both(both: tuple[Served, Served], body: bytes) -> None:
    for accept in ("*/*", "application/problem+json"):
        first, second = (said(served, a_post(body, f"Accept: {accept}")) for served in both)
        assert first == second


REQUESTS = {
    "a point": a_post(POINT),
    "a batch": a_post(b'{"dt": 1, "y": [1, 2, 3]}'),
    "closing": a_post(POINT, "Connection: close"),
    "HTTP/1.0": a_post(POINT, version="1.0"),
    "HTTP/1.0 kept": a_post(POINT, "Connection: keep-alive", version="1.0"),
    "HTTP/1.0 without host": b"POST /data HTTP/1.0\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a query": b"POST /data?x=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a line before": b"\r\n" + a_post(POINT),
    "no length": b"POST /data HTTP/1.1\r\nHost: a\r\n\r\n",
    "foreign": a_post(POINT, "Origin: http://evil.example"),
    "two origins": a_post(POINT, "Origin: http://localhost", "Origin: http://evil.example"),
    "encoded": a_post(POINT, "Content-Encoding: GZIP"),
    "too large": a_post(b" " * 20_000),
    "an upgrade": a_post(POINT, "Connection: Upgrade", "Upgrade: websocket"),
    "a number of its own": a_post(b"", "X-Request-Id: mine-1"),
    "an unfit number": a_post(b"", "X-Request-Id: <b>"),
    "other methods": b"".join(
        b"%s /data HTTP/1.1\r\nHost: a\r\n\r\n" % m for m in (b"PUT", b"OPTIONS", b"BREW")
    ),
    "other paths": b"".join(b"POST %s HTTP/1.1\r\nHost: a\r\n\r\n" % p for p in (b"/", b"/data/", b"/datax")),
    "two and another": a_post(POINT) * 2 + b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + a_post(POINT),
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_a_request_hears_the_same_from_both(both: tuple[Served, Served], request_bytes: bytes) -> None:
    first, second = (said(served, request_bytes) for served in both)
    assert first == second
    assert first[0][0].startswith((b"HTTP/1.1", b"Connection", b"Accept", b"Allow", b"Content"))


# Where requests end


HOST = b"POST /data HTTP/1.1\r\nHost: a\r\n"
UNCLEAR = {
    "length and chunks": HOST + b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n" + POINT,
    "chunks and length": HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 16\r\n\r\n0\r\n\r\n",
    "two lengths": HOST + b"Content-Length: 16\r\nContent-Length: 17\r\n\r\n" + POINT,
    "one length twice": HOST + b"Content-Length: 16\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a list of lengths": HOST + b"Content-Length: 16, 16\r\n\r\n" + POINT,
    "a length with a sign": HOST + b"Content-Length: +16\r\n\r\n" + POINT,
    "a length in hexadecimal": HOST + b"Content-Length: 0x10\r\n\r\n" + POINT,
    "no length after its name": HOST + b"Content-Length:\r\n\r\n" + POINT,
    "a space in the name": HOST + b"Content-Length : 16\r\n\r\n" + POINT,
    "chunks in two": HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks by a tab": HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "an extension": HOST + b"Transfer-Encoding: chunked\r\n\r\n10;a=b\r\n" + POINT + b"\r\n0\r\n\r\n",
    "a trailer": HOST + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + POINT + b"\r\n0\r\nA: b\r\n\r\n",
    "a chunk by a bare line": HOST + b"Transfer-Encoding: chunked\r\n\r\n10\n" + POINT + b"\n0\n\n",
    "bare lines": b"POST /data HTTP/1.1\nHost: a\nContent-Length: 16\n\n" + POINT,
    "one bare line": HOST + b"A: b\nContent-Length: 16\r\n\r\n" + POINT,
    "a return in a value": HOST + b"A: b\rContent-Length: 2\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a folded line": HOST + b"A: b\r\n Content-Length: 2\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a zero byte": HOST + b"A: \x00\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a line without a colon": HOST + b"Content-Length 16\r\n\r\n" + POINT,
    "no host": b"POST /data HTTP/1.1\r\nContent-Length: 16\r\n\r\n" + POINT,
    "two hosts": HOST + b"Host: b\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a host that is none": b"POST /data HTTP/1.1\r\nHost: a b\r\nContent-Length: 16\r\n\r\n" + POINT,
    "another version": b"POST /data HTTP/2.0\r\nHost: a\r\nContent-Length: 16\r\n\r\n" + POINT,
    "no version": b"POST /data \r\nHost: a\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a long head": HOST + b"A: " + b"b" * 70_000 + b"\r\nContent-Length: 16\r\n\r\n" + POINT,
    "a head without end": HOST + b"A: " + b"b" * 200_000,
}


@pytest.mark.parametrize("unclear", UNCLEAR.values(), ids=UNCLEAR)
def test_a_request_of_unclear_extent_is_refused_and_nothing_after_it_is_read(
    both: tuple[Served, Served], unclear: bytes
) -> None:
    served, before = both[0], both[0].memory.accepted
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sender:
        sender.sendall(unclear + a_post(POINT))
        received = rest_of(sender)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1") == 1
    assert b"\r\nConnection: close\r\n" in received
    assert orjson.loads(received.partition(b"\r\n\r\n")[2])["code"] == "bad_request"
    assert served.memory.accepted == before


def test_a_chunked_body_is_the_same_however_it_is_cut() -> None:
    parts = [b"a", b"bc" * 20, b"defg"]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\nPOST"
    for size in range(1, len(sent) + 1):
        framing, body, rest = Chunked(), b"", b""
        for at in range(0, len(sent), size):
            if framing.done:
                rest += sent[at : at + size]
                continue
            piece, rest = framing.take(sent[at : at + size])
            body += piece
        assert (framing.done, body, rest) == (True, b"".join(parts), b"POST")


def test_a_body_of_tiny_chunks_is_read_in_several_turns(scope: Laned) -> None:
    body = POINT.ljust(20_000)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    with connected(scope) as sender:
        sender.sendall(HOST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + a_post(POINT))
        assert answers(sender, 2) == [(200, OK)] * 2


def test_a_body_of_known_length_leaves_what_follows() -> None:
    framing = Sized(5)
    assert framing.take(b"abc") == (b"abc", b"")
    assert framing.take(b"defgh") == (b"de", b"fgh")
    assert framing.done


def test_a_head_says_whether_the_connection_stays() -> None:
    for version, option, stays in (
        ("1.1", "", True),
        ("1.1", "TE, Close", False),
        ("1.1", "keep-alive", True),
        ("1.0", "", False),
        ("1.0", "Keep-Alive", True),
        ("1.0", "keep-alive, close", False),
    ):
        assert head(a_post(b"", f"Connection: {option}", version=version)).stays is stays, (version, option)


def test_a_head_that_is_none_is_a_problem_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Problem, match="cannot be read"):
            head(b"POST /data HTTP/1.1\r\n\r\n")


# Connections


def answers(sender: socket.socket, n: int) -> list[tuple[int, bytes]]:
    """Status and body of the next answers."""
    found = []
    stream = sender.makefile("rb")
    for _ in range(n):
        status = int(stream.readline().split()[1])
        fields = http.client.parse_headers(stream)
        found.append((status, stream.read(int(fields["Content-Length"]))))
    return found


def connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=10)


def test_requests_sent_ahead_are_answered_in_their_order(scope: Laned) -> None:
    n = 5 * lane.TURN + 3
    sent = b"".join(a_post(b'{"x": %d, "y": 1}' % i if i % 7 else b"{") for i in range(n))
    with connected(scope) as sender:
        sender.sendall(sent)
        assert [status for status, _ in answers(sender, n)] == [200 if i % 7 else 400 for i in range(n)]
    assert scope.memory.records["ch1"].x(0, 3).tolist() == [1, 2, 3]


def test_a_request_may_come_byte_by_byte(scope: Laned) -> None:
    with connected(scope) as sender:
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in a_post(POINT) + a_post(POINT):
            sender.sendall(bytes([byte]))
        assert answers(sender, 2) == [(200, OK)] * 2


def test_an_empty_body_that_is_compressed_is_answered_at_once(scope: Laned) -> None:
    with connected(scope) as sender:
        sender.sendall(a_post(b"", "Content-Encoding: gzip"))
        status, body = answers(sender, 1)[0]
    assert (status, orjson.loads(body)["code"]) == (400, "empty_body")


TAKEN = {"one length twice", "a list of lengths", "a chunk by a bare line", "bare lines", "one bare line"}
ENDED = {"a long head", "a head without end"}  # without a word: Tornado has read too much of it


@pytest.mark.parametrize("name", sorted(UNCLEAR.keys() - TAKEN - ENDED))
def test_what_is_no_request_hears_so_in_json_behind_the_lane_too(scope: Laned, name: str) -> None:
    with connected(scope) as sender:
        sender.sendall(b"GET /channels HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answers(sender, 1)[0][0] == 200
        sender.sendall(UNCLEAR[name])
        received = rest_of(sender)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert orjson.loads(received.partition(b"\r\n\r\n")[2])["code"]


def test_a_connection_that_posted_is_handed_over_with_all_that_was_read(scope: Laned) -> None:
    get = b"GET /channels HTTP/1.1\r\nHost: a\r\n\r\n"
    delete = b"DELETE /data HTTP/1.1\r\nHost: a\r\n\r\n"
    with connected(scope) as sender:
        sender.sendall(a_post(POINT) + get + a_post(POINT) + delete + get)
        first, listed, second, deleted, empty = answers(sender, 5)
        assert first == second == (200, OK)
        assert orjson.loads(listed[1])[0]["total"] == 1
        assert orjson.loads(deleted[1])["deleted"] == ["ch1"]
        assert empty == (200, b"[]")
        sender.sendall(a_post(POINT))
        assert answers(sender, 1) == [(200, OK)]


def test_a_sender_that_reads_nothing_is_not_read_from_either(scope: Laned) -> None:
    with socket.socket() as sender:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sender.setsockopt(socket.SOL_SOCKET, option, 8192)
        sender.settimeout(0.5)
        sender.connect(("127.0.0.1", scope.port))
        with pytest.raises(TimeoutError):
            sender.sendall(a_post(b"{") * 100_000)
        assert scope.post(POINT) == (200, {"status": "success"})
        assert scope.server is not None
        assert (
            max(len(found.rest) + len(found.unsent) for found in scope.server.shared.lanes) < 2 * lane.CHUNK
        )
        sender.settimeout(10)
        assert answers(sender, 1000)[-1][0] == 400


def test_an_answer_that_ends_the_connection_is_not_lost_by_what_still_comes(small: Laned) -> None:
    with raw_request(small, b"Content-Length: 5\r\nContent-Length: 6\r\n") as sender:
        sender.sendall(b" " * 100_000)
        assert answer_of(sender) == (400, "bad_request")


def test_a_connection_on_which_nothing_comes_is_closed() -> None:
    for begun in (b"", b"POST /da", HOST, a_post(POINT)):
        with lane_serving(idle_connection_timeout=0.1) as served, connected(served) as sender:
            sender.sendall(begun)
            received = rest_of(sender)
            assert received.endswith(OK if begun.endswith(POINT) else b"")


@pytest.mark.parametrize(
    "begun", [b"POST /da", HOST + b"X-A: b\r\n", b"GET /channels HTTP/1.1\r\nX-A: b\r\n"]
)
def test_a_head_that_does_not_end_is_not_awaited_for_long(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(lane, "HEAD_SECONDS", 0.2)
    with lane_serving(idle_connection_timeout=60.0) as served, connected(served) as sender:
        sender.sendall(a_post(POINT))
        assert answers(sender, 1) == [(200, OK)]
        for byte in begun:
            sender.sendall(bytes([byte]))
        assert rest_of(sender) == b""


def test_a_slow_body_is_not_an_idle_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 2.0)
    with lane_serving(idle_connection_timeout=1.0) as served, connected(served) as sender:
        sender.sendall(a_post(POINT)[:-1])
        assert answers(sender, 1)[0][0] == 408


def test_tornado_is_asked_for_nothing_by_those_who_only_post(scope: Laned) -> None:
    assert scope.server is not None
    with connected(scope) as sender:
        sender.sendall(a_post(POINT, "Expect: 100-continue") + a_post(b" " * 2_000_000))
        assert [status for status, _ in answers(sender, 2)] == [200, 413]
        assert len(scope.server.shared.lanes) == 1
        assert not scope.server._connections
    wait_until(lambda: scope.server is not None and not scope.server.shared.lanes)


# The end of the server


def test_a_body_under_way_keeps_the_server_busy_and_an_idle_connection_does_not(scope: Laned) -> None:
    assert scope.server is not None
    with connected(scope) as idle, connected(scope) as sender:
        idle.sendall(a_post(POINT))
        answers(idle, 1)
        wait_until(lambda: scope.server is not None and not scope.server.under_way)
        sender.sendall(a_post(POINT)[:-1])
        wait_until(lambda: scope.server is not None and scope.server.under_way)
        sender.sendall(POINT[-1:])
        assert answers(sender, 1) == [(200, OK)]
        wait_until(lambda: scope.server is not None and not scope.server.under_way)
