"""The envelope: the least and the greatest value of every screen column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
    """The n + 1 borders of n columns.

    Where left is a whole number of columns from 0, a border is the same float64 from whichever left it is
    counted.
    """
    numbers = counted(n + 1)
    whole = float(np.rint(left / width))
    if whole * width == left:
        return (numbers + whole) * width
    return left + numbers * width


@lru_cache(64)
def counted(n: int) -> Float64s:
    """0.0, 1.0, ... n - 1; not to be written to."""
    numbers = np.arange(n, dtype=np.float64)
    numbers.setflags(write=False)
    return numbers


def seams(starts: Ints, stops: Ints) -> tuple[Ints, Ints]:
    """Numbers at which to cut so that each range is one piece, and which piece each is.

    starts, stops  (n,) ranges that increase, are not empty and do not overlap; n >= 1
    returns        (m,) where pieces begin, the last ends at stops[-1]; (n,) positions in it
    """
    holes = np.flatnonzero(stops[:-1] < starts[1:])
    cuts = np.insert(starts, holes + 1, stops[holes])
    return cuts, cuts.searchsorted(starts)


def buckets(low: Floats, high: Floats, size: int) -> tuple[Floats, Floats]:
    """The least of low and the greatest of high in every `size` values; the length is a multiple of it.

    The transposed copy lets the reduction run along whole rows: 1.3 ns a sample for both, against 3 for each.
    """
    rows = np.ascontiguousarray(low.reshape(-1, size).T)
    least = np.fmin.reduce(rows, axis=0)
    if high is not low:
        rows = np.ascontiguousarray(high.reshape(-1, size).T)
    return least, np.fmax.reduce(rows, axis=0)
