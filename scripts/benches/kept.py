"""What it costs to keep samples beyond the process, and how soon they are back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.memory.durable import Durable
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.memory.shelf import MOST_ENTRIES
from scripts.benches.ingest import PARALLEL, posts_per_second
from scripts.benches.memory import KEPT, appending
from scripts.benches.running import LISTENING, PAGES, app
from scripts.benches.table import Row, Size

CHANNELS = 10
BACK = 3.0  # s


def kept(size: Size) -> Iterator[Row]:
    yield from append(size)
    yield posts(size)
    yield back(size)


def append(size: Size) -> Iterator[Row]:
    """Appending to rings in files, with their journal, beside rings in memory."""
    for batch in (10_000, 1_000_000):
        batch = min(batch, size.appended)
        with TemporaryDirectory() as folder:
            there = min(
                appending(batch, size.appended, Durable(Path(folder) / str(k), KEPT))
                for k in range(size.rounds)
            )
        here = min(appending(batch, size.appended) for _ in range(size.rounds))
        yield Row(
            f"Memory.append in files, batches of {batch:,}",
            f"{there:.2f} ns/sample",
            f"{here:.2f} ns/sample, in memory",
            there / here,
        )


def posts(size: Size) -> Row:
    """Single points to a server that keeps them, beside one that does not: the best round of each."""
    ready = PAGES if size.judged else LISTENING
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        keeps = stack.enter_context(app("--data", folder, ready=ready))
        does_not = stack.enter_context(app(ready=ready))
        rounds = [
            (posts_per_second(keeps, size.points)[1], posts_per_second(does_not, size.points)[1])
            for _ in range(size.rounds)
        ]
    there, here = (max(rates) for rates in zip(*rounds, strict=True))
    return Row(
        f"single-point POST with SCOPE_DATA, {PARALLEL} connections kept open",
        f"{there:.0f} POST/s",
        f"{here:.0f} POST/s, in memory",
        there / here,
    )


def back(size: Size) -> Row:
    """Opening the memory of a process that was killed, its rings full and its journal long."""
    points = min(KEPT, size.appended)
    with TemporaryDirectory() as folder:
        memory = Durable(Path(folder), points, budget=CHANNELS * points * 20)
        fill(memory, points)
        memory.checkpoint()
        single = Samples("ch0", 1e9, np.zeros(1), np.ones(1), Origin.DATA)
        changes = min(MOST_ENTRIES - 1, size.points)
        for _ in range(changes):
            memory.append([single], 1.7e9)
        memory._shelf.leave()
        began = time.perf_counter()
        again = Durable(Path(folder), points, budget=CHANNELS * points * 20)
        took = time.perf_counter() - began
        there = sum(record.total - record.first for record in again.records.values())
        again.close()
    return Row(
        f"{there:,} samples of {CHANNELS} channels and {changes:,} changes in the journal, after a kill",
        f"there after {took:.2f} s",
        budget=f"<= {BACK:g} s",
        held=took <= BACK,
    )


def fill(memory: Memory, points: int) -> None:
    y = np.random.default_rng(4).standard_normal(points)
    for k in range(CHANNELS):
        memory.append([Samples(f"ch{k}", 0.0, np.arange(points) * 0.7, y, Origin.DATA)], 1.7e9)
