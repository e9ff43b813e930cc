"""Servers that are measured: the app or Flask's, each a process of its own on a free port."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson

from scripts.benches.table import WrongError

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
OURS = re.compile(r"SCOPE_|BOKEH_|PORT$|BIND$")


def until(condition: Callable[[], T | None], seconds: float, what: str) -> T:
    """The first true result of the condition; WrongError when there is none in time."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise WrongError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)
    return result


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post(self, body: bytes) -> None:
        """POST /data; WrongError for any answer but 200."""
        status, answer = self.ask("POST", "/data", body)
        if status != 200:
            raise WrongError(f"POST /data: {status} {answer[:200]!r}")

    def answers(self, path: str, part: bytes) -> bool:
        if self.process.poll() is not None:
            raise WrongError(f"the server ended with status {self.process.returncode}")
        try:
            status, body = self.ask("GET", path)
        except OSError:
            return False
        return status == 200 and part in body

    def totals(self) -> dict[str, int]:
        """Samples ever received, by channel."""
        return {
            channel["name"]: channel["total"] for channel in orjson.loads(self.ask("GET", "/channels")[1])
        }

    def cpu(self) -> float:
        """Seconds of processor time that the process has had."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE


def free_port(wanted: int = 0) -> int:
    """The wanted port, or any other that is free when that one is not."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


@contextmanager
def server(
    command: list[str], ready: tuple[str, bytes], *, port: int = 0, silent: bool = False
) -> Iterator[Server]:
    """`python -m COMMAND --port N`, from when `ready` (path, part of the answer) answers."""
    port = free_port(port)
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not OURS.match(name)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if silent else None,
        text=True,
    )
    made = Server(port, process)
    try:
        until(lambda: made.answers(*ready), 60, "start of the server")
        yield made
    finally:
        process.terminate()
        process.communicate(timeout=10)


LISTENING = ("/healthz", b"pass")
PAGES = ("/", b"docs_json")  # the pages are there, and nothing is loaded beside the samples any more


def app(*flags: str, ready: tuple[str, bytes] = PAGES, port: int = 0) -> AbstractContextManager[Server]:
    """The app as start.sh runs it, without nginx; on another port if this one is taken."""
    return server(["app", "--bind", "127.0.0.1", *flags], ready, port=port)


def flask() -> AbstractContextManager[Server]:
    """Flask's development server with the same contract; its request log goes nowhere."""
    return server(["scripts.benches.flask_app"], ("/channels", b"total"), silent=True)
