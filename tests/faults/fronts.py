"""nginx is told to read its configuration anew while samples come in and viewers watch."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from scripts.benches.table import percentile
from tests.faults.driver import Load
from tests.faults.places import soon
from tests.faults.reading import Reader
from tests.faults.running import Result, Run
from tests.faults.watching import Viewers
from tests.launch.conftest import Scope, copy_project, environment, free_port

VIEWERS = 10
BACK_WITHIN, GONE_WITHIN = 3.0, 35.0  # s; worker_shutdown_timeout is 30 of them
PAGE = os.sysconf("SC_PAGE_SIZE")
GROWN = 1.1


async def reloads(run: Run) -> Result:
    """nginx -s reload, again and again."""
    result = Result(f"nginx reloaded under load, {VIEWERS} viewers", run.n)
    folder = copy_project(run.folder / "scope")
    scope = Scope(folder, ["--scope-points", "40000"], environment(SCOPE_NGINX="on"), free_port())
    try:
        await asyncio.to_thread(scope.up)
        load = Load(scope.port, run.history, run.seed)
        async with (
            Reader(scope.port, load.channels) as reader,
            load,
            Viewers(scope.port, VIEWERS, run.seed) as crowd,
        ):
            await crowd.all_see(time.monotonic())
            before = await asyncio.to_thread(resident, scope)
            gone = [await reloaded(run, scope, crowd) for _ in run.rounds()]
            grown = await asyncio.to_thread(resident, scope) / before
    finally:
        await asyncio.to_thread(scope.remove)
    failed = {status: n for status, n in load.seen.answers.items() if status != 200}
    result.require(not failed, f"POSTs that failed: {failed}")
    result.require(not crowd.back, f"{crowd.back} frames older than the one before")
    away = [percentile(crowd.away, 0.99)] if crowd.away else []  # old workers may still serve them
    result.within(run, away, BACK_WITHIN, "frames again, p99")
    result.within(run, gone, GONE_WITHIN, "the end of old workers")
    if run.timed:
        result.require(grown <= GROWN, f"nginx has {grown:.2f} times the memory")
    result.back = crowd.away
    result.more.append(f"{sum(failed.values())} POSTs failed; old workers gone after {max(gone):.1f} s")
    result.heard(load.seen)
    result.judge(run, reader.stored(), reader.breaches())
    return result


async def reloaded(run: Run, scope: Scope, crowd: Viewers) -> float:
    """One reload; s until the old workers were gone."""
    old = set(workers(scope))
    (master,) = scope.pids("nginx: master")
    at = run.history.mark("nginx -s reload")
    os.kill(master, signal.SIGHUP)
    await soon(lambda: set(workers(scope)) - old)
    gone = await soon(lambda: not old & set(workers(scope))) if run.long else 0.0
    await crowd.all_see(at)
    await asyncio.sleep(run.rng.uniform(0.2, 1.0))
    return gone


def workers(scope: Scope) -> list[int]:
    return scope.pids("nginx: worker")


def resident(scope: Scope) -> int:
    """Bytes of memory that all processes of nginx have."""
    pids = scope.pids("nginx: ")
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE for pid in pids)
