"""The tail of the stream: what any process has put into it comes into the memory of this one, in order."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import orjson

from app.ingest.redis_link import (
    FACTS,
    START,
    STREAM,
    TOTALS,
    asked,
    connection,
    hang_up,
    later,
    numbers,
    pause,
    told,
)
from app.ingest.redis_memory import SharedMemory
from app.memory.packing import Unreadable, unpacked
from app.memory.record import Placed
from app.texts import Store

BLOCK = 0.4  # s that Redis waits for an entry
PATIENCE = 1.5  # s for its answer
LOOK = 0.5  # s between two looks at the stream as a whole
AT_ONCE, MOST_ENTRIES = 4 << 20, 256  # bytes and entries read at once
SMALLER = 0.7  # by which an entry is expected to be smaller than a large one before it
HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9]{1,16}) ([0-9]{1,16})")
TURN = 0.005  # s before others have the loop
KEPT = 1024  # entries of which it is remembered where their batches landed
STEP_BACK = 5.0  # s by which the clocks of processes may differ
Landed = list[list[Placed]]

log = logging.getLogger(__name__)


class Tail:
    """Reads the stream for as long as the process lives.

    at        id of the newest entry that is in memory
    epoch     of that entry; None: there was none yet
    total     samples before the next entry; None: whatever it says
    goal      id of the newest entry of the stream when last looked, and samples up to it
    up        whether Redis answers
    failing   whether it did not, when last tried
    refilled  whether everything that was in the stream at the start is in memory
    missed    samples that had been trimmed away before they were read
    began     how often the connection was made
    landed    where the batches of the newest entries are in memory
    """

    def __init__(
        self, place: Store, memory: SharedMemory, arrived: Callable[[], None] = lambda: None
    ) -> None:
        self.memory, self.arrived = memory, arrived
        self.client = connection(place)
        self.at, self.goal = START, (START, 0)
        self.epoch: bytes | None = None
        self.total: int | None = None
        self.up = self.refilled = False
        self.missed = self.began = 0
        self.seen: set[bytes] = set()  # epochs
        self.landed: OrderedDict[bytes, Landed] = OrderedDict()
        self._heard = self._looked = time.monotonic()
        self._size, self._now = float(AT_ONCE), 0.0
        self._strange = self.failing = False

    @property
    def lag(self) -> float:
        """s that the memory is behind the stream, as far as is known."""
        if not self.up:
            return time.monotonic() - self._heard
        behind = numbers(self.goal[0])[0] - numbers(self.at)[0]
        return behind / 1000 if later(self.goal[0], self.at) else 0.0

    async def run(self) -> None:
        """Follow the stream; when Redis cannot be reached, try again."""
        while True:
            try:
                await self.follow()
            except Exception as error:
                if not self.failing:
                    told(log, "the stream cannot be read", error)
                self.up, self.failing = False, True
                self.arrived()
            await hang_up(self.client)
            await asyncio.sleep(pause())

    async def follow(self) -> None:
        await self.look()
        self.began += 1
        self.up, self.failing = True, False
        while True:
            if not self.refilled and not later(self.goal[0], self.at):
                await self.refill_ends()
            entries = await self.read()
            self._heard = time.monotonic()
            await self.take(entries)
            if not entries and later(self.goal[0], self.at):
                await self.miss()
            if time.monotonic() - self._looked >= LOOK:
                await self.look()

    async def read(self) -> list[Any]:
        """The next entries, or none for a moment."""
        count = int(min(max(AT_ONCE / self._size, 1), MOST_ENTRIES))
        command = ("XREAD", "COUNT", count, "BLOCK", int(BLOCK * 1000), "STREAMS", STREAM, self.at)
        found = await asked(self.client, *command, seconds=PATIENCE)
        return found[0][1] if found else []

    async def look(self) -> None:
        """Look whether the stream is still the one that was read: it may be empty, or older, or another."""
        found = await asked(self.client, "HMGET", TOTALS, "epoch", "samples", "id")
        self._looked = time.monotonic()
        epoch, samples, id = found[0] or b"", int(found[1] or 0), found[2] or START
        self.goal = id, samples
        if self.epoch is None or (epoch == self.epoch and not later(self.at, id)):
            return
        if epoch in self.seen:  # it has gone back to where it was before
            self.memory.gap()
            self.at, self.epoch, self.total = id, epoch, samples
        else:
            self.renew(epoch)

    def renew(self, epoch: bytes) -> None:
        """Read a stream that has begun anew, or has gone back, from its start; what was read before stays."""
        self.memory.gap()
        self.at, self.epoch, self.total = START, epoch, None
        self.seen.add(epoch)

    async def miss(self) -> None:
        """What was still to be read is not there any more: trimmed away, or with the whole stream."""
        before = self.goal
        await self.look()
        if self.goal == before and later(self.goal[0], self.at):
            self.at, samples = self.goal
            self.count(samples, 0)

    async def refill_ends(self) -> None:
        """What was said of channels whose entries have been trimmed away is known, too."""
        said = await asked(self.client, "HGETALL", FACTS)
        for name, facts in said.items():
            self.memory.heed(("say", name.decode(), orjson.loads(facts)))
        self.refilled = True
        self.arrived()

    async def take(self, entries: list[Any]) -> None:
        """Take entries into memory; now and then others have the loop."""
        late = time.perf_counter() + TURN
        for id, fields in entries:
            if not self.enter(id, fields):
                return
            self._size = max(sum(map(len, fields)), SMALLER * self._size)
            if time.perf_counter() > late:
                self.arrived()
                await asyncio.sleep(0)
                late = time.perf_counter() + TURN
        if entries:
            self.arrived()

    def enter(self, id: bytes, fields: list[bytes]) -> bool:
        """Take an entry into memory. False: it is of a stream that has to be read from its start."""
        head = heading(fields)
        if head is None:
            self.wonder(id)
            self.at = id
            return True
        epoch, before, own = head
        if epoch not in self.seen:
            self.renew(epoch)
            if self.refilled:
                return False
        self.at = id
        if epoch == self.epoch:  # others were read before the stream went back
            self.count(before, own)
            parts = zip(fields[2::2], fields[3::2], strict=True)
            self.landed[id] = [self.enter_part(*part) for part in parts]
            if len(self.landed) > KEPT:
                self.landed.popitem(last=False)
        return True

    def count(self, before: int, own: int) -> None:
        """Note how many samples there were before this entry, and whether some were missed."""
        if self.total is not None and before != self.total:
            self.missed += max(0, before - self.total)
            self.memory.gap()
        self.total = before + own

    def enter_part(self, name: bytes, data: bytes) -> list[Placed]:
        """Take a part of an entry into memory; one that cannot be taken must not keep back what follows."""
        try:
            if name == b"c":
                what, channel, facts = orjson.loads(data)
                self.memory.heed((what, channel, facts))
                return []
            entry = unpacked(data)
            missing = int(name[1:]) if len(name) > 1 else None
            return self.memory.append(entry.batch, self.moment(entry.now), missing)
        except (Unreadable, ValueError, TypeError):
            return self.wonder(name)
        except Exception:
            log.exception("a batch in the stream failed")
            return []

    def moment(self, now: float) -> float:
        """When a batch was received: by clocks of several processes, which may differ, but not back."""
        self._now = now if now < self._now - STEP_BACK else max(now, self._now)
        return self._now

    def wonder(self, what: bytes) -> list[Placed]:
        """Somebody else writes into the stream."""
        if not self._strange:
            self._strange = True
            log.warning("Redis: an entry is not of this app, and is passed over: %r", what[:32])
        return []


def heading(fields: list[bytes]) -> tuple[bytes, int, int] | None:
    """Epoch of an entry, samples before it and in it; None: it is not one of ours."""
    found = HEAD.fullmatch(fields[1]) if len(fields) > 1 and fields[0] == b"h" else None
    return (found[1], int(found[2]), int(found[3])) if found is not None else None
