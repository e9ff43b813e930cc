"""Measurements between two waveforms: how much later the second one is."""

from __future__ import annotations

import numpy as np

from app.dsp.edges import Float64s
from app.dsp.waveform import Waveform

ALIKE = 0.5  # length of the mean of the pointers: those of different frequencies point everywhere
NEAR = 0.55  # of a period: farther edges are beyond a gap


def delay(first: Waveform, second: Waveform) -> float | None:
    """The mean time from the edges of the first to the nearest ones of the second, unit of x.

    Rising edges, where either has none falling ones. Positive: the second is later. Of two that repeat
    themselves it is more than minus half a period and up to half a period.
    """
    late, span = lateness(first, second), first.period
    if span is None:
        return float(late.mean()) if len(late) else None
    return centred(late[np.abs(late) <= NEAR * span], span)


def phase(first: Waveform, second: Waveform) -> float | None:
    """The delay as an angle of the period of the first, in degrees: -180 < phase <= 180."""
    late, span = delay(first, second), first.period
    return None if late is None or span is None else 360 * late / span


def lateness(first: Waveform, second: Waveform) -> Float64s:
    """How much later than each edge of the first the nearest one of the second is, (k,)."""
    for rising in (True, False):
        mine, others = first.edges.of(rising=rising).instant, second.edges.of(rising=rising).instant
        if len(mine) and len(others):
            break
    else:
        return np.empty(0)
    after = others.searchsorted(mine)
    later = others[np.minimum(after, len(others) - 1)] - mine
    earlier = others[np.maximum(after - 1, 0)] - mine
    return np.where(np.abs(later) <= np.abs(earlier), later, earlier)


def centred(late: Float64s, period: float) -> float | None:
    """The mean of times that are known but for whole periods; None when they point everywhere."""
    if len(late) == 0:
        return None
    pointer = complex(np.exp(2j * np.pi / period * late).mean())
    if abs(pointer) < ALIKE:
        return None
    centre = period * float(np.angle(pointer)) / (2 * np.pi)
    mean = centre + float(np.mean((late - centre + period / 2) % period - period / 2))
    return period / 2 - (period / 2 - mean) % period
