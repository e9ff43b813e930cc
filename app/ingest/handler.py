"""POST /data as Tornado reads it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from app.ingest.answer import Answer
from app.ingest.intake import Intake, ending
from app.ingest.receiver import Receiver
from app.problems import JsonHandler, Problem

ENDLESS = 1 << 62


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
        if self.request.method != "POST":
            return
        if self.receiver.closed:
            problem = ending()
            self.receiver.counts.refused(problem)
            raise problem
        headers, query = self.request.headers, self.request.query
        self.intake = self.receiver.intake(headers, query, self.clock, self.give_up)
        self.connection.set_max_body_size(ENDLESS)
        self.connection.set_body_timeout(ENDLESS)  # the intake has times of its own

    @property
    def connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)

    async def data_received(self, chunk: bytes) -> None:
        if self.intake is None:
            return
        at = 0
        while at < len(chunk):
            while not self.intake.ready():
                await asyncio.sleep(0)
            if self._finished:  # meanwhile it may have taken too long
                return
            n = self.intake.bite(len(chunk) - at)
            self.intake.add(chunk[at : at + n])
            at += n

    def give_up(self, problem: Problem) -> None:
        """Answer before the body has ended, and close."""
        self.receiver.counts.refused(problem)
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

    def options(self, *_: str) -> None:
        """What a page may send; asked before it does."""
        for name, value in self.receiver.guard.preflight(self.request.headers).items():
            self.set_header(name, value)
        super().options()

    async def post(self, *_: str) -> None:
        if self._finished:  # a block of the body was refused at its end
            return
        answer = await self.received(self.request.headers)
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        self.finish(answer.body)

    async def received(self, headers: Mapping[str, str]) -> Answer:
        """The answer to the request; headers: what is to be believed of its own."""
        self.no_more()
        body = self.intake.whole() if self.intake is not None else b""
        answer = self.receiver.received(headers, body, self.clock(), self.request.query)
        return answer if isinstance(answer, Answer) else await answer
