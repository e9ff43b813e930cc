"""What the memory takes and what a frame takes from it, in process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from app.memory.memory import Memory
from app.memory.samples import Float64s, Origin, Samples
from app.scope.scope import Scope
from app.scope.timebase import DIVISIONS
from scripts.benches.table import Row, Size, WrongError

APPEND = 20.0  # ns a sample
FRAME = 1.5  # times the frame of the shortest history
KEPT = 1_000_000  # samples, the record length unless it is set
BLOCK = 100_000
FRAMES = 41
COLUMNS_AT_LEAST = 900


def append(size: Size) -> Iterator[Row]:
    """Memory.append with its pyramid, beside two plain copies into arrays."""
    for batch in (10_000, 1_000_000):
        batch = min(batch, size.appended)
        mine = min(appending(batch, size.appended) for _ in range(size.rounds))
        plain = min(copying(batch, size.appended) for _ in range(size.rounds))
        yield Row(
            f"Memory.append with pyramid, batches of {batch:,}",
            f"{mine:.2f} ns/sample",
            f"{plain:.2f} ns/sample, x and y copied into two arrays",
            mine / plain,
            f"<= {APPEND:g} ns",
            mine <= APPEND,
        )


def wave(batch: int, n: int) -> list[tuple[Float64s, Float64s]]:
    """n samples in batches: x in steps of a microsecond, y noise."""
    y: Float64s = np.random.default_rng(1).standard_normal(batch)
    return [(np.arange(k * batch, (k + 1) * batch, dtype=np.float64) * 1e-6, y) for k in range(n // batch)]


def appending(batch: int, n: int) -> float:
    """ns a sample, once the record is full."""
    memory = Memory(KEPT)
    blocks = [[Samples("a", 0.0, x, y, Origin.DATA)] for x, y in wave(batch, n)]
    warm = next(k for k in range(len(blocks)) if k * batch >= KEPT) if n > KEPT else 0
    for block in blocks[:warm]:
        memory.append(block, 0.0)
    began = time.perf_counter()
    for block in blocks[warm:]:
        memory.append(block, 0.0)
    return (time.perf_counter() - began) / (n - warm * batch) * 1e9


def copying(batch: int, n: int) -> float:
    ring_x, ring_y = np.zeros(KEPT), np.zeros(KEPT)
    blocks = wave(batch, n)
    began = time.perf_counter()
    for k, (x, y) in enumerate(blocks):
        at = k * batch % KEPT
        ring_x[at : at + batch], ring_y[at : at + batch] = x, y
    return (time.perf_counter() - began) / n * 1e9


def regular(n: int) -> Float64s:
    return np.linspace(0.0, 1.0, n)


def irregular(n: int) -> Float64s:
    """Steps as between rare events, over the same range."""
    x = np.cumsum(np.random.default_rng(2).exponential(size=n))
    return np.asarray((x - x[0]) / (x[-1] - x[0]))


def frame(size: Size) -> Iterator[Row]:
    """The whole history on one screen."""
    for name, shape in {"regular": regular, "irregular": irregular}.items():
        scopes = {n: filled(n, shape) for n in size.history}
        took = medians(list(scopes.values()))
        shortest = took[0]
        yield Row(f"frame of {size.history[0]:,} samples, {name} x", f"{shortest:.3f} ms")
        for n, ms in zip(size.history[1:], took[1:], strict=True):
            yield Row(
                f"frame of {n:,} samples, {name} x",
                f"{ms:.3f} ms",
                f"{shortest:.3f} ms, {size.history[0]:,} samples",
                ms / shortest,
                f"<= {FRAME:g} x",
                ms / shortest <= FRAME,
            )


def filled(n: int, shape: Callable[[int], Float64s]) -> tuple[Scope, Memory]:
    """A memory of n samples with x from 0 to 1, and a scope that shows them all."""
    memory, scope = Memory(n), Scope()
    x, y = shape(n), np.random.default_rng(3).standard_normal(n)
    for at in range(0, n, BLOCK):
        memory.append([Samples("a", 0.0, x[at : at + BLOCK], y[at : at + BLOCK], Origin.DATA)], 1.7e9)
    scope.sweep_speed(1.0 / DIVISIONS)
    shown = scope.frame(memory).traces[0]
    if shown.stop - shown.start != n or len(shown.x) < COLUMNS_AT_LEAST:
        raise WrongError(f"of {n} samples {shown.stop - shown.start} are shown by {len(shown.x)} points")
    return scope, memory


def medians(scopes: list[tuple[Scope, Memory]]) -> list[float]:
    """ms of a frame of each; measured in turns, so that what else the machine does meets all."""
    took: list[list[float]] = [[] for _ in scopes]
    for _ in range(FRAMES):
        for (scope, memory), times in zip(scopes, took, strict=True):
            began = time.perf_counter()
            scope.frame(memory)
            times.append((time.perf_counter() - began) * 1e3)
    return [statistics.median(times) for times in took]
