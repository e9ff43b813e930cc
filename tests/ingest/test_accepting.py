"""Connections, also more of them than there is room for."""

from __future__ import annotations

import errno
import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from laned import lane_serving
from serving import on_loop

from app.config import Config
from app.ingest import lane_server
from app.ingest.accepting import REST, Accepting
from tests.conftest import wait_until
from tests.process import ROOT, Server, free_port


class Full:
    """A listening socket that has no room for a while."""

    def __init__(self, times: int) -> None:
        self.inner = socket.create_server(("127.0.0.1", 0))
        self.inner.setblocking(False)
        self.times, self.asked = times, 0

    def fileno(self) -> int:
        return self.inner.fileno()

    def accept(self) -> tuple[socket.socket, object]:
        self.asked += 1
        if self.asked <= self.times:
            raise OSError(errno.EMFILE, "Too many open files")
        return self.inner.accept()


def test_without_room_it_rests_and_then_goes_on() -> None:
    with lane_serving() as scope, closing(Full(3).inner):
        full, taken, scarce = Full(3), [], []
        made = on_loop(
            scope.loop, lambda: Accepting(full, lambda c, _: taken.append(c), lambda: scarce.append(1))
        )  # type: ignore[arg-type]
        began = time.monotonic()
        with closing(socket.create_connection(full.inner.getsockname())):
            wait_until(lambda: len(taken) == 1)
        assert time.monotonic() - began > 2.5 * REST
        assert (len(scarce), full.asked) == (3, 5)  # three in vain, one taken, one that was too many
        on_loop(scope.loop, made.stop)
        taken[0].close()
        full.inner.close()
        assert [record.getMessage() for record in scope.logged] == [
            "no room for a connection: Too many open files"
        ]


def test_of_more_connections_than_allowed_the_longest_idle_are_closed() -> None:
    with lane_serving(Config(max_connections=10)) as scope, ExitStack() as open_ones:
        first = [
            open_ones.enter_context(closing(socket.create_connection(("127.0.0.1", scope.port))))
            for _ in range(10)
        ]
        assert scope.server is not None
        lanes = scope.server.shared.lanes
        wait_until(lambda: len(lanes) == 10)
        for _ in range(5):
            assert scope.post({"y": 1})[0] == 200
        assert len(lanes) <= 10
        assert first[0].recv(1) == b""


def test_a_reader_that_has_stalled_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_server, "SWEEP", 0.05)
    monkeypatch.setattr(lane_server, "STALLED", 0.3)
    with lane_serving() as scope:
        assert scope.server is not None
        watching = on_loop(scope.loop, lambda: scope.loop.create_task(scope.server.watch()))  # type: ignore[union-attr]
        for _ in range(6):
            assert scope.post({"dt": 1, "y": [0.123456789] * 80_000})[0] == 200
        with closing(socket.socket()) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", scope.port))
            reader.sendall(b"GET /data?n=all HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until(lambda: any(stream.writing() for stream in scope.server.handed))  # type: ignore[union-attr]
            wait_until(lambda: not any(stream.writing() for stream in scope.server.handed))  # type: ignore[union-attr]
        assert scope.ask("GET", "/channels")[0] == 200
        on_loop(scope.loop, watching.cancel)
        wait_until(watching.done)


@pytest.fixture
def narrow() -> Iterator[Server]:
    """A process that may open 200 files."""
    server = Server(free_port(), {"SCOPE_LOG": "json"})
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))"
    program = f"{limited}; from app.__main__ import main; sys.exit(main())"
    flags = ["--bind", "127.0.0.1", "--port", str(server.port)]
    server.process = subprocess.Popen(
        [sys.executable, "-c", program, *flags], cwd=ROOT, stderr=subprocess.PIPE
    )
    wait_until(lambda: healthy(server), 60)
    yield server
    if server.process.poll() is None:
        server.stop()


def healthy(server: Server) -> bool:
    try:
        return server.ask("GET", "/readyz")[0] == 200
    except OSError:
        return False


def test_four_hundred_idle_sockets_leave_a_process_of_two_hundred_files_at_work(narrow: Server) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 500
    with ExitStack() as idle:
        for _ in range(400):
            idle.enter_context(closing(socket.create_connection(("127.0.0.1", narrow.port), 10)))
        before, began = narrow.cpu(), time.monotonic()
        for n in range(20):
            status, answer = narrow.ask("POST", "/data", {"y": n})
            assert (status, json.loads(answer)) == (200, {"status": "success"})
        wait_until(lambda: time.monotonic() - began > 2)
        assert narrow.cpu() - before < 0.5 * (time.monotonic() - began)  # it does not spin
    assert narrow.stop() == 0
    assert narrow.process is not None
    assert narrow.process.stderr is not None
    logged = narrow.process.stderr.read().decode().splitlines()
    assert len([line for line in logged if "no room for a connection" in line]) == 1
