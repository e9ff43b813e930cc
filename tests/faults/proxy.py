"""A proxy between the app and Redis that delays, swallows, or cuts the line between command and reply."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

PASS, DELAY, DROP, CUT = "pass", "delay", "drop", "cut"
SECONDS = 0.2  # of a delay
APPENDS = (b"EVALSHA", b"EVAL", b"XADD")
CHUNK = 1 << 16


class Chaos:
    """
    mode   what it does with what comes
    share  of the replies to appends that are cut off, when it cuts
    cuts   how often it has
    """

    def __init__(self, target: int, rng: random.Random) -> None:
        self.target, self.rng = target, rng
        self.mode, self.share, self.cuts = PASS, 0.3, 0
        self.links: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Chaos:
        self.server = await asyncio.start_server(self.link, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for writer in list(self.links):
            writer.transport.abort()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            ends = {writer, far_writer}
            self.links |= ends
            appending = [False]
            await asyncio.gather(
                self.forth(reader, far_writer, appending), self.back(far_reader, writer, appending)
            )
            self.links -= ends
        writer.transport.abort()
        self.tasks.discard(task)

    async def forth(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, appending: list[bool]
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                appending[0] = any(word in data for word in APPENDS)
                await self.pass_on(writer, data)
        writer.transport.abort()

    async def back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, appending: list[bool]
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.mode == CUT and appending[0] and self.rng.random() < self.share:
                    self.cuts += 1
                    break
                await self.pass_on(writer, data)
        writer.transport.abort()

    async def pass_on(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.mode == DROP:
            return
        if self.mode == DELAY:
            await asyncio.sleep(SECONDS)
        writer.write(data)
        await writer.drain()
