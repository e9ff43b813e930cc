"""Pieces: the runs of samples that neither a gap nor a missing value interrupts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]
Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
Breaks = Sequence[int] | Ints | NDArray[np.int64]


def inner(breaks: Breaks, n: int) -> Ints:
    """The breaks that part two of n samples, increasing, each once."""
    found = np.unique(np.asarray(breaks, np.intp))
    return found[(found > 0) & (found < n)]


def joined(y: Floats, breaks: Breaks = ()) -> Flags:
    """Whether a line goes from each sample to the next.

    y        (n,) NaN and infinities are missing
    breaks   (k,) numbers of samples that begin after a gap
    returns  (n - 1,), or (0,) without samples
    """
    known = np.isfinite(y)
    found: Flags = known[:-1] & known[1:]
    found[inner(breaks, len(y)) - 1] = False
    return found


def pieces(y: Floats, breaks: Breaks = ()) -> tuple[Ints, Ints]:
    """Where the pieces of a signal begin and end, half-open; a lone sample is a piece.

    y, breaks  as in `joined`
    returns    (k,) starts, (k,) stops
    """
    known = np.isfinite(y)
    if len(y) and known.all() and len(inner(breaks, len(y))) == 0:
        return np.zeros(1, np.intp), np.full(1, len(y), np.intp)
    line = joined(y, breaks)
    starts = np.flatnonzero(known & ~np.append(False, line)[: len(y)])
    stops = np.flatnonzero(known & ~np.append(line, False)[: len(y)]) + 1
    return starts, stops
