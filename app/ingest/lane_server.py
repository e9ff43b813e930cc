"""Tornado's HTTP server, with the lane for POST /data in front of it.

Every connection begins in the lane. One on which anything else is asked is Tornado's from then on, with all
that was read of it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.iostream import IOStream

from app.answers import OTHER
from app.ingest.accepting import Accepting
from app.ingest.answer import request_id, told
from app.ingest.greeting import Greeting
from app.ingest.lane import Lane
from app.ingest.lanes import Shared
from app.ingest.receiver import Receiver
from app.ingest.requests import malformed

BARE = b"HTTP/1.1 400 Bad Request\r\n\r\n"
SWEEP = 5.0  # s between two looks for readers that have stalled
STALLED = 15.0  # s without taking a byte of what waits for it: the connection is given up
PART = 20  # of so many idle connections one is closed when there is no room for more


class LaneServer(HTTPServer):
    """An HTTP server that gives POST /data to a receiver, and all other requests to Tornado."""

    def initialize(  # type: ignore[override]  # it is a constructor, and gets what the class is called with
        self,
        request_callback: HTTPServerConnectionDelegate,
        receiver: Receiver,
        clock: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> None:
        """
        clock    nanoseconds since 1970
        options  as for HTTPServer
        """
        super().initialize(request_callback, **options)
        limits = self.conn_params
        self.greetings: set[Greeting] = set()
        self.most = receiver.config.max_connections
        self.handed: WeakKeyDictionary[IOStream, Progress] = WeakKeyDictionary()
        self.shared = Shared(
            receiver, clock, limits.max_header_size, limits.header_timeout or 3600.0, self.hand_over
        )

    @property
    def under_way(self) -> int:
        """POSTs that have begun and are not yet answered."""
        return sum(lane.busy for lane in self.shared.lanes)

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """As Tornado's, but for what happens when files run out.

        `_handle_connection`, `_sockets` and `_handlers` are not public (Tornado 6.6).
        """
        for listening in sockets:
            accepting = Accepting(listening, self.greet, self.make_room)
            self._sockets[listening.fileno()] = listening
            self._handlers[listening.fileno()] = accepting.stop

    def greet(self, connection: socket.socket, address: Any) -> None:
        """Take a connection; at the port of https, once it is known whether it speaks TLS."""
        take = partial(self._handle_connection, connection, address)
        if self.ssl_options is None:
            take()
        else:
            self.greetings.add(Greeting(connection, take, self.greetings.discard))

    def make_room(self) -> None:
        """Close some of the connections on which nothing is asked, the longest silent first."""
        idle = sorted((lane for lane in self.shared.lanes if not lane.busy), key=lambda lane: lane.deadline)
        for lane in idle[: 1 + len(idle) // PART]:
            lane.close()

    async def watch(self) -> None:
        """Give up connections whose readers have stalled, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP)
            now = time.monotonic()
            for stream in [stream for stream, reader in self.handed.items() if reader.stalled(stream, now)]:
                stream.close()

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if self.ssl_options is not None:  # the lane reads what comes over the wire, which is not plain then
            self.serve(stream, address)
            return
        if len(self.shared.lanes) >= self.most:
            self.make_room()
        Lane(self.shared, stream.socket, address)

    def hand_over(self, connection: socket.socket, begun: bytes, address: Any) -> None:
        """Have Tornado serve the connection, of which this much has been read."""
        sizes = {"max_buffer_size": self.max_buffer_size, "read_chunk_size": self.read_chunk_size}
        self.serve(Begun(connection, begun, self.malformed, **sizes), address)

    def serve(self, stream: IOStream, address: Any) -> None:
        """Have Tornado serve a connection."""
        self.handed[stream] = Progress()
        super().handle_stream(stream, address)

    def malformed(self) -> bytes:
        """The answer to what is no request."""
        problem, number, answers = malformed(), request_id({}), self.shared.receiver.answers
        answers.note(OTHER, OTHER, problem.status, 0.0)
        answers.refusals.note(problem.code, OTHER, number)
        return self.shared.encoded(told(problem, {}, number), "close")

    async def close_all_connections(self) -> None:
        for lane in list(self.shared.lanes):
            lane.close()
        for greeting in list(self.greetings):
            greeting.close()
        await super().close_all_connections()


class Progress:
    """How far the reader of a stream has come, and when it last took something."""

    def __init__(self) -> None:
        self.done, self.taken = -1, time.monotonic()

    def stalled(self, stream: IOStream, now: float) -> bool:
        """Whether it has long taken nothing of what waits for it; to be asked now and then.

        `_total_write_done_index` is not public (Tornado 6.6).
        """
        done: int = stream._total_write_done_index
        if not stream.writing() or done != self.done:
            self.done, self.taken = done, now
        return now - self.taken > STALLED


class Begun(IOStream):
    """A stream of which the first bytes have been read already.

    malformed  what is written instead of Tornado's answer to what is no request: that one has no body
    """

    def __init__(
        self, connection: socket.socket, begun: bytes, malformed: Callable[[], bytes], **sizes: Any
    ) -> None:
        self.begun, self.malformed = begun, malformed
        super().__init__(connection, **sizes)

    def write(self, data: bytes | memoryview) -> asyncio.Future[None]:
        return super().write(self.malformed() if data == BARE else data)

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        n = min(len(buf), len(self.begun))
        if not n:
            return super().read_from_fd(buf)
        buf[:n], self.begun = self.begun[:n], self.begun[n:]
        return n
