"""POST /data: the body is read, decoded, stored and answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import cast

import orjson
from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from app.config import Config
from app.guard import FOREIGN, may_send
from app.ingest.batch import Limits, Point
from app.ingest.formats import decode
from app.memory.memory import ChannelLimit, Memory
from app.memory.record import Placed
from app.memory.samples import Origin, Samples
from app.problems import JsonHandler, Problem

SUCCESS = b'{"status":"success"}'
BODY_SECONDS = 15.0  # for a body within the limit
DROP_SECONDS = 10.0  # for the rest of one beyond it
DROP_BYTES = 64 << 20
ENDLESS = 1 << 62


@stream_request_body
class DataHandler(JsonHandler):
    """Takes samples. A body over the limit is read on and dropped, so that its sender hears why."""

    timer: asyncio.TimerHandle | None = None

    def initialize(self, memory: Memory, config: Config, clock: Callable[[], int] = time.time_ns) -> None:
        """
        clock  nanoseconds since 1970
        """
        self.memory = memory
        self.config = config
        self.clock = clock

    def prepare(self) -> None:
        self.body = bytearray()
        self.size = 0
        self.connection.set_max_body_size(ENDLESS)
        self.allow(BODY_SECONDS)

    def allow(self, seconds: float | None) -> None:
        """The time left for the body; None: it has ended."""
        if self.timer is not None:
            self.timer.cancel()
        if seconds is not None:
            self.timer = asyncio.get_running_loop().call_later(seconds, self.give_up)

    @property
    def connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)

    def data_received(self, chunk: bytes) -> None:
        before, self.size = self.size, self.size + len(chunk)
        if self.size <= self.config.max_body:
            self.body += chunk
        elif before <= self.config.max_body:
            self.body.clear()
            self.allow(DROP_SECONDS)
        elif self.size > self.config.max_body + DROP_BYTES:
            self.give_up()

    def give_up(self) -> None:
        """Answer before the body has ended, and close."""
        seconds = f"the body was not complete after {BODY_SECONDS:.0f} s; send smaller ones"
        problem = self.too_large() if self.size > self.config.max_body else Problem("timeout", seconds)
        problem.headers["Connection"] = "close"
        self.refuse(problem)

    def on_finish(self) -> None:
        self.allow(None)
        params = self.connection.params  # the next request on this connection has the usual limit again
        self.connection.set_max_body_size(params.max_body_size or self.connection.stream.max_buffer_size)

    def on_connection_close(self) -> None:
        self.allow(None)
        super().on_connection_close()

    def post(self) -> None:
        if self.size > self.config.max_body:
            raise self.too_large()
        headers = self.request.headers
        if not may_send(headers, self.config.allow_ws_origin):
            raise Problem("origin_not_allowed", FOREIGN)
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            message = "the body is compressed; send it as it is, without Content-Encoding"
            raise Problem("unsupported_media_type", message, headers={"Accept-Encoding": "identity"})
        now = self.clock()
        limits = Limits(samples=self.config.max_samples)
        batch = decode(headers.get("Content-Type", ""), bytes(self.body), now, limits)
        placed = self.store(batch, now / 1e9)
        self.finish(SUCCESS if isinstance(batch, Point) else receipt(batch, placed))

    def store(self, batch: list[Samples], now: float) -> list[Placed]:
        try:
            return self.memory.append(batch, now)
        except ChannelLimit as error:
            message = (
                f"this would be channel {error.limit + 1} or more; delete one of the {error.limit} first"
            )
            details = {"limit": "channels", "max": error.limit}
            raise Problem("channel_limit", message, details=details) from None

    def too_large(self) -> Problem:
        most = self.config.max_body
        message = f"the body is larger than {most} bytes; send it in several"
        return Problem("body_too_large", message, details={"limit": "body", "max": most})


def receipt(batch: Sequence[Samples], placed: Sequence[Placed]) -> bytes:
    """The answer to a batch; where the server chose the x of a block, it says which."""
    answer: dict[str, object] = {
        "status": "success",
        "accepted": sum(map(len, batch)),
        "duplicate": False,
        "durability": "memory",
    }
    if batch[0].origin is Origin.NEXT:
        answer |= {"x0": placed[0].x0, "dt": batch[0].step}
    return orjson.dumps(answer)
