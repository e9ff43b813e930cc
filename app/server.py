"""Wires the blocks, serves, and drains: the only file that knows them all.

The samples' way in listens at once; Panel, which takes seconds to import, is loaded beside it by a thread,
and takes over the same port when its pages are ready.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tornado.web import Application, RequestHandler

from app.api import code, measurements, openapi, pins, recordings, screen, setups, single, triggers
from app.api.channels import ChannelsHandler
from app.api.data import DataReader
from app.chassis import durability, logs
from app.chassis.drain import Drain
from app.chassis.health import release
from app.chassis.lasting import Work, lasting
from app.chassis.listeners import listeners
from app.chassis.metrics import Sessions
from app.chassis.preflight import missing_package, unusable, warn
from app.chassis.vitals import Vitals
from app.config import Config
from app.feed.feed import Feed
from app.feed.socket import FrameSocket
from app.feed.watch import Asset
from app.guard.gate import Gate
from app.guard.overload import affordable
from app.ingest import influx
from app.ingest.formats import FORMATS
from app.ingest.handler import DataHandler
from app.ingest.lane_server import LaneServer
from app.ingest.receiver import Receiver
from app.ingest.sequences import Sequences
from app.ingest.socket import Senders
from app.memory.shelf import Taken
from app.memory.silence import Silence
from app.problems import NotFound
from app.scope.derived import Sources
from app.scope.frame import ROWS
from app.store.drawer import Drawer, Limits
from app.store.references import SIGN, maker
from app.system.certificate import CertificateError
from app.system.footprint import Footprint
from app.system.place import Place
from app.system.runtime import beside, calm_collector, listen, raise_files, report, tls

STATIC = Path(__file__).parent / "ui" / "static"
HTTP = {
    "max_header_size": 28 << 10,
    "max_body_size": 8 << 20,
    "body_timeout": 20,
    "idle_connection_timeout": 75,
}
TLS = {
    "idle_connection_timeout": 20
}  # s: there the lane does not look at heads, and Tornado has one time for both
PINGS: dict[str, Any] = {"websocket_ping_interval": 20, "websocket_ping_timeout": 20}  # s
FEWEST_ROWS = 16
ENDS = signal.SIGTERM, signal.SIGINT
MINUTE, HOUR = 60.0, 3600.0  # s
LOOK = 0.1  # s between two looks whether everything is ready


class PlaceError(RuntimeError):
    """The place to listen at cannot be had; a sentence for the person who starts the scope."""


class Data(DataReader, DataHandler):
    """/data: POST from ingest, GET and DELETE from the API."""

    def initialize(self, receiver: Receiver, sources: Sources) -> None:  # type: ignore[override]
        DataHandler.initialize(self, receiver)
        DataReader.initialize(self, sources, receiver.guard)


class Starting(RequestHandler):
    """The page while Panel is still loading."""

    def get(self) -> None:
        self.set_header("Retry-After", "2")
        self.set_header("Cache-Control", "no-store")
        self.finish((STATIC / "starting.html").read_bytes())


class Process:
    """One process: memory, HTTP server and, once loaded, pages."""

    def __init__(self, config: Config) -> None:
        self.config = config
        try:
            self.place = Place(config.socket) if config.socket else None
            self.sockets = listen(config) if self.place is None else [self.place.socket]
        except OSError as error:
            place = config.socket or f"{config.bind}:{config.port}"
            raise PlaceError(f"Cannot listen on {place}: {error.strerror}.") from None
        if self.place is not None and (not self.place.held or durability.alone(config)):
            self.place.take()  # those who connect wait until there is a memory
        budget = config.scope_memory
        if config.data is None:  # files are no burden: the kernel can drop what it holds of them
            budget = affordable(Footprint(config.memory_limit), budget)
        sequences = Sequences()
        self.memory = durability.memory(config, sequences, budget)
        self.feed = Feed(self.memory, max(min(config.scope_points, ROWS), FEWEST_ROWS))
        self.receiver = Receiver(self.memory, config, sequences)
        self.drawer = Drawer(
            config.data,
            lambda: self.memory.records,
            self.receiver.play,
            self.feed.notices,
            Limits(config.max_recordings, config.max_recording),
        )
        self.feed.memory.makers[SIGN] = maker(self.drawer.pins)
        self.keeping = durability.Keeping(self.memory, self.feed.notices)
        self.stream = durability.stream(config, self.memory, sequences, self.feed.notices)
        self.guard = self.receiver.guard
        self.feed.durability = lambda: self.receiver.bus.durability
        self.vitals = Vitals(self.receiver, self.feed, self.sessions)
        self.front: Any = None  # the module of the pages, once it is loaded
        self.pages: Any = None
        self.vitals.figures.sources.extend((self.keeping, self.drawer.recordings))
        if self.stream is not None:
            self.receiver.bus = self.stream
            self.vitals.checks["store"] = self.stream.ready
            self.vitals.figures.sources.append(self.stream)
        self.routes: list[Any] = [
            (r"/data", Data, {"receiver": self.receiver, "sources": self.feed.memory}),
            (r"/channels", ChannelsHandler, {"memory": self.feed.memory, "config": config}),
            (r"/frames", FrameSocket, {"feed": self.feed, "config": config}),
            *self.vitals.routes(),
            *influx.routes(self.receiver),
            *screen.routes(self.feed),
            *measurements.routes(self.feed),
            *triggers.routes(self.feed),
            *pins.routes(self.feed, self.drawer.pins, self.guard),
            *setups.routes(self.feed, self.drawer.setups, self.guard),
            *recordings.routes(self.feed, self.drawer, self.guard),
            *single.routes(self.feed, lambda: self.receiver.closed),
            *code.routes(),
        ]
        self.routes += openapi.routes(release(), list(FORMATS), self.routes)
        pages: list[Any] = [(path, Starting) for path in ("/", "/watch", "/probe")]
        pages.append((r"/assets/(.*)", Asset, {"path": STATIC}))
        early = Application([*self.routes, *pages], default_handler_class=NotFound, **PINGS)
        self.senders = Senders(self.receiver)
        self.gate = Gate(early, self.guard, self.senders.application())
        self.tls = tls(config)
        limits = HTTP | (TLS if self.tls else {})
        self.http = LaneServer(
            self.gate, self.receiver, ssl_options=self.tls, xheaders=bool(config.socket), **limits
        )
        self.end = Drain(self.http, self.gate, self.receiver, self.feed, self.senders)
        self.vitals.checks["pages"] = lambda: self.pages is not None
        self.vitals.checks["draining"] = lambda: not self.end.begun
        self.end.keeping, self.end.closing = [self.drawer.close], [self.close_pages]
        self.stopped, self.relieved = asyncio.Event(), False
        self.vitals.count([early, self.gate.lock, self.gate.looked, self.gate.probe], self.routes)
        self.vitals.answers.under_way = self.end.under_way

    def sessions(self) -> Sessions:
        """The front panels."""
        return Sessions() if self.pages is None else Sessions(*self.front.sessions(self.pages))

    def address(self) -> tuple[socket.AddressFamily, object]:
        """Where this process itself can reach it."""
        if self.config.socket:
            return socket.AF_UNIX, self.config.socket
        family, name = self.sockets[0].family, self.sockets[0].getsockname()
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0])
        return family, (host, *name[1:])

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then drain; returns the exit status: 1 if there can be no pages."""
        self.http.add_sockets(self.sockets)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(report)
        self.heed(loop)
        working = [asyncio.create_task(lasting(work)) for work in self.work()]
        from_outside = listeners(self.config, self.receiver, self.place)
        listening = [asyncio.create_task(lasting(work)) for work in from_outside]
        storing = None if self.stream is None else asyncio.create_task(lasting(self.stream.run))
        opening = asyncio.create_task(self.open_pages())
        opening.add_done_callback(self.opened)
        await self.stopped.wait()
        failed = opening.exception() if opening.done() else None
        if failed:
            logging.getLogger(__name__).error("The pages could not be loaded", exc_info=failed)
        opening.cancel()
        for task in listening:
            task.cancel()
        if self.relieved:
            await self.end.leave()
        for task in working:
            task.cancel()
        await self.end.run()
        self.keeping.close()
        if storing is not None:
            storing.cancel()
        self.vitals.answers.refusals.flush(0)
        logging.disable()  # whatever is cut off from here on is meant to be
        for number in ENDS:  # a handler of the loop would give way to the default one when the loop is closed
            signal.signal(number, signal.SIG_IGN)
        return 1 if failed else 0

    def heed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the end at a signal, and let the place go at another."""
        for number in ENDS:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.stop))
        if self.place is not None:
            loop.add_signal_handler(signal.SIGHUP, self.relieve)

    def stop(self) -> None:
        """Begin the end, if it has not begun, and lose no time."""
        self.end.urgent = True
        self.stopped.set()

    def relieve(self) -> None:
        """Another process has taken the place of this one."""
        self.relieved = True
        self.stopped.set()

    async def take_place(self, place: Place) -> None:
        """Take the place of the process that was there before, once this one can do all that it does."""
        while not all(check() for check in self.vitals.checks.values()):
            await asyncio.sleep(LOOK)
        place.take()

    def work(self) -> Iterator[Work]:
        """What goes on for as long as the process serves."""
        yield self.feed.run
        yield from self.vitals.work()
        yield self.http.watch
        yield from self.drawer.work()
        yield self.keeping.run
        if self.place is not None:
            yield partial(self.take_place, self.place)
        if self.config.channel_idle:
            yield partial(forgetting, Silence(self.memory, self.config.channel_idle * HOUR))

    async def open_pages(self) -> None:
        """Load Panel in a thread, build a page to warm it up, put its pages behind the gate; then spectra."""
        front = await beside(load_front)
        demo = front.Demo(self.memory, self.address, self.guard.own, secure=self.tls is not None)
        self.feed.extra = lambda: {"demo": demo.running}
        bench = front.Bench(self.config, demo, self.feed, drawer=self.drawer)
        self.front, self.pages = front, front.serve(bench, self.routes)
        self.vitals.count([self.pages._tornado], [])
        self.gate.serving = self.pages._tornado
        logs.unite()
        calm_collector()  # before there are plots for pages, which are found when they are closed
        await front.ready(self.pages)
        await beside(load_spectra)

    def opened(self, opening: asyncio.Task[None]) -> None:
        """End the process when it cannot have pages."""
        if not opening.cancelled() and opening.exception() is not None:
            self.stopped.set()

    async def close_pages(self) -> None:
        """End the front panels, if there are any yet."""
        if self.pages is not None:
            await self.front.close(self.pages)


async def forgetting(silence: Silence) -> None:
    """Look now and then for channels that fell silent."""
    while True:
        silence.look(time.monotonic())
        await asyncio.sleep(MINUTE)


def load_front() -> ModuleType:
    """Import the pages, which takes seconds, and build one so that the first visitor need not wait for it."""
    from app.ui import front  # here, so that samples can come in before Panel is there

    front.warm()
    return front


def load_spectra() -> None:
    """Import what spectra need, which takes seconds, so that the first one need not wait for it."""
    import_module("scipy.fft")
    import_module("scipy.signal")


def serve(config: Config) -> int:
    """Run one process until it is told to stop; returns its exit status, 2 if no start could do better."""
    unfit = missing_package(config) or unusable(config.data)
    if unfit:
        print(unfit, file=sys.stderr)
        return 2
    try:
        scope = Process(config)
    except Taken:
        print(f"SCOPE_DATA={config.data}: another process writes to this folder.", file=sys.stderr)
        return 1
    except (CertificateError, PlaceError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, CertificateError) else 1
    except OSError as error:
        print(f"Cannot start: {error}.", file=sys.stderr)
        return 1
    warn(config)
    raise_files()
    return asyncio.run(scope.run())
