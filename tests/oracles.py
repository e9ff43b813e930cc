"""Slow and obvious twins of fast code, to compare it with."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import inf, isnan, nan

WINDOW = 256


def envelope(
    x: Sequence[float], y: Sequence[float], left: float, width: float, n: int
) -> list[tuple[int, float, float, int, int]]:
    """Column, least, greatest, first sample and the one after the last, of columns that hold samples."""
    found = []
    for column in range(n):
        begin, end = left + width * column, left + width * (column + 1)
        inside = [i for i, value in enumerate(x) if begin <= value < end]
        if inside:
            values = [y[i] for i in inside if not isnan(y[i])] or [nan]
            found.append((column, min(values), max(values), inside[0], inside[-1] + 1))
    return found


def limits(steps: Sequence[float]) -> tuple[float, float] | None:
    """Gap and jump, from the steps before; None: not known."""
    ranked = sorted(steps)
    if len(ranked) < 8:
        return None
    median, p99 = ranked[len(ranked) // 2], ranked[int(0.99 * (len(ranked) - 1))]
    if not (median or p99):
        return None
    gap = max(5 * median, 3 * p99)
    return gap, max(10_000 * (median or p99), gap)


def widest(*known: tuple[float, float] | None) -> tuple[float, float] | None:
    there = [pair for pair in known if pair]
    return (max(gap for gap, _ in there), max(jump for _, jump in there)) if there else None


class Sorter:
    """Segments, figures and gaps of explicit x, one sample at a time."""

    def __init__(self) -> None:
        self.x: list[float] = []
        self.starts: list[tuple[int, bool]] = []  # (sample, is it a figure)
        self.breaks: set[int] = set()
        self.gaps = 0
        self.figure = False
        self.steps: deque[float] = deque(maxlen=WINDOW)  # forward ones, of the newest segment
        self.backs: deque[bool] = deque(maxlen=WINDOW)

    def block(self, xs: Sequence[float]) -> None:
        steps = [b - a for a, b in pairwise(xs)]
        own = limits([step for step in steps if step >= 0]) if len(steps) >= 32 else None
        recent = limits(self.steps)
        all_steps = [xs[0] - self.x[-1], *steps] if self.x else [nan]
        calm = len(xs) > 1 and recent and all(0 <= step <= recent[0] for step in all_steps)
        self.sample(xs[0], widest(recent, own))
        after = widest(limits(self.steps), own)
        for x in xs[1:]:
            if calm:
                self.sample(x, (inf, inf))
            else:
                self.sample(x, (after or "none") if len(steps) >= 32 else limits(self.steps))

    def sample(self, x: float, known: tuple[float, float] | str | None) -> None:
        n = len(self.x)
        if n == 0:
            self.begin(n)
        else:
            self.step(n, x - self.x[-1], self.x[-1], None if known == "none" else known)
        self.x.append(x)

    def step(self, n: int, step: float, before: float, known: tuple[float, float] | None) -> None:
        self.backs.append(step < 0)
        backs = sum(self.backs)
        if self.figure:
            if backs < 0.02 * len(self.backs):
                self.figure = False
                self.begin(n)
        elif step < 0 and backs >= 3 and backs > 0.1 * len(self.backs):
            self.become_figure(n - len(self.backs))
        elif step < 0:
            self.begin(n)
        else:
            self.forward(n, step, before, known)

    def forward(self, n: int, step: float, before: float, known: tuple[float, float] | None) -> None:
        gap, jump = known or (inf, 1e6 * max(abs(before), 1.0))
        if step > jump:
            self.gaps += 1
            self.begin(n)
            return
        if step > gap:
            self.gaps += 1
            self.breaks.add(n)
        self.steps.append(step)

    def begin(self, n: int) -> None:
        self.starts.append((n, False))
        self.breaks.add(n)
        self.steps.clear()

    def become_figure(self, start: int) -> None:
        self.figure = True
        self.starts = [*(s for s in self.starts if s[0] < start), (start, True)]
        self.breaks = {n for n in self.breaks if n < start} | {start}
        self.steps.clear()


class Twin:
    """A record as a deque: x, y and nothing clever."""

    def __init__(self, points: int) -> None:
        self.live: deque[tuple[float, float]] = deque(maxlen=points)
        self.evicted = 0
        self.sorter = Sorter()

    def append(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        for pair in zip(xs, ys, strict=True):
            self.evicted += len(self.live) == self.live.maxlen
            self.live.append(pair)
        self.sorter.block(xs)
