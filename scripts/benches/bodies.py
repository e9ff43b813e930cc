"""Bodies for POST /data by their numbers: those of one kind join each other without a gap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import orjson

Ys = np.ndarray[tuple[int], np.dtype[np.float64]]
BATCH = 10_000
FEW, FOUR_RATE = 100, 2000
SWEPT, SWEPT_RATE = 180, 6000
SWEPT_BODIES = SWEPT_RATE / SWEPT  # a second
ROLLED, ROLLED_RATE = 40, 1000
ROLLED_BODIES = ROLLED_RATE / ROLLED  # a second
MILLION = 100  # bodies a second that are a million samples
MARKED = 20
GOLDEN = (5**0.5 - 1) / 2
DIFFERENT = 25  # bodies before the y repeat themselves
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


def waves(numbers: Iterable[int], n: int, rate: int, frequency: float, noise: float) -> Iterator[bytes]:
    """n samples each of four channels: waves with noise, one shifted against the next.

    The y repeat themselves every 25 bodies, for building them takes its time.

    rate, frequency  1/s; 25 bodies are whole periods
    noise            standard deviation, beside an amplitude of 1
    """
    rng = np.random.default_rng(4)
    turns = (np.arange(n) + n * np.arange(DIFFERENT)[:, None]) * (2 * np.pi * frequency / rate)
    ys = [{f"ch{c + 1}": noisy(np.sin(body + c), noise, rng) for c in range(4)} for body in turns]
    texts = [orjson.dumps(y, None, orjson.OPT_SERIALIZE_NUMPY) for y in ys]
    form = b'{"t0":%.9f,"rate":%d,"channels":%s}'
    return (form % (k * n / rate, rate, texts[k % DIFFERENT]) for k in numbers)


def noisy(wave: Ys, noise: float, rng: np.random.Generator) -> Ys:
    return np.round(wave + noise * rng.standard_normal(len(wave)), DIGITS)


def swept(numbers: Iterable[int]) -> Iterator[bytes]:
    """180 samples each of four channels at 6 kSa/s, 100 Hz: at 50 ms/div a new sweep for each frame."""
    return waves(numbers, SWEPT, SWEPT_RATE, 100.0, 0.05)


def noise(numbers: Iterable[int]) -> Iterator[bytes]:
    """As `swept`, with so much noise that each column of the screen is a long stroke."""
    return waves(numbers, SWEPT, SWEPT_RATE, 100.0, 0.5)


def rolled(numbers: Iterable[int]) -> Iterator[bytes]:
    """40 samples each of four channels at 1 kSa/s: at 1 s/div 1000 columns that roll."""
    return waves(numbers, ROLLED, ROLLED_RATE, 3.0, 0.05)


def million(numbers: Iterable[int]) -> Iterator[bytes]:
    """10,000 samples each of one channel with t0 and dt, at 1 MSa/s: a wave of 5 kHz with noise."""
    rng = np.random.default_rng(6)
    wave = np.sin(np.arange(BATCH) * (2 * np.pi * 5000 / 1e6))
    texts = [orjson.dumps(noisy(wave, 0.05, rng), None, orjson.OPT_SERIALIZE_NUMPY) for _ in range(DIFFERENT)]
    form = b'{"t0":%.6f,"dt":0.000001,"channels":{"fast":%s}}'
    return (form % (k * BATCH / 1e6, texts[k % DIFFERENT]) for k in numbers)


def mark(n: int) -> float:
    """The y of a body of `marks`: from 0 to 1, each far from all others."""
    return n * GOLDEN % 1


def marks(numbers: Iterable[int]) -> Iterator[bytes]:
    """20 equal samples each with their x, so that the newest of 1000 columns has no others."""
    for k in numbers:
        x = list(range(k * MARKED, (k + 1) * MARKED))
        yield orjson.dumps({"x": x, "y": [mark(k)] * MARKED})


BODIES: dict[str, Callable[[Iterable[int]], Iterator[bytes]]] = {
    "points": points,
    "probes": probes,
    "columns": columns,
    "steps": steps,
    "pairs": pairs,
    "four": four,
    "swept": swept,
    "rolled": rolled,
    "noise": noise,
    "million": million,
    "marks": marks,
}
