"""Bodies for POST /data by their numbers: those of one kind join each other without a gap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import orjson

BATCH = 10_000
FEW, FOUR_RATE = 100, 2000
DIGITS = 6  # after the point, as a converter of 20 bits would send


def points(numbers: Iterable[int]) -> Iterator[bytes]:
    """One sample each, as the first version's senders do it; y is its number."""
    return (b'{"x":%d.5,"y":%d}' % (i, i) for i in numbers)


def probes(numbers: Iterable[int]) -> Iterator[bytes]:
    """One sample each on a channel of its own, x by the server's clock; y is its number."""
    return (b'{"y":%d,"channel":"probe"}' % i for i in numbers)


def columns(numbers: Iterable[int]) -> Iterator[bytes]:
    """10,000 samples each with their x; y is the number of the sample."""
    for k in numbers:
        batch = range(k * BATCH, (k + 1) * BATCH)
        yield orjson.dumps({"channel": "columns", "x": [i / 1000 for i in batch], "y": list(batch)})


def steps(numbers: Iterable[int]) -> Iterator[bytes]:
    """10,000 samples each with t0 and dt; y is a wave."""
    for k in numbers:
        y = [round(math.sin(i / 777) * 5, DIGITS) for i in range(k * BATCH, (k + 1) * BATCH)]
        yield orjson.dumps({"t0": k * BATCH / 1e6, "dt": 1e-6, "channels": {"steps": y}})


def pairs(numbers: Iterable[int]) -> Iterator[bytes]:
    """10,000 samples each with their x; y is a wave."""
    for k in numbers:
        batch = range(k * BATCH, (k + 1) * BATCH)
        y = [round(math.sin(i / 777) * 5, DIGITS) for i in batch]
        yield orjson.dumps({"channel": "pairs", "x": [i / 1_000_000 for i in batch], "y": y})


def four(numbers: Iterable[int]) -> Iterator[bytes]:
    """100 samples each of four channels at 2 kSa/s: a wave, one shifted against the next."""
    for k in numbers:
        batch = range(k * FEW, (k + 1) * FEW)
        ys = {f"ch{c + 1}": [round(math.sin(i / 25 + c), DIGITS) for i in batch] for c in range(4)}
        yield orjson.dumps({"t0": k * FEW / FOUR_RATE, "rate": FOUR_RATE, "channels": ys})


BODIES: dict[str, Callable[[Iterable[int]], Iterator[bytes]]] = {
    "points": points,
    "probes": probes,
    "columns": columns,
    "steps": steps,
    "pairs": pairs,
    "four": four,
}
