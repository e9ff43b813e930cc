"""Samples over a WebSocket, on a live server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laned import Laned, lane_serving
from malformed import MALFORMED
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from app.config import Config, load
from app.ingest.frames import FrameError, Frames, framed
from app.problems import Problem
from tests.conftest import wait_until

TOKENS = {"SCOPE_WRITE_TOKENS": "write-token-1,write-token-a:a", "SCOPE_VIEW_TOKENS": "view-token-1"}


@pytest.fixture
def scope() -> Iterator[Laned]:
    with lane_serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def opened(scope: Laned, query: str = "", **options: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{scope.port}/data{query}", compression=None, **options)


PLAIN = '{"x": %d, "y": 1}'


def said(sender: ClientConnection) -> Any:
    return orjson.loads(sender.recv(5))


def test_each_message_is_acknowledged_when_it_is_stored(scope: Laned) -> None:
    with opened(scope) as sender:
        for n, body in enumerate(['{"x": 1, "y": 2}', '[{"x": 2, "y": 3}, {"x": 3, "y": 4}]'], 1):
            sender.send(body)
            assert said(sender) == {"ack": n}
            assert scope.memory.accepted == 2 * n - 1
        sender.send(b'{"dt": 1, "t0": 4, "channels": {"ch1": [1, 2], "b": [1, 2]}}')
        assert said(sender) == {"ack": 3}
    assert scope.memory.records["ch1"].total == 5


def test_a_message_may_be_numbers_as_they_lie_in_memory(scope: Laned) -> None:
    with opened(scope, "?dtype=f4&dt=0.001&channel=a") as sender:
        for n in range(1, 4):
            sender.send(np.arange(500_000, dtype="<f4").tobytes())
            assert said(sender) == {"ack": n}
    assert scope.memory.records["a"].y(1_499_997, 1_500_000).tolist() == [499_997, 499_998, 499_999]


def test_a_message_may_be_lines(scope: Laned) -> None:
    with opened(scope) as sender:
        sender.send('{"x": 1, "y": 2}\n{"x": 2, "y": 3}\n')
        sender.send("x,a,b\n1,2,3\n2,3,4\n")
        assert [said(sender), said(sender)] == [{"ack": 1}, {"ack": 2}]
    assert [record.total for record in scope.memory.records.values()] == [2, 2, 2]


def test_many_at_once_are_answered_in_order(scope: Laned) -> None:
    with opened(scope) as sender:
        for n in range(1000):
            sender.send(f'{{"x": {n}, "y": 1}}')
        assert [said(sender)["ack"] for _ in range(1000)] == list(range(1, 1001))
    assert scope.memory.records["ch1"].x(0, 1000).tolist() == list(range(1000))


def test_what_follows_a_long_message_is_stored_after_it(scope: Laned) -> None:
    long = "x,ch1\n" + "".join(f'{n},"1"\n' for n in range(50_000))
    with opened(scope) as sender:
        for body in (
            long,
            '{"x": 50000, "y": 1}',
            long.replace("ch1", "b"),
            '{"x": 50001, "y": 1}',
            "x,ch1\n" * 9000,
        ):
            sender.send(body)
        assert [said(sender).get("ack") for _ in range(5)] == [1, 2, 3, 4, None]
    assert scope.memory.records["ch1"].x(0, 50_002).tolist() == list(range(50_002))


def test_what_is_wrong_is_told_with_the_number_and_the_connection_goes_on(scope: Laned) -> None:
    with opened(scope) as sender:
        sender.send('{"x": 1, "y": 1}')
        said(sender)
        before = scope.memory.version
        n = 1
        for n, (name, body, _, code, words) in enumerate(MALFORMED, 2):
            if len(body) > scope.server.shared.most:  # type: ignore[union-attr]
                break
            sender.send(body)
            answer = said(sender)
            assert (answer["n"], answer["code"], answer["status"]) == (n, code, "error"), name
            assert words in answer["message"]
        assert scope.memory.version == before
        sender.send('{"x": 2, "y": 1}')
        assert "ack" in said(sender)


def test_a_message_may_come_in_parts_and_pings_in_between(scope: Laned) -> None:
    with opened(scope) as sender:
        sender.send(iter(['{"x": 1,', ' "y": ', "2}"]))
        assert sender.ping().wait(5)
        assert said(sender) == {"ack": 1}


def test_a_message_over_the_limit_closes_with_1009() -> None:
    with lane_serving(Config(max_body=1000)) as scope, opened(scope) as sender:
        sender.send('{"x": 1, "y": 1}'.ljust(1000))
        assert said(sender) == {"ack": 1}
        sender.send('{"x": 1, "y": 1}'.ljust(1001))
        with pytest.raises(ConnectionClosed) as caught:
            sender.recv(5)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, scope.memory.accepted) == (1009, 1)


def test_the_handshake_asks_for_the_token_and_the_origin() -> None:
    with lane_serving(load([], TOKENS)) as scope:
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer view-token-1"}, 401),
            ({"X-API-Key": "write-token-1"}, 101),
        ):
            if status == 101:
                with opened(scope, additional_headers=headers):
                    continue
            with pytest.raises(InvalidStatus) as caught:
                opened(scope, additional_headers=headers)
            assert caught.value.response.status_code == status
        with pytest.raises(InvalidStatus) as caught:
            opened(scope, "?token=write-token-1", origin=Origin("http://evil.example"))
        assert caught.value.response.status_code == 403
        with opened(scope, "?token=%77rite%2Dtoken-1"):
            pass
        with opened(scope, "?token=write-token-a") as sender:
            sender.send('{"y": 1, "channel": "a"}')
            assert said(sender) == {"ack": 1}
            sender.send('{"y": 1, "channel": "b"}')
            assert said(sender)["code"] == "forbidden"
            with pytest.raises(ConnectionClosed) as closed:
                sender.recv(5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
        assert list(scope.memory.records) == ["a"]


def test_who_is_too_fast_is_told_and_may_go_on() -> None:
    with lane_serving(Config(rate_points=10)) as scope, opened(scope) as sender:
        sender.send('{"dt": 1, "y": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}')
        assert said(sender) == {"ack": 1}
        sender.send('{"y": 1}')
        answer = said(sender)
        assert (answer["code"], answer["n"], scope.memory.accepted) == ("rate_limited", 2, 10)
        assert answer["retry_after_ms"] <= 100


def test_all_that_was_taken_is_answered_before_the_end(scope: Laned, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: Any) -> asyncio.Future[Any]:
        done = asyncio.get_running_loop().create_future()
        done.set_exception(Problem("store_unavailable", "the store is away"))
        return done

    monkeypatch.setattr(scope.receiver.bus, "put", put)
    with opened(scope) as sender:
        sender.socket.sendall(masked(0x81, b'{"y": 1}') * 2)
        assert [said(sender)["n"] for _ in range(2)] == [1, 2]
        with pytest.raises(ConnectionClosed) as caught:
            sender.recv(5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1013


def test_a_sender_that_does_not_read_is_not_read_either(scope: Laned) -> None:
    plug = socket.create_connection(("127.0.0.1", scope.port))
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plug.sendall(
        b"GET /data HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b" 101 " in plug.recv(200)
    point = b'{"y": 1}'
    frames = (b"\x81" + bytes([0x80 | len(point)]) + b"\0\0\0\0" + point) * 4096
    plug.settimeout(0.5)
    with pytest.raises(TimeoutError):
        plug.sendall(frames * 500)
    taken = scope.memory.accepted
    assert taken < 500 * 4096
    assert scope.post({"y": 1, "channel": "other"})[0] == 200
    plug.close()


@pytest.mark.parametrize(("headers", "status"), [
    (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n", b"426"),
    (b"Upgrade: other\r\nConnection: Upgrade\r\n", b"426"),
    (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", b"400"),
])  # fmt: skip
def test_what_is_no_handshake_is_refused_in_json(scope: Laned, headers: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", scope.port)) as plug:
        plug.sendall(b"GET /data HTTP/1.1\r\nHost: h\r\n" + headers + b"\r\n")
        answer = wait_until(lambda: plug.recv(4000))
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b'"request_id"' in answer


# the bytes


def masked(first: int, payload: bytes, mask: bytes = b"\1\2\3\4") -> bytes:
    n = len(payload)
    length = (
        bytes([0x80 | n]) if n < 126 else b"\xfe" + n.to_bytes(2) if n < 65536 else b"\xff" + n.to_bytes(8)
    )
    return bytes([first]) + length + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload))


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 65535, 65536, 70000])
def test_frames_of_every_size_in_pieces_of_every_size(size: int) -> None:
    payload = bytes(n % 251 for n in range(size))
    wire = masked(0x82, payload) * 2
    for step in (1, 7, len(wire)) if size < 1000 else (1000, len(wire)):
        frames = Frames(100_000)
        got = [m for at in range(0, len(wire), step) for m in frames.feed(wire[at : at + step])]
        assert got == [(2, payload)] * 2


def test_parts_are_joined_around_a_ping() -> None:
    wire = masked(0x01, b"ab") + masked(0x89, b"p") + masked(0x00, b"c") + masked(0x80, b"d")
    assert list(Frames(10).feed(wire)) == [(9, b"p"), (1, b"abcd")]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_messages_or_an_end(pieces: list[bytes]) -> None:
    frames, got, code = Frames(100), [], 0
    try:
        for piece in pieces:
            got += frames.feed(piece)
    except FrameError as error:
        code = error.code
    assert code in (0, 1002, 1009)
    assert sum(len(payload) for _, payload in got) <= sum(map(len, pieces))


@given(st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=5), st.integers(1, 50))
def test_whatever_is_sent_arrives(sent: list[tuple[bytes, bool]], step: int) -> None:
    wire = b"".join(masked(0x81 if text else 0x82, payload, b"\x9a\x00\xff\x31") for payload, text in sent)
    frames = Frames(300)
    got = [m for at in range(0, len(wire), step) for m in frames.feed(wire[at : at + step])]
    assert got == [(1 if text else 2, payload) for payload, text in sent]


def test_empty_parts_take_no_room() -> None:
    frames = Frames(10)
    assert list(frames.feed(masked(0x01, b"a") + masked(0x00, b"") * 10_000)) == []
    assert (len(frames.part), len(frames.rest)) == (1, 0)
    assert list(frames.feed(masked(0x80, b"b"))) == [(1, b"ab")]


@pytest.mark.parametrize(("wire", "code"), [
    (b"\x81\x02ab", 1002),  # not masked
    (masked(0xC1, b"ab"), 1002),  # compressed, as nobody has agreed to
    (masked(0x83, b"ab"), 1002),  # a kind that does not exist
    (masked(0x80, b"ab"), 1002),  # the end of nothing
    (masked(0x01, b"ab") + masked(0x81, b"ab"), 1002),  # a message within another
    (masked(0x09, b"ab"), 1002),  # a ping in parts
    (masked(0x89, b"p" * 126), 1002),
    (masked(0x81, b"x" * 11), 1009),
    (masked(0x01, b"x" * 6) + masked(0x80, b"x" * 5), 1009),
    (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),
])  # fmt: skip
def test_what_is_no_message_of_a_client_ends_the_connection(wire: bytes, code: int) -> None:
    with pytest.raises(FrameError) as caught:
        list(Frames(10).feed(wire))
    assert caught.value.code == code


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_what_the_server_sends_has_its_length(size: int) -> None:
    wire = framed(2, b"x" * size)
    assert wire.endswith(b"x" * size)
    assert len(wire) - size == (2 if size < 126 else 4 if size < 65536 else 10)


def test_of_too_many_senders_the_last_hears_when_to_come_again() -> None:
    with lane_serving(Config(max_senders=1)) as scope, opened(scope) as first:
        with pytest.raises(InvalidStatus) as refused:
            opened(scope)
        answer = refused.value.response
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert orjson.loads(answer.body)["limit"] == "senders"
        first.close()
        wait_until(lambda: can_send(scope))


def can_send(scope: Laned) -> bool:
    try:
        with opened(scope) as sender:
            sender.send('{"y": 1}')
            return bool(said(sender) == {"ack": 1})
    except InvalidStatus:
        return False
