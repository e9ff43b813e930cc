"""A live server with the probe and the screens on a free port."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from serving import Clock, Data, Served, in_thread, listening, on_loop
from tornado.httpserver import HTTPServer
from tornado.web import Application

from app.api import measurements, pins, recordings, screen, setups, single, triggers
from app.config import Config
from app.feed.feed import Feed
from app.guard.guard import Guard
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import NotFound
from app.store.drawer import Drawer
from app.store.pins import Pins
from app.store.setups import Setups

T = TypeVar("T")
ROWS = 2048


@dataclass
class Screens(Served):
    """A running server with screens."""

    feed: Feed | None = None
    waiting: single.Waiting = field(default_factory=single.Waiting)

    def on_loop(self, work: Callable[[], T]) -> T:
        return on_loop(self.loop, work)

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
def serving(
    points: int = 1_000_000,
    kept: Pins | None = None,
    kits: Setups | None = None,
    folder: Path | None = None,
) -> Iterator[Screens]:
    """A server in a thread of its own."""
    loop, clock = asyncio.new_event_loop(), Clock()
    memory = Memory(points)
    feed = Feed(memory, ROWS, lambda: clock() / 1e9)
    singles = single.routes(feed)
    screens = Screens(0, memory, clock, loop, feed=feed, waiting=singles[0][2]["waiting"])
    receiver = Receiver(memory, Config())
    posts = ("/data", Data, {"receiver": receiver, "clock": clock})
    cabinet = Drawer(folder, lambda: memory.records, receiver.play, feed.notices)

    guard = Guard(Config())
    drawer = [*pins.routes(feed, kept or Pins(), guard), *setups.routes(feed, kits or Setups(), guard)]
    drawer += recordings.routes(feed, cabinet, guard)
    routes = [*screen.routes(feed), *measurements.routes(feed), *triggers.routes(feed), *singles, *drawer]

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        application = Application([posts, *routes], default_handler_class=NotFound)
        async with listening(HTTPServer(application), screens):
            yield

    with in_thread(loop, living(), screens.logged):
        yield screens
