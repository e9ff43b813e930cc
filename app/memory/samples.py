"""What a probe sends: the samples of one channel, valid by construction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]
Float64s = NDArray[np.float64]


class Origin(StrEnum):
    """Where the x of a sample comes from."""

    DATA = "data"  # the sender named it
    CLOCK = "clock"  # the server's receive time
    NEXT = "next"  # the sender named only a step: the block goes on where the previous one ended


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of one channel in order of arrival.

    channel  name, already checked
    base     x of offset 0: a float in the sender's unit, or integer nanoseconds since 1970 (CLOCK, NEXT)
    offsets  (n,) float64, n >= 1, finite: x = base + offset in x units (seconds when base is nanoseconds)
    y        (n,) float64 or float32; finite, or NaN for a gap; |y| <= 1e150
    step     dx between neighbours when the sender named it (dt or rate), else None; NEXT needs it
    gap      whether the first sample comes after a gap or x starts afresh there, and a line leads to all
             others; None: the steps of x tell
    """

    channel: str
    base: float | int
    offsets: Float64s
    y: Floats
    origin: Origin
    step: float | None = None
    unit: str | None = None
    x_unit: str | None = None
    gap: bool | None = None

    def __len__(self) -> int:
        return len(self.y)
