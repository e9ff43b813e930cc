"""A waveform: the samples between two instants, and the parts of them that measurements share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.dsp.edges import Float64s, Ints
from app.dsp.states import States, states
from app.dsp.transitions import Threshold, Transitions, transitions

NEAR_MIDDLE = 0.1  # of the amplitude to either side: hysteresis of edges
NEAR_STATE = 0.025  # of the amplitude to either side: hysteresis at 10 % and 90 %
LOWER, UPPER = 0.1, 0.9  # of the amplitude: where a rise begins and ends
NONE = Transitions(np.empty(0), np.empty(0, bool), np.empty(0, np.intp), np.empty(0, np.intp))


class Waveform:
    """Samples of one channel, in the order of x; the parts are computed when first asked for.

    x       (n,) offsets within one segment, increasing, equal ones allowed
    y       (n,) NaN and infinite: missing, a gap
    breaks  (b,) samples that begin after a gap, increasing: no line, edge or cycle reaches across
    """

    def __init__(
        self,
        x: Float64s,
        y: NDArray[np.float64] | NDArray[np.float32],
        breaks: Sequence[int] | NDArray[np.integer] = (),
    ) -> None:
        there = np.isfinite(y)
        self.x: Float64s = np.asarray(x, np.float64)
        self.y: Float64s = np.asarray(y, np.float64)
        self.breaks: Ints = np.asarray(breaks, np.intp)
        if not there.all():
            self.breaks = moved(self.breaks, there)
            self.x, self.y = self.x[there], self.y[there]

    @property
    def n(self) -> int:
        return len(self.y)

    @cached_property
    def _ranked(self) -> Float64s:
        return np.sort(self.y)

    @property
    def low(self) -> float:
        return float(self._ranked[0])

    @property
    def high(self) -> float:
        return float(self._ranked[-1])

    @cached_property
    def squares(self) -> Float64s:
        return self.y * self.y

    @cached_property
    def states(self) -> States:
        return states(self._ranked)

    @property
    def amplitude(self) -> float:
        return self.states.top - self.states.base

    def level(self, share: float) -> float:
        """The value at this share of the amplitude above the base, unit of y."""
        return self.states.base + share * self.amplitude

    @cached_property
    def edges(self) -> Transitions:
        """Transitions through the middle of the amplitude."""
        return self._transitions({0.5: NEAR_MIDDLE})[0]

    @property
    def lower(self) -> Transitions:
        """Transitions through 10 % of the amplitude."""
        return self._flanks[0]

    @property
    def upper(self) -> Transitions:
        """Transitions through 90 % of the amplitude."""
        return self._flanks[1]

    @cached_property
    def _flanks(self) -> list[Transitions]:
        return self._transitions({LOWER: NEAR_STATE, UPPER: NEAR_STATE})

    def _transitions(self, shares: dict[float, float]) -> list[Transitions]:
        """Transitions at these shares of the amplitude, with a hysteresis that is another share."""
        if self.n == 0 or not 0 < self.amplitude < np.inf:
            return [NONE] * len(shares)
        thresholds = [Threshold(self.level(share), near * self.amplitude) for share, near in shares.items()]
        return transitions(self.x, self.y, self.breaks, thresholds)

    @cached_property
    def cycles(self) -> Ints:
        """Edges that begin a whole cycle, (k,) positions in `edges`; it ends two edges later."""
        piece = self.edges.piece
        return np.flatnonzero(piece[2:] == piece[:-2])

    @cached_property
    def period(self) -> float | None:
        """The mean time between edges of the same direction, unit of x; None without a cycle."""
        found = average(self.edges.instant[self.cycles + 2] - self.edges.instant[self.cycles])
        return found or None

    @cached_property
    def weights(self) -> Float64s:
        """What each sample counts in a mean over x, (n,), unit of x: the trapezoid rule.

        All count alike where they have no extent in x: a single sample, or equal x.
        """
        found = halves(self._steps)
        return found if found.sum() > 0 else np.ones(self.n)

    @cached_property
    def _steps(self) -> Float64s:
        """From each sample to the next, (n - 1,); 0 across a break."""
        steps = np.diff(self.x)
        steps[self.breaks - 1] = 0.0
        return steps

    @cached_property
    def cycle_weights(self) -> Float64s | None:
        """The same over whole cycles only, (n,); None without a cycle.

        They reach from the first to the last edge of one direction in each piece, the direction with more
        cycles; the ends between two samples are interpolated.
        """
        if len(self.cycles) == 0:
            return None
        begin, end = self._stretches()
        first, last = self.edges.at[begin], self.edges.at[end]
        inside = np.zeros(self.n, np.int8)
        np.add.at(inside, first - 1, 1)
        np.add.at(inside, last - 1, -1)
        found = halves(self._steps * np.cumsum(inside[:-1], dtype=np.int8))
        self._add_part(found, first, self.edges.instant[begin], -1.0)
        self._add_part(found, last, self.edges.instant[end], 1.0)
        return found if found.sum() > 0 else None

    def _stretches(self) -> tuple[Ints, Ints]:
        """The first and the last edge of whole cycles in each piece that has some: positions."""
        begins_rising = self.edges.rising[self.cycles]
        rising = 2 * np.count_nonzero(begins_rising) >= len(self.cycles)
        starts = self.cycles[begins_rising == rising]
        piece = self.edges.piece[starts]
        new = np.flatnonzero(np.append(True, piece[1:] != piece[:-1]))
        final = np.append(new[1:], len(starts)) - 1
        return starts[new], starts[final] + 2

    def _add_part(self, weights: Float64s, at: Ints, instant: Float64s, sign: float) -> None:
        """Adds the part of the step that ends at the samples `at` up to the instants within it."""
        step = self.x[at] - self.x[at - 1]
        part = instant - self.x[at - 1]
        beyond = np.divide(part * part, 2 * step, out=np.zeros(len(at)), where=step > 0)
        np.add.at(weights, at - 1, sign * (part - beyond))
        np.add.at(weights, at, sign * beyond)

    def bounds(self, piece: Ints) -> tuple[Ints, Ints]:
        """The first sample of these pieces, and the one after the last."""
        return np.append(0, self.breaks)[piece], np.append(self.breaks, self.n)[piece]


def average(values: Float64s) -> float | None:
    return float(values.mean()) if len(values) else None


def halves(steps: Float64s) -> Float64s:
    """Half of each step for the sample before it and half for the one after; (n - 1,) to (n,)."""
    found = np.zeros(len(steps) + 1)
    np.multiply(steps, 0.5, out=found[:-1])
    found[1:] += 0.5 * steps
    return found


def moved(breaks: Ints, there: NDArray[np.bool_]) -> Ints:
    """The breaks when only these samples stay: a gap is also where others were."""
    kept = np.flatnonzero(there)
    gaps = np.flatnonzero(np.diff(kept) > 1) + 1
    found = np.union1d(kept.searchsorted(breaks), gaps)
    return found[(found > 0) & (found < len(kept))].astype(np.intp)
