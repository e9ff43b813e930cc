"""What a POST of samples means, whoever reads it from the network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
from tornado.log import app_log

from app.answers import Answers
from app.config import Config
from app.guard.guard import Guard
from app.guard.overload import Overload
from app.guard.sender import Sender
from app.ingest.answer import JSON, SUCCESS, Answer, exhausted, failure, request_id, told
from app.ingest.batch import Asked, Decode, Limits, Point
from app.ingest.bus import Bus, Done, Local, Mark, Series
from app.ingest.counts import REPLAY, Counts
from app.ingest.formats import NAMES, decoder, is_binary, media_type
from app.ingest.intake import Intake, Outcome, Room, arrived
from app.ingest.query import parameters
from app.ingest.receipt import outcome, receipt, refusal
from app.ingest.sequences import Numbered, Sequences, fingerprint, numbered
from app.ingest.stream import Block, Query, Stream, cutter
from app.ingest.turns import Turns
from app.ingest.wishes import heed
from app.memory.memory import ChannelLimit, Memory
from app.memory.samples import Samples
from app.problems import Problem
from app.system.footprint import Footprint

Body = bytes | Problem | Outcome
Said = bytes | Coroutine[Any, Any, bytes]  # of a batch that is stored: what its sender is told, now or soon


class Receiver:
    """The one place that decides what a POST is: samples in the memory, or a problem."""

    def __init__(self, memory: Memory, config: Config, sequences: Sequences | None = None) -> None:
        self.memory = memory
        self.config = config
        self.limits = Limits(samples=config.max_samples, binary=config.max_binary_samples)
        self.guard = Guard(config)
        self.sequences = sequences or Sequences()
        self.bus: Bus = Local(memory, self.sequences)
        self.turns = Turns(config.max_requests)
        self.room = Room(config.max_requests)
        self.counts = Counts()
        self.answers = Answers()
        self.closed = False  # whether it takes nothing more
        self.overload = Overload(Footprint(config.memory_limit))

    def most(self, headers: Mapping[str, str]) -> int:
        """Bytes that the body of a request with these headers may have on the wire."""
        binary = is_binary(headers.get("Content-Type", ""))
        return self.config.max_binary if binary else self.config.max_body

    def intake(
        self,
        headers: Mapping[str, str],
        query: str,
        clock: Callable[[], int],
        give_up: Callable[[Problem], None],
    ) -> Intake:
        """What takes in the body of a request with these headers; one in chunks may be stored as it comes."""
        encoding, kind = headers.get("Content-Encoding", ""), headers.get("Content-Type", "")
        if "Transfer-Encoding" in headers and not {"X-Seq", "Idempotency-Key"} & set(headers):
            with suppress(Problem):  # which the body will hear of
                asked = parameters(query)
                cut = cutter(kind, asked)
                if cut is not None:
                    store = partial(self.block, headers, Series())
                    return Stream(cut, asked, store, clock, self.room, give_up, encoding)
        return Intake(self.most(headers), self.room, give_up, encoding)

    def block(self, headers: Mapping[str, str], series: Series, body: bytes, query: Query, now: int) -> Block:
        """Store a block of a long body.

        Problem  as for a request
        """
        sender = self.guard.sender(headers)
        read = decoder(media_type(headers.get("Content-Type", "")), body, query)
        asked = Asked(now, self.limits, query)
        batch = self.read(read, body, asked)
        self.check(batch, asked, sender, NAMES[read])
        done = self.put(batch, now / 1e9, NAMES[read], len(body), series)
        return batch, done if isinstance(done, asyncio.Future) else None

    def offer(
        self, batch: list[Samples], now: float, refused: Callable[[Problem], None], kind: str, size: int
    ) -> None:
        """Store a batch whose sender waits for no answer.

        now      Unix s
        kind     the name of its format
        size     bytes that it had
        refused  hears why it cannot be stored
        """

        def ended(done: asyncio.Future[Done]) -> None:
            error = None if done.cancelled() else done.exception()
            if isinstance(error, Problem):
                self.counts.refused(error)
                refused(error)
            elif error is not None:
                app_log.error("a batch failed", exc_info=error)

        try:
            done = self.put(batch, now, kind, size)
        except Problem as problem:
            self.counts.refused(problem)
            refused(problem)
        else:
            self.room.wire += size
            if isinstance(done, asyncio.Future):
                done.add_done_callback(ended)

    def received(
        self, headers: Mapping[str, str], body: Body, now: int, query: str = ""
    ) -> Answer | asyncio.Future[Answer]:
        """The answer to a whole request, or its future; never an exception.

        body  without its Content-Encoding, or why there is none, or what has become of it already
        now   nanoseconds since 1970
        """
        try:
            said = self.stored(headers, body, now, query)
        except Exception as error:
            return self.answered(error, headers)
        if isinstance(said, bytes):
            return self.answered(said, headers)
        return asyncio.ensure_future(self.later(said, headers))

    async def later(self, said: Coroutine[Any, Any, bytes], headers: Mapping[str, str]) -> Answer:
        """The answer to a request whose samples are on their way to the store."""
        with self.room.storing():
            try:
                return self.answered(await said, headers)
            except Exception as error:
                return self.answered(error, headers)

    def answered(self, said: bytes | Exception, headers: Mapping[str, str]) -> Answer:
        """What the sender is told of its samples, or of what kept them from being stored."""
        if isinstance(said, MemoryError):
            said = exhausted()
        if isinstance(said, bytes):
            answer = Answer(200, said, JSON)
        else:
            answer = self.refused(said, headers) if isinstance(said, Problem) else failure(said, headers)
        return self.readable(answer, headers) if "Origin" in headers else answer

    def refused(self, problem: Problem, headers: Mapping[str, str]) -> Answer:
        """The answer to a request that is not taken."""
        self.counts.refused(problem)
        number = request_id(headers)
        self.answers.refusals.note(problem.code, "/data", number)
        return told(problem, headers, number)

    def readable(self, answer: Answer, headers: Mapping[str, str]) -> Answer:
        """The answer, which the page that sent the request may read if it is one of the allowed."""
        shared = self.guard.shared(headers)
        return Answer(answer.status, answer.body, {**answer.headers, **shared}) if shared else answer

    def stored(self, headers: Mapping[str, str], body: Body, now: int, query: str) -> Said:
        """Store the samples; returns what is said of them."""
        if isinstance(body, Outcome):
            return self.ended(body)
        sender = self.guard.sender(headers)
        if isinstance(body, Problem):
            raise body
        request = numbered(headers)
        if request is None:
            return self.taken(headers, body, now, query, sender)
        content = fingerprint(body, headers.get("Content-Type", ""), query)
        plain = self.bus.known(request, content)
        if plain is not None:
            asked = Asked(now, self.limits, parameters(query))
            return self.repeated(headers, body, asked, request, plain=plain)
        return self.taken(headers, body, now, query, sender, request, content)

    def ended(self, body: Outcome) -> Said:
        """What is said of a long body, whose blocks are stored or on their way."""
        said = orjson.dumps(body.told | {"durability": self.bus.durability})
        return said if not body.pending else arrived(body, said)

    def repeated(
        self, headers: Mapping[str, str], body: bytes, asked: Asked, request: Numbered, *, plain: bool
    ) -> Said:
        """The same, and the samples are counted."""
        read = decoder(media_type(headers.get("Content-Type", "")), body, asked.query)
        if not self.turns.needs(read, len(body)):
            return self.again(request, self.read(read, body, asked), NAMES[read], plain=plain)

        async def counted() -> bytes:
            batch = await self.turns.read(read, body, asked)
            return self.again(request, batch, NAMES[read], plain=plain)

        return counted()

    def again(self, request: Numbered, batch: Sequence[Samples], kind: str, *, plain: bool) -> bytes:
        """What is said of a request that is stored already."""
        self.counts.repeated(kind, batch)
        n = request.n if request.counts else None
        return SUCCESS if plain else orjson.dumps(outcome(0, n, self.bus.durability, duplicate=True))

    def taken(
        self,
        headers: Mapping[str, str],
        body: bytes,
        now: int,
        query: str,
        sender: Sender,
        request: Numbered | None = None,
        content: bytes = b"",
    ) -> Said:
        """Store the samples of a request that is new, as far as is known."""
        asked = Asked(now, self.limits, parameters(query))
        read = decoder(media_type(headers.get("Content-Type", "")), body, asked.query)
        if self.turns.needs(read, len(body)):
            return self.in_turn(read, body, asked, sender, request, content)
        return self.kept(self.read(read, body, asked), read, body, asked, sender, request, content)

    async def in_turn(
        self,
        read: Decode,
        body: bytes,
        asked: Asked,
        sender: Sender,
        request: Numbered | None,
        content: bytes,
    ) -> bytes:
        """The same of a long body, which is read in steps; meanwhile the same may have been stored."""
        batch = await self.turns.read(read, body, asked)
        if request is not None and (plain := self.bus.known(request, content)) is not None:
            return self.again(request, batch, NAMES[read], plain=plain)
        said = self.kept(batch, read, body, asked, sender, request, content)
        return said if isinstance(said, bytes) else await said

    def kept(
        self,
        batch: list[Samples],
        read: Decode,
        body: bytes,
        asked: Asked,
        sender: Sender,
        request: Numbered | None,
        content: bytes,
    ) -> Said:
        """Store a batch; returns what is said of it."""
        self.check(batch, asked, sender, NAMES[read])
        mark = None if request is None else Mark(request, content, isinstance(batch, Point))
        done = self.put(batch, asked.now / 1e9, NAMES[read], len(body), mark)
        if isinstance(done, asyncio.Future):
            return self.awaited(done, batch, NAMES[read], mark)
        return self.said(done, batch, NAMES[read], mark)

    async def awaited(
        self, done: asyncio.Future[Done], batch: Sequence[Samples], kind: str, mark: Mark | None
    ) -> bytes:
        try:
            where = await done
        except ChannelLimit as limit:
            raise refusal(limit, kind) from None
        return self.said(where, batch, kind, mark)

    def said(self, done: Done, batch: Sequence[Samples], kind: str, mark: Mark | None) -> bytes:
        """What is said of a batch."""
        if done is None and mark is not None:
            return self.again(mark.request, batch, kind, plain=mark.plain)
        if isinstance(batch, Point):
            return SUCCESS
        n = mark.request.n if mark is not None and mark.request.counts else None
        return receipt(batch, done or [], n, self.bus.durability)

    def read(self, read: Decode, body: bytes, asked: Asked) -> list[Samples]:
        """The samples of a body."""
        try:
            return read(body, asked)
        except (Problem, MemoryError) as why:
            raise refusal(why, NAMES[read]) from None

    def check(self, batch: list[Samples], asked: Asked, sender: Sender, kind: str) -> None:
        """Change a batch as its query wishes, and have the sender's limits take note of it.

        Problem  invalid_sample, out_of_range, forbidden, rate_limited
        """
        try:
            if asked.query:
                heed(batch, asked, self.memory.records)
            if not sender.plain:
                names = {samples.channel for samples in batch}
                sender.write(names, len(names - self.memory.records.keys()), sum(map(len, batch)))
        except (Problem, MemoryError) as why:
            raise self.counts.lost(why, kind, batch) from None

    def play(self, batch: list[Samples], now: float) -> Done | asyncio.Future[Done]:
        """Hand samples of a recording to the bus, which no sender has sent."""
        return self.put(batch, now, REPLAY, 0)

    def put(
        self, batch: list[Samples], now: float, kind: str, size: int, mark: Mark | Series | None = None
    ) -> Done | asyncio.Future[Done]:
        """Hand a batch to the bus, and count it once it is known whether it is stored.

        kind     the name of its format
        size     bytes that it had
        Problem  overloaded, channel_limit, or whatever the bus says
        """
        began = time.perf_counter()
        try:
            if self.overload.level:
                names = {samples.channel for samples in batch}
                self.overload.check(names - self.memory.records.keys())
            done = self.bus.put(batch, now, mark)
        except (ChannelLimit, Problem, MemoryError) as why:
            raise self.counts.lost(why, kind, batch) from None
        if isinstance(done, asyncio.Future):
            done.add_done_callback(partial(self.counts.ended, kind, batch, size, began))
        else:
            self.counts.put(kind, batch, size, time.perf_counter() - began)
        self.counts.timed(batch, now)
        return done
