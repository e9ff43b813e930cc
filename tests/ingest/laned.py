"""A live server whose POST /data goes through the lane, on a free port, for tests."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from serving import Clock, Data, Kept, Served
from tornado.netutil import bind_sockets
from tornado.web import Application

from app.api.channels import ChannelsHandler
from app.config import Config
from app.guard.gate import Gate
from app.ingest.handler import Receiver
from app.ingest.lane_server import LaneServer
from app.ingest.socket import Senders
from app.memory.memory import Memory
from app.problems import NotFound


@dataclass
class Laned(Served):
    """A running server with its lane."""

    server: LaneServer | None = None


@contextmanager
def lane_serving(config: Config | None = None, **options: Any) -> Iterator[Laned]:
    """A server in a thread of its own; what it logs from warnings up is kept."""
    config = config or Config()
    loop, ready = asyncio.new_event_loop(), threading.Event()
    served = Laned(0, Memory(config.scope_points, max_channels=config.max_channels), Clock(), loop)
    receiver = served.receiver = Receiver(served.memory, config)
    given = {"memory": served.memory, "config": config, "clock": served.clock}
    routes: list[Any] = [
        ("/data", Data, {"receiver": receiver, "clock": served.clock}),
        ("/channels", ChannelsHandler, given),
    ]

    async def start() -> None:
        senders = Senders(receiver, served.clock)
        serving = Application(routes, default_handler_class=NotFound)
        gate = Gate(serving, receiver.guard, senders.application())
        server = LaneServer(gate, receiver, served.clock, **options)
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        served.server, served.port = server, sockets[0].getsockname()[1]
        ready.set()

    async def stop() -> None:
        if served.server is not None:
            served.server.stop()
            await served.server.close_all_connections()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(stop())
        loop.close()

    kept = Kept(served.logged)
    logging.getLogger().addHandler(kept)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        logging.getLogger().removeHandler(kept)
