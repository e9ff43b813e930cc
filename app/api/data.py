"""GET and DELETE /data: reading samples back, and removing channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import chain

import numpy as np
import orjson

from app.api.files import FILES, column, size, written
from app.api.screen import SAMPLE, Desk
from app.api.selection import Part, Wanted, bad, selected, span
from app.guard.guard import Guard
from app.memory.record import Record
from app.memory.samples import Floats
from app.problems import JsonHandler, Problem, shown
from app.scope.derived import Sources
from app.scope.numbers import derived

BLOCK = 1 << 14  # numbers written between two turns of the event loop
STALLED_SECONDS = 30.0
MOST_TURNS = 100  # in which a derived channel is worked out


class DataReader(JsonHandler):
    """Gives samples out, in blocks so that a long answer does not hold up the others."""

    def initialize(self, sources: Sources, guard: Guard, now: Callable[[], float] = time.time) -> None:
        """
        now  Unix seconds
        """
        self.sources = sources
        self.guard = guard
        self.now = now
        self.desk = Desk.of(self.settings)
        self.unsent = 0  # numbers

    async def get(self) -> None:
        query = self.query()
        wanted = Wanted.of(query)
        await self.derive(query.get("channel", ""))
        records = self.records(query)
        self.set_header("Cache-Control", "no-store")
        if wanted.format == "json":
            await self.give_all(records, wanted)
        else:
            await self.give_file(records, wanted)

    async def give_file(self, records: list[Record], wanted: Wanted) -> None:
        """
        Problem  too_many_points, overloaded, or bad_parameter: such a file cannot hold these channels
        """
        spans = [await span(record, wanted) for record in records]
        async with self.desk.room(size(spans, wanted)):
            columns = [
                column(record, await selected(record, wanted, where))
                for record, where in zip(records, spans, strict=True)
            ]
            parts = written(wanted.format, columns)
            first = next(parts)  # what is wrong shows before anything is sent
            self.set_header("Content-Type", FILES[wanted.format][0])
            self.set_header("Content-Disposition", f'attachment; filename="data.{wanted.format}"')
            for part in chain((first,), parts):
                self.write(part)
                await self.sent(STALLED_SECONDS)
                await asyncio.sleep(0)

    async def give_all(self, records: list[Record], wanted: Wanted) -> None:
        """
        Problem  overloaded
        """
        spans = [await span(record, wanted) for record in records]
        async with self.desk.room(SAMPLE * max((where.n for where in spans), default=0)):
            separator = b'{"channels":{'
            for record, where in zip(records, spans, strict=True):
                if not wanted.bounded:  # by now there may be newer ones
                    where = await span(record, wanted)
                self.write(separator + orjson.dumps(record.name) + b":")
                await self.give(record, await selected(record, wanted, where))
                separator = b","
            self.write(b"}}" if records else b'{"channels":{}}')

    def query(self) -> dict[str, str]:
        """The parameters, each of which may come once."""
        arguments = self.request.query_arguments
        for name, values in arguments.items():
            if len(values) > 1:
                raise bad("a parameter is there twice", "send it once", name[:32])
        return {name: self.decode_argument(values[0], name) for name, values in arguments.items()}

    async def derive(self, name: str) -> None:
        """Have a derived channel worked out, which is asked for alone.

        Problem  bad_parameter: there can be none of this name, or there is nothing in it
        """
        if not self.sources.derives(name):
            return
        self.sources.have([name], self.now())
        for _ in range(MOST_TURNS):
            if self.sources.work([name]):
                break
            await asyncio.sleep(0)
        why = self.sources.why(name)
        if why is not None:
            raise Problem("bad_parameter", f"{shown(name)}: {why}")

    def records(self, query: dict[str, str]) -> list[Record]:
        """The records that are asked for; all that are received when none is named."""
        if "channel" not in query:
            return [record for record in self.sources.records.values() if not derived(record)]
        if query["channel"] in self.sources.records:  # an expression may have commas
            return [self.sources.records[query["channel"]]]
        found = []
        for name in dict.fromkeys(part.strip() for part in query["channel"].split(",")):
            if name not in self.sources.records:
                raise Problem("unknown_channel", f"no channel {shown(name)}; GET /channels lists them")
            found.append(self.sources.records[name])
        return found

    async def give(self, record: Record, parts: list[Part]) -> None:
        head = {
            "unit": record.unit,
            "x_unit": record.x_unit,
            "first": parts[0].first if parts else record.total,
            "total": record.total,
        }
        self.write(orjson.dumps(head).removesuffix(b"}") + b',"x":[')
        await self.numbers([part.x for part in parts])
        self.write(b'],"y":[')
        await self.numbers([part.y for part in parts])
        self.write(b"]}")

    async def numbers(self, arrays: list[Floats]) -> None:
        """Write the arrays as the inside of one JSON array; NaN as null."""
        separator = b""
        for array in arrays:
            for start in range(0, len(array), BLOCK):
                block = np.ascontiguousarray(array[start : start + BLOCK])
                self.write(separator + orjson.dumps(block, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1])
                separator = b","
                await self.wrote(len(block))

    async def wrote(self, n: int) -> None:
        """So many numbers have been written: wait for the reader when there are many that are not sent."""
        self.unsent += n
        if self.unsent > BLOCK:
            await self.sent(STALLED_SECONDS)
            self.unsent = 0

    async def delete(self) -> None:
        writer = self.guard.writer(self.request.headers)
        names = [record.name for record in self.records(self.query())]
        writer.reach(set(names))
        for name in names:
            self.sources.delete(name)
        await self.sources.settled()
        self.finish(orjson.dumps({"status": "success", "deleted": names}))
