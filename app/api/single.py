"""GET /single: waits for the trigger of a screen, and answers with the sweep that it takes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import orjson

from app.api.export import Column
from app.api.screen import RETRY_AFTER, ScreenHandler, glass_of
from app.api.selection import bad
from app.api.window import column, size, source
from app.feed.feed import Feed
from app.problems import Problem
from app.scope.frame import Frame
from app.scope.scope import Scope
from app.scope.view import View

USUAL, LONGEST = 10.0, 60.0  # s
LOOK = 0.03  # s between two looks, at least
SHARE = 0.25  # of the loop's time that all who wait may take together
WAITING = 16  # readers
MOST = 1_000_000  # samples in an answer; of more, the points that are drawn


class Waiting:
    """How many readers wait."""

    def __init__(self) -> None:
        self.n = 0


def routes(feed: Feed, ending: Callable[[], bool] = bool) -> list[Any]:
    """The paths of this module, for the web server.

    ending  whether the process ends, and nobody can wait any more
    """
    given = {"feed": feed, "waiting": Waiting(), "ending": ending}
    return [(r"/single", SingleHandler, given)]


class SingleHandler(ScreenHandler):
    """One sweep: the first event from the request on, and the samples around it."""

    own = ("timeout",)

    def initialize(  # type: ignore[override]
        self, feed: Feed, waiting: Waiting, ending: Callable[[], bool]
    ) -> None:
        super().initialize(feed)
        self.waiting, self.ending = waiting, ending
        self.gone = False

    def on_connection_close(self) -> None:
        self.gone = True
        super().on_connection_close()

    async def get(self) -> None:
        seconds, scope = timeout(self.query().get("timeout", "")), await self.panel()
        if self.waiting.n >= WAITING:
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise Problem("overloaded", f"{WAITING} readers wait for a trigger already", headers=headers)
        self.waiting.n += 1
        try:
            taken = await self.sweep(scope, seconds)
        finally:
            self.waiting.n -= 1
        self.set_header("Cache-Control", "no-store")
        if taken is None:
            self.clear_header("Content-Type")
            self.set_status(204)
            return
        await self.give(*taken)

    async def sweep(self, scope: Scope, seconds: float) -> tuple[View, Frame] | None:
        """The screen with the first event from now on; None: none came in time, or nobody waits any more.

        Problem  draining
        """
        scope.arm(self.feed.memory)
        end, seen = time.monotonic() + seconds, -1
        while not self.gone:
            began = time.monotonic()
            if self.feed.memory.version != seen:
                seen = self.feed.memory.version
                if (taken := self.look(scope)) is not None:
                    return taken
            if self.ending():
                raise Problem("draining", "this process ends; ask again", headers={"Retry-After": "1"})
            now = time.monotonic()
            if now >= end:
                return None
            await asyncio.sleep(min(end - now, max(LOOK, (now - began) * self.waiting.n / SHARE)))
        return None

    def look(self, scope: Scope) -> tuple[View, Frame] | None:
        """The screen, if it has taken its sweep."""
        self.feed.memory.advance(self.feed.plain(scope.view()), self.feed.clock())
        view, glass = glass_of(self.feed, scope)
        if view.sweep.single is None:  # there was no channel yet
            scope.arm(self.feed.memory)
            return None
        return (view, glass) if glass.lamp == "STOP" else None

    async def give(self, view: View, glass: Frame) -> None:
        memory = self.feed.memory
        sources = {trace: source(memory, glass, trace) for trace in glass.traces.values()}
        full = sum(size(trace, record) for trace, record in sources.items()) <= MOST
        columns = [await column(memory, trace, record if full else None) for trace, record in sources.items()]
        hit = {"source": glass.trigger.source, "x": glass.trigger.x}
        head = {"trigger": hit, "rate": "full" if full else "drawn", "query": view.query()}
        self.write(orjson.dumps(head)[:-1] + b',"channels":{')
        for n, each in enumerate(columns):
            self.write((b"," if n else b"") + orjson.dumps(each.name) + b":" + told(each))
            await asyncio.sleep(0)
        self.finish(b"}}")


def told(each: Column) -> bytes:
    said = {"unit": each.unit, "x_unit": each.x_unit, "x": each.x, "y": each.y}
    return orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY)


def timeout(text: str) -> float:
    """
    Problem  bad_parameter
    """
    try:
        seconds = float(text or USUAL)
    except ValueError:
        seconds = math.nan
    if 0 <= seconds <= LONGEST:
        return seconds
    raise bad(
        f"timeout is not a number of seconds from 0 to {LONGEST:g}", f"send timeout={USUAL:g}", "timeout"
    )
