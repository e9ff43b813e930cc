"""Flanks of a waveform: how long they take, and how far the signal goes beyond its states beside them."""

from __future__ import annotations

import numpy as np

from app.dsp.edges import Float64s, Ints
from app.dsp.waveform import Waveform, average


def rise(waveform: Waveform) -> float | None:
    return flank(waveform, rising=True)


def fall(waveform: Waveform) -> float | None:
    return flank(waveform, rising=False)


def flank(waveform: Waveform, *, rising: bool) -> float | None:
    """The mean time that edges of this direction take from 10 % to 90 % of the amplitude, or back.

    They begin with the last crossing before the middle and end with the first one after it.
    """
    edges = waveform.edges
    at = np.flatnonzero(edges.rising == rising)
    middle, piece = edges.instant[at], edges.piece[at]
    near, far = waveform.lower.of(rising=rising), waveform.upper.of(rising=rising)
    if not rising:
        near, far = far, near
    begin = near.instant.searchsorted(middle, "right") - 1
    end = far.instant.searchsorted(middle)
    there = (begin >= 0) & (end < len(far))
    at, begin, end, piece = at[there], begin[there], end[there], piece[there]
    whole = (near.piece[begin] == piece) & (far.piece[end] == piece)
    whole &= near.instant[begin] >= np.append(-np.inf, edges.instant)[at]  # not of the edge before
    whole &= far.instant[end] <= np.append(edges.instant, np.inf)[at + 1]
    return average((far.instant[end] - near.instant[begin])[whole])


def overshoot(waveform: Waveform) -> float | None:
    """How far the signal goes beyond the state it comes to, in % of the amplitude.

    That of rising edges, up to halfway to the next edge; where there are none, that of falling ones.
    """
    rising = bool(waveform.edges.rising.any())
    return beyond(waveform, rising=rising, upwards=rising, after=True)


def preshoot(waveform: Waveform) -> float | None:
    """How far the signal goes beyond the state that it leaves, in % of the amplitude.

    Edges as for overshoot.
    """
    rising = bool(waveform.edges.rising.any())
    return beyond(waveform, rising=rising, upwards=not rising, after=False)


def beyond(waveform: Waveform, *, rising: bool, upwards: bool, after: bool) -> float | None:
    edges = waveform.edges
    at = np.flatnonzero(edges.rising == rising)
    if len(at) == 0:
        return None
    starts, stops = (following if after else preceding)(waveform)
    starts, stops = starts[at], stops[at]
    if upwards:
        size = float(extremes(np.maximum, waveform.y, starts, stops).max()) - waveform.states.top
    else:
        size = waveform.states.base - float(extremes(np.minimum, waveform.y, starts, stops).min())
    return 100 * max(0.0, size) / waveform.amplitude


def extremes(which: np.ufunc, y: Float64s, starts: Ints, stops: Ints) -> Float64s:
    """np.maximum or np.minimum over each y[start:stop], none empty and only the last up to the end; (k,)."""
    places = np.column_stack((starts, stops)).ravel()
    found: Float64s = which.reduceat(y, places[:-1] if places[-1] == len(y) else places)[::2]
    return found


def following(waveform: Waveform) -> tuple[Ints, Ints]:
    """The samples from each edge to halfway to the next, as start:stop; at least one."""
    edges = waveform.edges
    _, stops = waveform.bounds(edges.piece)
    halfway = waveform.x.searchsorted((edges.instant[1:] + edges.instant[:-1]) / 2, "right")
    stops[:-1] = np.where(edges.piece[1:] == edges.piece[:-1], np.minimum(halfway, edges.at[1:]), stops[:-1])
    return edges.at, np.maximum(stops, edges.at + 1)


def preceding(waveform: Waveform) -> tuple[Ints, Ints]:
    """The samples from halfway to the edge before up to each edge, as start:stop; at least one."""
    edges = waveform.edges
    starts, _ = waveform.bounds(edges.piece)
    halfway = waveform.x.searchsorted((edges.instant[1:] + edges.instant[:-1]) / 2)
    starts[1:] = np.where(edges.piece[1:] == edges.piece[:-1], np.maximum(halfway, edges.at[:-1]), starts[1:])
    return np.minimum(starts, edges.at - 1), edges.at
