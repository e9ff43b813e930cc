"""What a process still answers when it ends: whatever has begun, and why the rest is not taken."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import wait_until
from tests.process import Server
from tests.redis_server import needs_redis, redis_server

HALF = b'{"x": 1, "y": 2'
BLOCK = b'{"x":%d,"y":1}\n'
PART = 1 << 16  # bytes


@pytest.fixture
def server() -> Iterator[Server]:
    with living(Server(settings={"SCOPE_LOG": "json"}, output=subprocess.PIPE)) as made:
        yield made


@contextmanager
def living(made: Server) -> Iterator[Server]:
    """It runs meanwhile, unless it is ended before."""
    made.launch()
    assert made.process is not None
    try:
        wait_until(made.healthy, 20, 0.05)
        yield made
    finally:
        if made.process.poll() is None:
            made.stop(signal.SIGKILL)
        for said in (made.process.stdout, made.process.stderr):
            if said is not None:
                said.close()


def line(server: Server) -> http.client.HTTPConnection:
    """A connection, which is there already."""
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    made.request("GET", "/healthz")
    made.getresponse().read()
    return made


def begun(server: Server, path: str = "/data", **headers: str) -> http.client.HTTPConnection:
    """A POST whose body is still to come."""
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    made.putrequest("POST", path)
    for name, value in headers.items():
        made.putheader(name.replace("_", "-"), value)
    made.endheaders()
    return made


def streamed(server: Server) -> http.client.HTTPConnection:
    return begun(server, Content_Type="application/x-ndjson", Transfer_Encoding="chunked")


def chunk(connection: http.client.HTTPConnection, data: bytes) -> None:
    connection.send(b"%x\r\n%b\r\n" % (len(data), data))


def answer(connection: http.client.HTTPConnection) -> tuple[int, Any]:
    said = connection.getresponse()
    return said.status, json.loads(said.read())


def told_to_end(server: Server) -> float:
    """When it was."""
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    return time.monotonic()


def ended(server: Server) -> int:
    assert server.process is not None
    return server.process.wait(10)


def stored(server: Server, n: int, channel: str = "ch1") -> Callable[[], bool]:
    return lambda: channel in (there := server.channels()) and there[channel]["total"] == n


def in_flight(asked: http.client.HTTPConnection) -> int:
    """Requests that are not answered yet, the one that asks among them."""
    found = re.search(rb"^osc_http_requests_in_flight (\d+)", got(asked, "/metrics"), re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_an_answer_that_is_being_made_is_made_and_sent(server: Server) -> None:
    for t0 in range(5):
        server.post({"t0": t0, "dt": 1e-5, "channels": {"ch1": [0.5] * 90_000}})
    asked = line(server)
    table, picture = line(server), line(server)
    table.request("GET", "/data?channel=ch1&n=all&format=csv")
    picture.request("GET", "/screen.png?width=3840&height=2160")
    wait_until(lambda: in_flight(asked) == 3, 5, 0)
    told_to_end(server)
    rows = table.getresponse().read().splitlines()
    assert len(rows) == 1 + 450_000
    drawn = picture.getresponse().read()
    assert drawn.endswith(b"IEND\xaeB`\x82")
    assert ended(server) == 0


def test_who_waits_for_a_trigger_hears_at_once_that_nobody_waits_any_more(server: Server) -> None:
    asked, waiting = line(server), line(server)
    waiting.request("GET", "/single?timeout=30")
    wait_until(lambda: in_flight(asked) == 2, 5, 0)
    since = told_to_end(server)
    status, said = answer(waiting)
    assert (status, said["code"]) == (503, "draining")
    assert ended(server) == 0
    assert time.monotonic() - since < 1.5


def test_one_who_reads_too_slowly_is_not_waited_for_too_long(server: Server) -> None:
    for t0 in range(8):
        server.post({"t0": t0, "dt": 1e-5, "channels": {"ch1": [0.5] * 90_000}})
    asked = line(server)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /data?channel=ch1&n=all&format=csv HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: in_flight(asked) == 2, 5, 0)
        since = told_to_end(server)
        assert ended(server) == 0
        assert 1.5 < time.monotonic() - since < 5


@pytest.mark.parametrize("path", ["/data", "/write"])
def test_a_body_that_has_no_end_is_answered_in_the_end(server: Server, path: str) -> None:
    half = begun(server, path, Content_Length=str(len(HALF) + 1))
    half.send(HALF)
    asked = line(server)
    wait_until(lambda: in_flight(asked) == 2, 5, 0)
    since = told_to_end(server)
    said = half.getresponse()
    assert (said.status, said.headers["Retry-After"]) == (503, "1")
    assert ended(server) == 0
    assert time.monotonic() - since < 5


def test_a_body_stored_as_it_comes_hears_at_once_what_is_stored_of_it(server: Server) -> None:
    body = streamed(server)
    for n in range(3):
        chunk(body, BLOCK % n)
        wait_until(stored(server, n + 1))
    since = told_to_end(server)
    status, said = answer(body)
    assert (status, said["code"]) == (503, "draining")
    assert (said["accepted"], said["first_not_stored"]) == (3, 3)
    assert ended(server) == 0
    assert time.monotonic() - since < 1.5


def test_who_is_sent_away_has_a_moment_to_take_the_answer(server: Server) -> None:
    body = streamed(server)
    chunk(body, BLOCK % 1)
    wait_until(stored(server, 1))
    with body.sock.dup() as sender:
        since = told_to_end(server)
        assert answer(body)[0] == 503
        wait_until(lambda: not taken(sender, b"1"), 5, 0.005)
        assert time.monotonic() - since >= 0.3
    assert ended(server) == 0


def taken(sender: socket.socket, data: bytes) -> bool:
    """Whether the other side still reads."""
    try:
        return sender.send(data) > 0
    except OSError:
        return False


def test_one_that_is_sent_on_and_on_hears_it_too(server: Server) -> None:
    body, n = streamed(server), 0
    since = 0.0
    try:
        while n < 500:
            chunk(body, BLOCK % n)
            n += 1
            if n == 50:
                wait_until(lambda: "ch1" in server.channels())
                since = told_to_end(server)
            time.sleep(0.005)
    except OSError:
        pass
    status, said = answer(body)
    assert (status, said["code"]) == (503, "draining")
    assert 0 < said["accepted"] == said["first_not_stored"] <= n
    assert ended(server) == 0
    assert time.monotonic() - since < 1.5


@needs_redis
def test_what_is_on_its_way_to_redis_is_not_told_as_lost(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path) as redis,
        living(Server(settings={"SCOPE_REDIS": redis.url})) as server,
    ):
        wait_until(lambda: json.loads(server.ask("GET", "/readyz")[1])["checks"]["store"] == "pass")
        body, asked = streamed(server), line(server)
        chunk(body, BLOCK % 0)
        wait_until(stored(server, 1))
        redis.send(signal.SIGSTOP)
        chunk(body, BLOCK % 1 * 1200)  # more than a block, which does not wait for more then
        come = b'stage="wire"} %d.0' % (1201 * len(BLOCK % 1))
        wait_until(lambda: come in got(asked, "/metrics"), 2, 0)
        told_to_end(server)
        wait_until(lambda: draining(asked), 2, 0)
        time.sleep(0.3)  # by then it is asked to come to its end
        redis.send(signal.SIGCONT)
        status, said = answer(body)
        assert (status, said["accepted"], said["first_not_stored"]) == (503, 1201, 1201)
        assert ended(server) == 0


def got(asked: http.client.HTTPConnection, path: str) -> bytes:
    asked.request("GET", path)
    return asked.getresponse().read()


def draining(asked: http.client.HTTPConnection) -> bool:
    return bool(json.loads(got(asked, "/readyz"))["checks"]["draining"] == "fail")


def test_what_is_refused_is_counted_and_told_in_full(server: Server) -> None:
    half = begun(server, Content_Length=str(len(HALF) + 1))
    half.send(HALF)
    lines = [line(server) for _ in range(8)]
    lanes = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(8)]
    for lane in lanes:
        lane.request("POST", "/data", HALF + b"}")
        lane.getresponse().read()
    counted, asked = line(server), line(server)
    told_to_end(server)
    wait_until(lambda: draining_once(asked), 2, 0)
    for each in lines + lanes:
        each.request("POST", "/data", HALF + b"}")
        assert answer(each)[1]["code"] == "draining"
    assert b'osc_ingest_rejections_total{code="draining"} 16.0' in got(counted, "/metrics")
    half.close()
    assert ended(server) == 0
    assert server.process is not None
    assert server.process.stderr is not None
    said = [json.loads(row) for row in server.process.stderr if b'"code":"draining"' in row]
    assert sum(row["count"] for row in said) == 16


def draining_once(asked: http.client.HTTPConnection) -> bool:
    """Whether a server drains, asked on a connection that is closed when it does."""
    try:
        return draining(asked)
    except (OSError, http.client.HTTPException):
        return True


def test_a_sender_that_comes_too_late_hears_why_instead_of_a_handshake(server: Server) -> None:
    half = begun(server, Content_Length=str(len(HALF) + 1))
    half.send(HALF)
    with socket.create_connection(("127.0.0.1", server.port)) as late:
        late.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert late.recv(PART).startswith(b"HTTP/1.1 200")
        asked = line(server)
        told_to_end(server)
        wait_until(lambda: draining_once(asked), 2, 0)
        with pytest.raises(InvalidStatus) as refused, connect("ws://localhost/data", sock=late):
            pass
    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body or b"{}")["code"] == "draining"
    half.close()
    assert ended(server) == 0
