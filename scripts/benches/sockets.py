"""What comes in over a WebSocket, message by message."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import orjson

from app.ingest.frames import TEXT, framed, unmasked
from scripts.benches.bodies import points
from scripts.benches.running import LISTENING, PAGES, Server, app
from scripts.benches.table import Row, Size, WrongError

POINTS = 50_000  # a second of the server's processor time
TOGETHER = 100  # points in a message
MASK = b"\x12\x34\x56\x78"
PATIENCE = 60.0  # s
HANDSHAKE = (
    b"GET /data HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def sockets(size: Size) -> Iterator[Row]:
    """Single points, one a message; beside them as many in messages of a hundred."""
    alone = list(points(range(size.points)))
    together = [b"[" + b",".join(alone[k : k + TOGETHER]) + b"]" for k in range(0, len(alone), TOGETHER)]
    with app(ready=PAGES if size.judged else LISTENING) as server:
        rounds = [
            (rates(server, alone, size.points), rates(server, together, size.points))
            for _ in range(size.rounds)
        ]
    (busy, wall), (others, _) = (
        tuple(map(max, zip(*each, strict=True))) for each in zip(*rounds, strict=True)
    )
    yield Row(
        "single points over one WebSocket, one a message",
        f"{busy:.0f} points/s of processor time, {wall:.0f} by the clock",
        f"{others:.0f} points/s, {TOGETHER} in a message",
        busy / others,
        f">= {POINTS / 1e3:g} k a core",
        busy >= POINTS,
    )


def rates(server: Server, messages: list[bytes], n: int) -> tuple[float, float]:
    """Points a second of the server's processor time, and by the clock."""
    before, busy = sum(server.totals().values()), server.cpu()
    seconds = sent(server, b"".join(map(masked, messages)), len(messages))
    busy = max(server.cpu() - busy, 0.01)  # what the kernel can tell apart
    if sum(server.totals().values()) - before != n:
        raise WrongError(f"{n} points were sent, {server.totals()} is there after {before}")
    return n / busy, n / seconds


def masked(message: bytes, kind: int = TEXT) -> bytes:
    """The message as a client sends it."""
    plain = framed(kind, message)
    head = plain[: len(plain) - len(message)]
    return head[:1] + bytes([head[1] | 0x80]) + head[2:] + MASK + unmasked(MASK, message)


def sent(server: Server, frames: bytes, n: int) -> float:
    """Seconds until the last one of so many messages is acknowledged."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sender:
        sender.sendall(HANDSHAKE)
        if b" 101 " not in sender.recv(4096):
            raise WrongError("the server takes no WebSocket")
        began = time.monotonic()
        writing = threading.Thread(target=sender.sendall, args=(frames,))
        writing.start()
        last, tail = orjson.dumps({"ack": n}), b""
        while last not in tail:
            data = sender.recv(1 << 16)
            if not data:
                raise WrongError(f"the connection was closed after {tail!r}")
            tail = (tail + data)[-200:]
        writing.join()
        return time.monotonic() - began
