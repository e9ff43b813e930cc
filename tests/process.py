"""`python -m app` as a process of its own, and a probe that sends to it."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import wait_until

ROOT = Path(__file__).parents[1]
TIDY = """
import gc, signal, sys
from app.__main__ import main
signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
sys.exit(main())
"""
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@dataclass
class Server:
    """The application on a port of its own.

    settings    environment variables
    token       that it is asked with
    tidy        it can be told to collect its garbage, which otherwise hides what its memory does
    output      where what it says goes; not given: where the test's own does
    limits      of resources, by their numbers in the module of that name
    """

    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    token: str = ""
    tidy: bool = False
    output: int | None = None
    limits: dict[int, int] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def launch(self) -> None:
        """Start it, without waiting."""
        program = ["-c", TIDY] if self.tidy else ["-m", "app"]
        command = [sys.executable, *program, "--bind", "127.0.0.1", "--port", str(self.port)]
        limited = self._limit if self.limits else None
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdout=self.output,
            stderr=self.output,
            preexec_fn=limited,
        )

    def environment(self) -> dict[str, str]:
        return os.environ | {"BOKEH_ALLOW_WS_ORIGIN": ""} | self.settings

    def _limit(self) -> None:
        for number, most in self.limits.items():
            resource.setrlimit(number, (most, most))

    def start(self) -> Server:
        """Start it and wait until the page is there."""
        self.launch()
        wait_until(self.has_page, 60, 0.1)
        return self

    def has_page(self) -> bool:
        try:
            status, body = self.ask("GET", "/")
        except OSError:
            return False
        return status == 200 and b'"token"' in body

    def healthy(self) -> bool:
        """Whether it answers at all; its pages come later."""
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; returns its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        used = self._proc("stat").rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / TICKS

    def collect(self) -> None:
        """Have it collect its garbage, if it is tidy."""
        assert self.process is not None
        assert self.tidy
        self.process.send_signal(signal.SIGUSR1)

    def rss(self) -> int:
        """Bytes of memory that it has."""
        return int(self._proc("statm").split()[1]) * PAGE

    def _proc(self, name: str) -> str:
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/{name}").read_text()

    # the probe

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, body: object) -> None:
        status, answer = self.ask("POST", "/data", body)
        assert status == 200, answer

    def points(self, points: Iterable[tuple[float, float]], **more: str) -> None:
        """POST these points one by one."""
        for x, y in points:
            self.post({"x": x, "y": y, **more})

    def columns(
        self, x: Iterable[float], units: dict[str, str] | None = None, **channels: Iterable[float]
    ) -> None:
        """POST one block of columns."""
        columns = {name: list(values) for name, values in channels.items()}
        self.post({"x": list(x), "channels": columns, "units": units or {}})

    def channels(self) -> dict[str, dict[str, Any]]:
        status, body = self.ask("GET", "/channels")
        assert status == 200
        return {channel["name"]: channel for channel in json.loads(body)}

    def clear(self) -> None:
        assert self.ask("DELETE", "/data")[0] == 200
