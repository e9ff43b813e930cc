"""A real redis-server on a free port, with a folder of its own, that can be stopped and killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.conftest import wait_until
from tests.process import free_port

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not here")


@dataclass
class RedisServer:
    """
    folder   for its append-only file
    options  of redis.conf
    fsync    `everysec` puts off even writing while the disk is slow: a kill may cost what was acknowledged
    """

    folder: Path
    options: tuple[str, ...] = ("--appendonly", "yes")
    fsync: str = "always"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Redis:
        return Redis(port=self.port, socket_timeout=10)

    def start(self) -> RedisServer:
        place = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        command = ["redis-server", *place, "--appendfsync", self.fsync, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self.answers, 10)
        return self

    def answers(self) -> bool:
        with suppress(RedisError, OSError), self.client as client:
            return bool(client.ping())
        return False

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(5)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def ask(self, *words: object) -> object:
        with self.client as client:
            return client.execute_command(*words)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    server = RedisServer(folder, options or ("--appendonly", "yes"))
    try:
        yield server.start()
    finally:
        server.remove()
