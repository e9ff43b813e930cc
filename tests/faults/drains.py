"""SIGTERM while samples come in: what has begun is answered, and the app ends in order."""

from __future__ import annotations

import asyncio
import signal
import time

from tests.faults.crashes import RATE, SOURCES, placed
from tests.faults.driver import Line, Load, Seen, accepting
from tests.faults.places import App, soon
from tests.faults.reading import Reader
from tests.faults.running import Result, Run

READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SLOWLY = b"POST /data HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 16\r\n\r\n"
BODY = b'{"x": 1, "y": 2}'
TOLD_WITHIN, ENDED_WITHIN = 0.1, 5.0  # s
LEVELS = ("file", "stream", "memory")
JUST_NOW = 0.02  # s: a request sent so shortly before may cross with the end of its connection


async def drains(run: Run) -> Result:
    """So many times with samples in files, in Redis, and in memory."""
    result = Result("SIGTERM of the app, samples in files, Redis, memory, in turns", run.n)
    done = 0
    for k, level in enumerate(LEVELS):
        part = run.part(level, max(1, run.n // len(LEVELS)), len(LEVELS) - k)
        await drained(part, result, level)
        done += part.n
    run.n = done
    return result


async def drained(run: Run, result: Result, level: str) -> None:
    """The app is told to end again and again at random moments."""
    since, ends, cut = 0.0, [], 0
    (run.folder / level).mkdir()
    with placed(level, run.folder / level) as place:
        app = place.app
        app.launch()
        await accepting(app.port)
        load = Load(app.port, run.history, run.seed, SOURCES, RATE)
        async with Reader(app.port, load.channels) as reader, load:
            for _ in run.rounds():
                await asyncio.sleep(run.rng.uniform(0.5, 1.5))
                at = time.monotonic()
                ends.append(await ended(run, app, result))
                cut += unanswered(load.seen, at)
                if level == "memory":
                    await reader.forget()
                app.launch()
                result.back.append(await accepting(app.port))
                since = run.history.mark("accepting") if level == "memory" else 0.0
    result.within(run, ends, ENDED_WITHIN, "the end")
    result.require(not cut, f"{level}: {cut} requests that had begun were not answered")
    result.more.append(f"{level}: ended after {max(ends):.2f} s at most, with status 0; {cut} cut off")
    result.heard(load.seen)
    result.judge(run, reader.stored(), reader.breaches(), since=since)


def unanswered(seen: Seen, at: float) -> int:
    """Requests that were under way at that time and met the end of their connection."""
    return sum(
        status == 0 and began < at - JUST_NOW and began + seconds > at for began, seconds, status in seen.took
    )


async def ended(run: Run, app: App, result: Result) -> float:
    """Tell it to end while a request comes in slowly; s until it has."""
    assert app.process is not None
    ready = Line(app.port)
    await ready.ask(READY)
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(SLOWLY + BODY[:8])
    await reader.readuntil(b"\r\n\r\n")
    began = run.history.mark("SIGTERM")
    app.process.send_signal(signal.SIGTERM)
    await told(run, ready, result)
    writer.write(BODY[8:])
    status = (await reader.readline()).split()[1:2]
    result.require(status == [b"200"], f"a request that came in slowly was answered {status}")
    writer.close()
    await soon(lambda: app.process is None or app.process.poll() is not None, 2 * ENDED_WITHIN)
    result.require(app.process.returncode == 0, f"it ended with status {app.process.returncode}")
    return time.monotonic() - began


async def told(run: Run, ready: Line, result: Result) -> None:
    """Wait until /readyz says that it drains, on a connection that was there before."""
    began = time.monotonic()
    status = 200
    while status == 200 and time.monotonic() - began < 1:
        status = (await ready.ask(READY, 1.0)).status
    ready.close()
    result.require(status == 503, f"/readyz answered {status} after SIGTERM")
    result.within(run, [time.monotonic() - began], TOLD_WITHIN, "/readyz 503")
