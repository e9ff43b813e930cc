"""Signals that end a process, at whatever time they come."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.chassis.test_drain_answers import HALF, answer, begun, in_flight, line, living
from tests.conftest import wait_until
from tests.process import ROOT, Server

ENDS = signal.SIGTERM, signal.SIGINT
EARLY = """
import os, runpy, sys
import app.config
app.config.load = lambda _: os.kill(os.getpid(), int(sys.argv[1]))
runpy.run_module("app", run_name="__main__")
"""


@pytest.mark.parametrize("number", ENDS)
def test_a_process_that_has_its_pages_drains(number: int, tmp_path: Path) -> None:
    with living(Server(settings={"SCOPE_DATA": str(tmp_path)}, output=subprocess.PIPE)) as server:
        wait_until(server.has_page, 60, 0.1)
        assert server.process is not None
        asked = line(server)
        half = begun(server, Content_Length=str(len(HALF) + 1))
        half.send(HALF)
        wait_until(lambda: in_flight(asked) == 2, 5, 0)
        server.process.send_signal(number)
        time.sleep(0.3)
        half.send(b"}")
        assert answer(half)[0] == 200
        _, said = server.process.communicate(timeout=10)
        assert server.process.returncode == 0
        assert b"Traceback" not in said


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_that_comes_again_and_again_does_not_spoil_the_status(number: int) -> None:
    with living(Server(output=subprocess.PIPE)) as server:
        assert server.process is not None
        end = time.monotonic() + 10
        while server.process.poll() is None and time.monotonic() < end:
            server.process.send_signal(number)
            time.sleep(0.0005)
        _, said = server.process.communicate(timeout=10)
        assert server.process.returncode == 0
        assert b"Traceback" not in said


@pytest.mark.parametrize("number", ENDS)
def test_a_process_that_does_not_serve_yet_ends_in_order_too(number: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", EARLY, str(int(number))], cwd=ROOT, capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
