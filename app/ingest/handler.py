"""POST /data: what it means, whoever reads it from the network, and how Tornado does."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import orjson
from tornado.http1connection import HTTP1Connection
from tornado.log import app_log
from tornado.web import stream_request_body

from app.config import Config
from app.guard.guard import Guard
from app.guard.sender import Sender
from app.ingest.batch import Limits, Point
from app.ingest.formats import decode
from app.memory.memory import ChannelLimit, Memory
from app.memory.record import Placed
from app.memory.samples import Origin, Samples
from app.problems import REQUEST_ID, JsonHandler, Problem, rendered

SUCCESS = b'{"status":"success"}'
BODY_SECONDS = 15.0  # for a body within the limit
DROP_SECONDS = 10.0  # for the rest of one beyond it
DROP_BYTES = 64 << 20
ENDLESS = 1 << 62
JSON = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Receiver:
    """The one place that decides what a POST is: samples in the memory, or a problem."""

    def __init__(self, memory: Memory, config: Config) -> None:
        self.memory = memory
        self.config = config
        self.limits = Limits(samples=config.max_samples)
        self.guard = Guard(config)

    def received(self, headers: Mapping[str, str], body: bytes | None, now: int) -> Answer:
        """The answer to a whole request; never an exception.

        body  None: it was larger than the limit
        now   nanoseconds since 1970
        """
        try:
            answer = Answer(200, self.stored(headers, body, now), JSON)
        except Problem as problem:
            answer = refusal(problem, headers)
        except Exception as error:
            answer = failure(error, headers)
        return self.readable(answer, headers) if "Origin" in headers else answer

    def readable(self, answer: Answer, headers: Mapping[str, str]) -> Answer:
        """The answer, which the page that sent the request may read if it is one of the allowed."""
        shared = self.guard.shared(headers)
        return Answer(answer.status, answer.body, {**answer.headers, **shared}) if shared else answer

    def stored(self, headers: Mapping[str, str], body: bytes | None, now: int) -> bytes:
        """Store the samples; returns what is said of them."""
        sender = self.guard.sender(headers)
        if body is None:
            raise too_large(self.config.max_body)
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            message = "the body is compressed; send it as it is, without Content-Encoding"
            raise Problem("unsupported_media_type", message, headers={"Accept-Encoding": "identity"})
        batch = decode(headers.get("Content-Type", ""), body, now, self.limits)
        if not sender.plain:
            self.weigh(batch, sender)
        placed = self.placed(batch, now / 1e9)
        return SUCCESS if isinstance(batch, Point) else receipt(batch, placed)

    def weigh(self, batch: Sequence[Samples], sender: Sender) -> None:
        """Have the sender's limits take note of a batch.

        Problem  forbidden, rate_limited
        """
        names = {samples.channel for samples in batch}
        sender.write(names, len(names - self.memory.records.keys()), sum(map(len, batch)))

    def placed(self, batch: list[Samples], now: float) -> list[Placed]:
        try:
            return self.memory.append(batch, now)
        except ChannelLimit as error:
            message = (
                f"this would be channel {error.limit + 1} or more; delete one of the {error.limit} first"
            )
            details = {"limit": "channels", "max": error.limit}
            raise Problem("channel_limit", message, details=details) from None


class Intake:
    """A body on its way in: kept up to the limit, beyond it dropped, so that its sender hears why.

    most     bytes
    give_up  called with the problem, at most once, when the body takes too long or has no end
    """

    def __init__(self, most: int, give_up: Callable[[Problem], None]) -> None:
        self.most, self.give_up = most, give_up
        self.kept = bytearray()
        self.size = 0
        self.timer: asyncio.TimerHandle | None = None
        self.allow(BODY_SECONDS)

    def add(self, chunk: bytes) -> None:
        before, self.size = self.size, self.size + len(chunk)
        if self.size <= self.most:
            self.kept += chunk
        elif before <= self.most:
            self.kept.clear()
            self.allow(DROP_SECONDS)
        elif self.size > self.most + DROP_BYTES:
            self.expire()

    def allow(self, seconds: float) -> None:
        """The time left for the body."""
        self.end()
        self.timer = asyncio.get_running_loop().call_later(seconds, self.expire)

    def expire(self) -> None:
        self.end()
        seconds = f"the body was not complete after {BODY_SECONDS:.0f} s; send smaller ones"
        self.give_up(too_large(self.most) if self.size > self.most else Problem("timeout", seconds))

    def end(self) -> None:
        """No more is awaited."""
        if self.timer is not None:
            self.timer.cancel()

    def whole(self) -> bytes | None:
        """The body; None when it was too large."""
        return None if self.size > self.most else bytes(self.kept)


@stream_request_body
class DataHandler(JsonHandler):
    """Takes samples from a request that Tornado reads."""

    intake: Intake | None = None

    def initialize(self, receiver: Receiver, clock: Callable[[], int] = time.time_ns) -> None:
        """
        clock  nanoseconds since 1970
        """
        self.receiver = receiver
        self.clock = clock

    def prepare(self) -> None:
        self.intake = Intake(self.receiver.config.max_body, self.give_up)
        self.connection.set_max_body_size(ENDLESS)

    @property
    def connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)

    def data_received(self, chunk: bytes) -> None:
        if self.intake is not None:
            self.intake.add(chunk)

    def give_up(self, problem: Problem) -> None:
        """Answer before the body has ended, and close."""
        problem.headers.update(self.receiver.guard.shared(self.request.headers), Connection="close")
        self.refuse(problem)

    def on_finish(self) -> None:
        self.no_more()
        params = self.connection.params  # the next request on this connection has the usual limit again
        self.connection.set_max_body_size(params.max_body_size or self.connection.stream.max_buffer_size)

    def on_connection_close(self) -> None:
        self.no_more()
        super().on_connection_close()

    def no_more(self) -> None:
        if self.intake is not None:
            self.intake.end()

    def options(self) -> None:
        """What a page may send; asked before it does."""
        for name, value in self.receiver.guard.preflight(self.request.headers).items():
            self.set_header(name, value)
        super().options()

    def post(self) -> None:
        body = self.intake.whole() if self.intake is not None else b""
        answer = self.receiver.received(self.request.headers, body, self.clock())
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        self.finish(answer.body)


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


def too_large(most: int) -> Problem:
    message = f"the body is larger than {most} bytes; send it in several"
    return Problem("body_too_large", message, details={"limit": "body", "max": most})


def refusal(problem: Problem, headers: Mapping[str, str]) -> Answer:
    """The answer to a request with these headers that has this problem."""
    return told(problem, headers, request_id(headers))


def failure(error: Exception, headers: Mapping[str, str]) -> Answer:
    """The answer to a request that met a bug, which is logged."""
    number = request_id(headers)
    app_log.error("request %s failed", number, exc_info=error)
    return told(Problem("internal", "a bug in the server; its log names this request_id"), headers, number)


def told(problem: Problem, headers: Mapping[str, str], number: str) -> Answer:
    content_type, body = rendered(problem, number, headers.get("Accept", ""))
    said = JSON | {"Content-Type": content_type, "X-Request-Id": number} | problem.headers
    return Answer(problem.status, body, said)


def request_id(headers: Mapping[str, str]) -> str:
    """What nginx gave the request, if it did and it is harmless, else a new one."""
    given = headers.get("X-Request-Id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
