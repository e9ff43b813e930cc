"""Level crossings of a signal and the period they tell."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]
Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]

MIN_EDGES = 4  # three intervals: fewer say nothing about their scatter
MAX_SCATTER = 0.1  # of the mean interval; noise alone scatters by more than 0.5


class Slope(StrEnum):
    RISING = "rising"
    FALLING = "falling"


def crossings(values: Floats, level: float, slope: Slope, hysteresis: float = 0.0) -> Ints:
    """Sample numbers at which the signal crosses the level in the given direction.

    values      (n,)  any n >= 0; NaN never crosses, nor does a step across NaN
    hysteresis  unit of values, >= 0: how far the signal must first retreat
    returns     (k,)  first sample at or beyond the level, increasing

    ValueError  hysteresis < 0
    """
    if hysteresis < 0:
        raise ValueError(f"hysteresis {hysteresis} is below 0")
    sign = 1.0 if slope is Slope.RISING else -1.0
    signal = values if slope is Slope.RISING else -values
    state = np.zeros(len(signal), np.int8)
    state[signal <= sign * level - hysteresis] = -1
    state[signal >= sign * level] = 1
    state[np.isnan(signal)] = 2
    known = np.flatnonzero(state)
    found: Ints = known[1:][(state[known[:-1]] == -1) & (state[known[1:]] == 1)]
    return found


def instants(x: Float64s, values: Floats, level: float, at: Ints) -> Float64s:
    """x of the crossings that end at the samples `at`, linearly interpolated.

    x, values  (n,)
    at         (k,) sample numbers >= 1 from `crossings`
    returns    (k,) between x[at - 1] and x[at]
    """
    before, beyond = values[at - 1].astype(float), values[at].astype(float)
    rise = beyond - before
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rise == 0, 1.0, (level - before) / rise)
    return x[at - 1] + np.clip(share, 0.0, 1.0) * (x[at] - x[at - 1])


def period(x: Float64s, values: Floats) -> float | None:
    """Mean time between rising crossings of the middle, or None when the signal does not repeat.

    x, values  (n,) of one segment
    returns    unit of x; None with fewer than four edges, or when the intervals scatter by more than a tenth
    """
    if len(values) < MIN_EDGES or np.all(np.isnan(values)):
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    middle = (low + high) / 2
    at = crossings(values, middle, Slope.RISING, hysteresis=(high - low) / 5)
    if high == low or len(at) < MIN_EDGES:
        return None
    steps = np.diff(instants(x, values, middle, at))
    mean = float(steps.mean())
    if mean <= 0 or float(steps.std()) > MAX_SCATTER * mean:
        return None
    return mean
