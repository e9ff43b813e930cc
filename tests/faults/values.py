"""Samples that say where they come from: source, number of the request, place in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.int64]

MOST_SOURCES = 1 << 8
MOST_REQUESTS = 1 << 32
MOST_SAMPLES = 1 << 12  # 52 bits in all: each value is a float64 as it is

SHARED = "shared"  # the channel that all sources write to, beside their own


def values(source: int, seq: int, n: int) -> list[int]:
    """The samples of a request."""
    first = (source << 32 | seq) << 12
    return list(range(first, first + n))


def keys(found: Values) -> Values:
    """The requests that values belong to: source << 32 | seq."""
    return found >> 12


def places(found: Values) -> Values:
    """Places of values in their requests."""
    return found & (MOST_SAMPLES - 1)


def key(source: int, seq: int) -> int:
    return source << 32 | seq


def named(request: int) -> str:
    """A request, for people."""
    return f"source {request >> 32} seq {request & (MOST_REQUESTS - 1)}"


def channel_of(source: int) -> str:
    """The channel that only this source writes to."""
    return f"s{source}"
