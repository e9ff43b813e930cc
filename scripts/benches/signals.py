"""Signals whose measurements are known: six shapes, as a formula and as what is true of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]
FINE = 1 << 20  # points of the formula, for its integrals
DAMPING, RINGS = 0.25, 20  # of a step's answer; rings in a period
EDGE, SLOW = 0.02, 0.15  # of a period: finite edges
WIDTH = 0.3  # of a period: a pulse of the PWM


@dataclass(frozen=True)
class Shape:
    """A signal whose period is 1.

    wave            its values from the share of a period
    dense           samples a period when there are many: as many that each edge and each peak is resolved
    rising          share of the period at which it rises through the middle
    positive_width  of a period
    """

    wave: Callable[[Floats], Floats]
    dense: float
    base: float
    top: float
    low: float
    high: float
    rising: float
    positive_width: float
    rise: float
    overshoot: float = 0.0

    def at(self, turns: Floats) -> Floats:
        return self.wave(turns % 1)

    def truth(self, begin: float, end: float, late: float) -> dict[str, float]:
        """Each measurement from begin to end, both in periods; the second signal is late by a share."""
        level = {"vpp": self.high - self.low, "max": self.high, "min": self.low, "top": self.top}
        level |= {"base": self.base, "amplitude": self.top - self.base}
        width = self.positive_width
        time = {"period": 1.0, "frequency": 1.0, "positive_width": width, "negative_width": 1 - width}
        time |= {"duty": 100 * width, "rise": self.rise, "fall": self.rise}
        form = {"overshoot": self.overshoot, "preshoot": 0.0, "edges": self.edges(begin, end)}
        return level | self.means(begin, end) | time | form | {"phase": 360 * late, "delay": late}

    def means(self, begin: float, end: float) -> dict[str, float]:
        all_of_it = self.at(begin + (end - begin) * (np.arange(FINE) + 0.5) / FINE)
        cycle = self.at((np.arange(FINE) + 0.5) / FINE)
        return {
            "mean": float(all_of_it.mean()),
            "cycle_mean": float(cycle.mean()),
            "rms": sqrt(float((all_of_it**2).mean())),
            "ac_rms": float(all_of_it.std()),
            "cycle_rms": sqrt(float((cycle**2).mean())),
        }

    def edges(self, begin: float, end: float) -> int:
        at = (self.rising, self.rising + self.positive_width)
        return sum(int(np.floor(end - edge) - np.floor(begin - edge)) for edge in at)


def pulse(width: float, edge: float = EDGE) -> Callable[[Floats], Floats]:
    """From -0.5 to 1.5 and back, with straight edges; the width is that between their middles."""
    return lambda share: np.interp(share, [0, edge, width, width + edge, 1], [-0.5, 1.5, 1.5, -0.5, -0.5])


def sine(share: Floats) -> Floats:
    return 0.5 + np.sin(2 * pi * share)


def triangle(share: Floats) -> Floats:
    return np.interp(share, [0, 0.5, 1], [-0.5, 1.5, -0.5])


def answer(time: Floats | float) -> Floats:
    """Of a damped oscillator to a step from 0 to 1; time in its rings."""
    turn, ratio = 2 * pi * np.asarray(time), DAMPING / sqrt(1 - DAMPING**2)
    return 1 - np.exp(-ratio * turn) * (np.cos(turn) + ratio * np.sin(turn))


def ringing(share: Floats) -> Floats:
    """A step up at 0 and one down at 0.5, each of which has settled before the next."""
    up = answer(share % 0.5 * RINGS)
    return np.where(share < 0.5, up, 1 - up)


def reached(level: float) -> float:
    """When the answer first gets to a level, in rings."""
    return float(brentq(lambda time: float(answer(time)) - level, 0, 0.4))


OVERSHOOT = exp(-pi * DAMPING / sqrt(1 - DAMPING**2))
SHAPES: dict[str, Shape] = {
    "sine": Shape(sine, 101.37, -0.5, 1.5, -0.5, 1.5, 0.0, 0.5, asin(0.8) / pi),
    "square": Shape(pulse(0.5), 1013.7, -0.5, 1.5, -0.5, 1.5, EDGE / 2, 0.5, 0.8 * EDGE),
    "trapezoid": Shape(pulse(0.5, SLOW), 101.37, -0.5, 1.5, -0.5, 1.5, SLOW / 2, 0.5, 0.8 * SLOW),
    "triangle": Shape(triangle, 2027.4, -0.5, 1.5, -0.5, 1.5, 0.25, 0.5, 0.4),
    "pwm": Shape(pulse(WIDTH), 1013.7, -0.5, 1.5, -0.5, 1.5, EDGE / 2, WIDTH, 0.8 * EDGE),
    "damped": Shape(
        wave=ringing,
        dense=101.37 * RINGS,
        base=0.0,
        top=1.0,
        low=-OVERSHOOT,
        high=1 + OVERSHOOT,
        rising=reached(0.5) / RINGS,
        positive_width=0.5,
        rise=(reached(0.9) - reached(0.1)) / RINGS,
        overshoot=100 * OVERSHOOT,
    ),
}
