"""A campaign against a server of its own, with a healthy sender beside it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import orjson

from scripts.benches.running import LISTENING, Server, app
from scripts.fuzzing.wire import LANE, TORNADO, Request, Wire, WireError, connections, requests, talked

Case = TypeVar("Case", Request, bytes)
EVERY = 0.02  # s between the points of the healthy sender
RUN = 5  # requests refused in a row, after which the memory is looked at
UNSURE = 5
CLEARED = 5000  # cases after which the memory is emptied
CONTROL = "control"


class Control:
    """A sender beside the cases: each of its points must be stored."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent = 0
        self.wrong: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            while not self.over.wait(EVERY):
                try:
                    connection.request("POST", "/data", b'{"y":1,"channel":"control"}')
                    answer = connection.getresponse()
                    said = answer.status, answer.read()
                except (OSError, http.client.HTTPException) as error:
                    said = 0, repr(error).encode()
                if said != (200, b'{"status":"success"}'):
                    self.wrong.append(str(said))
                self.sent += 1

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()


class Campaign:
    """Cases against a server.

    known    what the memory held before the requests that were refused since; None: it is not known
    refused  how many there were
    unsure   requests from now on, during which it may still change by one before
    wires    a connection for each way
    """

    def __init__(self, running: Server) -> None:
        self.running = running
        self.known: object = None
        self.refused = self.unsure = 0
        self.wires: dict[str, Wire] = {}

    def request(self, request: Request) -> bool:
        """Whether it was stored.

        WireError  it was answered as it must not be, or changed the memory although it was refused
        """
        if request.broken:  # it may be several requests, or none, and its answers may be lost
            self.forget()
            self.unsure = UNSURE
            replies = self.wire(request.way, fresh=True).last(request.data)
            return any(reply.stored for reply in replies)
        self.unsure -= 1
        if self.known is None and self.unsure <= 0:
            self.known = held(self.running)
        if self.wire(request.way).ask(request.data).stored:
            self.forget()
            return True
        return self.is_refused()

    def is_refused(self) -> bool:
        """False; now and then after a look at the memory."""
        if self.known is None:
            return False
        self.refused += 1
        if self.refused % RUN == 0 and held(self.running) != self.known:
            raise WireError("requests were refused, and the memory is another one")
        return False

    def talked(self, frames: bytes) -> int:
        """Messages that were stored over a WebSocket.

        WireError  they were answered as they must not be
        """
        return talked(self.running.port, frames)

    def forget(self) -> None:
        self.known, self.refused = None, 0

    def wire(self, way: str, *, fresh: bool = False) -> Wire:
        if fresh:
            return Wire(self.running.port, way)
        if way in self.wires and self.wires[way].ends:
            self.wires.pop(way).close()
        if way not in self.wires:
            self.wires[way] = Wire(self.running.port, way)
        return self.wires[way]

    def failed(self) -> None:
        """Begin anew after a case that failed."""
        self.forget()
        for way in (LANE, TORNADO):
            if way in self.wires:
                with suppress(OSError):
                    self.wires.pop(way).close()

    def clear(self) -> None:
        for channel in held(self.running):
            self.running.ask("DELETE", f"/data?channel={quote(str(channel['name']))}")
        self.known = None


def held(running: Server) -> list[dict[str, object]]:
    """GET /channels without what changes by itself."""
    channels = orjson.loads(running.ask("GET", "/channels")[1])
    told = [{key: value for key, value in channel.items() if key != "rate"} for channel in channels]
    return [channel for channel in told if channel["name"] != CONTROL]


@contextmanager
def campaign() -> Iterator[tuple[Campaign, list[str]]]:
    """A server, and what was found wrong with it in the end."""
    found: list[str] = []
    with app("--scope-points", "2000", ready=LISTENING) as running:
        with Control(running.port) as control:
            yield Campaign(running), found
        found += control.wrong[:10]
        if (total := running.totals().get(CONTROL, 0)) != control.sent - len(control.wrong):
            found.append(f"{control.sent} points of the healthy sender, {total} in the memory")
        if running.process.poll() is not None:
            found.append(f"the server ended with status {running.process.returncode}")


def over(
    family: str,
    made: Callable[[int, int, int], Iterator[tuple[int, Case]]],
    sent: Callable[[Campaign, Case], int],
    seed: int,
    n: int,
    first: int = 0,
) -> tuple[int, int]:
    """How many cases of a seed were stored, and how many failed; those are printed.

    sent  what of a case was stored; WireError: the server did what it must not do
    """
    stored = failed = 0
    with campaign() as (running, found):
        for k, case in made(seed, n, first):
            if k % CLEARED == CLEARED - 1:
                running.clear()
            try:
                stored += sent(running, case)
            except (WireError, OSError, ValueError, LookupError) as error:
                failed += 1
                running.failed()
                told(family, seed, k, case, error)
    return stored, failed + wrong(found)


def over_http(seed: int, n: int, first: int = 0) -> tuple[int, int]:
    """Requests of a seed."""
    return over("http", requests, Campaign.request, seed, n, first)


def over_sockets(seed: int, n: int, first: int = 0) -> tuple[int, int]:
    """Connections of a seed."""
    return over("socket", connections, Campaign.talked, seed, n, first)


def told(family: str, seed: int, k: int, case: object, error: Exception) -> None:
    print(f"family {family}, seed {seed}, case {k}: {case!r}\n{type(error).__name__}: {error}")
    print(f"again: scripts/fuzz {family} --seed {seed} --case {k}", flush=True)


def wrong(found: list[str]) -> int:
    for text in found:
        print(f"beside the cases: {text}", flush=True)
    return len(found)
