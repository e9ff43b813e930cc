"""Redis is killed, hangs, is cut off, forgets, or trims away what somebody has not read yet."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time

from tests.faults.driver import accepting
from tests.faults.history import UNKNOWN
from tests.faults.places import App, Redis, soon
from tests.faults.proxy import CUT, DELAY, DROP, PASS, Chaos
from tests.faults.reading import total
from tests.faults.running import Result, Run
from tests.faults.shared import Pair, judge, pair

NOTICED_WITHIN = 2.0  # s
HANGS = 10.0  # s
TRIMMED = 3000  # points of rings, and of each channel in the stream
MOMENT = 0.5  # s
FIRST = 0.05  # s in which an answer may still be under way that Redis gave before its end


async def kills(run: Run) -> Result:
    """kill -9 of redis-server, with either kind of append-only file."""
    result = Result("`kill -9` of Redis, AOF `always` and `everysec`, two processes", run.n)
    for fsync in ("always", "everysec")[: run.n]:
        part = run.part(fsync, run.n // 2 or 1)
        redis = Redis(run.folder / f"redis-{fsync}", fsync)
        async with pair(part, redis) as made:
            for _ in range(part.n):
                await asyncio.sleep(part.rng.uniform(0.3, 1.5))
                await without(part, result, made)
        judge(part, result, made)
    return result


async def without(run: Run, result: Result, made: Pair) -> None:
    """Kill Redis, leave it dead for a moment, start it again."""
    at = run.history.mark("kill -9 of Redis")
    made.redis.kill()
    await asyncio.sleep(run.rng.uniform(0.3, 1.5))
    made.down.append((at + FIRST, time.monotonic()))
    made.redis.launch()
    await soon(made.redis.answers)
    result.back.append(await accepting(made.apps[0].port))


async def hangs(run: Run) -> Result:
    """Redis stops, or the line to it drops, delays, or breaks between an append and its reply."""
    result = Result("Redis hangs; its line drops, delays, or is cut before the reply to an append", run.n)
    redis = Redis(run.folder / "redis")
    async with Chaos(redis.port, run.rng) as line:
        urls = [f"redis://127.0.0.1:{line.port}/0"] * 2
        async with pair(run, redis, urls=urls) as made:
            for k in run.rounds():
                await asyncio.sleep(run.rng.uniform(0.3, 1.0))
                result.back.append(await hung(run, made, line, k))
        judge(run, result, made, within=2.5)
    result.more.append(f"{line.cuts} appends whose replies were cut off")
    return result


async def hung(run: Run, made: Pair, line: Chaos, k: int) -> float:
    """One of the four ways, in turns; s until samples were taken again."""
    seconds = HANGS if run.long else 2.0
    mode = ("stop", DROP, DELAY, CUT)[k % 4]
    at = run.history.mark(mode)
    line.mode = PASS if mode == "stop" else mode
    if mode == "stop":
        made.redis.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    if mode in ("stop", DROP):
        made.down.append((at + FIRST, time.monotonic()))
    if mode == "stop":
        made.redis.signal(signal.SIGCONT)
    line.mode = PASS
    return await accepting(made.apps[0].port)


async def forgets(run: Run) -> Result:
    """Redis is emptied, comes back empty, or older than it was: noticed, and what is in memory stays."""
    result = Result("Redis emptied, restarted without a file, or set back", run.n)
    redis = Redis(run.folder / "redis")
    async with pair(run, redis) as made:
        for k in run.rounds():
            await asyncio.sleep(run.rng.uniform(1.0, 2.0))
            await (emptied, lost, set_back)[k % 3](run, made)
            result.back.append(await accepting(made.apps[0].port))
            began = time.monotonic()
            await soon(lambda: all(follows(app) for app in made.apps), 20)
            result.within(run, [time.monotonic() - began], NOTICED_WITHIN, "the tails go on")
    result.heard(made.load.seen)
    unread(run)
    result.judge(run, made.reader.stored(), made.reader.breaches())
    # Without the record of numbers a request that was under way may be stored again: one of each sender.
    again = [wrong for wrong in result.wrong if wrong.startswith(("twice", "order"))]
    result.wrong = [wrong for wrong in result.wrong if wrong not in again]
    most = 2 * run.n * len(made.load.sources)  # in two channels
    result.require(result.twice <= most, f"{result.twice} twice, more than were under way: {again[:2]}")
    return result


def unread(run: Run) -> None:
    """What one process acknowledged in the moment before Redis forgot, the other may never have read."""
    for at, _what in run.history.marks:
        for request in run.history.requests.values():
            if at - MOMENT < request.ended < at + MOMENT:
                request.end = UNKNOWN


def follows(app: App) -> bool:
    """Whether a sample that is sent now is seen now, by this process."""
    before, end = total(app.port), time.monotonic() + 0.5
    while time.monotonic() < end:
        if total(app.port) > before:
            return True
    return False


async def emptied(run: Run, made: Pair) -> None:
    run.history.mark("FLUSHALL")
    await asyncio.to_thread(made.redis.says, "FLUSHALL")


async def lost(run: Run, made: Pair) -> None:
    """The machine of Redis is another one now."""
    run.history.mark("Redis empty")
    made.redis.kill()
    shutil.rmtree(made.redis.folder)
    made.redis.launch()
    await soon(made.redis.answers)


async def set_back(run: Run, made: Pair) -> None:
    """Redis comes back from a copy of its file that is two seconds old."""
    copy = run.folder / "older"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(made.redis.folder, copy)
    await asyncio.sleep(2.0)
    run.history.mark("Redis older")
    made.redis.kill()
    shutil.rmtree(made.redis.folder)
    copy.rename(made.redis.folder)
    made.redis.launch()
    await soon(made.redis.answers)


async def trims(run: Run) -> Result:
    """A process sleeps until what it has not read is trimmed away: it counts exactly what it missed."""
    result = Result("a process sleeps while the stream is trimmed beyond it", run.n)
    redis = Redis(run.folder / "redis")
    async with pair(run, redis, points=TRIMMED, rate=10.0, every=0.2) as made:
        other = made.apps[1]
        for _ in run.rounds():
            await asyncio.sleep(run.rng.uniform(0.5, 1.0))
            run.history.mark("a process sleeps")
            made.turns.ports = [made.apps[0].port]
            other.pause()
            await asyncio.sleep(20.0 if run.long else 15.0)
            other.go_on()
            made.turns.ports = [app.port for app in made.apps]
            result.back.append(await accepting(other.port))
    whole, seen, missed = *made.totals, made.gaps[1]
    result.require(missed > 0, "nothing was trimmed away")
    result.require(seen + missed == whole, f"{seen:,} seen and {missed:,} missed are not {whole:,}")
    result.more.append(f"{missed:,} samples missed, exactly as counted")
    result.heard(made.load.seen)
    result.judge(
        run, made.reader.stored(), made.reader.breaches(), {"the other": made.other} if made.other else {}
    )
    return result
