"""GET /triggers: where the trigger of a screen fires in all that is retained of its channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from app.api.screen import RETRY_AFTER, ScreenHandler
from app.api.selection import bad, number
from app.dsp.trigger import Trigger
from app.feed.feed import Feed
from app.memory.record import Record
from app.memory.samples import Origin
from app.problems import Problem
from app.scope.log import Log, Logs, Page
from app.scope.sweep import leading
from app.scope.view import View, shown

MOST = 100_000  # events in an answer, the newest
WRITTEN = 2048  # events written between two turns of the event loop
LOOKED_AT_ONCE, WAITING = 1, 16  # records


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
    shared = {"feed": feed, "queue": Queue(), "logs": Logs()}
    return [(r"/triggers", TriggersHandler, shared)]


class TriggersHandler(ScreenHandler):
    """The events, oldest first; `limit` of them at most: the newest, or those next to a sample."""

    own = ("limit", "before", "after")

    def initialize(self, feed: Feed, queue: Queue, logs: Logs) -> None:  # type: ignore[override]
        super().initialize(feed)
        self.queue = queue
        self.logs = logs

    async def get(self) -> None:
        query = self.query()
        limit, before, after = limit_of(query), sample_of(query, "before"), sample_of(query, "after")
        view = self.feed.plain((await self.panel()).view())
        record = source(self.feed, view)
        page, total = None, 0
        if record is not None and (trigger := fitted(self.feed, record, view)) is not None:
            log = self.logs.of(record, trigger, view.sweep.trigger.holdoff)
            async with self.queue.turn():
                await up_to_date(log, record.total)
            page, total = log.page(limit, before, after)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Total-Count", str(total))
        await self.give(record, page)

    async def give(self, record: Record | None, page: Page | None) -> None:
        """Write events."""
        self.write(b"[")
        if record is not None and page is not None:
            ago = Ago(record)
            for start in range(0, len(page), WRITTEN):
                told = [event(page, ago, i) for i in range(start, min(start + WRITTEN, len(page)))]
                text = orjson.dumps(told)[1:-1]
                self.write(text if start == 0 else b"," + text)
                await asyncio.sleep(0)
        self.finish(b"]")


class Ago:
    """How long before the newest sample something was, in x."""

    def __init__(self, record: Record) -> None:
        own = record.segment()
        self.start, self.clock = own.start, own.origin is Origin.CLOCK
        self.base = own.x0
        self.newest = float(record.offsets(record.total - 1, record.total)[0])

    def of(self, n: int, base: float, x: float) -> float | None:
        """None: it was before x began afresh."""
        if n < self.start and not self.clock:
            return None
        return self.base - base + (self.newest - x)


def event(page: Page, ago: Ago, i: int) -> dict[str, object]:
    """One event; `hit` is the link parameter that shows it."""
    n, base, x = int(page.numbers[i]), float(page.base[i]), float(page.x[i])
    place = page.place(i).told()
    return {"n": n, "x": base + x, "number": page.first + i, "ago": ago.of(n, base, x), "hit": place}


async def up_to_date(log: Log, total: int) -> None:
    """Look through what a record holds now, or what is new in it; in between, others have the loop."""
    while log.seen < total and log.step():
        await asyncio.sleep(0)


def sample_of(query: dict[str, str], name: str) -> int | None:
    """
    Problem  bad_parameter
    """
    return number(query, name, 0) if name in query else None


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
