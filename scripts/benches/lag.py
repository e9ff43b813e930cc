"""How long everybody else waits while bodies of 1 MiB arrive."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

from scripts.benches.running import LISTENING, PAGES, Server, server
from scripts.benches.table import Row, Size, WrongError, percentile

LAG = 50.0  # ms
MIB = 1 << 20
SENDERS = 2
EVERY = 0.002  # s
POINT = b'{"x":1,"y":2,"channel":"probe"}'
JSON, LINES, CSV = "application/json", "application/x-ndjson", "text/csv"
INFLUX, TELEPLOT = "text/x-influx", "text/x-teleplot"
# Content-Type, what begins and ends a body, what stands between its parts, and a part by its number.
Part = Callable[[int], bytes]
KINDS: dict[str, list[tuple[str, bytes, bytes, bytes, Part]]] = {
    "JSON": [
        (JSON, b"[", b"]", b",", lambda n: b'{"x":%d,"y":1,"channel":"c%d"}' % (n, n % 64)),
        (JSON, b"[", b"]", b",", lambda n: b'{"x":%d,"y":""}' % n),
        (JSON, b'{"dt":1,"y":[', b"]}", b",", lambda n: b"%d.25e-1" % (100_000 + n)),
        (JSON, b'{"dt":1,"channels":{', b"}}", b",", lambda n: b'"c%d":[1]' % n),
    ],
    "JSON lines": [
        (LINES, b"", b"", b"\n", lambda n: b'{"x":%d,"y":1}' % n),
        (LINES, b"", b"", b"\n", lambda n: b'{"x":[%d],"y":[1]}' % n),
        (LINES, b"", b"", b"\n", lambda n: b'{"x":%d' % (10**6 + n)),
    ],
    "CSV": [
        (CSV, b"x,a\n", b"", b"\n", lambda n: b"%d,1.5" % n),
        (CSV, b"x,a\n", b"", b"\n", lambda n: b"%d,z" % (10**8 + n)),
    ],
    "line protocol": [
        (INFLUX, b"", b"", b"\n", lambda n: b"m,h=%d v=1.5 %d" % (n % 64, n)),
        (INFLUX, b"", b"", b"\n", lambda n: b"m,h=%d v=T 1" % (n % 64)),
    ],
    "teleplot": [
        (TELEPLOT, b"", b"", b"\n", lambda n: b"a%d:%d:1.5|g" % (n % 64, n)),
        (TELEPLOT, b"", b"", b"\n", lambda n: b"a:%d:z" % (10**6 + n)),
    ],
}


def lag(size: Size) -> Iterator[Row]:
    """Two senders of long bodies, format by format: good ones, and what takes longest; beside them points."""
    ready, most = (PAGES, MIB) if size.judged else (LISTENING, MIB // 8)
    with server(["scripts.benches.turned", "--bind", "127.0.0.1"], ready) as running:
        for name, kinds in KINDS.items():
            bodies = [(kind, filled(*parts, most)) for kind, *parts in kinds]
            rounds = []
            for _ in range(size.rounds):
                longest_turn(running)
                waited = waits(running, bodies, size.long_bodies)
                rounds.append((longest_turn(running), percentile(waited, 0.99)))
            longest, p99 = (min(found) for found in zip(*rounds, strict=True))
            yield Row(
                f"loop lag while 1 MiB bodies arrive: {name}, {len(bodies)} kinds, {SENDERS} connections",
                f"{longest:.0f} ms of processor time, the longest turn of the loop",
                f"{p99:.0f} ms to the answer of a point, 99 % of them",
                budget=f"<= {LAG:g} ms",
                held=longest <= LAG,
            )


def longest_turn(running: Server) -> float:
    """ms of processor time since it was last asked."""
    running.process.send_signal(signal.SIGUSR1)
    if running.process.stdout is None:
        raise WrongError("the server's output is not read")
    return float(running.process.stdout.readline())


def filled(begin: bytes, end: bytes, between: bytes, part: Part, most: int) -> bytes:
    """A body of as many parts as fit into so many bytes, at most 99,000."""
    found, room = list[bytes](), most - len(begin) - len(end)
    for n in range(99_000):
        made = part(n)
        room -= len(made) + len(between)
        if room < 0:
            break
        found.append(made)
    return begin + between.join(found) + end


def waits(running: Server, bodies: list[tuple[str, bytes]], times: int) -> list[float]:
    """ms to the answer of each point, while every body is sent so many times over each connection."""
    statuses: list[int] = []
    sending = [
        threading.Thread(target=send, args=(running, bodies * times, statuses)) for _ in range(SENDERS)
    ]
    for thread in sending:
        thread.start()
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)) as connection:
        while any(thread.is_alive() for thread in sending):
            began = time.monotonic()
            if post(connection, "", POINT) != 200:
                raise WrongError("a point was refused")
            found.append(1e3 * (time.monotonic() - began))
            time.sleep(EVERY)
    if len(statuses) < SENDERS * len(bodies) * times or not set(statuses) <= {200, 400, 413}:
        raise WrongError(f"long bodies were answered {statuses}")
    return found


def send(running: Server, bodies: list[tuple[str, bytes]], statuses: list[int]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)) as connection:
        statuses += [post(connection, kind, body) for kind, body in bodies]


def post(connection: http.client.HTTPConnection, kind: str, body: bytes) -> int:
    connection.request("POST", "/data", body, {"Content-Type": kind} if kind else {})
    response = connection.getresponse()
    response.read()
    return response.status
