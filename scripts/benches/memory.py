"""What the memory takes and what a frame takes from it, in process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.memory.memory import Memory
from app.memory.samples import Float64s, Origin, Samples
from app.scope.autoset import Setup
from app.scope.frame import Frame
from app.scope.search import Searches
from app.scope.timebase import DIVISIONS
from app.scope.view import View
from app.scope.view import frame as frame_of
from scripts.benches.table import Row, Size, WrongError

Steps = Callable[[int], Float64s]

APPEND = 20.0  # ns a sample
FRAME = 1.5  # times the frame of the shortest history
KEPT = 1_000_000  # samples, the record length unless it is set
BLOCK = 100_000
FRAMES = 101
MORE = 1000  # samples that come between two frames
COLUMNS_AT_LEAST = 900
SAMPLE_BYTES = 20  # room for a sample
NEAR = 0.01  # of the samples: how many more or fewer a screen may show


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


def appending(batch: int, n: int, memory: Memory | None = None) -> float:
    """ns a sample, once the record is full; memory: an empty one for KEPT points."""
    memory = memory or Memory(KEPT)
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
    return np.ones(n)


def irregular(n: int) -> Float64s:
    """Steps as between rare events."""
    return np.random.default_rng(2).exponential(size=n)


@dataclass(frozen=True)
class Screen:
    """One view of one memory, to which samples come.

    more  adds the next MORE of them
    """

    memory: Memory
    view: View
    more: Callable[[], None]
    searches: Searches = field(default_factory=Searches)

    def frame(self) -> Frame:
        return frame_of(self.view, self.memory, Setup(), self.searches)


def frame(size: Size) -> Iterator[Row]:
    """Frames of full records to which samples come: all of them on the screen, and the newest 10,000."""
    for name, steps in {"regular": regular, "irregular": irregular}.items():
        yield from frames(size, name, steps)


def frames(size: Size, name: str, steps: Steps) -> Iterator[Row]:
    least = size.history[0]
    screens = {}
    for n in size.history:
        memory, more = filled(n, steps)
        screens[f"frame of {n:,} samples, {name} x"] = screen(memory, n, more)
        if n > least:
            screens[f"frame of {n:,} samples, the newest {least:,} shown, {name} x"] = screen(
                memory, least, more
            )
    (first, shortest), *others = medians(screens).items()
    yield Row(first, f"{shortest:.3f} ms")
    for what, ms in others:
        beside = f"{shortest:.3f} ms, {least:,} samples"
        ratio = ms / shortest
        yield Row(what, f"{ms:.3f} ms", beside, ratio, f"<= {FRAME:g} x", ratio <= FRAME)


def filled(n: int, steps: Steps) -> tuple[Memory, Callable[[], None]]:
    """A memory that has taken in a quarter more than the n samples it has room for, and what adds MORE."""
    memory = Memory(n, n * SAMPLE_BYTES)
    step, y = steps(BLOCK), np.random.default_rng(3).standard_normal(BLOCK).astype(np.float32)

    def add(part: int = MORE) -> None:
        x = memory_end(memory) + np.cumsum(step[:part])
        memory.append([Samples("a", 0.0, x, y[:part], Origin.DATA)], 1.7e9)

    total = n + n // 4
    for at in range(0, total, BLOCK):
        add(min(BLOCK, total - at))
    return memory, add


def memory_end(memory: Memory) -> float:
    """x of the newest sample."""
    record = memory.records.get("a")
    return 0.0 if record is None else float(record.x(record.total - 1, record.total)[0])


def screen(memory: Memory, n: int, more: Callable[[], None]) -> Screen:
    """A screen as long as the newest n samples; WrongError if it does not show them."""
    record = memory.records["a"]
    span = memory_end(memory) - float(record.x(record.total - n, record.total - n + 1)[0])
    found = Screen(memory, View(units_per_div=span / DIVISIONS), more)
    trace = found.frame().traces[0]
    if abs(trace.stop - trace.start - n) > NEAR * n or len(trace.x) < COLUMNS_AT_LEAST:
        raise WrongError(f"of {n} samples {trace.stop - trace.start} are shown by {len(trace.x)} points")
    return found


def medians(screens: Mapping[str, Screen]) -> dict[str, float]:
    """ms of a frame of each with new samples; in turns, so that what else the machine does meets all."""
    took: dict[str, list[float]] = {what: [] for what in screens}
    for _ in range(FRAMES):
        for what, one in screens.items():
            one.more()
            began = time.perf_counter()
            one.frame()
            took[what].append((time.perf_counter() - began) * 1e3)
    return {what: statistics.median(times) for what, times in took.items()}
