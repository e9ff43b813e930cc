"""Derivative and integral over an irregular x."""

from __future__ import annotations

import numpy as np

from app.dsp.pieces import Breaks, Flags, Float64s, Floats, joined, pieces


def derivative(x: Float64s, y: Floats, breaks: Breaks = ()) -> Float64s:
    """dy/dx by the parabola through a sample and its two neighbours; at the ends of a piece by the line.

    Samples of one x count as their mean, and all get the slope there.

    x, y     (n,) x increasing, equal values allowed; NaN in y is missing
    returns  (n,) NaN where y is missing and in a piece with a single x
    """
    if len(y) == 0:
        return np.empty(0)
    line = joined(y, breaks)
    if len(y) > 1 and line.all() and np.all(x[1:] > x[:-1]):
        return simple(x, np.asarray(y, np.float64))
    apart = ~(line & (np.diff(x) == 0))
    first = np.append(0, np.flatnonzero(apart) + 1)
    means = np.add.reduceat(np.asarray(y, np.float64), first) / np.diff(np.append(first, len(y)))
    slopes = parabolic(x[first], means, line[first[1:] - 1])
    found: Float64s = slopes[np.append(0, np.cumsum(apart))]
    return found


def simple(x: Float64s, y: Float64s) -> Float64s:
    """The same for two samples or more of one piece whose x all differ: several times as quick."""
    steps = np.diff(x)
    with np.errstate(all="ignore"):
        slopes = np.diff(y) / steps
        middle = slopes[:-1] + (slopes[1:] - slopes[:-1]) * (steps[:-1] / (steps[:-1] + steps[1:]))
    return np.concatenate([slopes[:1], middle, slopes[-1:]])


def parabolic(x: Float64s, y: Float64s, linked: Flags) -> Float64s:
    """Slopes at samples of which linked[i] says whether i and i + 1 belong together and differ in x."""
    steps = np.diff(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(linked, np.diff(y) / steps, np.nan)
        left, right = np.append(np.nan, slopes), np.append(slopes, np.nan)
        before, after = np.append(1.0, steps), np.append(steps, 1.0)
        middle = (left * after + right * before) / (before + after)
    return np.where(np.isnan(left), right, np.where(np.isnan(right), left, middle))


def integral(x: Float64s, y: Floats, breaks: Breaks = ()) -> Float64s:
    """Running integral of y over x by trapezoids, from 0 at the first sample of each piece.

    x, y     (n,) as for `derivative`
    returns  (n,) NaN where y is missing
    """
    y = np.asarray(y, np.float64)
    starts, stops = pieces(y, breaks)
    areas = (y[:-1] / 2 + y[1:] / 2) * np.diff(x)
    if len(starts) == 1 and stops[0] - starts[0] == len(y):
        return np.append(0.0, np.cumsum(areas))
    total = np.append(0.0, np.cumsum(np.where(joined(y, breaks), areas, 0.0)))[: len(y)]
    found = np.full(len(y), np.nan)
    known = np.isfinite(y)
    found[known] = total[known] - np.repeat(total[starts], stops - starts)
    return found
