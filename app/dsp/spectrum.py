"""The spectrum of a signal: its bins, scales, peaks and averages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.filters import typical
from app.dsp.pieces import Breaks, Float64s, Floats, Ints, pieces
from app.dsp.windows import WINDOWS, decibels, lobe, vertices

LARGEST = 65_536  # samples
FEWEST = 4
REGULAR = 0.01  # of a step: how far samples may lie from equal steps without being resampled
CHANCE = 1e-3  # of noise alone having a bin above the noise floor
CANDIDATES = 20  # maxima looked at for each line that is wanted
PROMINENT = 6.0  # dB between a peak and the way down to a higher one
SAME = 0.01  # of resolution and span: spectra that differ by less are averaged


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The amplitudes of the sinusoids in a signal.

    frequency     (m,) 1/x, from 0 to half the rate
    amplitude     (m,) RMS of the sinusoid at that frequency, unit of y; the mean is not in it
    n             samples transformed, after resampling
    rate          1/x, of those samples
    rbw           1/x, the distance of the bins, rate / n
    nyquist       1/x, half the rate
    enbw          bins, the window's noise bandwidth: amplitude² / (enbw · rbw) is a power density
    window        key of WINDOWS
    resampled     whether x was irregular
    start, stop   the samples that it is of: the longest run without a gap, its newest ones
    why           why there is none; None when there is one
    """

    frequency: Float64s
    amplitude: Float64s
    n: int
    rate: float
    rbw: float
    nyquist: float
    enbw: float
    window: str
    resampled: bool
    start: int
    stop: int
    why: str | None = None


def spectrum(x: Float64s, y: Floats, window: str = "hann", breaks: Breaks = ()) -> Spectrum:
    """The spectrum of the longest piece of a signal, of its newest 65,536 samples where it has more.

    An irregular x is resampled linearly onto steps of its median: this lowers what is near the Nyquist
    frequency, and `resampled` says so.

    x, y    (n,) x increasing, equal values allowed; NaN in y is missing
    window  key of WINDOWS
    breaks  (k,) numbers of samples that begin after a gap

    KeyError  no such window
    """
    start, stop = longest(y, breaks)
    x, y = x[start:stop], np.asarray(y[start:stop], np.float64)
    if len(y) < FEWEST:
        return nothing(window, start, stop, f"needs {FEWEST} samples without a gap")
    if not x[-1] > x[0]:
        return nothing(window, start, stop, "needs samples at different x")
    y, step, resampled = regular(x, y)
    if math.isinf(1 / step):
        return nothing(window, start, stop, "needs larger steps of x")
    return transformed(y, step, window, resampled=resampled, start=start, stop=stop)


def longest(y: Floats, breaks: Breaks) -> tuple[int, int]:
    """The longest piece, the newest of equals, and of it the newest samples that a spectrum takes."""
    starts, stops = pieces(y, breaks)
    if len(starts) == 0:
        return 0, 0
    lengths = np.minimum(stops - starts, LARGEST)
    newest = len(lengths) - 1 - int(np.argmax(lengths[::-1]))
    return int(stops[newest] - lengths[newest]), int(stops[newest])


def regular(x: Float64s, y: Float64s) -> tuple[Float64s, float, bool]:
    """The signal at equal steps up to its newest sample, the step, and whether it was resampled for that."""
    step = float(x[-1] - x[0]) / (len(x) - 1)
    if np.all(np.abs(x - (x[0] + step * np.arange(len(x)))) <= REGULAR * step):
        return y, step, False
    step = typical(np.diff(x))
    span = float(x[-1] - x[0])
    n = LARGEST if span >= LARGEST * step else math.floor(span / step * (1 + 1e-9)) + 1
    return np.interp(x[-1] - step * np.arange(n - 1, -1, -1), x, y), step, True


def transformed(y: Float64s, step: float, window: str, *, resampled: bool, start: int, stop: int) -> Spectrum:
    """The spectrum of samples at equal steps."""
    from scipy import fft  # as above

    n, shape = len(y), WINDOWS[window].of(len(y))
    amplitude = np.asarray(np.abs(fft.rfft((y - y.mean()) * shape)) / shape.sum(), np.float64)
    amplitude[1 : (n + 1) // 2] *= math.sqrt(2)  # both halves, as RMS; 0 and Nyquist have but one
    rate = 1 / step
    enbw = n * float(shape @ shape) / float(shape.sum()) ** 2
    frequency = np.arange(len(amplitude), dtype=np.float64) * (rate / n)
    return Spectrum(frequency, amplitude, n, rate, rate / n, rate / 2, enbw, window, resampled, start, stop)


def nothing(window: str, start: int, stop: int, why: str) -> Spectrum:
    """The spectrum of what has none."""
    nan, empty = math.nan, np.empty(0)
    return Spectrum(empty, empty, 0, nan, nan, nan, nan, window, False, start, stop, why)


@dataclass(frozen=True, slots=True)
class Scale:
    """An entry of SCALES: how amplitudes are drawn, and the unit that they then have."""

    label: str
    of: Callable[[Float64s], Float64s]
    unit: Callable[[str], str]


SCALES: dict[str, Scale] = {
    "linear": Scale("Linear (RMS)", lambda amplitude: amplitude, lambda unit: f"{unit} RMS".lstrip()),
    "dBV": Scale("dBV", decibels, lambda _: "dBV"),
    "dB": Scale("dB", decibels, lambda unit: f"dB re 1 {unit} RMS" if unit else "dB re 1 RMS"),
}


@dataclass(frozen=True, slots=True)
class Peak:
    """A line of a spectrum: frequency in 1/x, amplitude as RMS, both interpolated between the bins."""

    frequency: float
    amplitude: float


def peaks(found: Spectrum, n: int = 5) -> list[Peak]:
    """The highest n lines of a spectrum that stand out of its noise, the highest first.

    A line is higher than what noise of this median reaches by chance (taken for Rayleigh's distribution) and
    than the window's side lobes, and parted by a dip of 6 dB from any higher one. Its place between bins is
    told by the parabola through the logarithms of its three highest bins, corrected for the window's lobe;
    for a rectangular window, whose neighbouring bins may have noise alone, by the ratio of the two highest.
    """
    from scipy import signal  # as above

    amplitude, logs = found.amplitude, decibels(found.amplitude)
    tops = maxima(amplitude, noise_floor(found))
    tops = np.sort(highest(amplitude, tops, CANDIDATES * n))
    tops = tops[signal.peak_prominences(logs, tops)[0] >= PROMINENT] if len(tops) else tops
    return [line(found, logs, int(top)) for top in highest(amplitude, tops, n)]


def maxima(amplitude: Float64s, above: float) -> Ints:
    """Bins that are higher than both neighbours; not the first and the last."""
    middle = amplitude[1:-1]
    peaked = (middle > amplitude[:-2]) & (middle >= amplitude[2:]) & (middle > above)
    return np.flatnonzero(peaked) + 1


def highest(amplitude: Float64s, bins: Ints, n: int) -> Ints:
    return bins[np.argsort(-amplitude[bins], kind="stable")[:n]]


def noise_floor(found: Spectrum) -> float:
    """What noise alone exceeds once in a thousand spectra, told by the median, or what side lobes reach."""
    if found.why is not None:
        return 0.0
    chance = math.sqrt(math.log(len(found.amplitude) / CHANCE) / math.log(2))
    side_lobes = WINDOWS[found.window].reach * float(found.amplitude.max())
    return max(chance * float(np.median(found.amplitude)), side_lobes)


def line(found: Spectrum, logs: Float64s, top: int) -> Peak:
    """The line whose highest bin is `top`."""
    main = lobe(WINDOWS[found.window].name)
    if found.window == "rectangular":
        before, at, after = found.amplitude[top - 1 : top + 2]
        share = after / (at + after) if after > before else -before / (at + before)
    else:
        share = np.interp(vertices(*logs[top - 1 : top + 2]), main.vertex, main.offset)
    height = np.interp(share, main.offset, main.height)
    return Peak(float((top + share) * found.rbw), float(found.amplitude[top] / height))


Powers = tuple[Float64s, Float64s]  # so far, newest

AVERAGES: dict[str, Callable[[Powers, int, int], Float64s]] = {
    "power": lambda powers, count, n: powers[0] + (powers[1] - powers[0]) / min(count, n),
    "exponential": lambda powers, _, n: powers[0] + (powers[1] - powers[0]) / n,
    "max hold": lambda powers, _count, _n: np.maximum(*powers),
}


@dataclass(frozen=True, slots=True, eq=False)
class Averaging:
    """Spectra averaged by their power.

    kind    key of AVERAGES: power is the mean of the first n, from then on the newest counts 1/n;
            exponential counts the newest 1/n from the second on; max hold keeps the highest of each bin
    n       >= 1
    count   spectra so far
    result  what they come to; None before the first
    """

    kind: str = "power"
    n: int = 16
    count: int = 0
    result: Spectrum | None = None

    def with_(self, newest: Spectrum) -> Averaging:
        """This and one more; anew where its bins differ by more than 1 %, unchanged where it has none."""
        if newest.why is not None:
            return self
        before = None if self.result is None else on_bins_of(self.result, newest)
        if before is None:
            return replace(self, count=1, result=newest)
        count = self.count + 1
        power = AVERAGES[self.kind]((before**2, newest.amplitude**2), count, self.n)
        return replace(self, count=count, result=replace(newest, amplitude=np.sqrt(power)))


def on_bins_of(old: Spectrum, new: Spectrum) -> Float64s | None:
    """Amplitudes of one spectrum at the frequencies of another; None where they are too different.

    Rates that differ by rounding, or by less than half a bin, are the same: nothing is interpolated.
    """
    drift = abs(new.rate / old.rate - 1)
    if new.window != old.window or drift > SAME or abs(new.n / old.n - 1) > SAME:
        return None
    if new.n == old.n and drift < 1 / new.n:
        return old.amplitude
    return np.interp(new.frequency, old.frequency, old.amplitude)
