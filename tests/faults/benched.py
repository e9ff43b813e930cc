"""Faults that the benchmark measures already: viewers that stall, viewers that come and go."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scripts.benches.holding import tabs
from scripts.benches.join import stalled
from scripts.benches.leaving import closed
from scripts.benches.running import app
from scripts.benches.table import FULL, QUICK, Row, Size
from tests.faults.bodies import at_rest
from tests.faults.driver import accepting
from tests.faults.places import App, soon
from tests.faults.reading import ask
from tests.faults.running import Result, Run
from tests.faults.watching import Viewers

FORGOTTEN_WITHIN = 60.0  # s; the server keeps a session for 15 s after its page has gone


async def stalls(run: Run) -> Result:
    """So many viewers stop reading: on the frame socket, and one full tab."""
    result = Result("viewers stop reading, as many go on", run.n)
    for n in sorted({1, min(10, run.n), run.n}) if run.long else [run.n]:
        size = replace(FULL if run.long else QUICK, stalled=n)
        note(run, result, await asyncio.to_thread(lambda size=size: list(sockets(size))))
    if run.long:
        note(run, result, await asyncio.to_thread(lambda: list(tabs(FULL))))
    return result


def sockets(size: Size) -> Iterator[Row]:
    with app() as server:
        server.rests(size.calm)
        yield from stalled(server, size)


async def leaves(run: Run) -> Result:
    """So many full tabs and viewers open and go; nothing of them is left."""
    result = Result("full tabs, and as many viewers without one, opened and closed", run.n)
    if not run.long:
        await churn(run, result)
        return result
    size = replace(FULL, tabs_closed=run.n, watchers_closed=run.n, at_once=min(10, run.n))
    note(run, result, await asyncio.to_thread(lambda: list(closed(size))))
    return result


async def churn(run: Run, result: Result) -> None:
    """Viewers, and pages whose sockets never come: files and sessions are as before in the end."""
    app = App(folder=run.folder)
    try:
        app.launch()
        await at_rest(app)
        await soon(lambda: not sessions(app), FORGOTTEN_WITHIN)
        files = app.files()
        for k in run.rounds():
            began = time.monotonic()
            async with Viewers(app.port, 10, run.seed + k) as crowd:
                await accepting(app.port)
                await crowd.all_see(began)
            await asyncio.to_thread(ask, app.port, "GET", "/")
        await soon(lambda: app.files() <= files and not sessions(app), FORGOTTEN_WITHIN)
        result.more.append(f"{files} files and no session, before and after")
    finally:
        app.end()
        run.history.close()


def sessions(app: App) -> int:
    """Front panels and viewers that it has."""
    figures = ask(app.port, "GET", "/metrics")[1].decode()
    return sum(
        int(float(found))
        for found in re.findall(r"^osc_viewer_(?:sessions|connections) (\S+)$", figures, re.M)
    )


def note(run: Run, result: Result, rows: Iterable[Row]) -> None:
    """The figures of the benchmark, and which of them are not as they should be."""
    for row in rows:
        told = f"{row.what}: {row.result} ({row.beside} beside it)"
        result.more.append(told)
        result.require(not row.failed, told)
        result.require(row.held is not False or not run.timed, f"{told}; wants {row.budget}")
    run.history.close()
