"""A live server whose POST /data goes through the lane, on a free port, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from serving import Clock, Data, Served, in_thread, listening
from tornado.web import Application

from app.api.channels import ChannelsHandler
from app.config import Config
from app.guard.gate import Gate
from app.ingest import influx
from app.ingest.lane_server import LaneServer
from app.ingest.receiver import Receiver
from app.ingest.socket import Senders
from app.memory.memory import Memory
from app.problems import NotFound


@dataclass
class Laned(Served):
    """A running server with its lane."""

    server: LaneServer | None = None


@contextmanager
def lane_serving(config: Config | None = None, **options: Any) -> Iterator[Laned]:
    """A server in a thread of its own."""
    config, loop = config or Config(), asyncio.new_event_loop()
    served = Laned(0, Memory(config.scope_points, max_channels=config.max_channels), Clock(), loop)
    receiver = served.receiver = Receiver(served.memory, config)
    given = {"memory": served.memory, "config": config, "clock": served.clock}
    routes: list[Any] = [
        ("/data", Data, {"receiver": receiver, "clock": served.clock}),
        ("/channels", ChannelsHandler, given),
        *influx.routes(receiver, clock=served.clock),
    ]

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        senders = Senders(receiver, served.clock)
        gate = Gate(
            Application(routes, default_handler_class=NotFound), receiver.guard, senders.application()
        )
        served.server = LaneServer(gate, receiver, served.clock, **options)
        async with listening(served.server, served):
            yield

    with in_thread(loop, living(), served.logged):
        yield served
