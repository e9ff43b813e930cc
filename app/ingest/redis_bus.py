"""The way to the memory by a stream in Redis, which several processes share.

A batch is written into the stream, and acknowledged when Redis has it. Every process reads the stream into
its own memory: the one that has written a batch gets it the same way, and in the same place, as all others.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson
from prometheus_client.core import Metric

from app.figures import Values, counted, gauge
from app.ingest.bus import Done, Mark, Series
from app.ingest.redis_link import DOWN, VOLATILE, later
from app.ingest.redis_memory import Change, SharedMemory, unavailable
from app.ingest.redis_tail import Tail
from app.ingest.redis_writer import Part, Writer, Written
from app.ingest.sequences import Numbered, Sequences, conflict
from app.memory.memory import SAMPLE, ChannelLimit
from app.memory.packing import packed
from app.memory.record import Placed
from app.memory.samples import Samples
from app.problems import Problem
from app.texts import Store

SEEN = 1.0  # s that an answer waits at most until its batch is in the memory of this process, too
EVERY = 0.2  # s between two looks at how things are
SOURCE = 12  # bytes by which a sender is known
REFUSED = "Redis does not take samples: "


@dataclass(slots=True, eq=False)
class Answer:
    """A batch that is stored, and is awaited in memory until a moment has passed."""

    written: Written
    late: float
    done: asyncio.Future[Done]


class RedisBus:
    """
    sequences  counts what numbers are missing
    notices    what all who look have to know
    coming     new channels on their way into memory, with how many batches that have them
    """

    def __init__(
        self, place: Store, memory: SharedMemory, sequences: Sequences, notices: MutableMapping[str, str]
    ) -> None:
        self.memory, self.sequences, self.notices = memory, sequences, notices
        self.tail = Tail(place, memory, self.arrived)
        self.writer = Writer(place, lambda: self.tail.at, self.keep)
        self.answers: deque[Answer] = deque()
        self.coming: Counter[str] = Counter()
        memory.telling = self.tell

    @property
    def durability(self) -> str:
        return "stream" if self.writer.durable else "memory"

    def ready(self) -> bool:
        """Whether samples are taken, and what there was at the start is in memory."""
        return self.writer.up and not self.writer.refused and self.tail.up and self.tail.refilled

    def keep(self) -> int:
        """How many samples the stream is to hold: as many as memory can.

        A process that has not read all of it yet does not know how many channels there are, and cuts nothing
        off that might be theirs.
        """
        memory = self.memory
        channels = len(memory.records) if self.tail.refilled else memory.max_channels
        most = memory.points * max(1, channels)
        return max(memory.points, min(most, memory.budget // SAMPLE))

    async def run(self) -> None:
        """Read, write and look how things are, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.tail.run())
            tasks.create_task(self.writer.run())
            tasks.create_task(self.watch())

    async def watch(self) -> None:
        while True:
            self.note()
            self.arrived()
            await asyncio.sleep(EVERY)

    def note(self) -> None:
        """Have all who look know what is wrong."""
        said = ""
        if self.writer.failing or self.tail.failing:
            said = DOWN
        elif self.writer.refused:
            said = REFUSED + self.writer.refused
        elif self.writer.up and not self.writer.durable:
            said = VOLATILE
        if said:
            self.notices["store"] = said
        else:
            self.notices.pop("store", None)

    # storing

    def known(self, request: Numbered, content: bytes) -> bool | None:  # noqa: ARG002 - Redis knows
        return None

    def put(
        self, batch: Sequence[Samples], now: float, mark: Mark | Series | None = None
    ) -> asyncio.Future[Done]:
        new = self.admitted(batch)
        data = b"".join(packed(batch, now, None, b""))
        words = (*known_by(mark), b"%d" % sum(map(len, batch)), data)
        part = self.part((b"b", *words))
        if isinstance(mark, Mark):
            part.conflict = conflict(mark.request)
        else:
            part.series = mark
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        part.done.add_done_callback(partial(self.written, done))
        self.writer.take(part)
        if new:
            self.coming.update(new)
            done.add_done_callback(partial(self.came, new))
        return done

    def part(self, words: tuple[bytes, ...]) -> Part:
        return Part(words, asyncio.get_running_loop().create_future(), time.monotonic())

    def admitted(self, batch: Sequence[Samples]) -> set[str]:
        """The new channels of a batch.

        ChannelLimit  it would make a channel too many
        """
        records = self.memory.records
        new = {samples.channel for samples in batch if samples.channel not in records}
        if new and len(records.keys() | self.coming.keys() | new) > self.memory.max_channels:
            raise ChannelLimit(self.memory.max_channels)
        return new

    def came(self, new: set[str], _done: asyncio.Future[Done]) -> None:
        """A batch with new channels is in memory, or it is not stored."""
        self.coming -= Counter(new)

    def written(self, done: asyncio.Future[Done], part: asyncio.Future[Written | None]) -> None:
        """A batch is in the stream, or it is not: its sender is told, as soon as it can be read here."""
        error = part.exception()
        if done.done():  # its sender has gone
            return
        if error is not None:
            done.set_exception(error)
            return
        told = part.result()
        if told is None:
            done.set_result(None)
            return
        self.sequences.gaps += told.missing > 0
        self.sequences.late += told.missing < 0
        self.answers.append(Answer(told, time.monotonic() + SEEN, done))
        self.arrived()

    def arrived(self) -> None:
        """Answer those whose batches are in memory by now, or who have waited long enough for that."""
        while self.answers and (found := self.placed(self.answers[0])) is not None:
            done = self.answers.popleft().done
            if done.done():
                continue
            if isinstance(found, Problem):
                done.set_exception(found)
            else:
                done.set_result(found)

    def placed(self, answer: Answer) -> list[Placed] | Problem | None:
        """Where a batch is in memory; a problem if it may be nowhere; None: that is not known yet."""
        tail, (id, epoch, place, _) = self.tail, answer.written
        landed = tail.landed.get(id)
        if landed is not None:
            return landed[place]
        if not tail.up:
            return unavailable("Redis does not answer any more")
        if not tail.refilled:
            return []
        if later(id, tail.at) and time.monotonic() < answer.late:
            return None
        return [] if epoch == tail.epoch else unavailable("Redis has forgotten it")

    # saying

    def tell(self, change: Change, known: dict[str, Any]) -> asyncio.Future[Any] | None:
        """Bring what is said of a channel to all; None: there is no way to them at present."""
        if not self.tail.up:
            return None
        content = orjson.dumps(known) if known else b""
        part = self.part((b"c", change[1].encode(), b"", b"0", content, b"0", orjson.dumps(change)))
        try:
            self.writer.take(part)
        except Problem:
            return None
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        part.done.add_done_callback(partial(self.written, done))
        return done

    # figures

    def collect(self) -> Iterable[Metric]:
        yield gauge("osc_tail_lag_seconds", "how far the memory is behind the stream", self.tail.lag)
        missed: Values = {(): self.tail.missed}
        yield counted("osc_tail_gap_samples", "samples trimmed away before they were read", (), missed)
        again: Values = {(): max(0, self.tail.began - 1) + max(0, self.writer.began - 1)}
        yield counted("osc_redis_reconnects", "connections to Redis made anew", (), again)


def known_by(mark: Mark | Series | None) -> tuple[bytes, bytes, bytes, bytes]:
    """Source, number, whether numbers may be missing, and content, as redis_append.lua wants them."""
    if not isinstance(mark, Mark):
        return b"", b"", b"0", b""
    request = mark.request
    source = blake2b(orjson.dumps(request.name), digest_size=SOURCE).hexdigest().encode()
    return source, b"%020d" % request.n, b"%d" % request.counts, mark.content + bytes((mark.plain,))
