"""Readings: values of any channels, one after the other, with or without their time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked
from app.ingest.fields import check_channels, check_samples
from app.ingest.json_points import NO_X, clocked
from app.memory.samples import Float64s, Origin, Samples
from app.problems import Fault, Problem, shown

Ints = NDArray[np.int64]
MISSING = -(1 << 63)
FAR = 1 << 62  # ticks; differences beyond would not fit


@dataclass(frozen=True, slots=True)
class Readings:
    """Values in order of arrival, as columns.

    names   of the channels
    ids     (n,) which channel each value is of
    x       (n,) NaN where a value has none; integers: ticks since 1970, MISSING where a value has none
    y       (n,)
    x_unit  of all
    units   of channels that have one
    second  ticks in a second
    """

    names: Sequence[str]
    ids: NDArray[np.intp]
    x: Float64s | Ints
    y: Float64s
    x_unit: str | None
    units: Mapping[str, str] = field(default_factory=dict)
    second: int = 1


def reading_samples(found: Readings, asked: Asked) -> list[Samples]:
    """The samples, channel by channel; of each one value may come without x, and has the time of receipt.

    Problem  too many samples or channels, or several values of a channel without x
    """
    check_samples(len(found.y), asked.limits.samples)
    check_channels(found.names, asked.limits.channels)
    return [samples for k in range(len(found.names)) for samples in of_channel(found, k, asked.now)]


def of_channel(found: Readings, k: int, now: int) -> Iterator[Samples]:
    where = np.flatnonzero(found.ids == k) if len(found.names) > 1 else slice(None)
    name, y = found.names[k], found.y[where]
    base, x = based(found.x[where], found.second)
    unit = found.units.get(name)
    ends = [0, len(x)]
    for lone in without(name, x, np.arange(len(found.x))[where]):
        ends = [0, lone, lone + 1, len(x)]
    for start, stop in pairwise(ends):
        if start < stop and np.isnan(x[start]):
            yield clocked(name, float(y[start]), now, unit, None)
        elif start < stop:
            part = x[start:stop], y[start:stop]
            yield Samples(name, base, *part, Origin.DATA, None, unit, found.x_unit)


def based(x: Float64s | Ints, second: int) -> tuple[float, Float64s]:
    """What is to be added to x, and x: of ticks the seconds of the first, and what the others are later."""
    if x.dtype != np.int64:
        return 0.0, x.astype(np.float64, copy=False)
    there = x != MISSING
    ticks = x[there]
    if not len(ticks):
        return 0.0, np.full(len(x), np.nan)
    near = abs(int(ticks.max()) - int(ticks.min())) < FAR
    base = int(ticks[0]) // second if near else 0
    return float(base), np.where(there, (x - base * second * there) / second, np.nan)


def without(name: str, x: Float64s, indexes: NDArray[np.intp]) -> list[int]:
    """Where the one value without x is, if there is one."""
    lone = np.flatnonzero(np.isnan(x))
    if len(lone) > 1:
        index = int(indexes[lone[1]])
        message = f"sample {index}: more than one value of channel {shown(name)} without x; {NO_X}"
        raise Problem("invalid_sample", message, [Fault("missing", "x", index, name)], count=len(lone) - 1)
    return [int(at) for at in lone]
