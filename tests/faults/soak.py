"""Everything at once for as long as wanted: numbered senders, all formats, bad bodies, viewers, faults.

The app is killed in the first part and at the end. Between it lives with faults that do not end it: in a
warm-up with several times as many, so that its heap has been fuller than later; then its memory is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.faults.bodies import LIMITS
from tests.faults.crashes import killed
from tests.faults.driver import Line, Load, accepting, post
from tests.faults.places import App, soon
from tests.faults.reading import Reader
from tests.faults.running import Result, Run, folder_for
from tests.faults.sampling import Sampler, Samples
from tests.faults.troubles import TROUBLES
from tests.faults.values import SHARED
from tests.faults.watching import Viewers
from tests.ingest.rows import BAD, GOOD, Bad, Good

SOURCES, RATE = 3, 20.0
POINTS = "50000"  # record length: rings are full, and overwritten, within half a minute
READ_EVERY = 4.0  # s
DELETED_EVERY = 30.0  # s
GOOD_EVERY, BAD_EVERY = 0.1, 0.1  # s
VIEWERS = 8
KILLED, WARM = 0.1, 0.35  # of the time
KILL_EVERY = (20.0, 60.0)  # s, while it warms up
TROUBLE_EVERY = (3.0, 20.0)  # s
WARMING = 3  # more of each at once while it warms up
MB_PER_HOUR = 1.0
OURS = {"overloaded", "draining", "store_unavailable", "unavailable"}  # codes of 503 that no body causes


@dataclass
class Heard:
    """What senders of good and of bad bodies were answered, and faults that happened."""

    good: Counter[int] = field(default_factory=Counter)
    bad: Counter[int] = field(default_factory=Counter)
    blamed: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)


async def posting(
    app: App, rows: Sequence[Good] | Sequence[Bad], every: float, rng: random.Random, heard: Heard
) -> None:
    """Bodies of every format, good ones or bad ones, until cancelled."""
    line = Line(app.port)
    seen = heard.good if isinstance(rows[0], Good) else heard.bad
    while True:
        row = rng.choice(rows)
        headers = [f"{name}: {value}" for name, value in row.headers.items()]
        if row.kind:
            headers.append(f"Content-Type: {row.kind}")
        answer = await line.ask(post(row.body, headers, f"/data?{row.query}" if row.query else "/data"))
        seen[answer.status] += 1
        if answer.status >= 500 and not any(code.encode() in answer.body for code in OURS):
            heard.blamed.append(f"{row.name}: {answer.status} {answer.body[:120]!r}")
        await asyncio.sleep(every)


async def deleting(app: App) -> None:
    """The channels of the bodies above go now and then, until cancelled: they would fill up for hours."""
    names = sorted({name for row in GOOD for name in row.channels})
    line = Line(app.port)
    while True:
        await asyncio.sleep(DELETED_EVERY)
        for name in names:
            await line.ask(f"DELETE /data?channel={quote(name)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())


async def troubling(run: Run, app: App, crowd: Viewers, heard: Heard) -> None:
    """One trouble after the other, until cancelled."""
    names = list(TROUBLES)
    while True:
        await asyncio.sleep(run.rng.uniform(*TROUBLE_EVERY))
        name = run.rng.choice(names)
        run.history.mark(name)
        heard.troubles[name] += 1
        await TROUBLES[name](app, crowd, run.rng)


async def warm(run: Run, app: App, crowd: Viewers, heard: Heard, seconds: float) -> None:
    """So long with more troubles than there are afterwards."""
    more = [asyncio.create_task(troubling(run, app, crowd, heard)) for _n in range(WARMING)]
    await finished(more, seconds)


async def soak(run: Run, seconds: float) -> tuple[Result, Samples, Heard]:
    """The whole of it."""
    result = Result(f"{seconds / 60:.1f} minutes of everything at once", run.n)
    chosen = {"SCOPE_DATA": str(run.folder / "data"), "SCOPE_POINTS": POINTS}
    app = App(settings=LIMITS | chosen, folder=run.folder)
    heard = Heard()
    async with AsyncExitStack() as stack:
        stack.callback(app.end)
        app.launch()
        await accepting(app.port)
        await soon(app.has_page)
        load = Load(app.port, run.history, run.seed, SOURCES, RATE)
        reader = await stack.enter_async_context(Reader(app.port, load.channels, READ_EVERY))
        await stack.enter_async_context(load)
        crowd = await stack.enter_async_context(Viewers(app.port, VIEWERS, run.seed))
        sampler = Sampler(app, run.folder / "samples.csv")
        tasks = [
            asyncio.create_task(work)
            for work in (
                posting(app, GOOD, GOOD_EVERY, random.Random(f"good {run.seed}"), heard),
                posting(app, BAD, BAD_EVERY, random.Random(f"bad {run.seed}"), heard),
                deleting(app),
                troubling(run, app, crowd, heard),
            )
        ]
        await kills(run, app, result, KILLED * seconds)
        await warm(run, app, crowd, heard, (WARM - KILLED) * seconds)
        tasks.append(asyncio.create_task(sampler.run()))
        await finished(tasks, (1 - WARM) * seconds)
        samples = sampler.found
        result.back.append(await killed(run, app))
        heard.troubles["kill -9"] = len(result.back)
    judge(run, result, load, reader, heard, crowd)
    return result, samples, heard


def once(run: Run, seconds: float) -> tuple[Result, Samples, Heard]:
    return asyncio.run(soak(run, seconds))


async def kills(run: Run, app: App, result: Result, seconds: float) -> None:
    """Kill it again and again for so long."""
    end = time.monotonic() + seconds
    while True:
        pause = min(run.rng.uniform(*KILL_EVERY), seconds / 3)
        if time.monotonic() + pause > end - 2:
            break
        await asyncio.sleep(pause)
        result.back.append(await killed(run, app))
    await asyncio.sleep(max(0.0, end - time.monotonic()))
    await soon(app.has_page)


async def finished(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    """Let so much time pass and end them; one that ended by itself tells why."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def judge(run: Run, result: Result, load: Load, reader: Reader, heard: Heard, crowd: Viewers) -> None:
    result.heard(load.seen)
    bad = dict(sorted(heard.bad.items()))
    result.more.append(f"bad bodies {bad}, good ones of all formats {dict(sorted(heard.good.items()))}")
    result.more.append(f"troubles {dict(heard.troubles)}; 5xx caused by input {len(heard.blamed)}")
    result.require(not heard.blamed, f"5xx caused by input: {heard.blamed[:3]}")
    result.require(not heard.bad[200], f"{heard.bad[200]} bad bodies were taken")
    result.require(not crowd.back, f"{crowd.back} frames older than the one before")
    stored = reader.stored()
    result.require(len(stored[SHARED]), "nothing is stored")
    result.judge(run, stored, reader.breaches())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Everything at once for as long as wanted; the status is 1 if anything grows or is lost.",
    )
    parser.add_argument("--minutes", type=float, default=45.0, help="how long (45)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same troubles again (any)")
    args = parser.parse_args(argv)
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    with folder_for("soak") as folder:
        return told(Run("soak", seed, 1, folder), args.minutes, folder)


def told(run: Run, minutes: float, folder: Path) -> int:
    """Soak, and print what came of it."""
    print(f"seed {run.seed}, files in {folder}", flush=True)
    result, samples, _ = once(run, 60 * minutes)
    print("\n".join(samples.lines()))
    grows = samples.grows(MB_PER_HOUR)
    for part in result.more:
        print(part)
    print(f"{result.acknowledged:,} requests acknowledged, {result.samples:,} samples", end=", ")
    print(f"{result.lost} lost, {result.twice} twice; {len(result.back)} kills", end=", ")
    print(f"back after {max(result.back):.2f} s at most")
    wrong = [*result.wrong, *([f"memory grows by more than {MB_PER_HOUR:g} MB/h"] if grows else [])]
    if wrong:
        (folder / "keep").touch()
        print("\n".join(wrong), f"again: scripts/soak --minutes {minutes:g} --seed {run.seed}", sep="\n")
        print(f"history: {run.history.path}")
    print("FAILED" if wrong else "ok", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
