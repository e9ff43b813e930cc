"""Viewers of /frames that come back when their socket ends, and know how long they saw nothing."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from app.feed.wire import opened
from scripts.benches.watcher import HEAD

PAUSE = 0.5  # s: the longest before a viewer comes back
GONE = (OSError, WebSocketException, TimeoutError, EOFError)


def shown(message: bytes) -> frozenset[object]:
    """The channels of a full frame, and the places where they stand."""
    return frozenset((trace["slot"], trace["channel"]) for trace in opened(message)[0]["traces"])


class Viewer:
    """
    frames  that it has had
    seen    when its newest frame came, monotonic
    away    s from the end of a socket to the next frame, each time
    back    frames that were older than the one before and showed the same channels, which must not be: where
            a channel has gone, the newest sample of the others may have come before its last
    """

    def __init__(self, port: int, rng: random.Random, query: str = "") -> None:
        self.port, self.rng, self.query = port, rng, query
        self.frames = self.back = 0
        self.seen = 0.0
        self.away: list[float] = []
        self.socket: ClientConnection | None = None
        self.left: float | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            with suppress(*GONE):
                await self.watch()
            self.left = self.left or time.monotonic()
            await asyncio.sleep(self.rng.uniform(0, PAUSE))

    async def watch(self) -> None:
        newest, before, followed = (-1, -1.0), frozenset[object](), frozenset[object]()
        own = f"127.0.0.1:{self.port}"
        async with connect(
            f"ws://{own}/frames{self.query}",
            origin=Origin(f"http://{own}"),
            max_size=None,
            ping_interval=None,
            compression=None,
            close_timeout=1,
            open_timeout=5,
        ) as self.socket:
            async for message in self.socket:
                if isinstance(message, bytes) and (found := HEAD.match(message)) is not None:
                    at = found[3].rpartition(b":")[2]
                    this = int(found[2]), 0.0 if at == b"null" else float(at)
                    followed = shown(message) if found[4] is None else followed
                    if this[0] <= newest[0] or (this[1] < newest[1] and followed == before):
                        self.back += 1
                    newest, before = this, followed
                    self.got()

    def got(self) -> None:
        self.frames += 1
        self.seen = time.monotonic()
        if self.left is not None:
            self.away.append(self.seen - self.left)
            self.left = None

    def cut(self) -> None:
        """End the socket as a cable does that is pulled out."""
        if self.socket is not None:
            self.left = time.monotonic()
            self.socket.transport.abort()


class Viewers:
    """Some of them, while a block runs."""

    def __init__(self, port: int, n: int, seed: int, query: str = "") -> None:
        self.all = [Viewer(port, random.Random(f"viewer {seed} {k}"), query) for k in range(n)]
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.tasks = [asyncio.create_task(viewer.run()) for viewer in self.all]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def all_see(self, since: float, patience: float = 120.0) -> float:
        """Seconds from that time until each of them has had a frame since then."""
        while any(viewer.seen <= since or viewer.left is not None for viewer in self.all):
            if time.monotonic() - since > patience:
                blind = sum(viewer.seen <= since for viewer in self.all)
                raise TimeoutError(f"{blind} of {len(self.all)} viewers see nothing after {patience:g} s")
            await asyncio.sleep(0.02)
        return time.monotonic() - since

    @property
    def away(self) -> list[float]:
        return [seconds for viewer in self.all for seconds in viewer.away]

    @property
    def back(self) -> int:
        return sum(viewer.back for viewer in self.all)
