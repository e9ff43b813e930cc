"""What must hold while much goes on: every sample is there once, memory stays, nothing is left behind."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack, closing

import numpy as np
import orjson

from scripts.benches.bodies import BATCH
from scripts.benches.running import LISTENING, PROJECT, Server, app
from scripts.benches.sender import Feeding, Sender, Sent
from scripts.benches.table import Row, Size, WrongError
from scripts.benches.viewer import Viewer
from scripts.benches.watchers import Watchers

POST_P99 = 50.0  # ms
FLAT = 5.0  # MB: from one half minute to the next; unlimited queues behind a stalled tab take 15 and more
POINTS = 20_000  # record length: filled before memory is watched
BATCHES_PER_S, POINTS_PER_S = 20.0, 50.0
PIECE = 100_000  # samples read back at a time
SPARE = 10.0  # s of bodies more


def exact(size: Size) -> Iterator[Row]:
    """Points from four connections and batches beside them, all at full speed."""
    sent = {"ch1": size.points, "columns": size.bodies * BATCH}
    with app(ready=LISTENING) as running:
        senders = (
            Sender(running.port, "points", range(size.points), 4),
            Sender(running.port, "columns", range(size.bodies), 1),
        )
        for sender in senders:
            sender.begin()
        seconds = max(sender.result().seconds for sender in senders)
        counted = running.totals()
        back = read(running, "ch1", "n=all"), np.concatenate([*pieces(running, sent["columns"])])
    lost = sum(n - len(np.unique(ys)) for n, ys in zip(sent.values(), back, strict=True))
    twice = sum(len(ys) - len(np.unique(ys)) for ys in back)
    right = all(np.array_equal(np.sort(ys), np.arange(n)) for n, ys in zip(sent.values(), back, strict=True))
    yield Row(
        f"{size.points:,} points from 4 connections beside {size.bodies} batches of {BATCH:,}, read back",
        f"{lost} lost, {twice} twice, in {seconds:.1f} s",
        f"{sum(counted.values()):,} counted by the server",
        sum(counted.values()) / sum(sent.values()),
        "every one, once",
        right and counted == sent,
    )


def read(running: Server, channel: str, query: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    status, body = running.ask("GET", f"/data?channel={channel}&{query}")
    if status != 200:
        raise WrongError(f"GET /data: {status} {body[:200]!r}")
    return np.array(orjson.loads(body)["channels"][channel]["y"], np.float64)


def pieces(running: Server, n: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The y of the columns, by their x."""
    for start in range(0, n, PIECE):
        stop = min(start + PIECE, n)
        yield read(running, "columns", f"n=all&from={start / 1000}&to={(stop - 1) / 1000}")


def malformed(_: Size) -> Iterator[Row]:
    """All bodies of the tests that are no samples."""
    spec = importlib.util.spec_from_file_location("malformed", PROJECT / "tests" / "ingest" / "malformed.py")
    if spec is None or spec.loader is None:
        raise WrongError("tests/ingest/malformed.py cannot be read")
    known = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(known)
    with app(ready=LISTENING) as running:
        running.post(b'{"x": 1, "y": 2}')
        before = held(running)
        bad = [name for name, body, *_ in known.MALFORMED if not refused(running, body)]
        unchanged = held(running) == before
    n = len(known.MALFORMED)
    yield Row(
        f"{n} malformed bodies: 4xx, JSON with a message, GET /channels unchanged",
        f"{n - len(bad)} refused; channels {'as before' if unchanged else 'changed'} {' '.join(bad)}".strip(),
        budget="all",
        held=not bad and unchanged,
    )


def held(running: Server) -> list[dict[str, object]]:
    """GET /channels without the rate, which falls by itself."""
    channels = orjson.loads(running.ask("GET", "/channels")[1])
    return [{key: value for key, value in channel.items() if key != "rate"} for channel in channels]


def refused(running: Server, body: bytes) -> bool:
    status, answer = running.ask("POST", "/data", body)
    try:
        problem = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return False
    return 400 <= status < 500 and problem["status"] == "error" and bool(problem["message"])


def tabs(size: Size) -> Iterator[Row]:
    """Full tabs of four channels, one of which does not read its sockets, while samples come in."""
    seconds = size.settled_for + size.watched_for
    with app("--scope-points", str(POINTS)) as running, ExitStack() as stack:
        Sender(running.port, "four", range(POINTS // 100), 1).run()
        Sender(running.port, "probes", range(size.points // 4), 4).run()
        for n in range(size.tabs):
            stack.enter_context(closing(Viewer(running, "?off=probe", stalled=n == 0)))
        crowd = stack.enter_context(Watchers(running.port, size.tabs, ["off=probe"], narrow=1))
        crowd.stall(1)
        with (
            Feeding(running.port, "four", BATCHES_PER_S, 2 * seconds + SPARE, first=POINTS // 100) as batches,
            Feeding(running.port, "probes", POINTS_PER_S, 2 * seconds + SPARE) as points,
        ):
            crowd.look()
            running.resident(size.settled_for)
            resident = running.resident(size.watched_for)
            slowest = crowd.look().slowest
    if not slowest:
        raise WrongError("a tab that reads got no frames")
    live = f"{size.tabs} tabs of 4 channels live, one stalled, the slowest other {slowest:.1f} frames/s"
    yield post_row(f"single-point POST, {live}", points.sent)
    yield post_row(f"POST of 4 x 100 samples, {live}", batches.sent)
    yield memory_row(resident)


def post_row(what: str, sent: Sent) -> Row:
    p99 = sent.ms(0.99)
    return Row(
        what,
        f"p99 {p99:.1f} ms, p50 {sent.ms(0.5):.1f}, longest {1e3 * max(sent.latencies):.0f}",
        budget=f"p99 <= {POST_P99:g} ms",
        held=p99 <= POST_P99,
    )


def memory_row(resident: list[float]) -> Row:
    """Growth of its peaks: between two collections of Python's garbage it rises and falls."""
    half = len(resident) // 2
    before, after = max(resident[:half]), max(resident[half:])
    return Row(
        f"resident memory meanwhile, {len(resident) - 1} s in two halves",
        f"{after - before:+.1f} MB",
        f"{before:.0f} MB in the first half, {after:.0f} in the second",
        after / before,
        f"<= {FLAT:g} MB",
        after - before <= FLAT,
    )
