"""Two processes behind nginx are replaced by new ones while samples come in and viewers watch."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from tests.faults.driver import Load, accepting
from tests.faults.fronts import VIEWERS
from tests.faults.places import Redis, soon
from tests.faults.reading import Reader
from tests.faults.running import Result, Run
from tests.faults.watching import Viewers
from tests.launch.conftest import Scope, copy_project, environment, free_port

RATE = 25.0
POINTS = "1000000"  # all of it is kept, and read back once in the end
SEEN_WITHIN = 1.0  # s until all processes show what one has taken


async def rolls(run: Run) -> Result:
    """HUP to start.sh, again and again."""
    result = Result("rolling restart of two processes (HUP to `start.sh`) under load", run.n)
    redis = Redis(run.folder / "redis")
    chosen = environment(SCOPE_NGINX="on", WORKERS="2", SCOPE_REDIS=redis.url, SCOPE_POINTS=POINTS)
    await asyncio.to_thread(redis.start)
    scope = Scope(copy_project(run.folder / "scope"), [], chosen, free_port())
    try:
        await asyncio.to_thread(scope.up)
        for _ in range(20):  # each of them goes to either
            await accepting(scope.port)
        load = Load(scope.port, run.history, run.seed, rate=RATE)
        async with Viewers(scope.port, VIEWERS, run.seed) as crowd:
            async with load:
                await crowd.all_see(time.monotonic())
                for k in run.rounds():
                    result.back.append(await rolled(run, scope, crowd, k + 1))
            await asyncio.sleep(SEEN_WITHIN)
            reader = Reader(scope.port, load.channels)
            await reader.last()
    finally:
        await asyncio.to_thread(scope.remove)
        redis.end()
    failed = {status: n for status, n in load.seen.answers.items() if status != 200}
    result.require(not failed, f"POSTs that failed: {failed}")
    result.require(not crowd.back, f"{crowd.back} frames older than the one before")
    result.more.append(
        f"{sum(failed.values())} POSTs failed; viewers without a frame for {max(crowd.away):.1f} s"
    )
    result.heard(load.seen)
    result.judge(run, reader.stored(), reader.breaches())
    return result


async def rolled(run: Run, scope: Scope, crowd: Viewers, times: int) -> float:
    """One restart; s until both processes were new ones."""
    at = run.history.mark("HUP")
    os.kill(scope.process.pid, signal.SIGHUP)
    taken = await soon(lambda: scope.text().count("Restarted.") >= times, 300)
    await crowd.all_see(at)
    return taken
