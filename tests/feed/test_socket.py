"""GET /frames: who gets in, and what a viewer may say."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from beam import Served, Viewer, gone, many, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Served as Asked
from tornado.iostream import IOStream
from websockets.exceptions import InvalidStatus

import app.feed.feed as feed
import app.feed.socket as frames
import app.feed.watcher as watcher
from app.config import Config
from app.feed.watcher import BINARY, Watcher, framed
from tests.conftest import wait_until

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def scope(server: Served) -> Iterator[Served]:
    yield server
    wait_until(lambda: not server.feed.watchers)
    assert server.views() == 0
    assert [record.getMessage() for record in server.logged] == []


def ask(scope: Served, method: str = "GET", path: str = "/frames", **headers: str) -> tuple[Any, Any]:
    """The answer to a plain request, and its JSON."""
    asked = Asked(scope.port, scope.memory, None, scope.loop)  # type: ignore[arg-type]
    response, raw = asked.raw(method, path, None, **headers)
    return response, orjson.loads(raw) if raw else None


def shake(scope: Served, path: str = "/frames", **changed: str) -> tuple[Any, Any]:
    """The answer to a handshake with some headers changed; empty ones are left out."""
    headers = HANDSHAKE | {name.replace("_", "-"): value for name, value in changed.items()}
    return ask(scope, path=path, **{name: value for name, value in headers.items() if value})


def test_a_plain_request_is_told_to_upgrade(scope: Served) -> None:
    response, body = ask(scope)
    assert (response.status, body["code"], response.headers["Upgrade"]) == (
        426,
        "upgrade_required",
        "websocket",
    )
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Sec_WebSocket_Version": "8"}, 426, "upgrade_required"),
        ({"Sec_WebSocket_Key": ""}, 400, "bad_request"),
        ({"Connection": "close"}, 400, "bad_request"),
        ({"Origin": "http://elsewhere.example"}, 403, "origin_not_allowed"),
        ({"Origin": "null"}, 403, "origin_not_allowed"),
    ],
)
def test_a_handshake_is_refused_in_json(
    scope: Served, changed: dict[str, str], status: int, code: str
) -> None:
    response, body = shake(scope, **changed)
    assert (response.status, body["code"], body["status"]) == (status, code, "error")


def test_a_query_that_is_too_long_is_refused_in_json(scope: Served) -> None:
    for query in ("on=" + "x" * frames.LONGEST_QUERY, "&".join(["on=a"] * 200)):
        response, body = shake(scope, "/frames?" + query)
        assert (response.status, body["code"]) == (400, "bad_parameter")


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE"])
def test_other_methods_are_refused(scope: Served, method: str) -> None:
    assert ask(scope, method)[0].status == 405


def test_a_page_of_this_host_gets_in_and_so_does_what_is_no_page(scope: Served) -> None:
    with Viewer(scope.port, origin=f"http://127.0.0.1:{scope.port}") as page, Viewer(scope.port) as device:
        assert page.text()["n"] == device.text()["n"] == 0


def test_only_the_hosts_that_are_named_get_in() -> None:
    with serving(Config(allow_ws_origin=("scope.example",))) as served:
        with Viewer(served.port, origin="http://scope.example") as page:
            assert page.text()["n"] == 0
        with pytest.raises(InvalidStatus):
            Viewer(served.port, origin=f"http://127.0.0.1:{served.port}")


def test_without_room_the_handshake_says_when_to_come_back(scope: Served) -> None:
    viewers = many(scope.port, [f"tb={n}" for n in range(1, feed.MOST_VIEWS + 1)])
    response, body = shake(scope, "/frames?tb=100")
    assert (response.status, body["code"]) == (503, "too_many_views")
    assert int(response.headers["Retry-After"]) > 0
    for viewer in viewers:
        viewer.close()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("[1]", "bad_json"),
        ("null", "bad_json"),
        ('"view"', "bad_json"),
        (b'{"pause": true}', "bad_json"),
        ("{}", "bad_parameter"),
        ('{"n": 1}', "bad_parameter"),
        ('{"view": 1, "n": 1}', "bad_parameter"),
        ('{"view": "", "n": -1}', "bad_parameter"),
        ('{"view": "", "n": 1e999}', "bad_json"),
        ('{"view": "", "n": 12345678901234567890}', "bad_parameter"),
        ('{"drawn": "1"}', "bad_parameter"),
        ('{"drawn": 1, "age": -1}', "bad_parameter"),
        ('{"drawn": 1, "age": "9"}', "bad_parameter"),
        ('{"drawn": 1, "age": true}', "bad_parameter"),
        ('{"pause": 1}', "bad_parameter"),
        ('{"view": "' + "x" * 9000 + '", "n": 1}', "bad_parameter"),
    ],
)
def test_what_cannot_be_understood_is_answered_and_the_connection_stays(
    scope: Served, text: str | bytes, code: str
) -> None:
    with Viewer(scope.port) as viewer:
        viewer.picture()
        viewer.socket.send(text)
        assert viewer.text()["code"] == code
        viewer.say(pause=True)
        viewer.say(pause=False)
        assert viewer.picture().view == viewer.told[0]["view"]


def test_a_refused_view_is_answered_with_its_number(scope: Served) -> None:
    with Viewer(scope.port) as viewer:
        assert viewer.ask(7, on="x" * 9000)["view"] == viewer.told[0]["view"]
        viewer.picture()


def test_a_message_that_is_far_too_long_ends_the_connection(scope: Served) -> None:
    with Viewer(scope.port) as viewer:
        viewer.socket.send("x" * (frames.LONGEST_TEXT + 1))
        assert gone(viewer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.dictionaries(st.sampled_from(["view", "n", "drawn", "age", "pause"]), JSON, max_size=5)
QUERIES = st.lists(
    st.tuples(st.sampled_from(["tb", "on", "off", "v.a", "since.a", "v.", "x"]), st.text(max_size=8)),
    max_size=4,
).map(lambda parts: "&".join(f"{key}={value}" for key, value in parts))


@given(
    st.lists(WORDS.map(orjson.dumps) | QUERIES.map(lambda q: orjson.dumps({"view": q, "n": 1})), max_size=4)
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_answered(server: Served, messages: list[bytes]) -> None:
    with Viewer(server.port) as viewer:
        for message in messages:
            viewer.socket.send(message.decode())
        viewer.say(pause=False)
        viewer.say(view="tb=1", n=99)
        while viewer.text().get("n") != 99:
            pass
        viewer.picture()


def test_lone_surrogates_are_answered(scope: Served) -> None:
    with Viewer(scope.port) as viewer:
        viewer.picture()
        viewer.socket.send('{"view": "on=\\ud800", "n": 1}')
        assert "error" in viewer.text()
        assert viewer.ask(2, on="\ufffd", v="\x00")["n"] == 2


@pytest.mark.timed
def test_a_flood_of_messages_is_heeded_slowly_and_none_is_lost(scope: Served) -> None:
    def asked() -> int:
        return sum("latency" in words for words in viewer.told)

    with Viewer(scope.port, "tb=1") as viewer:
        viewer.picture()
        for n in range(130):
            viewer.say(drawn=n, age=0)
        began = time.monotonic()
        while asked() < 130:
            viewer.text()
        assert time.monotonic() - began > 0.5


def test_who_asks_on_and_on_without_reading_is_given_up(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "MOST_TEXT", 4096)
    monkeypatch.setattr(frames, "LEAST", 0.0)
    monkeypatch.setattr(frames, "PATIENCE", 1.0)
    query = "&".join(f"x{n}" + "y" * 60 + "=1" for n in range(16))
    viewer = Viewer(scope.port, buffer=4096)
    wait_until(lambda: scope.feed.watchers)

    def given_up() -> bool:  # 1 kB comes back for each question; nobody reads it
        with contextlib.suppress(OSError):
            viewer.taken.sendall(20 * masked(orjson.dumps({"view": query, "n": 1})))
        return not scope.feed.watchers

    wait_until(given_up)
    assert gone(viewer)


def masked(payload: bytes) -> bytes:
    """A text message of a client, masked with zeros."""
    if len(payload) < 126:
        return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload
    return bytes([0x81, 0x80 | 126]) + len(payload).to_bytes(2, "big") + bytes(4) + payload


@pytest.mark.parametrize("n", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_a_message_is_framed_as_a_server_does(n: int) -> None:
    message = framed(BINARY, bytes(n))
    assert message[0] == 0x82
    assert message[1] < 0x80
    size, start = message[1], 2
    if size == 126:
        size, start = int.from_bytes(message[2:4], "big"), 4
    elif size == 127:
        size, start = int.from_bytes(message[2:10], "big"), 10
    assert (size, len(message) - start) == (n, n)


def test_the_stream_is_as_the_watcher_takes_it_to_be(scope: Served) -> None:
    """What is private in Tornado, and that it sends without delay."""
    with Viewer(scope.port):
        wait_until(lambda: scope.feed.watchers)
        (found,) = scope.feed.watchers
        stream = found.stream
        assert type(stream) is IOStream
        assert isinstance(stream._total_write_done_index, int)
        assert stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert stream.writing() is False


def test_what_the_kernel_does_not_take_comes_later_and_in_order(scope: Served) -> None:
    sent = random.Random(1).randbytes(3_000_000)
    with Viewer(scope.port, buffer=4096) as viewer:
        viewer.picture()
        viewer.say(pause=True)
        (found,) = scope.feed.watchers
        wait_until(lambda: found.paused)

        def write() -> bool:
            found.write(framed(BINARY, sent))
            found.tell({"after": 1})
            return found.stream.writing()

        assert scope.on_loop(write)
        assert scope.on_loop(lambda: found.stalled(time.monotonic())) is False
        messages = [viewer.socket.recv(10) for _ in range(2)]
        while messages[0] != sent:  # readouts that were on their way
            messages = [messages[1], viewer.socket.recv(10)]
        assert messages[1] == '{"after":1}'


def test_a_watcher_whose_connection_is_gone_takes_no_harm(scope: Served) -> None:
    with Viewer(scope.port):
        wait_until(lambda: scope.feed.watchers)
        (found,) = scope.feed.watchers

        def close() -> None:
            found.stream.close()
            found.write(framed(BINARY, b"x"))
            found.tell({})
            found.abort()
            assert not Watcher(found.stream).stream.writing()

        scope.on_loop(close)


def test_of_too_many_viewers_the_last_hears_when_to_come_again() -> None:
    with serving(Config(max_viewers=2)) as scope:
        viewers = many(scope.port, ["", "tb=1"])
        response, answer = shake(scope)
        assert (response.status, answer["code"], response.headers["Retry-After"]) == (503, "overloaded", "10")
        assert scope.feed.delivery.dropped == {("limit",): 1}
        viewers.pop().close()
        wait_until(lambda: len(scope.feed.watchers) == 1)
        viewers.append(Viewer(scope.port))
        for viewer in viewers:
            viewer.close()


def test_while_memory_is_short_no_viewer_is_let_in_and_the_newest_go(scope: Served) -> None:
    before = scope.feed.delivery.dropped[("limit",)]
    first = Viewer(scope.port)
    wait_until(lambda: len(scope.feed.watchers) == 1)
    second = Viewer(scope.port)
    wait_until(lambda: len(scope.feed.watchers) == 2)
    scope.on_loop(lambda: scope.feed.delivery.shed(scope.feed.watchers, 1))
    wait_until(lambda: gone(second))
    assert len(scope.feed.watchers) == 1
    scope.feed.closed = lambda: True
    response, answer = shake(scope)
    scope.feed.closed = bool
    assert (response.status, answer["message"]) == (503, "memory is short; try again soon")
    assert scope.feed.delivery.dropped[("limit",)] == before + 2
    first.close()


def test_a_viewer_that_leaves_without_having_answered_pings_counts_as_dead(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scope.feed.delivery.dropped[("no_pong",)]
    Viewer(scope.port).close()
    wait_until(lambda: not scope.feed.watchers)
    assert scope.feed.delivery.dropped[("no_pong",)] == before
    monkeypatch.setattr(frames, "MUTE", -1.0)
    Viewer(scope.port).close()
    wait_until(lambda: scope.feed.delivery.dropped[("no_pong",)] == before + 1)
