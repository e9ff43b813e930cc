"""Faults that the benchmark measures already: viewers that stall, viewers that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scripts.benches.holding import tabs
from scripts.benches.join import stalled
from scripts.benches.leaving import closed
from scripts.benches.running import app
from scripts.benches.table import FULL, QUICK, Row, Size
from tests.faults.running import Result, Run


async def stalls(run: Run) -> Result:
    """So many viewers stop reading: on the frame socket, and one full tab."""
    result = Result("viewers stop reading, as many go on", run.n)
    for n in sorted({1, min(10, run.n), run.n}) if run.timed else [run.n]:
        size = replace(FULL if run.timed else QUICK, stalled=n)
        note(run, result, await asyncio.to_thread(lambda size=size: list(sockets(size))))
    if run.timed:
        note(run, result, await asyncio.to_thread(lambda: list(tabs(FULL))))
    return result


def sockets(size: Size) -> Iterator[Row]:
    with app() as server:
        server.rests(size.calm)
        yield from stalled(server, size)


async def leaves(run: Run) -> Result:
    """So many full tabs and viewers open and go; nothing of them is left."""
    result = Result("full tabs, and as many viewers without one, opened and closed", run.n)
    size = replace(FULL, tabs_closed=run.n, watchers_closed=run.n, at_once=min(20, run.n))
    note(run, result, await asyncio.to_thread(lambda: list(closed(size))))
    return result


def note(run: Run, result: Result, rows: Iterable[Row]) -> None:
    """The figures of the benchmark, and which of them are not as they should be."""
    for row in rows:
        told = f"{row.what}: {row.result} ({row.beside} beside it)"
        result.more.append(told)
        result.require(not row.failed, told)
        result.require(row.held is not False or not run.timed, f"{told}; wants {row.budget}")
    run.history.close()
