"""Signals with different x brought onto one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.dsp.pieces import Breaks, Float64s, Floats, Ints, inner, joined


class Signal(NamedTuple):
    """One channel's samples: x (n,) increasing, y (n,), and the numbers of samples that begin after a gap."""

    x: Float64s
    y: Floats
    breaks: Breaks = ()


def common(
    x1: Float64s, y1: Floats, breaks1: Breaks, x2: Float64s, y2: Floats, breaks2: Breaks
) -> tuple[Float64s, Float64s, Float64s, Ints]:
    """Two signals on the x of the denser one: see `aligned`.

    returns  x (m,), y1 (m,), y2 (m,), breaks (k,)
    """
    x, (first, second), breaks = aligned([Signal(x1, y1, breaks1), Signal(x2, y2, breaks2)])
    return x, first, second, breaks


def aligned(signals: Sequence[Signal]) -> tuple[Float64s, list[Float64s], Ints]:
    """Signals on the x of the one with most samples in the range that all have, the first of equals.

    Between samples the others are interpolated linearly. In a gap of one of them its y is NaN, and a gap
    that falls between two samples of the result is a break there. A signal whose samples in that range have
    the very same x is paired sample by sample, also where several have one x.

    signals  one or more
    returns  x (m,), a y (m,) for each signal, breaks (k,); m = 0 without a common range

    ValueError  no signals
    """
    if not signals:
        raise ValueError("0 signals to align: one or more are needed")
    if any(len(signal.x) == 0 for signal in signals):
        return np.empty(0), [np.empty(0) for _ in signals], np.empty(0, np.intp)
    left = max(float(signal.x[0]) for signal in signals)
    right = min(float(signal.x[-1]) for signal in signals)
    clipped = [part(signal, left, right) for signal in signals]
    x = max(clipped, key=lambda signal: len(signal.x)).x
    placed = [
        within if np.array_equal(within.x, x) else interpolated(signal, x)
        for signal, within in zip(signals, clipped, strict=True)
    ]
    breaks = np.concatenate([inner(signal.breaks, len(x)) for signal in placed])
    return x, [np.asarray(signal.y, np.float64) for signal in placed], np.unique(breaks)


def part(signal: Signal, left: float, right: float) -> Signal:
    """The samples of a signal with left <= x <= right."""
    start = int(signal.x.searchsorted(left, "left"))
    stop = max(start, int(signal.x.searchsorted(right, "right")))
    breaks = np.asarray(signal.breaks, np.intp) - start
    return Signal(signal.x[start:stop], signal.y[start:stop], inner(breaks, stop - start))


def interpolated(signal: Signal, x: Float64s) -> Signal:
    """A signal on other x, all between its first and last; of several samples with one x the last counts."""
    y = np.asarray(signal.y, np.float64)
    before = np.clip(signal.x.searchsorted(x, "right") - 1, 0, len(y) - 1)
    after = np.minimum(before + 1, len(y) - 1)
    line = np.append(joined(y, signal.breaks), False)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (x - signal.x[before]) / (signal.x[after] - signal.x[before])
        between = np.where(line[before], y[before] * (1 - share) + y[after] * share, np.nan)
    gaps = np.append(np.flatnonzero(~np.isfinite(y)), inner(signal.breaks, len(y)))
    breaks = x.searchsorted(signal.x[gaps], "left")
    return Signal(x, np.where(signal.x[before] == x, y[before], between), breaks)
