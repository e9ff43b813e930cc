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


@dataclass(frozen=True, slots=True)
class Readings:
    """Values in order of arrival, as columns.

    names   of the channels
    ids     (n,) which channel each value is of
    base    what is to be added to x
    x       (n,) NaN where a value has none
    y       (n,)
    units   of channels that have one
    x_unit  of all
    """

    names: Sequence[str]
    ids: NDArray[np.intp]
    base: float
    x: Float64s
    y: Float64s
    x_unit: str | None
    units: Mapping[str, str] = field(default_factory=dict)


def reading_samples(found: Readings, asked: Asked) -> list[Samples]:
    """The samples, channel by channel; of each one value may come without x, and has the time of receipt.

    Problem  too many samples or channels, or several values of a channel without x
    """
    check_samples(len(found.y), asked.limits.samples)
    check_channels(found.names, asked.limits.channels)
    return [samples for k in range(len(found.names)) for samples in of_channel(found, k, asked.now)]


def of_channel(found: Readings, k: int, now: int) -> Iterator[Samples]:
    where = np.flatnonzero(found.ids == k) if len(found.names) > 1 else slice(None)
    name, x, y = found.names[k], found.x[where], found.y[where]
    unit = found.units.get(name)
    ends = [0, len(x)]
    for lone in without(name, x, np.arange(len(found.x))[where]):
        ends = [0, lone, lone + 1, len(x)]
    for start, stop in pairwise(ends):
        if start < stop and np.isnan(x[start]):
            yield clocked(name, float(y[start]), now, unit, None)
        elif start < stop:
            part = x[start:stop], y[start:stop]
            yield Samples(name, found.base, *part, Origin.DATA, None, unit, found.x_unit)


def without(name: str, x: Float64s, indexes: NDArray[np.intp]) -> list[int]:
    """Where the one value without x is, if there is one."""
    lone = np.flatnonzero(np.isnan(x))
    if len(lone) > 1:
        index = int(indexes[lone[1]])
        message = f"sample {index}: more than one value of channel {shown(name)} without x; {NO_X}"
        raise Problem("invalid_sample", message, [Fault("missing", "x", index, name)], count=len(lone) - 1)
    return [int(at) for at in lone]
