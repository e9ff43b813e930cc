"""The envelope: the least and the greatest value of every screen column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]
Float64s = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the columns of a screen show; columns without samples are left out.

    index  (m,)  column number, increasing
    low    (m,)  least value, NaN ignored; NaN where there is nothing else
    high   (m,)  greatest value, likewise
    start  (m,)  number of the column's first sample
    stop   (m,)  number after its last
    """

    index: Ints
    low: Float64s
    high: Float64s
    start: Ints
    stop: Ints


def edges(left: float, width: float, n: int) -> Float64s:
    """The n + 1 borders of n columns."""
    return left + width * np.arange(n + 1, dtype=np.float64)


def envelope(x: Float64s, y: Floats, left: float, width: float, n: int, start: int = 0) -> Columns:
    """The extremes of y in n columns, column k over left + k * width <= x < left + (k + 1) * width.

    x      (k,)  increasing or equal
    y      (k,)  NaN is ignored
    start        number of the first sample
    """
    cuts = x.searchsorted(edges(left, width, n)).astype(np.int64)
    index = np.flatnonzero(cuts[1:] > cuts[:-1])
    low, high = extremes(y, y, cuts[index], cuts[index + 1])
    return Columns(index, low, high, cuts[index] + start, cuts[index + 1] + start)


def extremes(low: Floats, high: Floats, starts: Ints, stops: Ints) -> tuple[Float64s, Float64s]:
    """The least of low and the greatest of high in ranges that increase, are not empty and do not overlap."""
    if len(starts) == 0:
        return np.empty(0), np.empty(0)
    if np.array_equal(starts[1:], stops[:-1]):
        end = int(stops[-1])
        return reduced(low[:end], high[:end], starts)
    between = np.empty(2 * len(starts), np.int64)
    between[0::2], between[1::2] = starts, stops
    if stops[-1] == len(low):
        between = between[:-1]
    least, greatest = reduced(low, high, between)
    return least[::2], greatest[::2]


def reduced(low: Floats, high: Floats, starts: Ints) -> tuple[Float64s, Float64s]:
    """The extremes from each start to the next, the last to the end."""
    least = np.fmin.reduceat(low, starts)
    greatest = np.fmax.reduceat(high, starts)
    return least.astype(np.float64, copy=False), greatest.astype(np.float64, copy=False)


def buckets(low: Floats, high: Floats, size: int) -> tuple[Floats, Floats]:
    """The least of low and the greatest of high in every `size` values; the length is a multiple of it.

    The transposed copy lets the reduction run along whole rows: 1.3 ns a sample for both, against 3 for each.
    """
    rows = np.ascontiguousarray(low.reshape(-1, size).T)
    least = np.fmin.reduce(rows, axis=0)
    if high is not low:
        rows = np.ascontiguousarray(high.reshape(-1, size).T)
    return least, np.fmax.reduce(rows, axis=0)
