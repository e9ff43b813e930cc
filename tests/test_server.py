"""The process as a whole: start, end, viewers that come, stall and go, and who may connect."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from bokeh.document import Document
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.config import Config
from app.server import Process
from app.system.runtime import opened
from app.ui import front
from app.ui.tab import Tab
from tests.conftest import wait_until
from tests.process import Server
from tests.viewer import Viewer, page

MB = 1 << 20
IDLE = 0.05  # share of a processor


def later(seconds: float) -> None:
    """Let so much time pass, in which something is measured."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 1)


# one process of its own


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Server, float, float]]:
    """A server, and the seconds after which it took a sample and had its page."""
    server = Server(settings={"SCOPE_POINTS": "2000"})
    began = time.monotonic()
    server.launch()
    wait_until(lambda: accepts(server), 60, 0.05)
    accepting = time.monotonic() - began
    wait_until(server.has_page, 60, 0.05)
    yield server, accepting, time.monotonic() - began
    server.stop()


@pytest.fixture
def server(started: tuple[Server, float, float]) -> Server:
    started[0].clear()
    return started[0]


def accepts(server: Server) -> bool:
    try:
        server.post({"y": 1})
    except OSError:
        return False
    return True


@pytest.mark.timed
def test_samples_are_taken_within_3_s_and_the_page_is_there_within_10(
    started: tuple[Server, float, float],
) -> None:
    _, accepting, paged = started
    print(f"accepting after {accepting:.2f} s, page after {paged:.2f} s")
    assert accepting <= 3
    assert paged <= 10


def test_an_unknown_path_is_a_json_404(server: Server) -> None:
    for path in ("/nothing", "/ws/x", "/autoload.js", "/metrics/..", "/%00", "/app.py"):
        status, body = server.ask("GET", path)
        assert (status, json.loads(body)["status"]) == (404, "error"), path


def test_nothing_but_the_pages_own_files_is_served(server: Server) -> None:
    assert server.ask("GET", "/assets/panel.js")[0] == 200
    for path in ("/assets/../tab.py", "/assets/%2e%2e/tab.py", "/assets//etc/passwd", "/assets/", "/assets"):
        assert server.ask("GET", path)[0] in (403, 404), path


def test_a_page_whose_socket_never_comes_costs_nothing(server: Server) -> None:
    for _ in range(3):
        assert page(server.port)[0] == 200
    wait_until(lambda: idle(server), 30)  # plots for the next visitors are made meanwhile
    began, used = time.monotonic(), server.cpu()
    for n in range(50):
        server.post({"x": n, "y": n})
        later(0.06)
    share = (server.cpu() - used) / (time.monotonic() - began)
    print(f"processor share: {share:.1%}")
    assert share < 0.2


def idle(server: Server) -> bool:
    used = server.cpu()
    later(0.5)
    return server.cpu() - used < IDLE * 0.5


@pytest.mark.timed
def test_a_stalled_reader_costs_no_memory_and_disturbs_nobody() -> None:
    server = Server(settings={"SCOPE_POINTS": "2000"}, tidy=True).start()
    with ExitStack() as stack:
        healthy = [stack.enter_context(Viewer(server.port)) for _ in range(3)]
        stack.enter_context(Viewer(server.port, stalled=True))
        wait_until(lambda: all(viewer.received and viewer.frames for viewer in healthy))
        wait_until(lambda: idle(server), 60)  # before anything is measured
        send(server, 5, tidy=True)
        rss = server.rss()
        send(server, 15, tidy=True)
        grown = server.rss() - rss
        before = [viewer.frames for viewer in healthy]
        times = send(server, 5)
        frames = [(viewer.frames - old) / 5 for viewer, old in zip(healthy, before, strict=True)]
    assert server.stop() == 0
    p95 = statistics.quantiles(times, n=20)[18]
    print(f"RSS {grown / MB:+.1f} MB, POST p95 {1000 * p95:.0f} ms, frames a second to the others {frames}")
    assert grown <= 5 * MB
    assert statistics.median(times) < 0.05
    assert p95 < 0.25
    assert min(frames) > 10  # 20 blocks a second come in


def send(server: Server, seconds: float, *, tidy: bool = False) -> list[float]:
    """Four channels at 2 kHz in 20 POSTs a second; returns the time that each POST took.

    tidy  have the server collect its garbage once a second, which holds up everything else
    """
    took: list[float] = []
    began = time.monotonic()
    for block in range(round(20 * seconds)):
        x = [(block * 100 + n) / 2000 for n in range(100)]
        y = [(n * 7919 + block) % 101 / 50 for n in range(100)]
        at = time.monotonic()
        server.columns(x, a=y, b=y, c=y, d=y)
        took.append(time.monotonic() - at)
        if tidy and block % 20 == 0:
            server.collect()
        later(max(0.0, began + (block + 1) / 20 - time.monotonic()))
    return took


@pytest.mark.timed
def test_sigterm_ends_it_with_0_within_5_s_with_sockets_open() -> None:
    server = Server().start()
    with Viewer(server.port) as viewer, Viewer(server.port, stalled=True):
        server.post({"y": 1})
        wait_until(lambda: viewer.received)
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5


def test_sigterm_tells_senders_on_sockets_that_it_starts_anew() -> None:
    server = Server()
    server.launch()
    wait_until(lambda: accepts(server), 20, 0.05)
    with connect(f"ws://127.0.0.1:{server.port}/data", compression=None) as sender:
        sender.send('{"y": 1}')
        assert sender.recv(5) == '{"ack":1}'
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as caught:
            sender.recv(5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
    assert server.process.wait(10) == 0


def test_sigterm_answers_a_post_that_has_begun_and_closes_connections_that_rest() -> None:
    server = Server()
    server.launch()
    wait_until(lambda: accepts(server), 60, 0.02)
    head = b"POST /data HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 16\r\n\r\n"
    place = ("127.0.0.1", server.port)
    with socket.create_connection(place, 10) as resting, socket.create_connection(place, 10) as sender:
        resting.sendall(head + b'{"x": 1, "y": 2}')
        assert b"success" in resting.recv(65536)
        sender.sendall(head + b'{"x": 2,')
        assert b"100" in sender.recv(65536)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not connects(server))  # it takes no new ones, and goes on
        sender.sendall(b' "y": 2}')
        assert sender.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert resting.recv(65536) == b""
    assert server.process.wait(10) == 0


def connects(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), 1).close()
    except OSError:
        return False
    return True


def test_a_connection_that_posted_can_become_a_socket(server: Server) -> None:
    post = b'POST /data HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n{"x": 1, "y": 2}'
    upgrade = (
        b"GET /frames HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), 10) as sender:
        sender.sendall(post + upgrade)
        received = b""
        while received.count(b"\r\n\r\n") < 2:
            received += sender.recv(65536)
        assert received.startswith(b"HTTP/1.1 200 OK")
        assert b"HTTP/1.1 101 " in received


def test_sigterm_before_the_page_is_there_ends_it_with_0() -> None:
    server = Server()
    server.launch()
    wait_until(lambda: accepts(server), 60, 0.02)
    began = time.monotonic()
    assert server.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < 5


def test_a_port_that_is_taken_is_one_sentence_and_status_1(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    second = Server(server.port)
    second.launch()
    assert second.process is not None
    assert second.process.wait(10) == 1
    said = capfd.readouterr().err.strip()
    assert said.startswith(f"Cannot listen on 127.0.0.1:{server.port}")
    assert "\n" not in said


def test_a_folder_that_cannot_be_written_is_one_sentence_and_status_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a file").write_text("")
    second = Server(settings={"SCOPE_DATA": str(tmp_path / "a file" / "data")})
    second.launch()
    assert second.process is not None
    assert second.process.wait(10) == 2
    said = capfd.readouterr().err.strip()
    assert said.startswith(f"SCOPE_DATA: cannot write into {tmp_path}")
    assert "\n" not in said


def test_a_folder_is_made(tmp_path: Path) -> None:
    opened(tmp_path / "a" / "b")
    opened(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


# in this process, to look inside


@contextmanager
def serving(config: Config) -> Iterator[Process]:
    """The process served by a thread of the test."""
    ready, loop, made = threading.Event(), asyncio.new_event_loop(), []

    async def serve() -> None:
        process = Process(config)
        made.append(process)
        process.http.add_sockets(process.sockets)
        await process.open_pages()
        ready.set()
        await process.stopped.wait()
        await process.end.run()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    yield made[0]
    loop.call_soon_threadsafe(made[0].stopped.set)
    thread.join(10)
    logging.disable(logging.NOTSET)  # the end of the process is none here
    assert not thread.is_alive()


def port(process: Process) -> int:
    return int(process.sockets[0].getsockname()[1])


def alive() -> tuple[int, int]:
    """Documents and tabs that exist."""
    gc.collect()
    things = [type(thing) for thing in gc.get_objects()]
    return things.count(Document), things.count(Tab)


def test_tabs_opened_and_closed_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(front.OPTIONS, "check_unused_sessions_milliseconds", 100)
    monkeypatch.setitem(front.OPTIONS, "unused_session_lifetime_milliseconds", 1500)
    with serving(Config(port=0, bind="127.0.0.1")) as process:
        before = alive()
        for _ in range(4):
            with ExitStack() as stack:
                tabs = [stack.enter_context(Viewer(port(process))) for _ in range(5)]
                wait_until(lambda tabs=tabs: all(tab.received for tab in tabs))
                assert alive()[1] >= before[1] + 5
        assert page(port(process))[0] == 200  # and one that never came alive
        wait_until(lambda: alive() == before, 20, 0.5)


def test_pages_of_other_hosts_may_not_connect() -> None:
    with serving(Config(port=0, bind="127.0.0.1")) as process:
        own = f"127.0.0.1:{port(process)}"
        with Viewer(port(process)) as viewer:
            wait_until(lambda: viewer.received)
        for origin in (
            "http://example.com",
            "null",
            f"http://{own}.evil.com",
            f"http://evil.com/{own}",
            f"http://{own}@evil.com",
            "http://127.0.0.1:1",
            "http://127.0.0.1",
        ):
            with pytest.raises(InvalidStatus) as refused:
                Viewer(port(process), origin=origin)
            assert refused.value.response.status_code == 403, origin


def test_a_list_of_hosts_is_exact() -> None:
    config = Config(port=0, bind="127.0.0.1", allow_ws_origin=("example.com", "scope.example.org:8443"))
    with serving(config) as process:
        for host, scheme in (
            ("example.com", "http"),
            ("scope.example.org:8443", "https"),
            ("EXAMPLE.com", "http"),
        ):
            with Viewer(port(process), host=host, origin=f"{scheme}://{host}") as viewer:
                wait_until(lambda viewer=viewer: viewer.received)
        for origin in (
            "http://example.com.evil.com",
            "http://notexample.com",
            "http://example.com:8080",
            "https://scope.example.org",
            "http://127.0.0.1",
        ):
            with pytest.raises(InvalidStatus) as refused:
                Viewer(port(process), host="example.com", origin=origin)
            assert refused.value.response.status_code == 403, origin


def test_one_tab_too_many_gets_a_notice() -> None:
    config = Config(port=0, bind="127.0.0.1", max_tabs=2)
    with serving(config) as process, Viewer(port(process)), Viewer(port(process)):
        status, text = page(port(process))
        assert status == 503
        assert "All front panels are taken" in text
