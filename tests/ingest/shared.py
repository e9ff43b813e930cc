"""Servers whose samples go through a stream in Redis, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import laned
import pytest
from laned import lane_serving
from serving import Served, on_loop

from app.ingest.redis_bus import RedisBus
from app.ingest.redis_memory import SharedMemory
from app.texts import store
from tests.conftest import wait_until
from tests.redis_server import RedisServer


@dataclass
class Joined:
    """A server that shares the stream of a Redis."""

    served: Served
    bus: RedisBus
    notices: dict[str, str]

    @property
    def memory(self) -> SharedMemory:
        return self.bus.memory

    def y(self, name: str = "ch1") -> list[float]:
        """The values of a channel that are in memory."""
        record = self.memory.records.get(name)
        return [] if record is None else record.y(record.first, record.total).tolist()


@contextmanager
def joined(redis: RedisServer, *given: Any, url: str = "") -> Iterator[Joined]:
    """A server in a thread of its own that shares the stream."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laned, "Memory", SharedMemory)
        with lane_serving(*given) as served:
            notices: dict[str, str] = {}

            def start() -> tuple[RedisBus, asyncio.Task[None]]:
                bus = RedisBus(store(url or redis.url), served.memory, served.receiver.sequences, notices)
                served.receiver.bus = bus
                return bus, asyncio.ensure_future(bus.run())

            bus, task = on_loop(served.loop, start)
            try:
                wait_until(bus.ready)
                yield Joined(served, bus, notices)
            finally:
                on_loop(served.loop, task.cancel)
                wait_until(task.done)
