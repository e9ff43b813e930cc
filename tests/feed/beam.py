"""A live server with the feed and the probe on a free port, and viewers for it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import numpy as np
import orjson
from serving import in_thread, listening, on_loop
from tornado.httpserver import HTTPServer
from tornado.web import Application
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin as PageOrigin

from app.config import Config
from app.feed.feed import Feed
from app.feed.socket import FrameSocket
from app.feed.watch import Page, WatchPage
from app.feed.wire import Received, decode
from app.ingest.handler import DataHandler
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import NotFound

T = TypeVar("T")
ROWS = 2048
UNSENT = 128 << 10  # as app.system.runtime has it
PAGE = b"<!doctype html><title>watch</title>" + b" " * 5000


@dataclass
class Served:
    """A running server, its feed and its loop."""

    loop: asyncio.AbstractEventLoop
    memory: Memory
    feed: Feed
    port: int = 0
    logged: list[logging.LogRecord] = field(default_factory=list)

    def on_loop(self, work: Callable[[], T]) -> T:
        return on_loop(self.loop, work)

    def send(self, name: str, x: Any, y: Any, at: float | None = None) -> None:
        """Samples straight into the memory; `at`: Unix s of their arrival."""
        offsets, values = (np.atleast_1d(np.asarray(column, np.float64)) for column in (x, y))
        samples = Samples(name, 0.0, offsets, values, Origin.DATA)
        self.on_loop(lambda: self.memory.append([samples], self.feed.clock() if at is None else at))

    def tasks(self) -> int:
        return self.on_loop(lambda: len(asyncio.all_tasks()))

    def views(self) -> int:
        return len(self.feed._views)


@contextmanager
def serving(config: Config | None = None) -> Iterator[Served]:
    """A server in a thread of its own."""
    config, loop = config or Config(), asyncio.new_event_loop()
    memory = Memory(config.scope_points, max_channels=config.max_channels)
    served = Served(loop, memory, Feed(memory, ROWS))
    routes: list[Any] = [
        ("/data", DataHandler, {"receiver": Receiver(memory, config)}),
        ("/frames", FrameSocket, {"feed": served.feed, "config": config}),
        ("/watch", WatchPage, {"page": Page(PAGE)}),
    ]

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        server = HTTPServer(Application(routes, default_handler_class=NotFound))
        async with listening(server, served):
            for listener in server._sockets.values():
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_NOTSENT_LOWAT", 25), UNSENT)
            running = asyncio.create_task(served.feed.run())
            yield
            running.cancel()
            await asyncio.wait([running])

    with in_thread(loop, living(), served.logged):
        yield served


class Viewer:
    """A viewer as a browser is one: it takes frames and texts in the order in which they come."""

    def __init__(
        self, port: int, query: str = "", *, origin: str = "", host: str = "", buffer: int = 0
    ) -> None:
        """
        buffer  bytes that the kernel keeps for it; 0: the usual
        """
        taken = socket.socket()
        if buffer:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        taken.connect(("127.0.0.1", port))
        taken.settimeout(10)
        self.taken = taken
        self.frame: Received | None = None
        self.told: list[dict[str, Any]] = []
        self.kinds: list[str] = []  # of messages: text, full or following
        self._opened = ExitStack()
        opening = connect(
            f"ws://{host or f'127.0.0.1:{port}'}/frames" + (f"?{query}" if query else ""),
            sock=taken,
            origin=PageOrigin(origin) if origin else None,
            max_size=None,
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=16,
        )
        self.socket = self._opened.enter_context(opening)

    def take(self, timeout: float = 5.0) -> dict[str, Any] | Received:
        """The next message; TimeoutError if none comes."""
        message = self.socket.recv(timeout)
        if isinstance(message, str):
            words: dict[str, Any] = orjson.loads(message)
            self.told.append(words)
            self.kinds.append("text")
            return words
        found = decode(message, self.frame)
        assert found is not None, "a frame that goes on from another one"
        self.kinds.append("following" if b'"base":' in message[: len(message) // 2] else "full")
        self.frame = found
        return found

    def picture(self, timeout: float = 5.0) -> Received:
        """The next frame."""
        while not isinstance(found := self.take(timeout), Received):
            pass
        return found

    def text(self, timeout: float = 5.0) -> dict[str, Any]:
        """The next text."""
        while isinstance(found := self.take(timeout), Received):
            pass
        return found

    def until(self, wanted: Callable[[Received], object], timeout: float = 5.0) -> Received:
        """The first frame that is as wanted."""
        while not wanted(found := self.picture(timeout)):
            pass
        return found

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.take(seconds)
        except TimeoutError:
            return True
        return False

    def say(self, **words: object) -> None:
        self.socket.send(orjson.dumps(words).decode())

    def ask(self, n: int = 1, **view: str) -> dict[str, Any]:
        """Ask for another view; what is answered."""
        self.say(view=urlencode(view), n=n)
        while (answer := self.text()).get("n") != n:
            pass
        return answer

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def many(port: int, queries: list[str]) -> list[Viewer]:
    """Viewers that connect at once."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda query: Viewer(port, query), queries))


def gone(viewer: Viewer, timeout: float = 10.0) -> bool:
    """Whether the server ends the connection."""
    try:
        while True:
            viewer.take(timeout)
    except TimeoutError:  # before OSError, of which it is one
        return False
    except (ConnectionClosed, OSError):
        return True
