"""The demo signal: a sender like any other, which POSTs to this scope until somebody really sends."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.netutil import Resolver

from app.memory.memory import Memory

CHANNEL, LABEL = "demo", "demo signal"
LASTS = 300.0  # s
RATE, EACH = 2000, 0.05  # samples/s; s between two POSTs
SWING = 1.65  # V: a 0 to 3.3 V signal, as a microcontroller would give


class Address(Resolver):
    """Resolves every name to the place where this process listens, a port or a Unix socket."""

    def initialize(self, family: socket.AddressFamily, address: object) -> None:
        self.found: list[tuple[int, Any]] = [(family, address)]

    async def resolve(self, *_asked: object, **_more: object) -> list[tuple[int, Any]]:
        return self.found


class Demo:
    """Starts and stops the demo; one for the process.

    listening  gives family and address of this process's own socket
    """

    def __init__(self, memory: Memory, listening: Callable[[], tuple[socket.AddressFamily, object]]) -> None:
        self.memory = memory
        self._listening = listening
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin to send, on the running event loop; does nothing while a demo runs."""
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self.send())

    def stop(self) -> None:
        """End the demo; its channel goes with it."""
        if self._task is not None:
            self._task.cancel()

    async def send(self) -> None:
        """POST blocks of samples until the time is over, a sample of somebody else comes, or a POST fails."""
        family, address = self._listening()
        client = AsyncHTTPClient(force_instance=True, resolver=Address(family=family, address=address))
        loop = asyncio.get_running_loop()
        began, others, sent = loop.time(), self.memory.accepted, 0
        try:
            for number, body in enumerate(blocks()):
                if number * EACH > LASTS or self.memory.accepted - others != sent:
                    return
                await client.fetch(HTTPRequest("http://localhost/data", method="POST", body=body))
                sent += round(RATE * EACH)
                self.memory.label(CHANNEL, LABEL)
                await asyncio.sleep(began + (number + 1) * EACH - loop.time())
        except (HTTPClientError, OSError):
            return  # the server is full or going down: a demo has no claim
        finally:
            client.close()
            self.memory.delete(CHANNEL)


def blocks() -> Iterator[bytes]:
    """Bodies of the demo, one for each 50 ms: a 5 Hz sine with a slow beat and a ripple, without end."""
    n, size = 0, round(RATE * EACH)
    while True:
        times = [(n + k) / RATE for k in range(size)]
        values = [SWING + SWING * (0.8 + 0.2 * math.sin(t)) * math.sin(2 * math.pi * 5 * t) for t in times]
        column = {CHANNEL: [round(value, 4) for value in values]}
        yield orjson.dumps({"t0": n / RATE, "dt": 1 / RATE, "channels": column, "units": {CHANNEL: "V"}})
        n += size
