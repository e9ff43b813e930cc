"""Measurements of waveforms in the words of IEEE 181."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from app.dsp.edges import Float64s
from app.dsp.flanks import fall, overshoot, preshoot, rise
from app.dsp.pairs import delay, phase
from app.dsp.waveform import Waveform, average

SAMPLES = "needs samples on screen"
CYCLE = "needs a full cycle on screen"
SECOND = "needs a second channel"
BOTH = "needs edges of the same frequency on both channels"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a measurement says.

    value  None: it cannot be had
    unit   "y", "x", "1/x", "%", "deg", or "" for a number
    why    what is missing; None when there is a value
    """

    value: float | None
    unit: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement of one waveform.

    value  a function of a waveform with at least one sample; None: it cannot be had
    needs  what is missing then
    """

    label: str
    unit: str
    value: Callable[[Waveform], float | None]
    needs: str = SAMPLES

    def of(self, waveform: Waveform, other: Waveform | None = None) -> Reading:  # noqa: ARG002  as for pairs
        if waveform.n == 0:
            return Reading(None, self.unit, SAMPLES)
        return reading(self.value(waveform), self.unit, self.needs)


@dataclass(frozen=True, slots=True)
class Pair:
    """A measurement between two waveforms with offsets from the same origin of x."""

    label: str
    unit: str
    value: Callable[[Waveform, Waveform], float | None]
    needs: str = BOTH

    def of(self, waveform: Waveform, other: Waveform | None = None) -> Reading:
        if other is None:
            return Reading(None, self.unit, SECOND)
        if waveform.n == 0 or other.n == 0:
            return Reading(None, self.unit, SAMPLES)
        return reading(self.value(waveform, other), self.unit, self.needs)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a value was since the reset; all None before the first one.

    now      the newest one, None when it cannot be had
    sigma    standard deviation of the population it was drawn from, from the second one on
    count    of the values that could be had
    squares  sum of the squared distances from the mean
    """

    now: float | None = None
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    sigma: float | None = None
    count: int = 0
    squares: float = 0.0

    def with_(self, value: float | None) -> Statistics:
        """The statistics after this value; one that cannot be had only changes `now`.

        Source: B. P. Welford, Note on a method for calculating corrected sums of squares and products,
        Technometrics 4 (1962)
        """
        if value is None:
            return Statistics(None, self.mean, self.min, self.max, self.sigma, self.count, self.squares)
        if self.mean is None or self.min is None or self.max is None:
            return Statistics(value, value, value, value, count=1)
        count = self.count + 1
        mean = self.mean + (value - self.mean) / count
        squares = self.squares + (value - self.mean) * (value - mean)
        least, greatest = min(self.min, value), max(self.max, value)
        return Statistics(value, mean, least, greatest, sqrt(squares / (count - 1)), count, squares)


def reading(value: float | None, unit: str, needs: str) -> Reading:
    if value is None or not isfinite(value):
        return Reading(None, unit, needs)
    return Reading(float(value), unit)


def vpp(waveform: Waveform) -> float:
    return waveform.high - waveform.low


def mean(waveform: Waveform) -> float:
    return over(waveform.y, waveform.weights)


def cycle_mean(waveform: Waveform) -> float | None:
    weights = waveform.cycle_weights
    return None if weights is None else over(waveform.y, weights)


def rms(waveform: Waveform) -> float:
    return sqrt(over(waveform.squares, waveform.weights))


def ac_rms(waveform: Waveform) -> float:
    """The root of the mean square of what is left when the mean is taken off."""
    rest = waveform.y - mean(waveform)
    rest *= rest
    return sqrt(over(rest, waveform.weights))


def cycle_rms(waveform: Waveform) -> float | None:
    weights = waveform.cycle_weights
    return None if weights is None else sqrt(over(waveform.squares, weights))


def over(values: Float64s, weights: Float64s) -> float:
    """The weighted mean; not by BLAS, whose threads cost fifty times as much at these sizes."""
    return float(np.einsum("i,i", weights, values)) / float(weights.sum())


def frequency(waveform: Waveform) -> float | None:
    return 1 / waveform.period if waveform.period else None


def positive_width(waveform: Waveform) -> float | None:
    return width(waveform, rising=True)


def negative_width(waveform: Waveform) -> float | None:
    return width(waveform, rising=False)


def width(waveform: Waveform, *, rising: bool) -> float | None:
    """The mean of the time from an edge of this direction to the next."""
    edges = waveform.edges
    starts = np.flatnonzero((edges.piece[1:] == edges.piece[:-1]) & (edges.rising[:-1] == rising))
    return average(edges.instant[starts + 1] - edges.instant[starts])


def duty(waveform: Waveform) -> float | None:
    """The share of whole cycles above the middle, in %."""
    starts, edges = waveform.cycles, waveform.edges
    first, second, third = (edges.instant[starts + k] for k in range(3))
    whole = float((third - first).sum())
    if whole <= 0:
        return None
    above = np.where(edges.rising[starts], second - first, third - second)
    return 100 * float(above.sum()) / whole


MEASUREMENTS: dict[str, Measurement | Pair] = {
    "vpp": Measurement("Vpp", "y", vpp),
    "max": Measurement("Max", "y", lambda waveform: waveform.high),
    "min": Measurement("Min", "y", lambda waveform: waveform.low),
    "top": Measurement("Top", "y", lambda waveform: waveform.states.top),
    "base": Measurement("Base", "y", lambda waveform: waveform.states.base),
    "amplitude": Measurement("Amplitude", "y", lambda waveform: waveform.amplitude),
    "mean": Measurement("Mean", "y", mean),
    "cycle_mean": Measurement("Cycle mean", "y", cycle_mean, CYCLE),
    "rms": Measurement("RMS", "y", rms),
    "ac_rms": Measurement("AC RMS", "y", ac_rms),
    "cycle_rms": Measurement("Cycle RMS", "y", cycle_rms, CYCLE),
    "period": Measurement("Period", "x", lambda waveform: waveform.period, CYCLE),
    "frequency": Measurement("Frequency", "1/x", frequency, CYCLE),
    "positive_width": Measurement("+Width", "x", positive_width, "needs a whole positive pulse on screen"),
    "negative_width": Measurement("-Width", "x", negative_width, "needs a whole negative pulse on screen"),
    "duty": Measurement("Duty", "%", duty, CYCLE),
    "rise": Measurement("Rise", "x", rise, "needs a whole rising edge on screen"),
    "fall": Measurement("Fall", "x", fall, "needs a whole falling edge on screen"),
    "overshoot": Measurement("Overshoot", "%", overshoot, "needs an edge on screen"),
    "preshoot": Measurement("Preshoot", "%", preshoot, "needs an edge on screen"),
    "edges": Measurement("Edges", "", lambda waveform: len(waveform.edges)),
    "phase": Pair("Phase", "deg", phase),
    "delay": Pair("Delay", "x", delay),
}


def measured(names: Iterable[str], waveform: Waveform, other: Waveform | None = None) -> dict[str, Reading]:
    """The readings of these measurements, keys of MEASUREMENTS, in their order.

    other     the second waveform of phase and delay
    KeyError  there is no measurement of this name
    """
    return {name: MEASUREMENTS[name].of(waveform, other) for name in names}
