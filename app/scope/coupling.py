"""AC coupling of a screen: the mean of a trace, by which its axis is moved. The samples stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.scope.frame import Float64s, Frame, Kind

STAYS = 0.005  # of the height of a trace: a mean that moves by less does not move the axis
HYSTERESIS = 0.1  # of the height, above and below the middle: what counts as a crossing


def means(frame: Frame, before: Mapping[str, float]) -> dict[str, float]:
    """The mean of each trace by channel, over whole periods where there are some; spectra have none.

    before  the means until now: one that has hardly moved stays, so that nothing flutters
    """
    found = {}
    for trace in frame.signals.values():
        if trace.kind is Kind.SPECTRUM:
            continue
        y = trace.y[np.isfinite(trace.y)]
        if len(y):
            found[trace.channel] = settled(y, before.get(trace.channel))
    return found


def settled(y: Float64s, before: float | None) -> float:
    """The mean of these values, or the one of before if that still fits; y (n,) finite, n >= 1."""
    low, high = float(y.min()), float(y.max())
    height = high - low
    found = float(whole(y, low / 2 + high / 2, HYSTERESIS * height).mean())
    if before is not None and low <= before <= high and abs(found - before) <= STAYS * height:
        return before
    return min(max(found, low), high)


def whole(y: Float64s, middle: float, retreat: float) -> Float64s:
    """The values from the first rising crossing of the middle to the last; all where there are not two."""
    sides = np.sign(y - middle) * (np.abs(y - middle) > retreat)
    beyond = np.flatnonzero(sides)
    rising = beyond[1:][(sides[beyond[1:]] > 0) & (sides[beyond[:-1]] < 0)]
    return y[rising[0] : rising[-1]] if len(rising) > 1 else y
