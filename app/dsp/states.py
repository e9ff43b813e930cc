"""The two states of a signal: the levels at which it stays."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]

BINS = 256  # from the least value to the greatest
HALF = 0.45  # of the range, at either end: where a state is looked for
LEAST_SHARE = 0.05  # of the samples: what holds fewer is no state
FEW = 32  # samples: fewer tell nothing about how they scatter
NARROW = 1 / 512  # of the range: as good as exact
EXACT = 1 / 8192  # of the range: no noise
BEFORE_IT = (1, 0.2)  # widths below a state, and what share of it may be there: 1 on a ramp, 0 for noise
AT_EXTREME = (3, 0.3)  # the same if it ends with the extreme: 1 at the peak of a sine, in few distinct values
REACH = 2.0  # interquartile ranges to either side: 2.7 sigma of noise, less and less where the signal settles
ROUNDS = 16  # from 5 % of the samples to all of a noisy state


@dataclass(frozen=True, slots=True)
class States:
    """The levels of the lower and the upper state, unit of y."""

    base: float
    top: float


def states(ranked: Float64s) -> States:
    """Top and base of a signal by its amplitude histogram.

    The mode of the upper 45 % of the range is the top, that of the lower the base. The level is the mean of
    the samples around the mode. Where they are fewer than 5 % of all, or do not stand out from what is
    between (sine, triangle), it is the greatest or the least value.

    ranked  (n,) values in increasing order, without NaN; n >= 1
    """
    return States(base=0.0 - upper(-ranked[::-1]), top=upper(ranked))


def upper(ranked: Float64s) -> float:
    """The level of the upper state; the greatest value where there is none."""
    n, high = len(ranked), float(ranked[-1])
    size = high - float(ranked[0])
    if not 0 < size < np.inf:
        return high
    first = int(ranked.searchsorted(high - HALF * size))
    if n - first < LEAST_SHARE * n:
        return high
    start, stop = around(ranked, first, first + mode(ranked[first:], size), EXACT * size)
    width = float(ranked[stop - 1] - ranked[start])
    widths, crowd = AT_EXTREME if stop == n else BEFORE_IT
    below = start - int(ranked.searchsorted(ranked[start] - widths * width))
    if width > NARROW * size and below > crowd * (stop - start):
        return high
    return float(ranked[start:stop].mean())


def mode(part: Float64s, size: float) -> int:
    """The position of a sample in the mode.

    Of several modes it is the outermost one. Half of the greatest count is enough: each value of a sampled
    wave comes twice a period, its peak once.
    """
    borders = part[-1] - size / BINS * np.arange(int(HALF * BINS), 0, -1)
    places = np.append(part.searchsorted(borders), len(part))
    counts = np.diff(places)
    at = int(np.flatnonzero(2 * counts >= counts.max())[-1])
    return int(places[at] + places[at + 1]) // 2


def around(ranked: Float64s, first: int, at: int, narrow: float) -> tuple[int, int]:
    """The samples of the state, as positions start:stop: around their median, as wide as they scatter.

    first   the first sample that can be in it
    at      a sample in it
    narrow  a width within which 5 % of the samples are enough, however few they are
    """
    n = len(ranked)
    least = ceil(LEAST_SHARE * n)
    start, stop = nearest(first, at, n, least)
    if ranked[stop - 1] - ranked[start] > narrow:
        least = max(least, min(FEW, 3 * (n - first) // 4))
        start, stop = nearest(first, at, n, least)
    for _ in range(ROUNDS):
        left, right = beside_median(ranked, start, stop)
        left = max(left, first)
        if right - left < least or (left, right) == (start, stop):
            break
        start, stop = left, right
    return start, stop


def nearest(first: int, at: int, n: int, size: int) -> tuple[int, int]:
    """So many samples of first:n around one of them, as start:stop."""
    start = min(max(first, at - size // 2), n - size)
    return start, start + size


def beside_median(ranked: Float64s, start: int, stop: int) -> tuple[int, int]:
    """The samples so near to the median of ranked[start:stop] as these scatter, as start:stop."""
    n = stop - start
    first, middle, third = ranked[start + n // 4], ranked[start + n // 2], ranked[start + 3 * n // 4]
    reach = REACH * (third - first)
    return int(ranked.searchsorted(middle - reach)), int(ranked.searchsorted(middle + reach, "right"))
