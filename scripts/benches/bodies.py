"""Bodies for POST /data, every y of a kind different from all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import orjson

BATCH = 10_000
DIGITS = 6  # after the point, as a converter of 20 bits would send


def points(n: int) -> Iterator[bytes]:
    """One sample each, as the first version's senders do it; y is its number."""
    return (b'{"x":%d.5,"y":%d}' % (i, i) for i in range(n))


def probes(n: int) -> Iterator[bytes]:
    """One sample each on a channel of its own, x by the server's clock; y is its number."""
    return (b'{"y":%d,"channel":"probe"}' % i for i in range(n))


def columns(n: int) -> Iterator[bytes]:
    """10,000 samples each with their x; y is the number of the sample."""
    for k in range(n):
        numbers = range(k * BATCH, (k + 1) * BATCH)
        yield orjson.dumps({"channel": "columns", "x": [i / 1000 for i in numbers], "y": list(numbers)})


def steps(n: int) -> Iterator[bytes]:
    """10,000 samples each with t0 and dt; y is a wave."""
    for k in range(n):
        y = [round(math.sin(i / 777) * 5, DIGITS) for i in range(k * BATCH, (k + 1) * BATCH)]
        yield orjson.dumps({"t0": k * BATCH / 1e6, "dt": 1e-6, "channels": {"steps": y}})


def pairs(n: int) -> Iterator[bytes]:
    """10,000 samples each with their x; y is a wave."""
    for k in range(n):
        numbers = range(k * BATCH, (k + 1) * BATCH)
        y = [round(math.sin(i / 777) * 5, DIGITS) for i in numbers]
        yield orjson.dumps({"channel": "pairs", "x": [i / 1_000_000 for i in numbers], "y": y})


def four(n: int) -> Iterator[bytes]:
    """100 samples each of four channels at 2 kSa/s: a wave with its phase shifted."""
    for k in range(n):
        numbers = range(k * 100, (k + 1) * 100)
        ys = {f"ch{c + 1}": [round(math.sin(i / 25 + c), DIGITS) for i in numbers] for c in range(4)}
        yield orjson.dumps({"t0": k * 100 / 2000, "rate": 2000, "channels": ys})


BODIES: dict[str, Callable[[int], Iterator[bytes]]] = {
    "points": points,
    "probes": probes,
    "columns": columns,
    "steps": steps,
    "pairs": pairs,
    "four": four,
}
