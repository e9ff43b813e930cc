"""What goes into the stream: batches from their senders, those that come together as one entry."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

from app.ingest.bus import Series
from app.ingest.redis_link import (
    CALLED,
    SCRIPT,
    STREAM,
    asked,
    connection,
    hang_up,
    keeps,
    pause,
    told,
    within,
)
from app.ingest.redis_memory import unavailable
from app.ingest.sequences import KEPT, SECONDS, SENDERS
from app.problems import Problem
from app.texts import Store

SHARED = 0.005  # s in which batches of several senders are gathered
SMALL, SMALL_TOGETHER = 1 << 16, 1 << 18  # bytes of a batch that shares an entry, and of all in it
MOST_SHARING = 256  # batches in an entry
MOST_WAITING, MOST_BYTES = 20_000, 64 << 20  # batches and bytes that wait
FLIGHT = 16 << 20  # bytes under way at once, at least one batch
PATIENCE = 1.7  # s after which a sender hears that its batch is not stored, as far as is known
IDLE, AOF = 0.5, 10.0  # s between two pings, and two questions for the append-only file
SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
STORED, KNOWN = 0, 1
NOT_TAKEN = "Redis does not take it"

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """Where a batch is in the stream.

    id, epoch  of its entry
    place      in it
    missing    numbers before it
    """

    id: bytes
    epoch: bytes
    place: int
    missing: int


@dataclass(slots=True, eq=False)
class Part:
    """A batch, or what is said of a channel, on its way into the stream; see redis_append.lua.

    done      how it ended; None: it was stored before
    conflict  what its sender hears if its number was used for another content
    series    of which it is a block
    """

    words: tuple[bytes, ...]
    done: asyncio.Future[Written | None]
    since: float
    conflict: Problem | None = None
    series: Series | None = None

    @property
    def size(self) -> int:
        return len(self.words[-1])

    def end(self, what: Written | Problem | None) -> None:
        if self.done.done():
            return
        if isinstance(what, Problem):
            if self.series is not None:
                self.series.broken = True
            self.done.set_exception(what)
        else:
            self.done.set_result(what)


class Writer:
    """Writes for as long as the process lives.

    newest   gives the id of the newest entry that this process has seen
    keep     gives how many samples the stream is to hold
    up       whether Redis takes what is written
    failing  whether it did not, when last tried
    refused  why it does not take what is written, though it is there
    passing  whether a write of nothing tells when it does again
    durable  whether it keeps it when it ends
    began    how often the connection was made
    """

    def __init__(self, place: Store, newest: Callable[[], bytes], keep: Callable[[], int]) -> None:
        self.newest, self.keep = newest, keep
        self.client = connection(place)
        self.up = self.durable = False
        self.began = 0
        self.refused, self.passing = "", False
        self.waiting: deque[Part] = deque()
        self.bytes = 0
        self._coming: asyncio.Future[None] | None = None
        self._together = 1  # batches in the last entry
        self.failing = False
        self._asked = self._probed = float("-inf")

    def take(self, part: Part) -> None:
        """Have a part written.

        Problem  store_unavailable
        """
        if not self.up or len(self.waiting) >= MOST_WAITING or self.bytes + part.size > MOST_BYTES:
            raise unavailable("Redis is too slow" if self.up else "Redis does not answer")
        self.waiting.append(part)
        self.bytes += part.size
        done(self._coming)

    async def run(self) -> None:
        """Write what there is to write; when Redis cannot be reached, try again."""
        while True:
            try:
                await self.open()
                while True:
                    await self.turn()
            except Exception as error:
                if not self.failing:
                    told(log, "nothing can be stored", error)
                self.up, self.failing = False, True
            finally:
                self.give_up(self.drained())
            await hang_up(self.client)
            await asyncio.sleep(pause())

    async def open(self) -> None:
        await asked(self.client, "PING")
        await self.ask()
        self.began += 1
        self.up, self.failing = True, False

    async def ask(self) -> None:
        """Ask whether Redis keeps what it is given."""
        self.durable = await keeps(self.client)
        self._asked = time.monotonic()

    async def turn(self) -> None:
        """Write what waits, or see whether Redis is still there."""
        if self.refused and self.passing and time.monotonic() - self._probed > IDLE:
            await self.probe()
        if not self.waiting and not await self.come(IDLE):
            await asked(self.client, "PING")
            if time.monotonic() - self._asked > AOF:
                await self.ask()
            return
        if self._together > 1:
            await self.gather()
        entries = self.entries()
        try:
            if entries:
                await self.write(entries)
        finally:
            self.give_up(part for entry in entries for part in entry)

    async def probe(self) -> None:
        """See by a write that changes nothing whether Redis takes samples again: none may come before."""
        self._probed = time.monotonic()
        try:
            await asked(self.client, "RPUSHX", STREAM + ":nothing", "")
            self.refused = ""
        except ReadOnlyError:  # it may have been the master, and its address lead to the new one by now
            await hang_up(self.client)
        except ResponseError:
            pass

    async def come(self, seconds: float) -> bool:
        """Wait for the next batch; whether it comes within so many seconds."""
        coming = self._coming = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(seconds, done, coming)
        try:
            await coming
        finally:
            timer.cancel()
        return bool(self.waiting)

    async def gather(self) -> None:
        """Wait a moment for others to come, as they did the last time."""
        late = time.monotonic() + SHARED
        while len(self.waiting) < self._together and (left := late - time.monotonic()) > 0:
            await self.come(left)

    def entries(self) -> list[list[Part]]:
        """What is to be written now, in order.

        What would be the second entry with blocks of one body waits until the first is stored, or is not.
        """
        entries: list[list[Part]] = []
        begun: set[Series | None] = set()
        room, small = FLIGHT, 0
        while self.waiting and (room > 0 or not entries):
            part, last = self.waiting[0], entries[-1] if entries else []
            small += part.size
            opens = not last or small > SMALL_TOGETHER or part.size > SMALL or len(last) >= MOST_SHARING
            if opens:
                begun.update(other.series for other in last if other.series is not None)
            if part.series in begun:
                break
            self.waiting.popleft()
            room -= part.size
            if part.series is not None and part.series.broken:
                part.end(unavailable(NOT_TAKEN))
                continue
            if opens:
                entries.append([])
                small = part.size
            entries[-1].append(part)
        self.bytes -= FLIGHT - room
        self._together = len(entries[-1]) if entries else 1
        return entries

    async def write(self, entries: list[list[Part]]) -> None:
        """Write entries, each all or nothing."""
        oldest = min(entry[0].since for entry in entries)
        left = min(max(oldest + PATIENCE - time.monotonic(), SHARED), CALLED)
        replies = await within(left, self.call(entries))
        for entry, reply in zip(entries, replies, strict=True):
            self.settle(entry, reply)

    async def call(self, entries: list[list[Part]]) -> list[Any]:
        replies = await self.run_script(entries, "EVALSHA", SHA)
        left = [n for n, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if left:  # not always all: another process may have brought the script meanwhile
            again = await self.run_script([entries[n] for n in left], "EVAL", SCRIPT)
            for n, reply in zip(left, again, strict=True):
                replies[n] = reply
        return replies

    async def run_script(self, entries: list[list[Part]], *script: str) -> list[Any]:
        head = (
            secrets.token_hex(4), self.newest(), self.keep(), KEPT, SENDERS, int(SECONDS)
        )  # fmt: skip
        async with self.client.pipeline(transaction=False) as pipeline:
            for entry in entries:
                words = (word for part in entry for word in part.words)
                pipeline.execute_command(*script, 1, STREAM, *head, *words)
            return await pipeline.execute(raise_on_error=False)

    def settle(self, entry: list[Part], reply: Any) -> None:
        """Tell the senders of an entry how it ended."""
        if isinstance(reply, Exception):
            self.refuse(entry, reply)
            return
        self.refused = ""
        id, epoch, place = reply[0], reply[1], 0
        for part, how, value in zip(entry, reply[2::2], reply[3::2], strict=True):
            if how == STORED:
                part.end(Written(id, epoch, place, int(value)))
                place += 1
            else:
                part.end(None if how == KNOWN else part.conflict)

    def refuse(self, entry: list[Part], error: Exception) -> None:
        """Redis is there, but does not take it: it is full, or a replica, or this user may not."""
        if not isinstance(error, ResponseError):
            raise error
        if not self.refused:
            log.warning("Redis: it does not take samples: %s", error)
        self.refused = str(error).partition(".")[0][:100]
        full = isinstance(error, OutOfMemoryError | ReadOnlyError)
        self.passing = full or any(word in str(error) for word in ("OOM", "READONLY", "MISCONF"))
        for part in entry:
            part.end(unavailable(NOT_TAKEN))

    def drained(self) -> list[Part]:
        """All that wait, which do so no longer."""
        waiting, self.bytes = list(self.waiting), 0
        self.waiting.clear()
        return waiting

    def give_up(self, parts: Iterable[Part]) -> None:
        """Whatever has no answer by now may or may not be stored."""
        for part in parts:
            part.end(unavailable("Redis does not answer"))


def done(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
