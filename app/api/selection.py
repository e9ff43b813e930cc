"""Which samples a reader asks for, and those samples."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from app.memory.record import Record
from app.memory.samples import Float64s, Floats
from app.problems import Fault, Problem

Ints = NDArray[np.intp]
DEFAULT_N = 1000
BLOCK = 1 << 18  # samples looked at between two turns of the event loop
FORMATS = ("json", "csv", "npy", "arrow")
PARAMETERS = ("channel", "n", "from", "to", "points", "format")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reader's question.

    n       the newest n; None: all that is retained
    left    smallest x; None: any
    right   largest x; None: any
    points  at most so many, minima and maxima among them; None: every sample
    format  one of FORMATS
    """

    n: int | None
    left: float | None = None
    right: float | None = None
    points: int | None = None
    format: str = "json"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """The question in a query string.

        Problem  bad_parameter
        """
        for name in query:
            if name not in PARAMETERS:
                raise bad("unknown parameter", f"known are {', '.join(PARAMETERS)}", name[:32])
        if query.get("format", "json") not in FORMATS:
            raise bad("format is unknown", f"known are {', '.join(FORMATS)}", "format")
        left, right = x_limit(query, "from"), x_limit(query, "to")
        whole = left is not None or right is not None or "points" in query
        if left is not None and right is not None and left > right:
            raise bad("from is above to", "send the smaller x as from", "from")
        n = None if query.get("n", "all" if whole else DEFAULT_N) == "all" else number(query, "n", 1)
        points = number(query, "points", 2) if "points" in query else None
        return cls(n, left, right, points, query.get("format", "json"))

    @property
    def bounded(self) -> bool:
        """Whether x decides which samples it asks for."""
        return self.left is not None or self.right is not None

    def given(self, n: int) -> int:
        """How many samples of one channel it is answered with, at most, where it asks for n."""
        return n if self.points is None else min(n, self.points)

    def inside(self, x: Float64s) -> NDArray[np.bool_]:
        """Which of these samples are within from and to."""
        inside = np.ones(len(x), dtype=np.bool_)
        if self.left is not None:
            inside &= x >= self.left
        if self.right is not None:
            inside &= x <= self.right
        return inside


def number(query: Mapping[str, str], name: str, least: int) -> int:
    text = query.get(name, str(DEFAULT_N))
    if text.isascii() and text.isdigit() and len(text) <= 18 and int(text) >= least:
        return int(text)
    raise bad(f"{name} is not a whole number from {least}", f"send one such as {name}=1000", name)


def x_limit(query: Mapping[str, str], name: str) -> float | None:
    if name not in query:
        return None
    try:
        value = float(query[name])
    except ValueError:
        value = float("inf")
    if not isfinite(value):
        raise bad(f"{name} is not a finite number", f"send one such as {name}=0.5", name)
    return value


def bad(what: str, right: str, field: str) -> Problem:
    return Problem("bad_parameter", f"{what}; {right}", [Fault("parameter", field)])


@dataclass(frozen=True, slots=True)
class Part:
    """Some neighbouring samples of a record: x and y (n,), the first one's sample number."""

    first: int
    x: Float64s
    y: Floats


@dataclass(frozen=True, slots=True)
class Span:
    """Where the samples are that a reader asks for: those of [start, stop) within from and to, n of them."""

    start: int
    stop: int
    n: int


async def span(record: Record, wanted: Wanted) -> Span:
    """Where the samples are, found without a copy of them.

    Looks for from and to from the newest sample back, a block at a time, so that a long record does not hold
    up the others.
    """
    most = record.total if wanted.n is None else wanted.n
    if not wanted.bounded:
        start = max(record.first, record.total - most)
        return Span(start, record.total, record.total - start)
    found = Span(record.total, record.total, 0)
    stop = record.total
    while stop > record.first and found.n < most:
        start = max(record.first, stop - BLOCK)
        numbers = start + np.flatnonzero(wanted.inside(record.x(start, stop)))[found.n - most :]
        if len(numbers):
            end = found.stop if found.n else int(numbers[-1]) + 1
            found = Span(int(numbers[0]), end, found.n + len(numbers))
        stop = start
        await asyncio.sleep(0)
    return found


async def selected(record: Record, wanted: Wanted, where: Span) -> list[Part]:
    """The samples a reader asks for, oldest part first; copies, so that later samples do not move them.

    What has left the record since they were found is not among them.
    """
    parts: list[Part] = []
    stop = where.stop
    while stop > (oldest := max(where.start, record.first)):
        start = max(oldest, stop - BLOCK)
        if (part := matching(record, start, stop, wanted)) is not None:
            parts.append(part)
        stop = start
        await asyncio.sleep(0)
    return thinned(parts[::-1], wanted.points)


def matching(record: Record, start: int, stop: int, wanted: Wanted) -> Part | None:
    """The samples of one block that are asked for."""
    x = record.x(start, stop)
    which = np.flatnonzero(wanted.inside(x))
    return Part(start + int(which[0]), x[which], record.y(start, stop)[which]) if len(which) else None


def thinned(parts: list[Part], points: int | None) -> list[Part]:
    """The parts with at most so many points together, two (minimum and maximum) for each run of samples."""
    n = sum(len(part.x) for part in parts)
    if points is None or n <= points:
        return parts
    x = np.concatenate([part.x for part in parts])
    y = np.concatenate([part.y for part in parts])
    keep = extremes(y, points // 2)
    return [Part(parts[0].first, x[keep], y[keep])]


def extremes(y: Floats, n: int) -> Ints:
    """Where the smallest and the largest value of at most n equal runs are, increasing.

    y        (m,)  m >= n >= 1; NaN is neither, unless a run holds nothing else
    returns  (k,)  k <= 2 n
    """
    size = -(-len(y) // n)
    padded = np.full(-(-len(y) // size) * size, np.nan)
    padded[: len(y)] = y
    runs, starts = padded.reshape(-1, size), np.arange(0, len(padded), size)
    low = np.where(np.isnan(runs), np.inf, runs).argmin(axis=1)
    high = np.where(np.isnan(runs), -np.inf, runs).argmax(axis=1)
    return np.unique(np.concatenate([starts + low, starts + high]))
