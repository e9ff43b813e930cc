"""GET /measurements: the readings of a screen, asked for with the parameters of its page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson

from app.api.screen import ScreenHandler, glass_of
from app.feed.feed import Feed
from app.memory.memory import Records
from app.problems import Problem, shown
from app.scope.frame import Frame
from app.scope.measuring import Item, Taken, Waves, of_one
from app.scope.view import View

Told = dict[str, dict[str, object]]


def routes(feed: Feed) -> list[Any]:
    """The paths of this module, for the web server."""
    return [(r"/measurements", MeasurementsHandler, {"feed": feed})]


class MeasurementsHandler(ScreenHandler):
    """What `m` names, or all measurements of one channel for every channel on the screen."""

    async def get(self) -> None:
        scope = await self.panel()
        view, glass = glass_of(self.feed, scope)
        for item in map(Item.of, view.measure):
            known(item, self.feed)
        found: dict[str, Told] = {}
        for taken in taken_of(glass, view, self.feed.memory):
            name = ":".join(part for part in (taken.item.name, taken.item.other) if part)
            found.setdefault(taken.item.channel, {})[name] = told(taken)
            await asyncio.sleep(0)
        self.set_header("Cache-Control", "no-store")
        self.finish(orjson.dumps(found))


def known(item: Item, feed: Feed) -> None:
    """
    Problem  unknown_channel, bad_parameter: there is nothing of a derived one
    """
    for name in (item.channel, item.other):
        why = feed.memory.why(name)
        if why is not None:
            raise Problem("bad_parameter", f"{shown(name)}: {why}")
        if name and name not in feed.memory.records:
            raise Problem("unknown_channel", f"no channel {shown(name)}; GET /channels lists them")


def taken_of(glass: Frame, view: View, memory: Records) -> Iterator[Taken]:
    """The readings; between those of two channels samples may come in."""
    if view.measure:
        waves = Waves(glass, memory.records.get, view.gate)
        yield from [waves.taken(Item.of(text)) for text in view.measure]
        return
    for trace in glass.traces.values():
        waves = Waves(glass, memory.records.get, view.gate)
        yield from [waves.taken(Item(trace.channel, name)) for name in of_one()]


def told(taken: Taken) -> dict[str, object]:
    """A reading as JSON has it."""
    reading = taken.reading
    said: dict[str, object] = {"value": reading.value, "unit": taken.unit, "why": reading.why}
    return said if taken.note is None else said | {"note": taken.note}
