"""All viewers are cut off at once, and come back at once."""

from __future__ import annotations

import asyncio
import time

from tests.faults.driver import Load, accepting
from tests.faults.places import App, soon
from tests.faults.reading import Reader
from tests.faults.running import Result, Run
from tests.faults.watching import Viewers

MANY, FEW = 200, 20
BACK_WITHIN, CALM_WITHIN = 10.0, 15.0  # s
LOOK = 1.0  # s over which processor time is taken
CALMER = 1.25  # times what it was before, and a little
LITTLE = 0.1
QUERY = "?tb=1m"


async def storms(run: Run) -> Result:
    """Cut all viewers off, again and again."""
    n = MANY if run.long else FEW
    result = Result(f"{n} viewers cut off at once", run.n)
    app = App(settings={"SCOPE_POINTS": "40000"}, folder=run.folder)
    app.launch()
    try:
        await accepting(app.port)
        await soon(app.has_page)
        load = Load(app.port, run.history, run.seed, rate=25.0)
        async with (
            Reader(app.port, load.channels) as reader,
            load,
            Viewers(app.port, n, run.seed, QUERY) as crowd,
        ):
            await crowd.all_see(time.monotonic(), 60)
            await asyncio.sleep(LOOK)
            before = await busy(app)
            calm = [await cut(run, app, crowd, before) for _ in run.rounds()]
        result.back = crowd.away
    finally:
        app.end()
    failed = {status: count for status, count in load.seen.answers.items() if status != 200}
    result.require(not failed, f"POSTs that failed: {failed}")
    result.require(not crowd.back, f"{crowd.back} frames older than the one before")
    result.within(run, result.back, BACK_WITHIN, "frames again")
    result.within(run, calm, CALM_WITHIN, "the processor as before")
    result.more.append(
        f"{100 * before:.0f} % of a core before, as calm again after {max(calm):.1f} s at most"
    )
    result.heard(load.seen)
    result.judge(run, reader.stored(), reader.breaches())
    return result


async def cut(run: Run, app: App, crowd: Viewers, before: float) -> float:
    """One storm; s until the server had no more to do than before."""
    at = run.history.mark("cut")
    for viewer in crowd.all:
        viewer.cut()
    await crowd.all_see(at)
    while (
        run.timed and await busy(app) > CALMER * before + LITTLE and time.monotonic() - at < 2 * CALM_WITHIN
    ):
        pass
    return time.monotonic() - at


async def busy(app: App) -> float:
    """The share of a core that it takes."""
    began, used = time.monotonic(), app.cpu()
    await asyncio.sleep(LOOK)
    return (app.cpu() - used) / (time.monotonic() - began)
