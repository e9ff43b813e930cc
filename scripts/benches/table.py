"""The table: one row for each thing measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "result", "beside it", "ratio", "budget", "verdict")
NONE = "-"


class WrongError(Exception):
    """Something that was measured did not do what it should; its figures would mean nothing."""


@dataclass(frozen=True)
class Size:
    """How much is sent and how long is looked; `QUICK` only shows that everything runs."""

    points: int
    flask_points: int
    bodies: int
    columns: int
    rounds: int
    appended: int
    history: tuple[int, ...]
    draws: int
    frames_for: float  # s
    pages: int
    tabs: int
    settled_for: float  # s
    watched_for: float  # s
    tabs_closed: int
    judged: bool = True


FULL = Size(
    points=20_000,
    flask_points=4_000,
    bodies=100,
    columns=200,
    rounds=3,
    appended=10_000_000,
    history=(10_000, 1_000_000, 10_000_000),
    draws=150,
    frames_for=10.0,
    pages=10,
    tabs=5,
    settled_for=30.0,
    watched_for=60.0,
    tabs_closed=20,
)
QUICK = Size(
    points=200,
    flask_points=50,
    bodies=2,
    columns=2,
    rounds=1,
    appended=100_000,
    history=(10_000, 20_000),
    draws=5,
    frames_for=1.0,
    pages=2,
    tabs=2,
    settled_for=0.0,
    watched_for=1.0,
    tabs_closed=2,
    judged=False,
)


@dataclass(frozen=True)
class Row:
    """One line. `held` tells whether the budget was kept; None: there is none."""

    what: str
    result: str
    beside: str = NONE
    ratio: float | None = None
    budget: str = NONE
    held: bool | None = None

    def cells(self, size: Size) -> tuple[str, ...]:
        ratio = NONE if self.ratio is None else f"{self.ratio:.2f}"
        verdict = NONE if self.held is None or not size.judged else "ok" if self.held else "MISSED"
        return self.what, self.result, self.beside, ratio, self.budget, verdict


def line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def head() -> str:
    return line(HEAD) + "\n" + line(["---"] * len(HEAD))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, the nearest one; WrongError without values."""
    if not values:
        raise WrongError("nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
