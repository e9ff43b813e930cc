"""The spectrogram of a signal: short spectra of it, one after another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dsp.filters import typical
from app.dsp.pieces import Breaks, Float64s, Floats, Ints
from app.dsp.spectrum import REGULAR
from app.dsp.windows import WINDOWS

Bools = NDArray[np.bool_]

COLUMNS = 200
SHORTEST, LONGEST = 16, 512  # samples of a window: 9 to 257 bins
RESOLVED = 4  # times the root of the samples: a window's length, between time and frequency
SIDE_BY_SIDE = 10  # windows of one column, where it has so many samples
LARGEST = 1 << 20  # samples, after resampling
SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """The amplitudes of the sinusoids in a signal, by time and frequency.

    x          (k,) middles of its columns, at equal steps
    frequency  (m,) 1/x, from 0 to half the rate
    amplitude  (k, m) RMS, unit of y, the mean of each window taken off; of a column's windows the
               highest; NaN where there are no samples
    n          samples of a window
    rate       1/x, of the samples
    window     key of WINDOWS
    resampled  whether x was irregular
    looked_at  share of the samples that some window covers
    why        why there is none; None when there is one
    """

    x: Float64s
    frequency: Float64s
    amplitude: Float64s
    n: int
    rate: float
    window: str
    resampled: bool
    looked_at: float = 1.0
    why: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Even:
    """A signal at equal steps of its own, and the samples that a window may not begin before and end after.

    x        (n,) increasing
    breaks   (k,) numbers of samples that begin after a gap
    """

    x: Float64s
    y: Float64s
    breaks: Ints
    step: float
    resampled: bool


def spectrogram(
    x: Float64s, y: Floats, left: float, right: float, window: str = "hann", breaks: Breaks = (),
    columns: int = COLUMNS,
) -> Spectrogram:  # fmt: skip
    """The spectrogram of what lies between two x, in columns of equal width.

    Each column has up to ten windows side by side, of a length between the square root of the samples and
    512; what is longer than that is looked at in parts, and `looked_at` says so. No window reaches across a
    gap. An irregular x is resampled linearly onto steps of its median.

    x, y    (n,) x increasing, equal values allowed; NaN in y is missing
    breaks  (k,) numbers of samples that begin after a gap

    KeyError  no such window
    """
    here = np.isfinite(y)
    x, y, breaks = compressed(x, np.asarray(y, np.float64), np.asarray(breaks, np.int64), here)
    if len(y) < SHORTEST:
        return nothing(window, f"needs {SHORTEST} samples")
    if not x[-1] > x[0]:
        return nothing(window, "needs samples at different x")
    even = evened(x, y, breaks)
    return transformed(even, left, (right - left) / columns, columns, window)


def compressed(x: Float64s, y: Float64s, breaks: Ints, here: Bools) -> tuple[Float64s, Float64s, Ints]:
    """What there is, with a break where something is missing."""
    if here.all():
        return x, y, breaks
    missing = np.flatnonzero(~here)
    cuts = np.union1d(breaks, missing)
    cuts = np.unique(cuts - np.searchsorted(missing, cuts))
    n = int(here.sum())
    return x[here], y[here], cuts[(cuts > 0) & (cuts < n)]


def evened(x: Float64s, y: Float64s, breaks: Ints) -> Even:
    """The signal as it is where its steps are equal between the gaps, else resampled."""
    inner = np.delete(np.diff(x), breaks - 1)
    step = float(x[-1] - x[0]) / (len(x) - 1)
    if np.all(np.abs(inner - step) <= REGULAR * step):
        return Even(x, y, breaks, step, resampled=False)
    step = typical(inner[inner > 0]) if (inner > 0).any() else float(x[-1] - x[0])
    if np.all(np.abs(inner - step) <= REGULAR * step):
        return Even(x, y, breaks, step, resampled=False)
    n = min(LARGEST, math.floor(float(x[-1] - x[0]) / step * (1 + SLACK)) + 1)
    n = max(n, SHORTEST)
    grid = np.linspace(x[0], x[-1], n)
    found = np.interp(grid, x, y)
    inside = np.zeros(n, bool)  # of a gap
    ends = np.searchsorted(grid, x[breaks])
    for begin, end in zip(np.searchsorted(grid, x[breaks - 1], "right"), ends, strict=True):
        inside[begin:end] = True
    kept_x, kept_y, cuts = compressed(grid, found, np.unique(ends[ends > 0]), ~inside)
    return Even(kept_x, kept_y, cuts, float(grid[1] - grid[0]), resampled=True)


def transformed(even: Even, left: float, width: float, columns: int, window: str) -> Spectrogram:
    """The spectrogram of a signal at equal steps, in columns of this width."""
    from scipy import fft  # costs a second and a half: not before the first spectrum

    n, hop = length(len(even.x)), width / even.step
    many = min(SIDE_BY_SIDE, max(1, math.ceil(hop / n)))
    middles = left + width * (np.arange(columns * many, dtype=np.float64) + 0.5) / many
    starts, there = placed(even, middles, n, width / 2 + even.step)
    shape = WINDOWS[window].of(n)
    parts = np.lib.stride_tricks.sliding_window_view(even.y, n)[starts[there]]
    found = np.full((columns * many, n // 2 + 1), np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        found[there] = np.abs(fft.rfft((parts - parts.mean(axis=1, keepdims=True)) * shape)) / shape.sum()
    found[:, 1 : n // 2] *= math.sqrt(2)  # both halves, as RMS; 0 and Nyquist have but one
    amplitude = np.fmax.reduce(found.reshape(columns, many, -1), axis=1)
    rate = 1 / even.step
    x = left + width * (np.arange(columns, dtype=np.float64) + 0.5)
    covered = min(1.0, many * n / hop) if hop > 0 else 1.0
    frequency = np.arange(n // 2 + 1, dtype=np.float64) * (rate / n)
    return Spectrogram(x, frequency, amplitude, n, rate, window, even.resampled, covered)


def length(n: int) -> int:
    """Samples of a window: a power of two."""
    wanted = 2 ** round(math.log2(RESOLVED * math.sqrt(n)))
    return int(min(max(wanted, SHORTEST), LONGEST, 2 ** int(math.log2(n))))


def placed(even: Even, middles: Float64s, n: int, reach: float) -> tuple[Ints, Bools]:
    """The first samples of windows about these middles, moved so far that none reaches across a gap, and for
    which there are enough samples.

    reach  how far the nearest sample may be from the middle
    """
    x, most = even.x, len(even.x)
    after = np.minimum(np.searchsorted(x, middles), most - 1)
    before = np.maximum(after - 1, 0)
    near = np.where(np.abs(x[before] - middles) < np.abs(x[after] - middles), before, after)
    borders = np.concatenate(([0], even.breaks, [most]))
    piece = np.searchsorted(borders, near, "right")
    low, high = borders[piece - 1], borders[piece] - n
    there = (np.abs(x[near] - middles) <= reach) & (high >= low)
    starts: Ints = np.minimum(np.maximum(near - n // 2, low), high)
    return starts, there


def nothing(window: str, why: str) -> Spectrogram:
    """The spectrogram of what has none."""
    empty = np.empty(0)
    return Spectrogram(empty, empty, np.empty((0, 0)), 0, math.nan, window, resampled=False, why=why)
