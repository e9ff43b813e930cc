"""GET /triggers: where the trigger of a screen fires in all that is retained of its channel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import orjson

from app.api.screen import RETRY_AFTER, Desk, ScreenHandler
from app.api.selection import bad
from app.dsp.finder import Events, Finder
from app.dsp.trigger import Trigger
from app.feed.feed import Feed
from app.memory.record import Record
from app.memory.samples import Float64s
from app.memory.segments import Segment
from app.problems import Problem
from app.scope.frame import Ints
from app.scope.sweep import leading
from app.scope.view import View, shown

MOST = 100_000  # events in an answer, the newest
BLOCK = 65_536  # samples looked through between two turns of the event loop
WRITTEN = 4096  # events written between two turns
LOOKED_AT_ONCE, WAITING = 1, 16  # records

Part = tuple[Ints, Float64s]  # sample numbers, and absolute x
NONE: Part = (np.empty(0, np.int64), np.empty(0))


class Queue:
    """Those who have a record looked through, one after another."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(LOOKED_AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Problem  overloaded: too many wait already
        """
        if self._waiting >= WAITING:
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise Problem("overloaded", "many searches are under way; try a little later", headers=headers)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1


def routes(feed: Feed) -> list[Any]:
    """The paths of this module, for the web server."""
    return [(r"/triggers", TriggersHandler, {"feed": feed, "desk": Desk(), "queue": Queue()})]


class TriggersHandler(ScreenHandler):
    """The events, oldest first; `limit` of them at most, the newest."""

    own = ("limit",)

    def initialize(self, feed: Feed, desk: Desk, queue: Queue) -> None:  # type: ignore[override]
        super().initialize(feed, desk)
        self.queue = queue

    async def get(self) -> None:
        limit = limit_of(self.query())
        view = self.feed.plain(self.scope().view())
        record = source(self.feed, view)
        found, total = NONE, 0
        if record is not None and (trigger := fitted(self.feed, record, view)) is not None:
            async with self.queue.turn():
                found, total = await events(record, trigger, view.sweep.trigger.holdoff, limit)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Total-Count", str(total))
        await self.give(*found)

    async def give(self, numbers: Ints, x: Float64s) -> None:
        """Write events."""
        self.write(b"[")
        for at in range(0, len(numbers), WRITTEN):
            part = zip(numbers[at : at + WRITTEN].tolist(), x[at : at + WRITTEN].tolist(), strict=True)
            text = orjson.dumps([{"n": n, "x": each} for n, each in part])[1:-1]
            self.write(text if at == 0 else b"," + text)
            await asyncio.sleep(0)
        self.finish(b"]")


def limit_of(query: dict[str, str]) -> int:
    """
    Problem  bad_parameter
    """
    text = query.get("limit", str(MOST))
    if text.isascii() and text.isdigit() and len(text) <= 8 and 1 <= int(text) <= MOST:
        return int(text)
    raise bad(f"limit is not a whole number from 1 to {MOST}", "send limit=1000", "limit")


def source(feed: Feed, view: View) -> Record | None:
    """The channel that triggers a view: the one that is named, or the lowest that still receives."""
    named = feed.memory.records.get(view.sweep.trigger.source)
    if named is not None and named.total > named.first:
        return named
    on = [r for r in shown(view, feed.memory).values() if not r.figure and r.total > r.first]
    return leading(on) if on else None


def fitted(feed: Feed, record: Record, view: View) -> Trigger | None:
    """The trigger with its levels as they are now; None: there is nothing to trigger on."""
    search = feed.searches.of(record, view.sweep.trigger)
    search.look()
    return search.trigger


async def events(record: Record, trigger: Trigger, holdoff: float, limit: int) -> tuple[Part, int]:
    """The newest events of all that a record retains now, and how many there are in all.

    What leaves the record meanwhile is not looked at.
    """
    kept: deque[Part] = deque()
    total = held = 0
    for numbers, x in looked_through(record, trigger, holdoff):
        if len(numbers):
            kept.append((numbers, x))
            total, held = total + len(numbers), held + len(numbers)
        while kept and held - len(kept[0][0]) >= limit:
            held -= len(kept.popleft()[0])
        await asyncio.sleep(0)
    if not kept:
        return NONE, 0
    numbers, x = (np.concatenate(columns)[-limit:] for columns in zip(*kept, strict=True))
    return (numbers, x), total


def looked_through(record: Record, trigger: Trigger, holdoff: float) -> Iterator[Part]:
    """The events of one block after another, oldest first; between two of them samples may come in."""
    finder, stop = Finder(trigger, holdoff), record.total
    own: Segment | None = None
    at = record.first
    while at < stop:
        if own is None or at >= own.stop or at < record.first:
            at = max(at, record.first)
            own = record.segment(at)
            finder.restart()
        end = min(at + BLOCK, own.stop, stop)
        if not own.figure:
            yield block(record, own, finder, at, end)
            if end in (own.stop, stop):
                yield part(finder.pending, own)
        at = end


def block(record: Record, own: Segment, finder: Finder, at: int, end: int) -> Part:
    """The events that are found in samples [at, end) of a segment."""
    breaks = record.gap_starts(at, end) - at
    return part(finder.feed(at, record.offsets(at, end), record.y(at, end), breaks), own)


def part(found: Events, own: Segment) -> Part:
    return found.numbers, own.x0 + found.x
