"""The table: one row for each thing measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "result", "beside it", "ratio", "budget", "verdict")
NONE = "-"
SMALL = 0.1  # a ratio below it is told by its first two digits


class WrongError(Exception):
    """Something that was measured did not do what it should; its figures would mean nothing."""


@dataclass(frozen=True)
class Size:
    """How much is sent and how long is looked; `QUICK` only shows that everything runs."""

    points: int
    written: int  # samples of each of ten writers
    long_bodies: int  # of each kind, over each connection
    flask_points: int
    bodies: int
    columns: int
    rounds: int
    appended: int
    history: tuple[int, ...]
    draws: int
    calm: float  # s until what has begun goes on evenly
    frames_for: float  # s
    viewers: int  # of one frame, whose price is found
    watchers: int  # at once on one core
    panels: int  # full tabs at once
    views: int  # distinct ones
    joining: int
    stalled: int  # as many as read on
    pages: int
    tabs: int
    settled_for: float  # s
    watched_for: float  # s
    tabs_closed: int
    watchers_closed: int
    at_once: int  # of those that are opened and closed
    judged: bool = True


FULL = Size(
    points=20_000,
    written=1_000_000,
    long_bodies=5,
    flask_points=4_000,
    bodies=100,
    columns=200,
    rounds=3,
    appended=10_000_000,
    history=(10_000, 1_000_000, 100_000_000),
    draws=150,
    calm=1.0,
    frames_for=10.0,
    viewers=100,
    watchers=200,
    panels=50,
    views=50,
    joining=10,
    stalled=50,
    pages=8,
    tabs=5,
    settled_for=30.0,
    watched_for=60.0,
    tabs_closed=300,
    watchers_closed=1000,
    at_once=20,
)
QUICK = Size(
    points=200,
    written=20_000,
    long_bodies=1,
    flask_points=50,
    bodies=2,
    columns=2,
    rounds=1,
    appended=100_000,
    history=(10_000, 20_000),
    draws=5,
    calm=0.2,
    frames_for=1.0,
    viewers=3,
    watchers=4,
    panels=2,
    views=3,
    joining=2,
    stalled=2,
    pages=2,
    tabs=2,
    settled_for=0.0,
    watched_for=1.0,
    tabs_closed=6,
    watchers_closed=12,
    at_once=2,
    judged=False,
)


@dataclass(frozen=True)
class Row:
    """One line.

    held    whether the budget was kept; None: there is none
    failed  it could not be measured; the result says why
    """

    what: str
    result: str
    beside: str = NONE
    ratio: float | None = None
    budget: str = NONE
    held: bool | None = None
    failed: bool = False

    def cells(self, size: Size) -> tuple[str, ...]:
        ratio = NONE if self.ratio is None else f"{self.ratio:.2{'f' if self.ratio >= SMALL else 'g'}}"
        return self.what, self.result, self.beside, ratio, self.budget, self.verdict(size)

    def verdict(self, size: Size) -> str:
        if self.failed:
            return "FAILED"
        if self.held is None or not size.judged:
            return NONE
        return "ok" if self.held else "MISSED"


def line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def head() -> str:
    return line(HEAD) + "\n" + line(["---"] * len(HEAD))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, the nearest one; WrongError without values."""
    if not values:
        raise WrongError("nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
