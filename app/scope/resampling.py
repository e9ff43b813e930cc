"""The samples of a sweep brought onto even columns, so that sweeps can be laid over one another."""

from __future__ import annotations

import numpy as np

from app.dsp.alignment import Signal, interpolated
from app.memory.record import Record
from app.scope.acquisition import mean
from app.scope.frame import Float64s, Window

POINTS = 16_384  # columns at most; of more samples, the mean of each column
LEAST = 1000  # columns
RARE = 4  # samples for each column: with fewer, the line between them counts, too


def columns(record: Record, window: Window) -> int:
    """As many columns as a sweep has samples, within reason."""
    start, stop = window.samples(record)
    return min(max(stop - start, LEAST), POINTS)


def line(record: Record, window: Window, n: int) -> Float64s:
    """(n,) y in the middle of each column, between two samples by interpolation; NaN in gaps and outside."""
    start, stop = window.samples(record)
    at = places(window, n)
    if stop - start <= POINTS:
        return along(signal(record, window, start, stop), at)
    found = record.columns(start, stop, window.left, window.span / n, n)
    breaks = np.unique(found.start.searchsorted(record.gap_starts(start + 1, stop)))
    return along(Signal(at[found.index], mean(record, found), breaks[breaks < len(found.index)]), at)


def places(window: Window, n: int) -> Float64s:
    """The middles of n columns, from the left border on."""
    return np.arange(0.5, n) * np.float64(window.span / n)


def extent(record: Record, window: Window, n: int) -> tuple[Float64s, Float64s]:
    """(n,) lowest and highest y of each column, NaN where there is none.

    Of few samples also where the line between two of them meets the borders of the column.
    """
    start, stop = window.samples(record)
    low, high = np.full((2, n), np.nan)
    found = record.columns(start, stop, window.left, window.span / n, n)
    low[found.index], high[found.index] = found.low, found.high
    if 2 <= stop - start <= RARE * n:
        borders = np.linspace(0.0, window.span, n + 1)
        at = along(signal(record, window, start, stop), borders)
        low, high = np.fmin(low, np.fmin(at[:-1], at[1:])), np.fmax(high, np.fmax(at[:-1], at[1:]))
    return low, high


def signal(record: Record, window: Window, start: int, stop: int) -> Signal:
    """Samples [start, stop) by their place in the window."""
    breaks = record.gap_starts(start + 1, stop) - start
    return Signal(record.offsets(start, stop) - window.left, record.y(start, stop), breaks)


def along(of: Signal, x: Float64s) -> Float64s:
    """y at increasing x; NaN in gaps and outside."""
    if not len(of.x):
        return np.full(len(x), np.nan)
    if not len(of.breaks) and not np.isnan(of.y).any():
        return np.interp(x, of.x, of.y, left=np.nan, right=np.nan)
    y = np.full(len(x), np.nan)
    inside = slice(int(x.searchsorted(of.x[0])), int(x.searchsorted(of.x[-1], "right")))
    y[inside] = interpolated(of, x[inside]).y
    return y
