"""A live server with the probe and the screens on a free port."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from serving import Clock, Kept, Served
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from app.api import measurements, pins, screen, single, triggers
from app.config import Config
from app.feed.feed import Feed
from app.guard.guard import Guard
from app.ingest.handler import DataHandler, Receiver
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import NotFound
from app.store.pins import Pins

T = TypeVar("T")
ROWS = 2048


@dataclass
class Screens(Served):
    """A running server with screens."""

    feed: Feed | None = None
    waiting: single.Waiting = field(default_factory=single.Waiting)

    def on_loop(self, work: Callable[[], T]) -> T:
        """What the work returns, done by the loop."""

        async def done() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(10)

    def send(self, name: str, x: Any, y: Any, unit: str = "V", x_unit: str = "s") -> None:
        """Samples straight into the memory."""
        offsets, values = np.asarray(x, np.float64), np.asarray(y)
        values = values if values.dtype == np.float32 else values.astype(np.float64)
        samples = Samples(name, 0.0, offsets, values, Origin.DATA, unit=unit, x_unit=x_unit)
        self.on_loop(lambda: self.memory.append([samples], self.clock() / 1e9))

    def get(self, path: str) -> tuple[Any, bytes]:
        """The answer and its body, which must be good."""
        response, body = self.raw("GET", path)
        assert response.status == 200, body
        return response, body

    def refused(self, path: str) -> tuple[int, str, str]:
        """Status, code and message of an answer that is a problem."""
        status, answer = self.ask("GET", path)
        return status, answer["code"], answer["message"]

    def picture(self, query: str = "") -> Image.Image:
        return Image.open(io.BytesIO(self.get("/screen.png" + query)[1]))

    def rows(self, query: str = "") -> list[list[str]]:
        return [line.split(",") for line in self.get("/screen.csv" + query)[1].decode().splitlines()]

    def arrays(self, query: str = "") -> Any:
        return np.load(io.BytesIO(self.get("/screen.npz" + query)[1]))


@contextmanager
def serving(points: int = 1_000_000) -> Iterator[Screens]:
    """A server in a thread of its own; what it logs from warnings up is kept."""
    loop, ready, clock = asyncio.new_event_loop(), threading.Event(), Clock()
    memory = Memory(points)
    feed = Feed(memory, ROWS, lambda: clock() / 1e9)
    singles = single.routes(feed)
    screens = Screens(0, memory, clock, loop, feed=feed, waiting=singles[0][2]["waiting"])
    posts = ("/data", DataHandler, {"receiver": Receiver(memory, Config()), "clock": clock})

    drawer = pins.routes(feed, Pins(), Guard(Config()))
    routes = [*screen.routes(feed), *measurements.routes(feed), *triggers.routes(feed), *singles, *drawer]

    async def start() -> HTTPServer:
        server = HTTPServer(Application([posts, *routes], default_handler_class=NotFound))
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        screens.port = sockets[0].getsockname()[1]
        ready.set()
        return server

    async def stop(server: HTTPServer) -> None:
        server.stop()
        await server.close_all_connections()

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(stop(server))
        loop.close()

    kept = Kept(screens.logged)
    logging.getLogger().addHandler(kept)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield screens
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        logging.getLogger().removeHandler(kept)
