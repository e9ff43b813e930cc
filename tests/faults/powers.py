"""The machine of Redis and app loses its power: what had not reached the disk is gone, nothing before it.

A model: with `everysec` the append-only file is cut back to what it was a second and a half before, which
Redis has brought to the disk by then, with `always` not at all; and half an entry follows it, torn.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np

from tests.faults.checker import check
from tests.faults.crashes import settings
from tests.faults.driver import Load, accepting
from tests.faults.history import OK
from tests.faults.places import App, Redis
from tests.faults.reading import Reader
from tests.faults.running import Result, Run
from tests.faults.values import Values, keys

SECOND_AND_A_HALF = 1.5  # s
TORN = b"*5\r\n$4\r\nXADD\r\n$30\r\nhalf of a na"
LOOK_EVERY = 0.02  # s


async def outages(run: Run) -> Result:
    """Power fails again and again; each time with a new folder."""
    result = Result("power fails (a model: the file is cut back), AOF `always`, `everysec`", run.n)
    for k in run.rounds():
        fsync = ("always", "everysec")[k % 2]
        part = run.part(str(k), 1)
        await outage(part, result, fsync)
    return result


async def outage(run: Run, result: Result, fsync: str) -> None:
    redis = Redis(run.folder / f"redis-{run.name.replace(' ', '-')}", fsync)
    app = App(folder=run.folder)
    try:
        await asyncio.to_thread(redis.start)
        app.settings = settings("stream", run.folder, redis)
        app.launch()
        await accepting(app.port)
        load = Load(app.port, run.history, run.seed, rate=50.0)
        sizes: list[tuple[float, int]] = []
        async with load:
            await watch(redis, sizes, run.rng.uniform(2.0, 4.0))
            at = run.history.mark("power fails")
            redis.kill()
            app.kill()
            cut(redis.folder, fsync, sizes, at)
            redis.launch()
            app.launch()
            result.back.append(await accepting(app.port))
            found = await first_read(app.port, load.channels)
    finally:
        app.end()
        redis.end()
    judge(run, result, found, fsync, at)


async def watch(redis: Redis, sizes: list[tuple[float, int]], seconds: float) -> None:
    """How large the file was, and when."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sizes.append((time.monotonic(), newest(redis.folder).stat().st_size))
        await asyncio.sleep(LOOK_EVERY)


def newest(folder: Path) -> Path:
    """The file that Redis appends to."""
    return max(folder.glob("appendonlydir/*.incr.aof"))


def cut(folder: Path, fsync: str, sizes: list[tuple[float, int]], at: float) -> None:
    path = newest(folder)
    with path.open("r+b") as file:
        if fsync != "always":
            file.truncate(max((size for when, size in sizes if when < at - SECOND_AND_A_HALF), default=0))
        file.seek(0, 2)
        file.write(TORN)


async def first_read(port: int, channels: list[str]) -> dict[str, Values]:
    reader = Reader(port, channels)
    await reader.last()
    return reader.stored()


def judge(run: Run, result: Result, found: dict[str, Values], fsync: str, at: float) -> None:
    """Lost is nothing, or a tail of a second and a half; what is there is whole, once and in order."""
    run.history.close()
    late = SECOND_AND_A_HALF + 2 * LOOK_EVERY if fsync != "always" else 0.0
    before = {k for k, each in run.history.requests.items() if each.end == OK and each.ended < at - late}
    gone: dict[int, list[int]] = {}
    for name, held in found.items():
        have = set(keys(held).tolist())
        known = [k for k, each in run.history.requests.items() if name in each.channels and each.end == OK]
        lost = [k for k in known if run.history.requests[k].ended < at and k not in have]
        early = [k for k in lost if k in before]
        result.lost += len(early)
        result.require(not early, f"{fsync}: {len(early)} of {name} lost that were acknowledged before")
        for k in lost:
            gone.setdefault(k >> 32, []).append(k)
        holes = [k for k in known if run.history.requests[k].ended < at and k in have and k > least(gone, k)]
        result.require(not holes, f"{fsync}: a hole in {name}, {len(holes)} after it are there")
    result.more.append(
        f"{fsync}: {sum(map(len, gone.values()))} of the newest gone" if gone else f"{fsync}: none gone"
    )
    wrong = [each for each in check(run.history, found, since=np.inf) if each.rule != "lost"]
    result.twice += sum(each.n for each in wrong if each.rule == "twice")
    result.wrong += [f"{fsync}: {each}" for each in wrong]
    result.acknowledged = (result.acknowledged or 0) + run.history.acknowledged
    result.samples += run.history.samples


def least(gone: dict[int, list[int]], k: int) -> int:
    """The first request that is gone of the same source; one beyond all if none is."""
    return min(gone.get(k >> 32, [k]))
