"""A live server with the probe and the connector on a free port, for tests."""

from __future__ import annotations

import asyncio
import http.client
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from app.api.channels import ChannelsHandler
from app.api.data import DataReader
from app.config import Config
from app.guard.gate import Gate
from app.ingest import influx
from app.ingest.handler import DataHandler
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.problems import NotFound
from app.scope.derived import Sources

T = TypeVar("T")


class Data(DataReader, DataHandler):
    """POST, GET and DELETE on one path."""

    def initialize(self, receiver: Receiver, clock: Clock) -> None:  # type: ignore[override]
        DataHandler.initialize(self, receiver, clock)
        DataReader.initialize(self, Sources(receiver.memory), receiver.guard, lambda: clock() / 1e9)


@dataclass
class Clock:
    """A clock that stands until it is moved: nanoseconds since 1970."""

    now: int = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        return self.now


@dataclass
class Served:
    """A running server and the way to ask it."""

    port: int
    memory: Memory
    clock: Clock
    loop: asyncio.AbstractEventLoop
    receiver: Any = None
    logged: list[logging.LogRecord] = field(default_factory=list)

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        response, raw = self.raw(method, path, body, **headers)
        return response.status, orjson.loads(raw) if raw else None

    def raw(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        connection = self.connection()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, data, named)
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        return response, raw

    def post(self, body: Any, **headers: str) -> tuple[int, Any]:
        return self.ask("POST", "/data", body, **headers)


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def in_thread(
    loop: asyncio.AbstractEventLoop,
    living: AbstractAsyncContextManager[None],
    logged: list[logging.LogRecord],
) -> Iterator[None]:
    """What lives on a loop in a thread of its own meanwhile; what is logged from warnings up is kept."""
    ready = threading.Event()

    over = asyncio.Event()

    async def live() -> None:
        async with living:
            ready.set()
            await over.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(live())
        loop.close()

    kept = Kept(logged)
    logging.getLogger().addHandler(kept)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        logging.getLogger().removeHandler(kept)


@asynccontextmanager
async def listening(server: Any, served: Any) -> AsyncIterator[None]:
    """A server on a free port, which is told to `served`."""
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    served.port = sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.stop()
        await server.close_all_connections()


def on_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], T]) -> T:
    """What the work returns, done by the loop."""

    async def done() -> T:
        return work()

    return asyncio.run_coroutine_threadsafe(done(), loop).result(10)


@contextmanager
def serving(config: Config | None = None, **limits: float) -> Iterator[Served]:
    """A server in a thread of its own, with Tornado's limits."""
    config, loop = config or Config(), asyncio.new_event_loop()
    served = Served(0, Memory(config.scope_points, max_channels=config.max_channels), Clock(), loop)
    receiver = served.receiver = Receiver(served.memory, config)
    given = {"memory": served.memory, "config": config, "clock": served.clock}
    routes: list[Any] = [
        ("/data", Data, {"receiver": receiver, "clock": served.clock}),
        ("/channels", ChannelsHandler, given),
        *influx.routes(receiver, clock=served.clock),
    ]

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        gate = Gate(Application(routes, default_handler_class=NotFound), receiver.guard)
        async with listening(HTTPServer(gate, **limits), served):
            yield

    with in_thread(loop, living(), served.logged):
        yield served
