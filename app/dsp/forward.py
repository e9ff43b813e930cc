"""A filter that follows a signal as it comes: forwards only, its state goes on from block to block."""

from __future__ import annotations

from copy import copy
from math import nan

import numpy as np

from app.dsp.filters import REGULAR, Filter
from app.dsp.pieces import Float64s, Floats, Ints, pieces

MOST, LEAST = (
    8,
    0.25,
)  # points of the grid per sample: beyond, it gets another step, and the filter begins anew
FEW = 64  # samples, and points, that tell nothing of that


class Forward:
    """The filter of one signal, each piece by itself, from a steady state at its first sample.

    Where a step of x differs from the usual one by 2 % or more, the rest of the piece is interpolated onto a
    grid of the usual step and back; what comes out is later by one step then, so that no sample waits.

    kind  its `zero_phase` is not looked at: what is to come is not known
    step  the usual step of x; 0: all samples have one x, and only a low pass lets them through
    """

    def __init__(self, kind: Filter, step: float) -> None:
        self._kind = kind
        self._step = step
        self._sections: Float64s | None = None
        self._designed = 0.0  # the step that the sections are for
        self._running = False  # whether the last sample was there
        self._regular = True
        self._state: Float64s = np.empty(0)
        self._zero = 0.0  # goes around the filter, which keeps its rounding small
        self._x = self._y = nan  # of the newest sample
        self._anchor = 0.0  # x of the newest point of the grid
        self._made: Float64s = np.zeros(2)  # what came out at the newest two points of the grid

    def copy(self) -> Forward:
        return copy(self)  # arrays are replaced, never changed

    def feed(self, x: Float64s, y: Floats, breaks: Ints) -> Float64s:
        """What comes out for the next samples.

        x, y     (n,) x increasing also from block to block; NaN in y is missing
        breaks   numbers of the samples that begin after a gap, 0 among them where it does
        returns  (n,) NaN where y is missing

        FilterError  the cut-offs do not go with the sample rate
        """
        found = np.full(len(y), np.nan)
        if len(y) == 0:
            return found
        starts, stops = pieces(y, breaks)
        goes_on = self._running and 0 not in breaks
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            if start > 0 or not goes_on:
                self._begin(float(y[start]))
            found[start:stop] = self._through(x[start:stop], np.asarray(y[start:stop], np.float64))
        self._running = bool(np.isfinite(y[-1]))
        return found

    def _begin(self, y: float) -> None:
        """Have the filter as if the signal had always been so."""
        if self._step > 0 and self._step != self._designed:
            self._sections, self._designed = self._kind.sections(1 / self._step), self._step
        self._regular, self._zero, self._x, self._y = True, y, nan, y
        self._made = np.full(2, y if self._kind.kind == "lowpass" else 0.0)
        self._state = np.zeros((0 if self._sections is None else len(self._sections), 2))

    def _through(self, x: Float64s, y: Float64s) -> Float64s:
        """A part of a piece."""
        if self._designed == 0:
            return y if self._kind.kind == "lowpass" else np.zeros(len(y))
        if self._sections is None:
            return y
        n = self._even(x) if self._regular else 0
        made = self._filtered(y[:n])
        if n:
            self._x, self._y, self._anchor = float(x[n - 1]), float(y[n - 1]), float(x[n - 1])
        if n < len(x):
            made = np.concatenate((made, self._resampled(x[n:], y[n:])))
            self._x, self._y = float(x[-1]), float(y[-1])
        return made

    def _even(self, x: Float64s) -> int:
        """How many samples, from the first one on, have the usual step; then begins the grid."""
        off = np.abs(np.diff(x, prepend=self._x) - self._step) > REGULAR * self._step
        self._regular = not off.any()
        return len(x) if self._regular else int(off.argmax())

    def _filtered(self, y: Float64s) -> Float64s:
        """Values at the usual step."""
        from scipy import signal  # costs 1.5 s and 80 MB: not before the first filter

        if len(y) == 0:
            return y
        made, self._state = signal.sosfilt(self._sections, y - self._zero, zi=self._state)
        made = np.asarray(made + self._zero if self._kind.kind == "lowpass" else made, np.float64)
        self._made = np.append(self._made, made[-2:])[-2:]
        return made

    def _resampled(self, x: Float64s, y: Float64s) -> Float64s:
        """Values at uneven x, by way of the grid."""
        n = self._points(x)
        if not LEAST * len(x) - FEW <= n <= MOST * len(x) + FEW and x[-1] > self._x:
            self._step = float(x[-1] - self._x) / len(x)
            before, self._anchor = self._x, self._x
            self._begin(self._y)
            self._regular, self._x, n = False, before, self._points(x)
            if self._sections is None:
                return y
        at = self._anchor + self._step * np.arange(1, n + 1)
        before_them = self._made
        points = self._filtered(np.interp(at, np.append(self._x, x), np.append(self._y, y)))
        places = (x - self._anchor) / self._step
        self._anchor += n * self._step
        made: Float64s = np.interp(places, np.arange(n + 2), np.append(before_them, points))
        return made

    def _points(self, x: Float64s) -> int:
        """How many points of the grid are reached with these samples."""
        return int((x[-1] - self._anchor) / self._step)
