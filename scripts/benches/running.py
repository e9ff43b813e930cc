"""Servers that are measured: the app or Flask's, each a process of its own on a free port."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import orjson

from scripts.benches.table import WrongError

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SPENT = (0, 1, 2, 5, 6, 7)  # of /proc/stat: user, nice, system, interrupts, softirq, stolen by the host
WORTH_TELLING = 0.05
IDLE = 0.03  # of a core, that a server may take which rests
CALM = 1.0  # s of rest after which a start is over
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
    """A running server.

    pid  of the process that is measured: another than was started when that one started it
    """

    port: int
    process: subprocess.Popen[str]
    pid: int

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
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    def rests(self, seconds: float) -> None:
        """Wait until it has done nothing worth mentioning for so long."""

        def rested() -> bool:
            before = self.cpu()
            time.sleep(seconds)
            return self.cpu() - before < IDLE * seconds

        until(rested, 60, "a server at rest")

    def resident(self, seconds: float) -> list[float]:
        """Resident MB, every second for so long."""
        began, found = time.monotonic(), [self.memory() / 1e6]
        while (now := time.monotonic() - began) < seconds:
            time.sleep(min(1 - now % 1, seconds - now))
            found.append(self.memory() / 1e6)
        return found

    def sockets(self) -> int:
        """Sockets that the process has open."""
        links = map(link_of, Path(f"/proc/{self.pid}/fd").iterdir())
        return sum(link.startswith("socket:") for link in links)

    def clear(self) -> None:
        """Empty its memory."""
        status, answer = self.ask("DELETE", "/data")
        if status != 200:
            raise WrongError(f"DELETE /data: {status} {answer[:200]!r}")

    @contextmanager
    def on(self, cores: set[int]) -> Iterator[None]:
        """Have the process run on these cores only."""
        before = os.sched_getaffinity(self.pid)
        self._pin(cores)
        try:
            yield
        finally:
            self._pin(before)

    def _pin(self, cores: set[int]) -> None:
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)


class Load:
    """Processor time in a block, a second: of a server, and of all else on the cores it was given.

    What the host kept for itself counts as else.
    """

    own = other = 0.0

    def __init__(self, running: Server, cores: set[int]) -> None:
        self.running, self.cores = running, cores

    def _times(self) -> tuple[float, float, float]:
        return time.monotonic(), self.running.cpu(), worked(self.cores)

    def __enter__(self) -> Self:
        self._before = self._times()
        return self

    def __exit__(self, *_: object) -> None:
        seconds, own, all_of_it = (b - a for a, b in zip(self._before, self._times(), strict=True))
        self.own, self.other = own / seconds, max(0.0, all_of_it - own) / seconds

    def __str__(self) -> str:
        other = f", all else {100 * self.other:.0f} %" if self.other > WORTH_TELLING else ""
        return f"{100 * self.own:.0f} % of the core{other}"


def worked(cores: set[int]) -> float:
    """Seconds that these cores have spent on anything, or did not get from their host."""
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    times = {name: [int(ticks) for ticks in more] for name, *more in lines if name.startswith("cpu")}
    return sum(times[f"cpu{core}"][n] for core in cores for n in SPENT) / TICKS


def link_of(path: Path) -> str:
    """What a link says; nothing when it is gone meanwhile."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


@contextmanager
def two_sides() -> Iterator[set[int]]:
    """A core for a server; this process and what it starts meanwhile run on the others, if there are any."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[1:] or cores)
    try:
        yield set(cores[:1])
    finally:
        os.sched_setaffinity(0, cores)


def free_port(wanted: int = 0) -> int:
    """The wanted port, or any other that is free when that one is not."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


def own_environment(**more: str) -> dict[str, str]:
    """The environment without settings of the app but these."""
    return {name: value for name, value in os.environ.items() if not OURS.match(name)} | more


@contextmanager
def server(
    command: list[str], ready: tuple[str, bytes], *, port: int = 0, silent: bool = False
) -> Iterator[Server]:
    """`python -m COMMAND --port N`, from when `ready` (path, part of the answer) answers."""
    port = free_port(port)
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=PROJECT,
        env=own_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if silent else None,
        text=True,
    )
    made = Server(port, process, process.pid)
    with ended(process):
        until(lambda: made.answers(*ready), 60, "start of the server")
        if ready == PAGES:
            made.rests(CALM)  # it still loads libraries, and makes plots for the pages to come
        yield made


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def behind_nginx() -> Iterator[Server]:
    """The app as start.sh runs it, its port that of nginx."""
    port = free_port()
    process = subprocess.Popen(
        [str(PROJECT / "start.sh")],
        cwd=PROJECT,
        env=own_environment(SCOPE_NGINX="on", PORT=str(port), BIND="127.0.0.1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    started = Server(port, process, process.pid)
    with ended(process):
        until(lambda: started.answers(*PAGES), 60, "start of the server behind nginx")
        yield Server(port, process, app_of(process.pid))


def app_of(start: int) -> int:
    """The first process of the app that a start.sh runs."""
    for child in descendants(start):
        if b"\0-m\0app\0" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    raise WrongError("start.sh runs no app")


def descendants(parent: int) -> Iterator[int]:
    """The processes that a process has started, and those that these have."""
    for child in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        yield child
        yield from descendants(child)


def has_nginx() -> bool:
    """Whether nginx is installed; Debian keeps it where only root looks."""
    return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin") is not None


LISTENING = ("/healthz", b"pass")
PAGES = ("/", b'"token"')  # the pages are there, and nothing is loaded beside the samples any more


def app(*flags: str, ready: tuple[str, bytes] = PAGES, port: int = 0) -> AbstractContextManager[Server]:
    """The app as start.sh runs it, without nginx; on another port if this one is taken."""
    return server(["app", "--bind", "127.0.0.1", *flags], ready, port=port)


def per_tab() -> AbstractContextManager[Server]:
    """The way around the feed: each tab has a plot of its own."""
    return server(["scripts.benches.per_tab"], PAGES)


def flask() -> AbstractContextManager[Server]:
    """Flask's development server with the same contract; its request log goes nowhere."""
    return server(["scripts.benches.flask_app"], ("/channels", b"total"), silent=True)
