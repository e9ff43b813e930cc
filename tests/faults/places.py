"""The servers that faults happen to: the app as a process, a Redis of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import wait_until
from tests.process import Server, free_port

PATIENCE = 120.0  # s, for a machine that is busy with other things; how long it may take is judged elsewhere


@dataclass
class App(Server):
    """The app, which can be killed and started again on the same port; what it says goes into a file."""

    folder: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        self.log = self.folder / f"app-{self.port}.log"

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.output = log.fileno()
            super().launch()

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.kill()

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def files(self) -> int:
        """Open files."""
        assert self.process is not None
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@dataclass
class Redis:
    """A redis-server in a folder, with an append-only file or without.

    fsync   always, everysec, or nothing for no file
    """

    folder: Path
    fsync: str = "everysec"
    port: int = field(default_factory=free_port)
    before: tuple[str, ...] = ()  # words in front of the command, such as strace's
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def launch(self) -> None:
        self.folder.mkdir(exist_ok=True)
        persistence = (
            ["--appendonly", "yes", "--appendfsync", self.fsync] if self.fsync else ["--appendonly", "no"]
        )
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.before,
                    *("redis-server", "--bind", "127.0.0.1", "--port", str(self.port)),
                    *("--dir", str(self.folder), "--save", "", "--aof-load-truncated", "yes"),
                    *persistence,
                ],
                stdout=log,
                stderr=log,
            )

    def start(self) -> Redis:
        self.launch()
        wait_until(self.answers, 20, 0.01)
        return self

    def answers(self) -> bool:
        with suppress(OSError):
            return self.says("PING") == b"+PONG\r\n"
        return False

    def says(self, *words: str) -> bytes:
        """The beginning of an answer, as it comes."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
            told = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            connection.sendall(f"*{len(words)}\r\n{told}".encode())
            return connection.recv(1 << 16)

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.signal(signal.SIGCONT)
            self.kill()


async def soon(condition: object, timeout: float = PATIENCE) -> float:
    """Seconds until a condition holds, looked at beside the loop's other work."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not await asyncio.to_thread(condition):  # type: ignore[arg-type]
        if loop.time() - began > timeout:
            raise TimeoutError(f"not within {timeout:g} s")
        await asyncio.sleep(0.01)
    return loop.time() - began
