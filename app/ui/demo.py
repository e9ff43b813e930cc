"""The demo signal: a sender like any other, which POSTs to this scope until somebody really sends."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import math
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.netutil import Resolver

from app.memory.memory import Memory
from app.problems import Problem

CHANNEL, LABEL = "demo", "demo signal"
LASTS = 300.0  # s
RATE, EACH = 2000, 0.05  # samples/s; s between two POSTs
BLOCK = round(RATE * EACH)
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
    token      that it sends with
    secure     whether the socket speaks TLS; it is its own, so no certificate is asked for
    """

    def __init__(
        self,
        memory: Memory,
        listening: Callable[[], tuple[socket.AddressFamily, object]],
        token: str = "",
        *,
        secure: bool = False,
    ) -> None:
        self.memory = memory
        self._listening = listening
        self._url = f"http{'s' if secure else ''}://localhost/data"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> bool:
        """Begin to send, on the running event loop. False: somebody's own channel has the demo's name."""
        if self.running:
            return True
        if CHANNEL in self.memory.records:
            return False
        self._stop.clear()
        nobody = contextvars.Context()  # of its own: the caller's would keep the caller's page alive
        self._task = asyncio.get_running_loop().create_task(self.send(), context=nobody)
        return True

    def stop(self) -> None:
        """End the demo; its channel goes with it, when the POST under way has been answered."""
        self._stop.set()

    async def send(self) -> None:
        """POST blocks of samples until the time is over, somebody else sends, or the channel is deleted."""
        family, address = self._listening()
        client = AsyncHTTPClient(force_instance=True, resolver=Address(family=family, address=address))
        began, others, sent = time.monotonic(), self.memory.accepted, 0
        try:
            for number, body in enumerate(blocks()):
                await client.fetch(HTTPRequest(self._url, "POST", self._headers, body, validate_cert=False))
                sent += BLOCK
                if number == 0:
                    with contextlib.suppress(Problem):  # it goes on under its own name
                        self.memory.label(CHANNEL, LABEL)
                await self.pause(began + (number + 1) * EACH - time.monotonic())
                if number * EACH > LASTS or self._stop.is_set() or self.memory.accepted - others != sent:
                    return
                if CHANNEL not in self.memory.records:
                    return
        except (HTTPClientError, OSError):
            return  # the server is full or going down: a demo has no claim
        finally:
            client.close()
            self.clean(sent)

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until `stop`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(seconds, 0.001))

    def clean(self, sent: int) -> None:
        """Remove the demo's channel, if there is nothing in it but the demo."""
        record = self.memory.records.get(CHANNEL)
        if record is not None and record.total == sent:
            self.memory.delete(CHANNEL)


def blocks() -> Iterator[bytes]:
    """Bodies of the demo, one for each 50 ms: a 5 Hz sine with a slow beat and a ripple, without end."""
    n = 0
    while True:
        times = [(n + k) / RATE for k in range(BLOCK)]
        values = [SWING + SWING * (0.8 + 0.2 * math.sin(t)) * math.sin(2 * math.pi * 5 * t) for t in times]
        column = {CHANNEL: [round(value, 4) for value in values]}
        yield orjson.dumps({"t0": n / RATE, "dt": 1 / RATE, "channels": column, "units": {CHANNEL: "V"}})
        n += BLOCK
