"""Clients that mean no good: slow ones, huge and lying ones; and a healthy one beside them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.faults.driver import BROKEN, Line, answered, post

HEALTHY = post(b'{"y": 1, "channel": "healthy"}')
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
EVERY = 0.02  # s
DRIP_EVERY = 1.0  # s between two bytes of a slow one


@dataclass
class Beside:
    """A healthy sender, and somebody who looks whether the server lives, while a block runs.

    posting       whether it sends
    posts, looks  s that each answer took
    wrong         answers other than 200
    """

    port: int
    posting: bool = True
    posts: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    wrong: Counter[int] = field(default_factory=Counter)

    async def run(self, request: bytes, took: list[float]) -> None:
        line = Line(self.port)
        while True:
            began = time.monotonic()
            answer = await line.ask(request)
            took.append(time.monotonic() - began)
            if answer.status != 200:
                self.wrong[answer.status] += 1
            await asyncio.sleep(max(0.0, EVERY - took[-1]))

    async def __aenter__(self) -> Self:
        work = [self.run(HEALTH, self.looks)]
        if self.posting:
            work.append(self.run(HEALTHY, self.posts))
        self.tasks = [asyncio.create_task(each) for each in work]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass
class Slow:
    """A connection that dawdles.

    begins  what it sends at once
    drip    what it sends, again and again
    reads   whether it takes what comes
    closed  s after which the server had enough; None: it has not
    """

    begins: bytes
    drip: bytes
    reads: bool = True
    closed: float | None = None

    async def run(self, port: int, seconds: float) -> None:
        began = time.monotonic()
        with suppress(*BROKEN):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 12)
            writer.write(self.begins)
            dripping = asyncio.create_task(self.dribble(writer))
            try:
                async with asyncio.timeout(seconds):
                    await (self.listen(reader) if self.reads else dripping)
                self.closed = time.monotonic() - began
            except TimeoutError:
                pass
            except OSError:
                self.closed = time.monotonic() - began
            finally:
                dripping.cancel()
                writer.transport.abort()

    async def listen(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(1 << 12):
            pass

    async def dribble(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(DRIP_EVERY)
            if self.drip:
                writer.write(self.drip)
                await writer.drain()


def in_head() -> Slow:
    """A request whose head never ends."""
    return Slow(b"POST /data HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: b\r\n")


def in_other_head() -> Slow:
    """The same, of a request that the lane does not serve."""
    return Slow(b"GET /channels HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: b\r\n")


def in_body() -> Slow:
    """A body that comes a byte a second."""
    return Slow(b"POST /data HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{", b" ")


def in_chunks() -> Slow:
    """A body in chunks, a byte a second, that is not stored as it comes."""
    return Slow(
        b"POST /data HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"
    )


KINDS: dict[str, Callable[[], Slow]] = {
    "heads": in_head,
    "other heads": in_other_head,
    "bodies": in_body,
    "bodies in chunks": in_chunks,
}


async def all_of(slow: list[Slow], port: int, seconds: float) -> None:
    await asyncio.gather(*(one.run(port, seconds) for one in slow))


async def said(port: int, request: bytes, patience: float = 20.0) -> tuple[int, bytes]:
    """Status and body of the answer to raw bytes; 0 when the connection ends without one."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                with suppress(*BROKEN):  # it answers while the body still comes, and ends
                    writer.write(request)
                    await writer.drain()
                answer = await answered(reader)
                return answer.status, answer.body
            finally:
                writer.transport.abort()
    except BROKEN:
        return 0, b""
