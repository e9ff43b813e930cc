"""Butterworth filters of signals with gaps and an irregular x."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.dsp.pieces import Breaks, Float64s, Floats, Ints, joined, pieces

Kind = Literal["lowpass", "highpass", "bandpass"]

REGULAR = 0.02  # of a step: steps that differ by less are taken for equal
DENSEST = 8  # points of the regular grid per sample: bounds what a crowded x can ask for
LOWEST = 1e-6  # of the sample rate: below, float64 no longer resolves the poles
ROUNDING = 1e-6  # of the rate, as differences of x tell it
PAIRED = math.sqrt(2) - 1  # |H|^4 = 1/2, so that two passes together lose 3 dB at the cut-off


class FilterError(ValueError):
    """A filter that this signal cannot have; says why."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A Butterworth filter: -3 dB at its cut-offs, also in both directions.

    kind        lowpass, highpass, bandpass
    low, high   1/x, > 0: highpass and bandpass pass above low, lowpass and bandpass below high
    order       1..8, of the low-pass it is made from; forwards and backwards doubles it
    zero_phase  forwards and backwards: no delay, but it looks ahead; else forwards only

    ValueError  a cut-off or an order out of range
    """

    kind: Kind
    low: float
    high: float
    order: int = 2
    zero_phase: bool = True

    def __post_init__(self) -> None:
        for cutoff in self.cutoffs:
            if not (math.isfinite(cutoff) and cutoff > 0):
                raise FilterError(f"a cut-off of {cutoff:g} is not possible: it must be above 0")
        if self.kind == "bandpass" and not self.low < self.high:
            raise FilterError(f"the band {self.low:g} to {self.high:g} is empty: low must be below high")
        if not 1 <= self.order <= 8:
            raise FilterError(f"order {self.order} is not in 1..8")

    @property
    def cutoffs(self) -> tuple[float, ...]:
        """The cut-offs that this kind has."""
        return {"lowpass": (self.high,), "highpass": (self.low,), "bandpass": (self.low, self.high)}[
            self.kind
        ]

    def of(self, x: Float64s, y: Floats, breaks: Breaks = ()) -> Float64s:
        """The filtered signal, each piece by itself; an irregular x by way of a grid of its median step.

        x, y     (n,) x increasing, equal values allowed; NaN in y is missing
        returns  (n,) NaN where y is missing

        FilterError  the cut-offs do not go with the sample rate
        """
        y = np.asarray(y, np.float64)
        starts, stops = pieces(y, breaks)
        steps = np.diff(x)[joined(y, breaks)]
        found = np.full(len(y), np.nan)
        known = np.isfinite(y)
        if not (len(steps) and steps.max() > 0):
            found[known] = 0.0 if self.kind != "lowpass" else y[known]
            return found
        step = typical(steps)
        if np.all(np.abs(steps - step) <= REGULAR * step):
            return self._runs(y, starts, stops, 1 / step)
        grid = Grid(x, y, starts, stops, step)
        found[known] = grid.back(self._runs(grid.y, grid.starts, grid.stops, 1 / grid.step))
        return found

    def _runs(self, y: Float64s, starts: Ints, stops: Ints, rate: float) -> Float64s:
        """Each run filtered by itself; runs of one length go together: many short ones cost little."""
        found = np.full(len(y), np.nan)
        sections = self.sections(rate)
        lengths = stops - starts
        for length in np.unique(lengths):
            samples = starts[lengths == length][:, None] + np.arange(length)
            found[samples] = y[samples] if sections is None else self._rows(sections, y[samples], rate)
        return found

    def _rows(self, sections: Float64s, rows: Float64s, rate: float) -> Float64s:
        """(k, n) signals filtered; the mean goes around the filter, which keeps its rounding small."""
        from scipy import signal  # costs 1.5 s and 80 MB: not before the first filter

        means = rows.mean(axis=1, keepdims=True)
        rows = rows - means
        if self.zero_phase:
            settling = math.ceil(self.order * rate / min(self.cutoffs))
            done: Float64s = signal.sosfiltfilt(sections, rows, padlen=min(settling, rows.shape[1] - 1))
        else:
            state = signal.sosfilt_zi(sections)[:, None, :] * rows[None, :, :1]
            done = signal.sosfilt(sections, rows, zi=state)[0]
        return done + means if self.kind == "lowpass" else done

    def sections(self, rate: float) -> Float64s | None:
        """Second-order sections for a sample rate; None where all passes.

        FilterError  nothing passes, or a cut-off is too low for the rate
        """
        from scipy import signal  # as above

        kind, cutoffs, nyquist = self.kind, self.cutoffs, rate / 2 * (1 - ROUNDING)
        if cutoffs[0] < LOWEST * rate:
            raise FilterError(f"the cut-off {cutoffs[0]:g} is below a millionth of the sample rate {rate:g}")
        if kind != "lowpass" and self.low >= nyquist:
            raise FilterError(f"the cut-off {self.low:g} is not below half the sample rate {rate:g}")
        if kind == "lowpass" and self.high >= nyquist:
            return None
        if kind == "bandpass" and self.high >= nyquist:
            kind, cutoffs = "highpass", cutoffs[:1]
        if self.zero_phase:
            cutoffs = paired(kind, cutoffs, self.order, rate)
        band = cutoffs if kind == "bandpass" else cutoffs[0]
        sections: Float64s = signal.butter(self.order, band, kind, fs=rate, output="sos")
        return sections


def typical(steps: Float64s) -> float:
    """The median step, or the mean of those above 0 where half of the samples share their x."""
    median = float(np.median(steps))
    return median if median > 0 else float(steps[steps > 0].mean())


def paired(kind: Kind, cutoffs: tuple[float, ...], order: int, rate: float) -> tuple[float, ...]:
    """Cut-offs to design with, so that two passes together lose 3 dB where one pass should.

    Exact: the correction is made where the bilinear transform has its analogue filter. A band is widened
    about its geometric centre.
    """
    share = PAIRED ** (1 / (2 * order))
    warped = [math.tan(math.pi * cutoff / rate) for cutoff in cutoffs]
    if kind == "lowpass":
        wider = [warped[0] / share]
    elif kind == "highpass":
        wider = [warped[0] * share]
    else:
        width, square = (warped[1] - warped[0]) / share, warped[0] * warped[1]
        upper = (width + math.sqrt(width**2 + 4 * square)) / 2
        wider = [square / upper, upper]
    return tuple(rate / math.pi * math.atan(each) for each in wider)


class Grid:
    """Pieces of a signal resampled linearly, each onto equal steps from its first sample to its last.

    y, starts, stops  the resampled values and their pieces
    step              of x; longer than asked for where that would take more than DENSEST points a sample
    """

    def __init__(self, x: Float64s, y: Float64s, starts: Ints, stops: Ints, step: float) -> None:
        spans = x[stops - 1] - x[starts]
        self.step = max(step, float(spans.sum()) / (DENSEST * len(x)))
        counts = np.rint(spans / self.step).astype(np.intp) + 1
        self.stops = np.cumsum(counts)
        self.starts = self.stops - counts
        steps = spans / np.maximum(counts - 1, 1)
        lengths = stops - starts
        known = np.repeat(starts - np.append(0, np.cumsum(lengths)[:-1]), lengths) + np.arange(lengths.sum())
        offsets = x[known] - np.repeat(x[starts], lengths)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = np.where(np.repeat(spans, lengths) > 0, offsets / np.repeat(steps, lengths), 0.0)
        self._at = np.repeat(self.starts, lengths) + np.minimum(rows, np.repeat(counts - 1, lengths))
        self.y = np.interp(np.arange(self.stops[-1]), self._at, y[known])

    def back(self, values: Float64s) -> Float64s:
        """Values on the grid at the samples that are known, linearly interpolated."""
        found: Float64s = np.interp(self._at, np.arange(len(values)), values)
        return found
