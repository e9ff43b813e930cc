"""The app is killed while samples come in: what is acknowledged is there when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.benches.watcher import Watcher
from tests.faults.driver import Load, accepting
from tests.faults.places import App, Redis, soon
from tests.faults.reading import Reader, boot_id
from tests.faults.running import Driver, Result, Run

POINTS = 300_000  # record length: rings are full, and overwritten, within ten seconds
READ_EVERY = 2.0  # s
SOURCES, RATE = 4, 200.0
ACCEPTING_WITHIN, PAGE_WITHIN = 3.0, 10.0  # s
PAGE_EVERY = 20  # kills


@dataclass
class Placed:
    """An app at a level of durability, and the Redis that it needs for it."""

    app: App
    redis: Redis | None = None


def settings(level: str, folder: Path, redis: Redis | None) -> dict[str, str]:
    chosen = {"SCOPE_POINTS": str(POINTS)}
    if level == "file":
        chosen["SCOPE_DATA"] = str(folder / "data")
    if redis is not None:
        chosen["SCOPE_REDIS"] = redis.url
    return chosen


@contextmanager
def placed(level: str, folder: Path, fsync: str = "everysec") -> Iterator[Placed]:
    """Not started yet, and ended in any case."""
    with ExitStack() as stack:
        redis = None
        if level == "stream":
            redis = Redis(folder / "redis", fsync)
            stack.callback(redis.end)
            redis.start()
        app = App(settings=settings(level, folder, redis), folder=folder)
        stack.callback(app.end)
        yield Placed(app, redis)


def kills(level: str) -> Driver:
    """The app is killed again and again at random moments."""

    async def driver(run: Run) -> Result:
        result = Result(f"`kill -9` of the app, samples in {PLACES[level]}", run.n)
        pages: list[float] = []
        since = 0.0
        with placed(level, run.folder) as place:
            app = place.app
            app.launch()
            await accepting(app.port)
            load = Load(app.port, run.history, run.seed, SOURCES, RATE)
            async with Reader(app.port, load.channels, READ_EVERY) as reader, load:
                for k in run.rounds():
                    await asyncio.sleep(run.rng.uniform(0.5, 3.0))
                    before = await asyncio.to_thread(boot_id, app.port)
                    result.back.append(await killed(run, app, reader if level == "memory" else None))
                    result.require(await asyncio.to_thread(boot_id, app.port) != before, "the same boot_id")
                    if level == "memory":
                        since = run.history.mark("accepting")
                    if run.long and k % PAGE_EVERY == 0:
                        pages.append(result.back[-1] + await viewer_back(app))
                pages.append(result.back[-1] + await viewer_back(app))
        result.within(run, result.back, ACCEPTING_WITHIN, "samples taken again")
        result.within(run, pages, PAGE_WITHIN, "page and frames there again")
        result.more.append(f"page and frames after {max(pages):.1f} s at most")
        result.heard(load.seen)
        result.require(set(load.seen.levels) == {level}, f"durability: {dict(load.seen.levels)}")
        result.judge(run, reader.stored(), reader.breaches(), since=since)
        return result

    return driver


PLACES = {"memory": "memory (lost, as documented)", "file": "files", "stream": "Redis"}


async def killed(run: Run, app: App, reader: Reader | None = None) -> float:
    """Kill it and start it again; s until it takes samples.

    reader  of what is lost by it
    """
    began = run.history.mark("kill -9")
    app.kill()
    if reader is not None:
        await reader.forget()
    app.launch()
    await accepting(app.port)
    return asyncio.get_running_loop().time() - began


async def viewer_back(app: App) -> float:
    """Seconds until a page can be had, and a frame of the samples that come in; infinite: neither came."""
    try:
        return await soon(app.has_page) + await soon(lambda: sees(app.port))
    except TimeoutError:
        return float("inf")


def sees(port: int) -> bool:
    """Whether a new viewer gets a frame at once."""
    watcher = Watcher(port)
    try:
        watcher.socket.settimeout(5)
        while watcher.open and watcher.newest is None:
            watcher.read()
        return watcher.newest is not None
    finally:
        watcher.close()
