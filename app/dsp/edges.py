"""Level crossings of a signal, their instants between the samples, and the period they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64] | NDArray[np.float32]
Float64s = NDArray[np.float64]
Ints = NDArray[np.intp]
Kinds = NDArray[np.uint8]
Bools = NDArray[np.bool_]

MIN_EDGES = 4  # three intervals: fewer say nothing about their scatter
MAX_SCATTER = 0.1  # of the mean interval; noise alone scatters by more than 0.5

RESET = 8  # what came before is forgotten
ARMED, FIRED, FULL = 1, 2, 4  # the zones of a comparator
CROSSING = (ARMED, FIRED)

CURVED = (
    0.9  # third difference of a cubic, in steps: a sine of n samples has 4 sin²(pi / n), a corner 1, a jump 2
)
ROUNDS = 4  # of Halley's method: the worst of a million cubics is then within 1e-8 of the step


class Slope(StrEnum):
    RISING = "rising"
    FALLING = "falling"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A comparator that fires when the signal passes a level in one direction.

    hysteresis  unit of y, >= 0: how far the signal must first retreat
    """

    level: float
    hysteresis: float
    rising: bool

    @property
    def pattern(self) -> tuple[int, ...]:
        """The zones that the signal must go through."""
        return CROSSING

    @property
    def retreat(self) -> float:
        """The value at which it is armed."""
        return self.level - self.hysteresis if self.rising else self.level + self.hysteresis

    def zones(self, values: Floats) -> Kinds:
        """(n,) the zone of each value; 0 where it is in none or is NaN."""
        if self.rising:
            return zoned(values <= self.retreat, values >= self.level)
        return zoned(values >= self.retreat, values <= self.level)

    @property
    def borders(self) -> tuple[float, ...]:
        """The levels that it may pass when it fires."""
        return (self.level,)


def zoned(armed: Bools, fired: Bools) -> Kinds:
    """(n,) the zone of each value: FIRED, else ARMED, else 0."""
    high = fired.view(np.uint8)
    zones: Kinds = np.add(high, high)  # a shift takes ten times as long
    zones += np.greater(armed.view(np.uint8), high).view(np.uint8)
    return zones


def matches(zones: Kinds, resets: Ints, pattern: tuple[int, ...], before: Kinds) -> tuple[Ints, Kinds]:
    """Samples at which a signal has gone through a pattern of zones, and what it has gone through last.

    zones    (n,) of a comparator
    resets   (r,) increasing samples before which all is forgotten
    pattern  m >= 2 zones, each unlike the next
    before   (m - 1,) or fewer: what this gave for the samples before; empty at the start
    returns  (k,) first sample in the last zone of the pattern, increasing; (m - 1,) or fewer
    """
    at, kinds = entered(zones, resets)
    kinds = np.concatenate((before, kinds))
    last, m = len(before) - 1, len(pattern)
    if m > 2:  # of two zones, the last entry of what repeats counts as the first does
        fresh = np.flatnonzero(np.diff(kinds, prepend=0))
        kinds, at = kinds.take(fresh), at.take(fresh[fresh > last] - last - 1)
    hits = np.flatnonzero(kinds[m - 1 :] == pattern[-1])
    for place in range(m - 1):
        hits = hits.compress(kinds.take(hits + place) == pattern[place])
    return at.take(hits + (m - 1 - len(kinds) + len(at))), kinds[max(0, len(kinds) - m + 1) :]


def entered(zones: Kinds, resets: Ints) -> tuple[Ints, Kinds]:
    """Where a signal comes into a zone or is reset: sample numbers that never fall, and the zone or RESET."""
    changed = np.ones(len(zones), np.bool_)
    np.not_equal(zones[1:], zones[:-1], out=changed[1:])
    if len(resets):
        changed[resets] = True
    at = np.flatnonzero(changed)
    kinds = zones.take(at)
    there = np.flatnonzero(kinds)
    at, kinds = at.take(there), kinds.take(there)
    if len(resets):
        places = at.searchsorted(resets)
        at, kinds = np.insert(at, places, resets), np.insert(kinds, places, RESET)
    return at, kinds


def crossings(values: Floats, level: float, slope: Slope, hysteresis: float = 0.0) -> Ints:
    """Sample numbers at which the signal crosses the level in the given direction.

    values      (n,)  any n >= 0; NaN never crosses, nor does a step across NaN
    hysteresis  unit of values, >= 0: how far the signal must first retreat
    returns     (k,)  first sample at or beyond the level, increasing

    ValueError  hysteresis < 0
    """
    if hysteresis < 0:
        raise ValueError(f"hysteresis {hysteresis} is below 0")
    found = [passed(values, each) for each in crossing(float(level), float(hysteresis), slope)]
    return found[0] if len(found) == 1 else np.sort(np.concatenate(found), kind="stable")


def passed(values: Floats, comparator: Crossing) -> Ints:
    """(k,) sample numbers at which a comparator fires; NaN resets it.

    They are among those where the signal comes beyond the level; most often they are all of them.
    """
    level, retreat, rising = comparator.level, comparator.retreat, comparator.rising
    beyond = (values >= level if rising else values <= level).view(np.uint8)
    at = np.flatnonzero(beyond[1:] > beyond[:-1]) + 1
    armed = (values <= retreat if rising else values >= retreat).view(np.uint8)
    if armed.take(at - 1).all():
        return at
    missing = gone(values)
    if len(missing):
        return matches(comparator.zones(values), missing, CROSSING, np.empty(0, np.uint8))[0]
    retreats = np.flatnonzero(armed[:-1] > armed[1:]).searchsorted(at)  # so many, before each
    sure = retreats > 0
    np.greater(retreats[1:], retreats[:-1], out=sure[1:])
    return at.compress(sure)


def gone(values: Floats) -> Ints:
    """Numbers of the values that are NaN."""
    missing = np.isnan(values)
    return np.flatnonzero(missing) if missing.any() else np.empty(0, np.intp)


def crossing(level: float, hysteresis: float, slope: Slope) -> tuple[Crossing, ...]:
    """The comparators of a slope: two for either."""
    return tuple(
        Crossing(level, hysteresis, way is Slope.RISING)
        for way in (Slope.RISING, Slope.FALLING)
        if slope in (way, Slope.EITHER)
    )


def instants(x: Float64s, values: Floats, level: float | Float64s, at: Ints) -> Float64s:
    """x of the crossings that end at the samples `at`, linearly interpolated.

    x, values  (n,)
    level      one, or (k,)
    at         (k,) sample numbers >= 1 from `crossings`
    returns    (k,) between x[at - 1] and x[at]
    """
    return within(x, at, shares(values, level, at))


def cubic_instants(
    x: Float64s, values: Floats, level: float | Float64s, at: Ints, breaks: Sequence[int] | Ints = ()
) -> Float64s:
    """x of the crossings that end at the samples `at`: where a cubic through four samples has the level.

    As `instants`, where one of the two samples on each side is missing (the ends, NaN, a break), and where
    the cubic is not monotone or the signal has a corner.

    breaks  samples that begin after a gap, in any order
    """
    share = shares(values, level, at)
    inner = np.flatnonzero(amid(at, len(x), np.asarray(breaks, np.intp)))
    if len(inner):
        share[inner] = bent(share[inner], x, values, at[inner])
    return within(x, at, share)


def shares(values: Floats, level: float | Float64s, at: Ints) -> Float64s:
    """(k,) of the steps that end at `at`, 0 to 1: where a straight line has the level."""
    before = values[at - 1].astype(np.float64)
    rise = values[at] - before
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share: Float64s = (level - before) / rise
    share[(rise == 0) | np.isnan(share)] = 1.0
    return share.clip(0.0, 1.0, out=share)


def within(x: Float64s, at: Ints, share: Float64s) -> Float64s:
    """(k,) x at these shares of the steps that end at `at`."""
    left, right = x[at - 1], x[at]
    return np.minimum(left + share * (right - left), right)


def amid(at: Ints, n: int, breaks: Ints) -> Bools:
    """(k,) whether there are two samples on each side of the step that ends at `at`."""
    inner: Bools = (at >= 2) & (at < n - 1)
    if len(breaks):
        inner &= ~np.isin(at - 1, breaks) & ~np.isin(at + 1, breaks)
    return inner


def bent(share: Float64s, x: Float64s, values: Floats, at: Ints) -> Float64s:
    """Shares of the steps that end at `at`, from shares along straight lines: by the cubic where it holds.

    In units of the step, from its left end: u = first, 0, 1, last and v = far, 0, 1, beyond are the samples,
    and the cubic is v = u + u (u - 1) (two + three (u - first)), Newton's form.
    """
    with np.errstate(all="ignore"):  # what is not finite does not hold
        origin, step = x[at - 1], x[at] - x[at - 1]
        first, last = (x[at - 2] - origin) / step, (x[at + 1] - origin) / step
        low = values[at - 1].astype(np.float64)
        rise = values[at] - low
        far, beyond = (values[at - 2] - low) / rise, (values[at + 1] - low) / rise
        slope = (far - 1) / (first - 1)
        two = (slope - 1) / first
        three = (((beyond - far) / (last - first) - slope) / (last - 1) - two) / last
        square, linear, constant = 3 * three, 2 * (two - three * (1 + first)), 1 - two + three * first
        holds = (2 / 3) * abs(three) * (last - first) ** 2 <= CURVED
        holds &= rising(square, linear, constant)
        return np.where(holds, solved(share, three, linear / 2, constant), share)


def rising(square: Float64s, linear: Float64s, constant: Float64s) -> Bools:
    """(k,) whether square u² + linear u + constant is above 0 for u from 0 to 1."""
    apex = np.nan_to_num(-linear / (2 * square)).clip(0.0, 1.0)
    found: Bools = (constant > 0) & (square + linear + constant > 0)
    found &= (square * apex + linear) * apex + constant > 0
    return found


def solved(share: Float64s, cube: Float64s, square: Float64s, linear: Float64s) -> Float64s:
    """(k,) u from 0 to 1 at which cube u³ + square u² + linear u is share, by Halley's method."""
    u = share
    for _ in range(ROUNDS):
        over = ((cube * u + square) * u + linear) * u - share
        slope = (3 * cube * u + 2 * square) * u + linear
        bend = 3 * cube * u + square
        u = (u - over * slope / (slope * slope - over * bend)).clip(0.0, 1.0)
    return u


def period(x: Float64s, values: Floats) -> float | None:
    """Mean time between rising crossings of the middle, or None when the signal does not repeat.

    x, values  (n,) of one segment
    returns    unit of x; None with fewer than four edges, or when the intervals scatter by more than a tenth
    """
    if len(values) < MIN_EDGES or np.all(np.isnan(values)):
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    middle = (low + high) / 2
    at = crossings(values, middle, Slope.RISING, hysteresis=(high - low) / 5)
    if high == low or len(at) < MIN_EDGES:
        return None
    steps = np.diff(instants(x, values, middle, at))
    mean = float(steps.mean())
    if mean <= 0 or float(steps.std()) > MAX_SCATTER * mean:
        return None
    return mean
