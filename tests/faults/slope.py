"""How fast something grows, and how sure that is although neighbouring samples resemble each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLED = 2000


@dataclass(frozen=True)
class Slope:
    """Per unit of time: by least squares, and the interval that holds it with 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def slope(times: Floats, values: Floats, block: int, seed: int = 0) -> Slope:
    """The slope, with an interval from a moving-block bootstrap of the residuals.

    block  samples that are drawn together: many times as long as they resemble each other

    Source  H. R. Kuensch, The Jackknife and the Bootstrap for General Stationary Observations, Annals of
            Statistics 17 (1989): blocks keep the dependence within them
    """
    value, start = np.polyfit(times, values, 1)
    fitted = start + value * times
    residuals = values - fitted
    rng = np.random.default_rng(seed)
    n, block = len(times), max(1, min(block, len(times)))
    drawn = -(-n // block)
    centred = times - times.mean()
    starts = rng.integers(0, n - block + 1, (RESAMPLED, drawn))
    picked = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLED, -1)[:, :n]
    found = value + (residuals[picked] - residuals.mean()) @ centred / (centred @ centred)
    low, high = np.quantile(found, (0.025, 0.975))
    return Slope(float(value), float(low), float(high))
