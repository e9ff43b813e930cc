"""An image on a screen as numbers, and what is told of a spectrogram besides it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scope.spectrographic import Spectrographic

LEVELS = 255


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """The image of a trace: as many columns as it has points.

    levels     (k, m) uint8, each column from the bottom up: 0 where there is nothing, else 1 to 255
    low, high  what 1 and 255 stand for
    unit       of those
    """

    levels: NDArray[np.uint8]
    low: float
    high: float
    unit: str

    @classmethod
    def of(cls, values: NDArray[np.float64], low: float, high: float, unit: str) -> Raster:
        """Values between low and high, (k, m); NaN where there are none."""
        with np.errstate(invalid="ignore"):
            steps = np.clip(np.rint((values - low) / (high - low) * (LEVELS - 1)), 0, LEVELS - 1) + 1
        return cls(np.where(np.isnan(values), 0, steps).astype(np.uint8), low, high, unit)


@dataclass(frozen=True, slots=True)
class Gram:
    """What is told of the spectrogram of a screen; rbw and nyquist in the unit of a frequency.

    setting    what it was made with
    channel    that it is of; empty: of none
    looked_at  share of the samples that it was made of
    resampled  whether they were not evenly spaced
    why        why there is none; None when there is one
    """

    setting: Spectrographic
    channel: str = ""
    rbw: float = 0.0
    nyquist: float = 0.0
    x_unit: str = ""
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    looked_at: float = 1.0
    resampled: bool = False
    why: str | None = None
