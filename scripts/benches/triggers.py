"""What the trigger finds, how fast, and how exact its instants are, in process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.dsp.edges import Floats
from app.dsp.finder import Finder
from app.dsp.trigger import Edge, Polarity, PulseWidth, Runt, Timeout, Trigger, WindowTrigger
from scripts.benches.table import Row, Size

FASTEST = 10e6  # samples/s a core
BLOCK = 100_000
PERIOD, NOISE = 1000, 0.02  # of the sine, in samples and standard deviations
EVERY = 50  # periods from one planted event to the next
COARSE, TURNS = 10.137, 2000  # samples a period and periods for the instants
MIDDLE, HIGH = (
    0.01,
    0.02,
)  # of a sample: how far instants may be off at the middle and at 0.8 of the amplitude


@dataclass(frozen=True)
class Planted:
    """A noisy sine of amplitude 1 with events in it, each in a period of its own.

    glitches  first samples of strokes up to 2.5, three samples long
    runts     middles of pulses from the bottom that reach half of the height, forty samples long
    """

    y: Floats
    glitches: list[int]
    runts: list[int]


def planted(n: int) -> Planted:
    turns = np.arange(1, n // PERIOD - 1)
    some = turns[:: EVERY // 2]
    glitches, runts = some[0::2] * PERIOD + PERIOD // 4, some[1::2] * PERIOD + PERIOD * 3 // 4
    y = np.sin(2 * np.pi * np.arange(n) / PERIOD)
    for at in glitches:
        y[at : at + 3] = 2.5
    for at in runts:
        y[at - 20 : at + 20] = 0.0
    y += np.random.default_rng(11).normal(0, NOISE, n)
    return Planted(y, glitches.tolist(), runts.tolist())


def triggers(size: Size) -> Iterator[Row]:
    """Every kind on the same signal: all that was planted, and nothing else."""
    signal = planted(size.appended)
    x = np.arange(len(signal.y), dtype=np.float64)
    kinds: dict[str, tuple[Trigger, Sequence[int]]] = {
        "pulse width": (
            PulseWidth(level=1.5, hysteresis=0.2, high_width=5), [at + 3 for at in signal.glitches]
        ),
        "runt": (
            Runt(low=-0.5, high=0.5, hysteresis=0.2, polarity=Polarity.POSITIVE),
            [at + 20 for at in signal.runts],
        ),
        "window": (WindowTrigger(low=-1.5, high=1.5), signal.glitches),
        "edge": (Edge(level=1.5, hysteresis=0.2), signal.glitches),
        "timeout": (Timeout(level=0.0, hysteresis=0.2, time=2 * PERIOD), []),
    }  # fmt: skip
    beside = rate(lambda: np.count_nonzero(signal.y >= 1.5), len(x))
    for name, (trigger, expected) in kinds.items():
        yield found(name, trigger, expected, x, signal.y, beside)
    for level, most in ((0.0, MIDDLE), (0.8, HIGH)):
        yield exact(level, most)


def found(name: str, trigger: Trigger, expected: Sequence[int], x: Floats, y: Floats, beside: float) -> Row:
    """One kind: what it finds, and how fast."""
    finder, numbers, began = Finder(trigger), [], time.process_time()
    for at in range(0, len(x), BLOCK):
        numbers += finder.feed(at, x[at : at + BLOCK], y[at : at + BLOCK]).numbers.tolist()
    speed = len(x) / (time.process_time() - began)
    missed, invented = set(expected) - set(numbers), set(numbers) - set(expected)
    return Row(
        f"{name} trigger on {len(x):,} samples of a noisy sine with glitches and runts",
        f"{len(expected)} planted, {len(missed)} missed, {len(invented)} invented; "
        f"{speed / 1e6:.0f} M samples/s",
        f"{beside / 1e6:.0f} M samples/s, all compared with one number",
        speed / beside,
        f">= {FASTEST / 1e6:g} M samples/s, all and no other",
        speed >= FASTEST and not missed and not invented,
    )


def rate(work: object, n: int) -> float:
    began = time.process_time()
    for _ in range(10):
        work()  # type: ignore[operator]
    return 10 * n / (time.process_time() - began)


def exact(level: float, most: float) -> Row:
    """Instants of a sine with few samples a period, beside straight lines between them."""
    x = np.arange(round(COARSE * TURNS), dtype=np.float64)
    y = np.sin(2 * np.pi * x / COARSE)
    events = Finder(Edge(level=level)).feed(0, x, y)
    inner = events.numbers > 1
    numbers, instants = events.numbers[inner], events.x[inner]
    share = (level - y[numbers - 1]) / (y[numbers] - y[numbers - 1])
    mine, line = off(instants, level), off(x[numbers - 1] + share, level)
    return Row(
        f"instants of a sine of {COARSE:.0f} samples a period at {level:g} of its amplitude",
        f"off by {100 * mine:.2f} % of a sample at most",
        f"{100 * line:.2f} %, on straight lines",
        mine / line,
        f"<= {100 * most:g} %",
        mine <= most,
    )


def off(instants: Floats, level: float) -> float:
    """How many samples the instants are from the truth, at most."""
    turns = instants / COARSE - np.arcsin(level) / (2 * np.pi)
    return float(np.abs(turns - np.rint(turns)).max() * COARSE)
