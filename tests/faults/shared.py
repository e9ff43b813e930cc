"""Two processes that share a Redis, with senders that go now to the one and now to the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from scripts.benches.table import percentile
from tests.faults.attackers import Beside
from tests.faults.checker import Sight
from tests.faults.driver import Load, accepting
from tests.faults.places import App, Redis
from tests.faults.reading import EVERY, Reader, figure, held, total
from tests.faults.running import Result, Run
from tests.faults.values import SHARED

POINTS = 150_000
AS_LONG = 40  # requests that a sender stays with a process
ANSWERED_WITHIN = 2.0  # s; p99, also without Redis
LAG = 0.25  # s
BACK_WITHIN = 2.0  # s after Redis
SETTLED_WITHIN = 10.0  # s until both processes show the same


@dataclass
class Turns:
    """Ports of two processes, in turns."""

    ports: list[int]
    asked: int = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.ports[self.asked // AS_LONG % len(self.ports)]


@dataclass
class Pair:
    """
    down    (from, to) in monotonic time: Redis took nothing
    other   what the second process held in the end
    totals  samples of each process in the end
    gaps    samples that each knows to have missed
    """

    redis: Redis
    apps: list[App]
    turns: Turns
    load: Load
    reader: Reader
    looks: Beside
    down: list[tuple[float, float]] = field(default_factory=list)
    other: Sight | None = None
    totals: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)

    async def same(self) -> float:
        """Seconds until both processes have the same newest samples."""
        began = time.monotonic()
        while time.monotonic() - began < SETTLED_WITHIN:
            first, second = [await asyncio.to_thread(held, app.port, SHARED) for app in self.apps]
            if len(first) and len(second) and first[-1] == second[-1]:
                self.other = Sight(SHARED, [second])
                for app in self.apps:
                    self.totals.append(await asyncio.to_thread(total, app.port))
                    self.gaps.append(await asyncio.to_thread(figure, app.port, "osc_tail_gap_samples_total"))
                break
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    def false(self) -> int:
        """Requests that were acknowledged while there was no Redis."""
        return sum(
            status == 200 and any(start < began and began + took < stop for start, stop in self.down)
            for began, took, status in self.load.seen.took
        )


@asynccontextmanager
async def pair(
    run: Run,
    redis: Redis,
    *,
    urls: list[str] | None = None,
    points: int = POINTS,
    rate: float = 100.0,
    every: float = EVERY,
) -> AsyncIterator[Pair]:
    """Two processes under load; all is answered and both show the same when the block has ended.

    urls  of the Redis, for each process; its own without
    """
    async with AsyncExitStack() as stack:
        stack.callback(redis.end)
        await asyncio.to_thread(redis.start)
        apps = []
        for url in urls or [redis.url] * 2:
            app = App(settings={"SCOPE_REDIS": url, "SCOPE_POINTS": str(points)}, folder=run.folder)
            stack.callback(app.end)
            app.launch()
            apps.append(app)
        for app in apps:
            await accepting(app.port)
        turns = Turns([app.port for app in apps])
        load = Load(turns, run.history, run.seed, rate=rate)
        reader = Reader(apps[0].port, load.channels, every)
        looks = Beside(apps[0].port, posting=False)
        async with reader:
            async with load, looks:
                made = Pair(redis, apps, turns, load, reader, looks)
                yield made
            await made.same()


def judge(run: Run, result: Result, made: Pair, within: float = ANSWERED_WITHIN) -> None:
    """What holds whatever Redis does: the answers, the loop, and what is stored."""
    seen = made.load.seen
    result.require(not made.false(), f"{made.false()} requests were acknowledged while there was no Redis")
    result.require(not seen.rude, f"{seen.rude} answers 503 without Retry-After")
    result.within(run, [percentile([took for _, took, _ in seen.took], 0.99)], within, "answers, p99")
    result.within(run, [percentile(made.looks.looks, 0.99)], LAG, "/healthz, p99")
    result.within(run, result.back, BACK_WITHIN, "samples taken again after Redis")
    answers = dict(sorted(seen.answers.items()))
    result.more.append(f"answers {answers}, none false; /healthz p99 {ms(made.looks.looks)} ms")
    result.heard(seen)
    result.require(made.other, "the two processes do not come to show the same")
    sights = {"the other process": made.other} if made.other else {}
    result.judge(run, made.reader.stored(), made.reader.breaches(), sights)


def ms(took: list[float]) -> str:
    return f"{1e3 * percentile(took, 0.99):.0f}"
