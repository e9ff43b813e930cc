"""A recording whose disk takes no more, or whose app is killed: samples go on, and its file can be read."""

from __future__ import annotations

import asyncio
import csv
import io
import resource
import time
from typing import Any

import numpy as np
import orjson

from tests.faults.crashes import settings
from tests.faults.driver import Line, Load, accepting, post
from tests.faults.history import OK
from tests.faults.places import App, soon
from tests.faults.reading import Reader, ask
from tests.faults.running import Result, Run
from tests.faults.values import channel_of

LARGEST = 20 << 20  # bytes of a file: more than a journal has, which is there from the start
FLOOD = post(np.arange(8000, dtype=np.float64).tobytes(), ["Content-Type: application/octet-stream"])
FLOOD = FLOOD.replace(b"/data ", b"/data?dtype=f8&rate=1000&channel=flood ")
KEPT = 2.0  # s before a kill whose samples may be missing: blocks are written once a second
LATE = 0.5  # s after the answer from when on samples are certain to be in a recording
TOLD_WITHIN = 1.0  # s
RATE = 50.0


async def records(run: Run) -> Result:
    """A full disk and a kill, in turns, each under a recording."""
    result = Result("recordings: the disk is full, the app is killed, in turns", run.n)
    app = App(settings=settings("file", run.folder, None), folder=run.folder)
    app.limits = {resource.RLIMIT_FSIZE: LARGEST}
    try:
        app.launch()
        await accepting(app.port)
        load = Load(app.port, run.history, run.seed, rate=RATE)
        async with Reader(app.port, load.channels) as reader, load:
            for k in run.rounds():
                await asyncio.sleep(run.rng.uniform(0.5, 1.0))
                await (filled, killed)[k % 2](run, result, app)
    finally:
        app.end()
    broken = {status: n for status, n in load.seen.answers.items() if status not in (0, 200)}
    result.require(not broken, f"answers to senders: {broken}")
    result.heard(load.seen)
    result.judge(run, reader.stored(), reader.breaches())
    return result


async def filled(run: Run, result: Result, app: App) -> None:
    """A recording until its disk is full."""
    number = await begun(app)
    run.history.mark(f"recording {number}")
    line = Line(app.port)
    while await state(app, number, "ended") is None:
        for _ in range(5):
            answer = await line.ask(FLOOD)
            result.require(answer.status == 200, f"a sender was answered {answer.status}")
    line.close()
    ended = time.monotonic()
    why = await state(app, number, "why")
    result.require(why == "disk_full", f"it ended because of {why}")
    status, _ = await asyncio.to_thread(ask, app.port, "POST", f"/recordings/{number}/stop")
    result.require(status == 507, f"stop: {status}, wants 507")
    await soon(
        lambda: b'osc_recording_errors_total{reason="disk_full"}' in ask(app.port, "GET", "/metrics")[1]
    )
    result.within(run, [time.monotonic() - ended], TOLD_WITHIN, "what the metrics say")
    await readable(run, result, app, number, 0.0)


async def killed(run: Run, result: Result, app: App) -> None:
    """A recording under way when the app is killed."""
    number = await begun(app)
    began = run.history.mark(f"recording {number}")
    await asyncio.sleep(run.rng.uniform(2.5, 4.0))
    at = run.history.mark("kill -9")
    app.kill()
    app.launch()
    result.back.append(await accepting(app.port))
    await soon(lambda: b'"ended":null' not in ask(app.port, "GET", "/recordings")[1])
    why = await state(app, number, "why")
    result.require(why == "crash", f"it ended because of {why}")
    await readable(run, result, app, number, began, at - KEPT)


async def begun(app: App) -> int:
    """The number of a new recording."""
    line = Line(app.port)
    answer = await line.ask(post(b'{"format": "csv"}', ["Content-Type: application/json"], "/recordings"))
    line.close()
    if answer.status not in (200, 201):
        raise RuntimeError(f"POST /recordings: {answer.status} {answer.body[:200]!r}")
    return int(orjson.loads(answer.body)["id"])


async def state(app: App, number: int, what: str) -> Any:
    status, body = await asyncio.to_thread(ask, app.port, "GET", "/recordings")
    if status != 200:
        raise RuntimeError(f"GET /recordings: {status}")
    return next(one for one in orjson.loads(body) if one["id"] == number).get(what)


async def readable(run: Run, result: Result, app: App, number: int, began: float, ended: float = 0.0) -> None:
    """All rows are whole and were sent, and what was acknowledged in this time is among them."""
    status, body = await asyncio.to_thread(ask, app.port, "GET", f"/recordings/{number}")
    result.require(status == 200, f"GET of the recording: {status}")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    result.require(rows, "the recording is empty")
    torn = [row for row in rows if None in row or None in row.values()]
    result.require(not torn, f"{len(torn)} rows are torn: {torn[:1]}")
    known = run.history.requests
    own = channel_of(1)
    held = {int(float(row["y"])) >> 12 for row in rows if row["channel"] == own}
    result.require(not [k for k in held if k not in known], "it holds samples that nobody sent")
    wanted = [k for k, each in known.items() if k >> 32 == 1 and each.end == OK]
    missing = [
        k for k in wanted if began + KEPT / 4 < known[k].began and known[k].ended < ended and k not in held
    ]
    result.require(not missing, f"{len(missing)} acknowledged requests are not in the recording")
    result.more.append(f"{len(rows):,} rows")
