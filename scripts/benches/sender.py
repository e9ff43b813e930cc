"""A sender as a process of its own: all requests are built beforehand, raw sockets carry them.

    python -m scripts.benches.sender PORT KIND START STOP CONNECTIONS RATE

Prints `ready`, waits for a line on standard input, sends, and prints what it saw as JSON. RATE is POSTs
a second, and the end of standard input is the end of the sending; 0 is as fast as the answers come.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from scripts.benches.bodies import BODIES
from scripts.benches.table import WrongError, percentile

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # s for an answer
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CLOSING = re.compile(rb"(?i)\r\nconnection: *close\r\n")


class Connection:
    """At most one request under way; opened anew when the server has closed it after an answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received = b""
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        if CLOSING.search(self.received):
            self.socket.close()
            self.open()
        self.received = b""
        self.socket.sendall(request)

    def status(self) -> int | None:
        """Read what is there: the status once the answer is whole."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError(f"closed after {self.received[:200]!r}")
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return None
        return int(head[9:12])

    def answer(self) -> int:
        while (status := self.status()) is None:
            pass
        return status


def requests(port: int, kind: str, numbers: range) -> list[bytes]:
    head = f"POST /data HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n".encode()
    return [b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body) for body in BODIES[kind](numbers)]


def flat_out(connections: list[Connection], waiting: Iterator[bytes]) -> Counter[int]:
    """Send each request as soon as a connection is free; how often each status came."""
    seen: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:

        def send_next(connection: Connection) -> None:
            if (request := next(waiting, None)) is not None:
                connection.send(request)
                selector.register(connection.socket, selectors.EVENT_READ, connection)

        for connection in connections:
            send_next(connection)
        while selector.get_map():
            for key, _ in selector.select(PATIENCE) or late():
                if (status := key.data.status()) is not None:
                    seen[status] += 1
                    selector.unregister(key.fileobj)
                    send_next(key.data)
    return seen


def late() -> NoReturn:
    raise TimeoutError(f"no answer within {PATIENCE:g} s")


class Pace:
    """Sends at absolute times, over whichever connection is free.

    latencies  s to each answer: from when its request was sent or, if no connection was free then, from when
               it was due
    """

    def __init__(self, connections: list[Connection], built: list[bytes], rate: float) -> None:
        self.built, self.rate = built, rate
        self.free = list(connections)
        self.sent: dict[Connection, float] = {}
        self.seen: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.number = 0
        self.began = self.freed = time.monotonic()
        self.selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Send until all is sent, or until standard input ends."""
        self.selector.register(0, selectors.EVENT_READ)
        while self.number < len(self.built) or self.sent:
            wait = self.send()
            for key, _ in self.selector.select(wait) or (late() if wait == PATIENCE else ()):
                if key.data is not None:
                    self.take(key.data)
                elif not os.read(0, 1):
                    self.selector.unregister(0)
                    self.built = self.built[: self.number]
        self.selector.close()

    def send(self) -> float:
        """Send what is due; s until the next one is, PATIENCE when that hangs on an answer."""
        while self.free and self.number < len(self.built):
            due, now = self.began + self.number / self.rate, time.monotonic()
            if now < due:
                return due - now
            connection = self.free.pop()
            connection.send(self.built[self.number])
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
            self.sent[connection] = now if self.freed <= due else due
            self.number += 1
        return PATIENCE

    def take(self, connection: Connection) -> None:
        if (status := connection.status()) is None:
            return
        self.seen[status] += 1
        self.latencies.append(time.monotonic() - self.sent.pop(connection))
        self.selector.unregister(connection.socket)
        if not self.free:
            self.freed = time.monotonic()
        self.free.append(connection)


def main(port: int, kind: str, numbers: range, parallel: int, rate: float) -> None:
    built = requests(port, kind, numbers)
    connections = [Connection(port) for _ in range(parallel)]
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    latencies: list[float] = []
    if rate:
        pace = Pace(connections, built, rate)
        pace.run()
        seen, latencies = pace.seen, pace.latencies
    else:
        seen = flat_out(connections, iter(built))
    print(json.dumps([time.monotonic() - began, seen, latencies]))


@dataclass(frozen=True)
class Sent:
    """What a sender saw: seconds it took, answers, and, of a paced one, each answer's latency in s."""

    seconds: float
    answers: int
    latencies: list[float]

    def ms(self, share: float) -> float:
        """The percentile of the latencies."""
        return 1e3 * percentile(self.latencies, share)


class Sender:
    """A sender process, ready to begin."""

    def __init__(self, port: int, kind: str, numbers: range, parallel: int = 4, rate: float = 0.0) -> None:
        given = (port, kind, numbers.start, numbers.stop, parallel, rate)
        command = [sys.executable, "-m", "scripts.benches.sender", *map(str, given)]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.read()

    def read(self) -> str:
        if self.process.stdout is None or not (text := self.process.stdout.readline()):
            raise WrongError(f"the sender ended with status {self.process.wait()}")
        return text

    def begin(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write("\n")
            self.process.stdin.flush()

    def result(self) -> Sent:
        """Wait for its end. WrongError: an answer other than 200."""
        seconds, seen, latencies = json.loads(self.read())
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
        if set(seen) != {"200"}:
            raise WrongError(f"answers by status: {seen}")
        return Sent(seconds, seen["200"], latencies)

    def run(self) -> Sent:
        self.begin()
        return self.result()

    def end(self) -> Sent:
        """Have a paced one stop, and wait for its end. WrongError: an answer other than 200."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.result()


class Feeding:
    """A paced sender for as long as a block lasts; `sent` is there afterwards.

    longest  s for which bodies are built
    first    number of the first body
    """

    sent: Sent

    def __init__(
        self, port: int, kind: str, rate: float, longest: float, *, first: int = 0, parallel: int = 1
    ) -> None:
        self.numbers = range(first, first + round(longest * rate))
        self.sender = Sender(port, kind, self.numbers, parallel, rate)

    def __enter__(self) -> Self:
        self.sender.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.sender.process.kill()
            self.sender.process.communicate()
            return
        self.sent = self.sender.end()
        if self.sent.answers == len(self.numbers):
            raise WrongError(f"all {self.sent.answers} bodies were sent before the end")


if __name__ == "__main__":
    port, start, stop, parallel = (int(sys.argv[n]) for n in (1, 3, 4, 5))
    main(port, sys.argv[2], range(start, stop), parallel, float(sys.argv[6]))
