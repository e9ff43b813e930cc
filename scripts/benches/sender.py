"""A sender as a process of its own: all requests are built beforehand, raw sockets carry them.

    python -m scripts.benches.sender PORT KIND START STOP CONNECTIONS RATE

Prints `ready`, waits for a line on standard input, sends, and prints what it saw as JSON. RATE is POSTs
a second over one connection, 0 for as fast as the answers come over all of them.
"""

from __future__ import annotations

import json
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
from typing import NoReturn

from scripts.benches.bodies import BODIES
from scripts.benches.table import WrongError

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


def paced(connection: Connection, waiting: Iterator[bytes], rate: float) -> tuple[Counter[int], list[float]]:
    """Send at absolute times; statuses, and seconds from when each was due or, if it was free, sent."""
    seen: Counter[int] = Counter()
    latencies = []
    began = free = time.monotonic()
    for i, request in enumerate(waiting):
        due = began + i / rate
        time.sleep(max(0.0, due - time.monotonic()))
        sent = time.monotonic() if free <= due else due
        connection.send(request)
        seen[connection.answer()] += 1
        free = time.monotonic()
        latencies.append(free - sent)
    return seen, latencies


def main(port: int, kind: str, numbers: range, parallel: int, rate: float) -> None:
    built = requests(port, kind, numbers)
    connections = [Connection(port) for _ in range(parallel)]
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    latencies: list[float] = []
    if rate:
        seen, latencies = paced(connections[0], iter(built), rate)
    else:
        seen = flat_out(connections, iter(built))
    print(json.dumps([time.monotonic() - began, seen, latencies, time.process_time()]))


@dataclass(frozen=True)
class Sent:
    """What a sender saw: seconds it took, answers, and, of a paced one, each answer's latency in s."""

    seconds: float
    answers: int
    latencies: list[float]


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
        seconds, seen, latencies, _cpu = json.loads(self.read())
        self.process.communicate()
        if set(seen) != {"200"}:
            raise WrongError(f"answers by status: {seen}")
        return Sent(seconds, seen["200"], latencies)

    def run(self) -> Sent:
        self.begin()
        return self.result()


if __name__ == "__main__":
    port, start, stop, parallel = (int(sys.argv[n]) for n in (1, 3, 4, 5))
    main(port, sys.argv[2], range(start, stop), parallel, float(sys.argv[6]))
