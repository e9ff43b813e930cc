"""Transitions of a signal from one side of a level to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from app.dsp.edges import Bools, Float64s, Ints, cubic_instants


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Where the signal changes sides; within a piece rising and falling ones take turns.

    instant  (k,) x, increasing
    rising   (k,) upwards
    piece    (k,) number of the piece: of the breaks before it
    at       (k,) the first sample at or after the instant
    """

    instant: Float64s
    rising: Bools
    piece: Ints
    at: Ints

    def of(self, rising: bool) -> Transitions:
        """Those of one direction."""
        keep = self.rising == rising
        return Transitions(self.instant[keep], self.rising[keep], self.piece[keep], self.at[keep])

    def __len__(self) -> int:
        return len(self.instant)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level, and how far beyond it the signal must be to have changed sides; hysteresis > 0."""

    level: float
    hysteresis: float


def transitions(x: Float64s, y: Float64s, breaks: Ints, thresholds: Sequence[Threshold]) -> list[Transitions]:
    """Changes from below level - hysteresis to above level + hysteresis, and back, at each threshold.

    Noise may cross the level several times on its way: the instant is then the middle between the first
    crossing and the last, which favours neither side.

    x, y    (n,) without NaN
    breaks  (b,) samples that begin after a gap, increasing
    """
    changes = [sides(y, breaks, threshold) for threshold in thresholds]
    first = np.concatenate([found for _, found in changes])
    sizes = [len(found) for found, _ in changes]
    levels = np.repeat([threshold.level for threshold in thresholds], sizes)
    crossed = [
        crossings(y, threshold.level, *change) for threshold, change in zip(thresholds, changes, strict=True)
    ]
    begins, ends = (np.concatenate(parts) for parts in zip(*crossed, strict=True))
    instant, at = middles(x, y, breaks, levels, begins, ends)
    rising, piece = y[first] > levels, breaks.searchsorted(first, "right")
    stops = accumulate(sizes)
    parts = [slice(stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]
    return [Transitions(instant[part], rising[part], piece[part], at[part]) for part in parts]


def sides(y: Float64s, breaks: Ints, threshold: Threshold) -> tuple[Ints, Ints]:
    """The last sample on the one side and the first on the other, of each change within a piece; two (k,)."""
    low, high = threshold.level - threshold.hysteresis, threshold.level + threshold.hysteresis
    side = (y >= high).view(np.int8) - (y <= low).view(np.int8)
    changes = np.flatnonzero(side[1:] != side[:-1]) + 1
    borders = np.concatenate(([0], changes, [len(y)]))
    kinds = side.take(borders[:-1])
    beyond = kinds.nonzero()[0]
    kinds = kinds.take(beyond)
    turns = np.flatnonzero(kinds[1:] != kinds[:-1])
    last, first = borders.take(beyond[turns] + 1) - 1, borders.take(beyond[turns + 1])
    if len(breaks):
        whole = breaks.searchsorted(last, "right") == breaks.searchsorted(first, "right")
        last, first = last[whole], first[whole]
    return last, first


def crossings(y: Float64s, level: float, last: Ints, first: Ints) -> tuple[Ints, Ints]:
    """The samples that end the first and the last crossing of the level in each last:first + 1; two (k,)."""
    if (first - last == 1).all():
        return first, first
    above = y >= level
    crossed = np.flatnonzero(above[1:] != above[:-1]) + 1
    return crossed[crossed.searchsorted(last, "right")], crossed[crossed.searchsorted(first, "right") - 1]


def middles(
    x: Float64s, y: Float64s, breaks: Ints, levels: Float64s, begins: Ints, ends: Ints
) -> tuple[Float64s, Ints]:
    """The middles between the instants of two crossings, and the first samples at or after them; two (k,)."""
    several = np.flatnonzero(ends > begins)
    both = np.concatenate((begins, ends[several]))
    found = cubic_instants(x, y, np.concatenate((levels, levels[several])), both, breaks)
    middle, later = found[: len(begins)], found[len(begins) :]
    middle[several] = (middle[several] + later) / 2
    at = begins.copy()
    at[several] = np.clip(x.searchsorted(middle[several]), begins[several], ends[several])
    return middle, at
