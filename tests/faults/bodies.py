"""Bodies that lie, have no end, unpack to a thousand times their size, or are simply wrong.

A healthy client beside them notices nothing, and nothing of them is stored.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import zstandard

from scripts.benches.table import percentile
from tests.faults.attackers import Beside, said
from tests.faults.driver import post
from tests.faults.places import App, soon
from tests.faults.reading import ask
from tests.faults.running import Result, Run
from tests.ingest.malformed import MALFORMED
from tests.ingest.rows import BAD, Bad

MB = 1 << 20
HUGE = 24 * MB
LAG_P99, LAG_MOST = 0.05, 0.25  # s
LIMIT = 8 * MB
AT_ONCE = 32
RESTING = 0.05  # s of processor time in half a second
SLACK = 40 * MB
# of tests/ingest/test_contract.py, whose rows these are
LONGEST = 100_000
LIMITS = {
    "SCOPE_MAX_BODY": str(LONGEST),
    "SCOPE_MAX_SAMPLES": "500",
    "SCOPE_MAX_BINARY": "20000",
    "SCOPE_MAX_BINARY_SAMPLES": "1000",
}
HEAD = b"POST /data HTTP/1.1\r\nHost: a\r\n"


@dataclass
class Watched:
    """A server under attack: the most memory beyond what it had before, and a healthy client."""

    most: int
    beside: Beside


@asynccontextmanager
async def watched(app: App, result: Result) -> AsyncIterator[Watched]:
    """A healthy client, and an eye on memory, while a block runs; all that is there before is there after."""
    before, channels = app.rss(), await asyncio.to_thread(held, app)
    found = Watched(0, Beside(app.port))

    async def look() -> None:
        while True:
            found.most = max(found.most, app.rss() - before)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        async with found.beside:
            yield found
    finally:
        looking.cancel()
    result.require(await asyncio.to_thread(held, app) == channels, "something of it was stored")
    result.require(not found.beside.wrong, f"a healthy client was answered {dict(found.beside.wrong)}")


def held(app: App) -> list[object]:
    """The channels but for that of the healthy client: names and totals."""
    channels = orjson.loads(ask(app.port, "GET", "/channels")[1])
    return [(one["name"], one["total"]) for one in channels if one["name"] != "healthy"]


def judged(run: Run, result: Result, found: Watched, room: int, what: str) -> None:
    """Memory and the loop's lag, as a healthy client saw them."""
    looks = found.beside.looks
    lag = percentile(looks, 0.99)
    result.require(found.most <= room, f"{what}: {found.most / MB:+.0f} MB, and may be {room / MB:.0f}")
    result.within(run, [lag], LAG_P99, f"{what}: /healthz, p99")
    result.within(run, looks, LAG_MOST, f"{what}: /healthz")
    told = f"/healthz p99 {1e3 * lag:.0f} ms, longest {1e3 * max(looks):.0f}"
    result.more.append(f"{what}: {found.most / MB:+.0f} MB at most, {told}")


@asynccontextmanager
async def served(run: Run, result: Result) -> AsyncIterator[App]:
    """An app at rest; no traceback is in its log afterwards."""
    app = run.app or App(settings=LIMITS, folder=run.folder)
    try:
        if run.app is None:
            app.launch()
            await at_rest(app)
        yield app
        log = app.log.read_text(errors="replace")
        result.require("Traceback" not in log, "a traceback in the log")
    finally:
        if run.app is None:
            app.end()
        run.history.close()


async def at_rest(app: App) -> None:
    """Wait until all is loaded, so that what comes later is due to what happens to it."""
    await soon(app.has_page)
    used = -1.0
    while app.cpu() - used > RESTING:
        used = app.cpu()
        await asyncio.sleep(0.5)


# F18


def liars() -> Iterator[tuple[str, bytes, set[int]]]:
    """Name, bytes, statuses that are right; 0 is the end of the connection."""
    body = b'{"x": 1, "y": 2}'
    yield "no end", HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(HUGE), {413}
    yield "too long", HEAD + b"Content-Length: %d\r\n\r\n" % HUGE + bytes(HUGE), {413}
    yield "longer than told", HEAD + b"Content-Length: 2\r\n\r\n" + body, {400}
    yield "shorter than told", HEAD + b"Content-Length: 99\r\n\r\n" + body, {408}
    for wrong in (b"-1", b"+16", b"0x10", b"16,16", b"1e3", b"", b"9" * 40):
        yield (
            f"Content-Length {wrong[:9]!r}",
            HEAD + b"Content-Length: " + wrong + b"\r\n\r\n" + body,
            {400, 413},
        )
    yield "two lengths", HEAD + b"Content-Length: 16\r\nContent-Length: 17\r\n\r\n" + body, {400}
    both = b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield "a length, and chunks", HEAD + both + chunks(16), {400}
    yield "a chunk of a negative size", HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", {400, 0}
    yield "a chunk of 2^64", HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", {400, 413, 0}


def chunks(n: int) -> bytes:
    """A body in chunks, of so many bytes, without its last chunk."""
    part = b"%x\r\n" % (1 << 16) + bytes(1 << 16) + b"\r\n"
    return part * max(1, n >> 16)


async def lies(run: Run) -> Result:
    """Huge and lying bodies, all at once, so many times."""
    result = Result("bodies that are huge, or not as long as they say", run.n)
    async with served(run, result) as app:
        async with watched(app, result) as found:
            for _ in run.rounds():
                await asyncio.gather(*(lie(app, result, *liar) for liar in liars()))
        judged(run, result, found, 2 * LIMIT + SLACK, f"{len([*liars()])} at once")
    return result


async def lie(app: App, result: Result, name: str, request: bytes, right: set[int]) -> None:
    status, body = await said(app.port, request)
    result.require(status in right, f"{name}: {status} {body[:80]!r}")
    if status:
        result.require(is_problem(body), f"{name}: {body[:80]!r} is no problem in JSON")


def is_problem(body: bytes) -> bool:
    try:
        problem = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return problem["status"] == "error" and bool(problem["message"]) and b"Traceback" not in body


# F19


def bombs(size: int = 256) -> Iterator[tuple[str, str, bytes]]:
    """Name, encoding, body; of so many MB."""
    zeros = bytes(size * MB)
    flat = gzip.compress(zeros)
    yield "1000:1", "gzip", flat
    yield "nested", "gzip", gzip.compress(flat)
    yield "many members", "gzip", gzip.compress(bytes(MB)) * 200
    yield "truncated", "gzip", gzip.compress(b'{"x": 1, "y": 2}')[:-6]
    yield "garbage after it", "gzip", gzip.compress(b'{"x": 1, "y": 2}') + b"garbage"
    yield "no gzip", "gzip", zlib.compress(b'{"x": 1, "y": 2}')
    yield "zstd", "zstd", zstandard.compress(zeros)
    yield "br", "br", b"\x0b\x02\x80"
    yield "gzip twice", "gzip, gzip", gzip.compress(flat)


async def explode(run: Run) -> Result:
    """Bombs, 32 at once, so many times."""
    result = Result(f"bodies that unpack to hundreds of MB, {AT_ONCE} at once", run.n)
    made = list(bombs())
    async with served(run, result) as app:
        async with watched(app, result) as found:
            for _ in run.rounds():
                for name, encoding, body in made:
                    await asyncio.gather(*(bomb(app, result, name, encoding, body) for _ in range(AT_ONCE)))
        judged(run, result, found, SLACK, f"{len(made)} kinds")
    return result


async def bomb(app: App, result: Result, name: str, encoding: str, body: bytes) -> None:
    status, answer = await said(app.port, post(body, [f"Content-Encoding: {encoding}"]))
    result.require(status in (400, 413, 415), f"{name}: {status} {answer[:80]!r}")
    result.require(is_problem(answer), f"{name}: {answer[:80]!r} is no problem in JSON")


# F20


async def tables(run: Run) -> Result:
    """Every body of the contract's tables that is no sample, so many times."""
    rows = [*BAD, *(Bad(name, "", body, *more) for name, body, *more in MALFORMED)]
    result = Result(f"{len(rows)} bodies of the contract's tables that are no samples", run.n)
    async with served(run, result) as app:
        async with watched(app, result) as found:
            for _ in run.rounds():
                for row in rows:
                    await refused(app, result, row)
        judged(run, result, found, SLACK, "one after the other")
    return result


async def refused(app: App, result: Result, row: Bad) -> None:
    kind = [f"Content-Type: {row.kind}"] if row.kind else []
    headers = [*kind, *(f"{name}: {value}" for name, value in row.headers.items())]
    path = f"/data?{row.query}" if row.query else "/data"
    status, body = await said(app.port, post(row.body, headers, path))
    wanted = {(row.status, row.code)}
    if len(row.body) >= LONGEST:  # it is meant for the usual limits
        wanted |= {(413, "body_too_large"), (413, "too_many_points")}
    right = is_problem(body) and (status, orjson.loads(body)["code"]) in wanted
    result.require(right, f"{row.name}: {status} {body[:80]!r}, wants {wanted}")
