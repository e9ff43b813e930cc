"""How a process ends: by SIGTERM, and when another one takes its place."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect, unix_connect

from tests.conftest import wait_until
from tests.process import Server
from tests.redis_server import RedisServer, needs_redis, redis_server

POINT = b'{"x": 1, "y": 2}'


class UnixConnection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def post(connection: http.client.HTTPConnection, body: bytes = POINT) -> http.client.HTTPResponse:
    connection.request("POST", "/data", body)
    answer = connection.getresponse()
    answer.read()
    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.launch()
    wait_until(made.healthy, 20, 0.05)
    yield made
    assert made.process is not None
    if made.process.poll() is None:
        made.stop(signal.SIGKILL)


def begun(server: Server) -> http.client.HTTPConnection:
    """A request whose body has not come to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/data")
    connection.putheader("Content-Length", str(len(POINT)))
    connection.endheaders(POINT[:-1])
    return connection


def test_what_has_begun_is_answered_and_what_comes_then_hears_why_not(server: Server) -> None:
    idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    assert post(idle).status == 200
    asked.request("GET", "/readyz")
    asked.getresponse().read()
    half = begun(server)
    with (
        connect(f"ws://127.0.0.1:{server.port}/frames") as viewer,
        connect(f"ws://127.0.0.1:{server.port}/data") as sender,
    ):
        sender.send(POINT)
        assert json.loads(sender.recv()) == {"ack": 1}
        began = time.monotonic()
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        answer = wait_until(lambda: refused(server, idle), 5, 0)
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["Connection"] == "close"
        asked.request("GET", "/readyz")
        ready = asked.getresponse()
        assert (ready.status, json.loads(ready.read())["checks"]["draining"]) == (503, "fail")
        half.send(POINT[-1:])
        assert half.getresponse().status == 200
        for socket_ in (viewer, sender):
            assert farewell(socket_) == 1012
    assert server.process.wait(5) == 0
    assert time.monotonic() - began < 5


def farewell(socket_: ClientConnection) -> int | None:
    """The code with which the server closes a WebSocket."""
    try:
        while True:
            socket_.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None


def refused(server: Server, connection: http.client.HTTPConnection) -> http.client.HTTPResponse | None:
    answer = post(connection)
    return answer if answer.status == 503 else None


def test_a_body_that_does_not_end_is_not_waited_for_too_long(server: Server) -> None:
    half = begun(server)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5
    half.close()


@needs_redis
def test_what_waits_for_redis_is_answered(tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        server = Server(settings={"SCOPE_REDIS": redis.url})
        server.launch()
        wait_until(lambda: ready(server, redis), 20, 0.05)
        redis.send(signal.SIGSTOP)
        connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(2)]
        for connection in connections:
            connection.request("POST", "/data", POINT)
        asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        with connect(f"ws://127.0.0.1:{server.port}/data") as sender:
            sender.send(POINT)
            four = b"osc_http_requests_in_flight 4.0\n"  # two POSTs, a message, and the one that asks
            wait_until(lambda: four in got(asked, "/metrics"), 2, 0)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: json.loads(got(asked, "/readyz"))["checks"]["draining"] == "fail", 2, 0)
            redis.send(signal.SIGCONT)
            assert [connection.getresponse().status for connection in connections] == [200, 200]
            assert json.loads(sender.recv(5)) == {"ack": 1}
            assert farewell(sender) == 1012
        assert server.process.wait(5) == 0


def got(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def ready(server: Server, redis: RedisServer) -> bool:
    try:
        return dict(json.loads(server.ask("GET", "/readyz")[1])["checks"])["store"] == "pass"
    except OSError:
        return False


def at(path: Path, method: str, address: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = UnixConnection(str(path))
    try:
        connection.request(method, address, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def boot_id(path: Path) -> str:
    try:
        return str(json.loads(at(path, "GET", "/healthz")[1])["boot_id"])
    except OSError:
        return ""


def test_another_process_takes_the_place_and_no_request_fails(tmp_path: Path) -> None:
    """The second has to wait for the folder of the first, and so do its senders."""
    path = tmp_path / "app.sock"
    settings = {"SCOPE_SOCKET": str(path), "SCOPE_DATA": str(tmp_path / "data")}
    servers = [Server(settings=settings), Server(settings=settings)]
    servers[0].launch()
    first = wait_until(lambda: boot_id(path), 20, 0.05)
    over, statuses = threading.Event(), []

    def send(n: int) -> None:
        connection = UnixConnection(str(path))
        while not over.is_set():
            answer = post(connection)
            statuses.append(answer.status)
            if answer.will_close or n % 2:
                connection.close()

    senders = [threading.Thread(target=send, args=(n,), daemon=True) for n in range(4)]
    try:
        for sender in senders:
            sender.start()
        with unix_connect(str(path), "ws://localhost/frames") as viewer:
            before = os.stat(path).st_ino
            servers[1].launch()
            wait_until(lambda: os.stat(path).st_ino != before, 60, 0.05)
            assert servers[0].stop(signal.SIGHUP) == 0
            assert farewell(viewer) == 1012
        assert wait_until(lambda: boot_id(path), 20, 0.05) != first
        sent = len(statuses)
        wait_until(lambda: len(statuses) > sent + 50)
    finally:
        over.set()
        for sender in senders:
            sender.join(20)
    assert set(statuses) == {200}
    channel = json.loads(at(path, "GET", "/channels")[1])[0]
    assert channel["total"] == len(statuses)
    assert servers[1].stop() == 0


def test_what_still_comes_on_open_connections_is_answered_when_another_process_is_there(
    tmp_path: Path,
) -> None:
    """Tornado's connections are served as the lane's are, and closed in the end."""
    path = tmp_path / "app.sock"
    server = Server(settings={"SCOPE_SOCKET": str(path)})
    server.launch()
    wait_until(lambda: boot_id(path), 20, 0.05)
    connections = [UnixConnection(str(path)) for _ in range(4)]
    try:
        assert [written(connection).status for connection in connections] == [204] * 4
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        for connection in connections[:3]:
            time.sleep(0.3)
            answer = written(connection)
            assert (answer.status, answer.headers["Connection"]) == (204, "close")
        assert connections[3].sock.recv(1) == b""
        assert server.process.wait(5) == 0
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop(signal.SIGKILL)


def test_one_that_has_been_relieved_still_ends_at_once_when_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    server = Server(settings={"SCOPE_SOCKET": str(path)})
    server.launch()
    wait_until(lambda: boot_id(path), 20, 0.05)
    connection = UnixConnection(str(path))
    assert written(connection).status == 204
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 1.5
    connection.close()


def written(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    connection.request("POST", "/api/v2/write", b"m v=1.5")
    answer = connection.getresponse()
    answer.read()
    return answer
