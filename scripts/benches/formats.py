"""Formats other than JSON: decoded and stored in this process, without HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from app.ingest.batch import Limits
from app.ingest.formats import decode
from app.memory.memory import Memory
from scripts.benches.table import Row, Size, WrongError

NOW = 1_700_000_000 * 10**9
BINARY_SAMPLES = 50e6  # a second and core
LINES = 500e3
MILLION = 1_000_000


def formats(size: Size) -> Iterator[Row]:
    """Bodies of float32 and of line protocol; beside them what cannot be done without."""
    n = min(MILLION, 100 * size.columns * size.columns)
    numbers = np.sin(np.arange(n) / 777).astype("<f4").tobytes()
    query = {"dtype": "f4", "rate": "1000000", "t0": "0"}
    rate = samples_per_second(size, "application/octet-stream", numbers, query, n)
    copied = n / least(size, lambda: np.frombuffer(numbers, "<f4").copy())
    yield Row(
        f"float32, {n:,} samples a body, decoded and stored with pyramid",
        f"{rate / 1e6:.0f} M samples/s",
        f"{copied / 1e6:.0f} M samples/s, y copied",
        rate / copied,
        f">= {BINARY_SAMPLES / 1e6:g} M a core",
        rate >= BINARY_SAMPLES,
    )
    n = min(10_000, 50 * size.columns)
    text = b"\n".join(b"m,host=a v=%.6f %d" % (np.sin(i / 777), NOW + i * 10**6) for i in range(n))
    rate = samples_per_second(size, "text/x-influx", text, {}, n)
    split = n / least(size, lambda: [line.split(b" ") for line in text.split(b"\n")])
    yield Row(
        f"line protocol, {n:,} points a body, decoded and stored",
        f"{rate / 1e6:.2f} M points/s",
        f"{split / 1e6:.2f} M points/s, lines split at their spaces",
        rate / split,
        f">= {LINES / 1e6:g} M a core",
        rate >= LINES,
    )


def samples_per_second(size: Size, kind: str, body: bytes, query: dict[str, str], n: int) -> float:
    """Of processor time, in the best round."""
    memory = Memory(2 * MILLION)
    seconds = least(size, lambda: memory.append(decode(kind, body, NOW, Limits(), query), 1.7e9))
    if memory.accepted % n:
        raise WrongError(f"{n} samples a body were sent, {memory.accepted} are there")
    return n / seconds


def least(size: Size, work: Callable[[], object]) -> float:
    """Seconds of processor time that the work takes in the best round."""
    found = []
    for _ in range(3 * size.rounds):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return max(min(found), 1e-6)  # what the clock can tell apart
