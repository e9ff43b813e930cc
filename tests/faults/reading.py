"""What a server holds, read back as anybody would."""

from __future__ import annotations

import asyncio
import http.client
import io
import re
from contextlib import suppress
from typing import Self

import numpy as np
import orjson

from tests.faults.checker import Breach, Joined
from tests.faults.values import Values

EVERY = 0.7  # s
SOON = 0.05  # s
UNREADABLE = (OSError, RuntimeError, http.client.HTTPException)


def ask(port: int, method: str, path: str, timeout: float = 30.0) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def held(port: int, channel: str) -> Values:
    """The samples of a channel, the oldest first; none when there is no such channel."""
    status, body = ask(port, "GET", f"/data?channel={channel}&n=all&format=npy")
    if status == 404:
        return np.empty(0, np.int64)
    if status != 200:
        raise RuntimeError(f"GET /data: {status} {body[:200]!r}")
    y: Values = np.load(io.BytesIO(body))[channel].astype(np.int64)
    return y


def boot_id(port: int) -> str:
    return str(orjson.loads(ask(port, "GET", "/healthz")[1])["boot_id"])


def filled(port: int) -> bool:
    """Whether it has all that was there before it started."""
    return orjson.loads(ask(port, "GET", "/readyz")[1])["checks"].get("store", "pass") == "pass"


def total(port: int) -> int:
    """Samples that it has ever had, of all channels."""
    return sum(channel["total"] for channel in orjson.loads(ask(port, "GET", "/channels")[1]))


def figure(port: int, name: str) -> int:
    """A figure of /metrics that has no labels."""
    found = re.search(rf"^{name} (\S+)$", ask(port, "GET", "/metrics")[1].decode(), re.MULTILINE)
    return int(float(found[1])) if found else 0


class Reader:
    """All channels of a server, read again and again, so often that no ring forgets what was not read."""

    def __init__(self, port: int, channels: list[str], every: float = EVERY) -> None:
        self.port, self.every = port, every
        self.joined = {channel: Joined(channel) for channel in channels}
        self.turn = asyncio.Lock()

    async def read(self) -> None:
        """Take what is there.

        RuntimeError  the server is still reading what there was before
        """
        async with self.turn:
            if not await asyncio.to_thread(filled, self.port):
                raise RuntimeError("not yet filled")
            for channel, joined in self.joined.items():
                joined.add(await asyncio.to_thread(held, self.port, channel))

    async def keep_reading(self) -> None:
        """Until cancelled; while there is no server, there is nothing to read."""
        while True:
            with suppress(*UNREADABLE):
                await self.read()
            await asyncio.sleep(self.every)

    async def forget(self) -> None:
        """Begin anew: the memory was lost, as it may be."""
        async with self.turn:
            for joined in self.joined.values():
                joined.forget()

    def stored(self) -> dict[str, Values]:
        return {channel: joined.sequence for channel, joined in self.joined.items()}

    def breaches(self) -> list[Breach]:
        return [breach for joined in self.joined.values() for breach in joined.breaches]

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.keep_reading())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        if kind is None:
            await self.last()

    async def last(self) -> None:
        """Take what is there in the end."""
        while True:
            with suppress(RuntimeError):
                return await self.read()
            await asyncio.sleep(SOON)
