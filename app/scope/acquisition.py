"""Acquisition: what a screen makes of more samples than it has columns for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.edges import Bools
from app.dsp.envelope import Columns, Ints
from app.memory.record import Record
from app.memory.samples import Float64s, Floats

LEAST, MOST = 2, 65_536  # sweeps
SUMMED = 262_144  # samples whose mean a trace shows at most; of more, every second, fourth, ...

Detector = Callable[[Record, Columns], Float64s]
"""(k * m,) y of the points drawn for each of m columns, k of them side by side."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to acquire.

    label   as the panel has it
    detect  what is drawn of the samples of each column
    many    whether it is of many sweeps, see `accumulation`
    """

    label: str
    detect: Detector
    many: bool = False


def first(record: Record, found: Columns) -> Float64s:
    """The first sample of each column."""
    return np.asarray(record.values(found.start), np.float64)


def extremes(record: Record, found: Columns) -> Float64s:
    """Lowest and highest sample of each column, in the order in which the column goes up or down."""
    falling = record.values(found.stop - 1) < record.values(found.start)
    y = np.empty(2 * len(found.index))
    y[0::2] = np.where(falling, found.high, found.low)
    y[1::2] = np.where(falling, found.low, found.high)
    return y


def mean(record: Record, found: Columns) -> Float64s:
    """The mean of the samples of each column, NaN ignored; of very many, of every second, fourth, ...

    The samples that are left out are chosen by their numbers, so that a column stays as it is while it moves.
    """
    if not len(found.index):
        return np.empty(0)
    begin, end = int(found.start[0]), int(found.stop[-1])
    stride = 1
    while end - begin > SUMMED * stride:
        stride *= 2
    least = -(-begin // stride)
    starts, stops = -(-found.start // stride) - least, -(-found.stop // stride) - least
    if stride == 1:
        return averages(record.y(begin, end), starts, stops)
    means = averages(record.values(np.arange(least * stride, end, stride)), starts, stops)
    return np.where(np.isnan(means), record.values(found.start), means)


def averages(y: Floats, starts: Ints, stops: Ints) -> Float64s:
    """Means of y over ranges that increase, NaN ignored; NaN where there is nothing."""
    sums = summed(y, starts, stops)
    counts: Float64s | Ints = stops - starts
    if np.isnan(sums).any():
        lasting = np.isfinite(y)
        sums, counts = summed(np.where(lasting, y, 0), starts, stops), summed(lasting, starts, stops)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(counts > 0, sums / counts, np.nan)


def summed(values: Floats | Bools, starts: Ints, stops: Ints) -> Float64s:
    """Sums over ranges that increase; of an empty one anything."""
    cuts = np.stack((starts, stops), axis=1).reshape(-1)
    if cuts[-1] == len(values):
        cuts = cuts[:-1]
    if len(cuts) and cuts[-1] == len(values):  # the last range is empty, too
        values = np.append(values, 0)
    return np.asarray(np.add.reduceat(values, cuts, dtype=np.float64)[::2])


ACQUISITIONS: dict[str, Mode] = {
    "sample": Mode("Sample", first),
    "peak": Mode("Peak detect", extremes),
    "average": Mode("Average", extremes, many=True),
    "high-resolution": Mode("High resolution", mean),
    "envelope": Mode("Envelope", extremes, many=True),
}


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a view acquires.

    mode   a key of ACQUISITIONS
    count  sweeps, where it is of many: a power of two
    """

    mode: str = "peak"
    count: int = 16

    @property
    def detect(self) -> Detector:
        return ACQUISITIONS[self.mode].detect

    @property
    def many(self) -> bool:
        """Whether it is of many sweeps."""
        return ACQUISITIONS[self.mode].many

    def told(self) -> list[tuple[str, str]]:
        """As parameters of a link."""
        if self.mode == Acquisition().mode:
            return []
        return [("acq", f"{self.mode}:{self.count}" if self.many else self.mode)]

    def turned(self, mode: str | None = None, count: int | None = None) -> Acquisition:
        """The same with other settings; ValueError: there are none such."""
        found = self if mode is None else replace(self, mode=mode)
        if found.mode not in ACQUISITIONS:
            raise ValueError(f"{found.mode[:64]!r} is no acquisition: {', '.join(ACQUISITIONS)} are")
        if count is None:
            return found
        if not LEAST <= count <= MOST or count & (count - 1):
            raise ValueError(f"{count} is no power of two from {LEAST} to {MOST}")
        return replace(found, count=count)
