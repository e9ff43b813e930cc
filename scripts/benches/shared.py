"""What several processes share by Redis: what that costs, how soon it is there, how many can look."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from tempfile import TemporaryDirectory

import numpy as np

from app.ingest.redis_bus import RedisBus
from app.ingest.redis_memory import SharedMemory
from app.ingest.sequences import Sequences
from app.memory.samples import Origin, Samples
from app.texts import Store
from scripts.benches.feed import PARALLEL as CONNECTIONS
from scripts.benches.feed import POINTS, UNPROBED, sweeping
from scripts.benches.ingest import PARALLEL, posts_per_second
from scripts.benches.running import LISTENING, PAGES, Server, app, ended, free_port, until
from scripts.benches.sender import Sender
from scripts.benches.table import Row, Size, percentile
from scripts.benches.watcher import Watcher
from scripts.benches.watchers import Watchers

BLOCK = 1000  # samples of a batch
REFILLED = 1.0  # s
ACROSS = 100.0  # ms
FRAMES = 0.95  # of those of one process
PATIENCE = 10.0  # s


def has_redis() -> bool:
    return shutil.which("redis-server") is not None


@contextmanager
def redis() -> Iterator[Store]:
    """A Redis that keeps what it is given, on a free port."""
    port = free_port()
    with TemporaryDirectory() as folder:
        options = ["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"]
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), *options], stdout=subprocess.DEVNULL, text=True
        )
        with ended(process):
            until(lambda: listens(port), PATIENCE, "start of Redis")
            yield Store("127.0.0.1", port)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def shared(size: Size) -> Iterator[Row]:
    if not has_redis():
        return
    with redis() as place:
        yield refilled(place, size)
    with redis() as place:
        flag = ("--redis", f"redis://{place.host}:{place.port}")
        ready = PAGES if size.judged else LISTENING
        with ExitStack() as stack:
            one, other = (stack.enter_context(app(*flag, ready=ready)) for _ in range(2))
            alone = stack.enter_context(app(ready=ready))
            for server in (one, other):
                until(lambda s=server: takes(s), PATIENCE, "Redis")  # type: ignore[misc]
            yield posts(one, alone, size)
            yield across(one, other, size)
            yield watched(one, other, size)


def takes(server: Server) -> bool:
    return b'"store":"pass"' in server.ask("GET", "/readyz")[1]


def refilled(place: Store, size: Size) -> Row:
    """A process that begins, and reads what is there."""
    n = min(size.appended, 1_000_000) // BLOCK
    asyncio.run(filled(place, n))
    took = min(asyncio.run(read_back(place, n)) for _ in range(size.rounds))
    return Row(
        f"{n * BLOCK:,} samples in batches of {BLOCK:,}, read from Redis at the start",
        f"there after {took:.2f} s",
        budget=f"<= {REFILLED:g} s",
        held=took <= REFILLED,
    )


async def filled(place: Store, n: int) -> None:
    """Have a stream of so many batches."""
    async with process(place) as bus:
        y = np.random.default_rng(5).standard_normal(BLOCK)
        for k in range(n):
            x = np.arange(BLOCK) / BLOCK
            await bus.put([Samples("ch1", float(k), x, y, Origin.DATA)], 1.7e9 + k)


async def read_back(place: Store, n: int) -> float:
    """s until all of it is in memory."""
    began = time.perf_counter()
    async with process(place) as bus:
        if bus.memory.accepted != n * BLOCK:
            raise ValueError(f"{bus.memory.accepted} samples came back")
        return time.perf_counter() - began


class process:  # noqa: N801  it reads as a function
    """What a process has of the stream: the bus, once it is ready."""

    def __init__(self, place: Store) -> None:
        self.bus = RedisBus(place, SharedMemory(1_000_000), Sequences(), {})

    async def __aenter__(self) -> RedisBus:
        self.running = asyncio.create_task(self.bus.run())
        while not self.bus.ready():
            await asyncio.sleep(0.001)
        return self.bus

    async def __aexit__(self, *_: object) -> None:
        self.running.cancel()
        with suppress(asyncio.CancelledError):
            await self.running


def posts(stores: Server, alone: Server, size: Size) -> Row:
    """Single points that go through Redis, beside those that go into memory: the best round of each."""
    there, here = (
        max(posts_per_second(server, size.points)[1] for _ in range(size.rounds))
        for server in (stores, alone)
    )
    paced = [paced_ms(server, size) for server in (stores, alone)]
    return Row(
        f"single-point POST through Redis, {PARALLEL} connections kept open",
        f"{there:.0f} POST/s; p50 {paced[0][0]:.1f} ms, p99 {paced[0][1]:.1f} at {POINTS:g}/s",
        f"{here:.0f} POST/s, in memory; p50 {paced[1][0]:.1f} ms, p99 {paced[1][1]:.1f}",
        there / here,
    )


def paced_ms(server: Server, size: Size) -> tuple[float, float]:
    """p50 and p99 of the answers, when points come at an even rate."""
    sender = Sender(server.port, "probes", range(max(100, size.points // 4)), CONNECTIONS, POINTS)
    sent = sender.run()
    return sent.ms(0.5), sent.ms(0.99)


def across(one: Server, other: Server, size: Size) -> Row:
    """From a POST to one process until a viewer of the other, or of the same, has a frame with it."""
    there, here = (seen_after(one, server, size) for server in (other, one))
    return Row(
        f"POST to one process, seen by a viewer of another, {len(there)} posts",
        f"p50 {percentile(there, 0.5):.1f} ms, p99 {percentile(there, 0.99):.1f}",
        f"p50 {percentile(here, 0.5):.1f} ms, p99 {percentile(here, 0.99):.1f}, by a viewer of the same",
        percentile(there, 0.5) / percentile(here, 0.5),
        f"p99 <= {ACROSS:g} ms",
        percentile(there, 0.99) <= ACROSS,
    )


def seen_after(sends: Server, shows: Server, size: Size) -> list[float]:
    """ms of each POST."""
    sends.clear()
    sends.post(b'{"x":-1,"y":0,"channel":"seen"}')
    until(lambda: "seen" in shows.totals(), PATIENCE, "a channel in the other process")
    watcher = Watcher(shows.port, "on=seen")
    found = []
    for n in range(max(5, size.draws)):
        time.sleep(0.05 + 0.013 * (n % 7))  # not in step with the frames
        drain(watcher, 0.0)
        began, before = time.monotonic(), watcher.seen.frames
        sends.post(b'{"x":%d,"y":%d,"channel":"seen"}' % (n, n % 7))
        drain(watcher, PATIENCE, before)
        found.append(1e3 * (time.monotonic() - began))
    watcher.close()
    return found


def drain(watcher: Watcher, seconds: float, before: int | None = None) -> None:
    """Read for so long, or until there is a frame after those before."""
    late = time.monotonic() + seconds
    while True:
        watcher.read()
        if before is not None and watcher.seen.frames > before:
            return
        if time.monotonic() >= late:
            return
        time.sleep(0.0005)


def watched(one: Server, other: Server, size: Size) -> Row:
    """Watchers of two processes, beside half as many of one; the signal comes in at one of them."""
    n = size.watchers
    with sweeping(one, size.frames_for), Watchers(one.port, n, [UNPROBED] * n) as crowd:
        time.sleep(size.calm)
        single = crowd.watch(size.frames_for)
    with (
        sweeping(one, 2 * size.frames_for, 1),
        Watchers(one.port, n, [UNPROBED] * n) as near,
        Watchers(other.port, n, [UNPROBED] * n) as far,
    ):
        time.sleep(size.calm)
        near.look()
        busy = [server.cpu() for server in (one, other)]
        there = far.watch(size.frames_for)
        here = near.look()
        busy = [server.cpu() - before for server, before in zip((one, other), busy, strict=True)]
    slowest = min(here.slowest, there.slowest)
    loads = " and ".join(f"{100 * seconds / there.seconds:.0f} %" for seconds in busy)
    return Row(
        f"{2 * n} watchers of 4 channels x 1000 columns, two processes that share a Redis",
        f"slowest {slowest:.1f} frames/s; {loads} of a core",
        f"{single.slowest:.1f} frames/s, {n} watchers of one process",
        slowest / single.slowest,
        f">= {FRAMES:g} x",
        slowest >= FRAMES * single.slowest,
    )
