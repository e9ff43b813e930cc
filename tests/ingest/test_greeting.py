"""The port of https, as the app itself serves it: TLS, and what is not TLS."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).parent))
from laned import Laned, lane_serving

from app.ingest import greeting, lane_server
from app.ingest.greeting import led
from app.system.certificate import Pair, own
from tests.conftest import wait_until
from tests.serving import on_loop


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return own(tmp_path_factory.mktemp("tls"), ["localhost", "127.0.0.1"])


@pytest.fixture
def scope(pair: Pair) -> Iterator[Laned]:
    with lane_serving(ssl_options=pair.context()) as served:
        yield served


def plain(scope: Laned, sent: bytes) -> bytes:
    """All that comes back."""
    with closing(socket.create_connection(("127.0.0.1", scope.port), 10)) as sender:
        sender.sendall(sent)
        return b"".join(iter(lambda: sender.recv(4096), b""))


def test_samples_come_in_over_tls(scope: Laned, pair: Pair) -> None:
    url = f"https://localhost:{scope.port}/data"
    with requests.Session() as sender:
        for n in range(3):
            answer = sender.post(url, json={"y": n}, verify=str(pair.cert), timeout=10)
            assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert scope.memory.accepted == 3


def test_a_plain_request_is_led_to_https_with_its_path(scope: Laned) -> None:
    head = (
        f"POST /data?rate=1 HTTP/1.1\r\nUser-Agent: x\r\nHOST: lab:{scope.port}\r\nContent-Length: 8\r\n\r\n"
    )
    answer = plain(scope, head.encode() + b'{"y": 1}')
    assert answer.startswith(b"HTTP/1.1 308 ")
    assert f"\r\nLocation: https://lab:{scope.port}/data?rate=1\r\n".encode() in answer
    assert scope.memory.accepted == 0


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET //a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00\x01\r\n\r\n",
    ],
)
def test_what_is_no_request_is_led_nowhere(head: bytes) -> None:
    assert led(head).startswith(b"HTTP/1.1 400 ")
    assert b"Location" not in led(head)


def test_an_endless_head_and_an_end_close_the_connection(scope: Laned) -> None:
    assert scope.server is not None
    with closing(socket.create_connection(("127.0.0.1", scope.port), 10)) as sender:
        sender.sendall(b"G" * (greeting.LONGEST + 1))
        assert sender.recv(1) == b""
    with closing(socket.create_connection(("127.0.0.1", scope.port), 10)):
        wait_until(lambda: scope.server.greetings)  # type: ignore[union-attr]
    wait_until(lambda: not scope.server.greetings)  # type: ignore[union-attr]


def test_who_says_nothing_is_not_waited_for_without_end(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greeting, "PATIENCE", 0.1)
    with (
        lane_serving(ssl_options=pair.context()) as scope,
        closing(socket.create_connection(("127.0.0.1", scope.port), 10)) as silent,
    ):
        assert silent.recv(1) == b""


def test_a_reader_that_has_stalled_is_given_up_under_tls(
    scope: Laned, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_server, "SWEEP", 0.05)
    monkeypatch.setattr(lane_server, "STALLED", 0.3)
    server = scope.server
    assert server is not None
    watching = on_loop(scope.loop, lambda: scope.loop.create_task(server.watch()))
    url = f"https://localhost:{scope.port}/data"
    for _ in range(6):
        block = {"dt": 1, "y": [0.123456789] * 80_000}
        assert requests.post(url, json=block, verify=str(pair.cert), timeout=10).status_code == 200
    trusting = ssl.create_default_context(cafile=str(pair.cert))
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", scope.port))
    with trusting.wrap_socket(raw, server_hostname="localhost") as reader:
        reader.sendall(b"GET /data?n=all HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: any(stream.writing() for stream in list(server.handed)))
        wait_until(lambda: not any(stream.writing() for stream in list(server.handed)))
    on_loop(scope.loop, watching.cancel)
    wait_until(watching.done)
