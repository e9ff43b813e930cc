"""The triggers: what a signal must do for a sweep to begin, as settings and as comparators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.dsp.edges import (
    ARMED,
    CROSSING,
    FIRED,
    FULL,
    Bools,
    Float64s,
    Floats,
    Kinds,
    Slope,
    crossing,
    zoned,
)


class Polarity(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"


class Condition(StrEnum):
    SHORTER = "shorter"  # than high_width
    LONGER = "longer"  # than low_width
    WITHIN = "within"  # low_width <= width <= high_width
    OUTSIDE = "outside"


class Way(StrEnum):
    ENTER = "enter"
    LEAVE = "leave"


class Comparator(Protocol):
    """What tells, value by value, in which zone a signal is."""

    @property
    def pattern(self) -> tuple[int, ...]:
        """The zones that the signal must go through."""

    def zones(self, values: Floats) -> Kinds:
        """(n,) the zone of each value; 0 where it is in none or is NaN."""

    @property
    def borders(self) -> tuple[float, ...]:
        """The levels, one or two, that the signal may pass when it has gone through them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The signal passes the level.

    level       unit of y
    hysteresis  unit of y, >= 0: how far the signal must first be beyond the level, on the other side
    source      name of the channel

    ValueError  a level that is not finite, a hysteresis < 0
    """

    level: float = 0.0
    hysteresis: float = 0.0
    slope: Slope = Slope.RISING
    source: str = ""

    def __post_init__(self) -> None:
        finite(level=self.level)
        positive(hysteresis=self.hysteresis)

    @property
    def marks(self) -> tuple[float, ...]:
        """The levels, to be drawn."""
        return (self.level,)

    def comparators(self) -> tuple[Comparator, ...]:
        return crossing(self.level, self.hysteresis, self.slope)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseWidth:
    """A pulse of some width ends. It lasts from one edge at the level to the next, the opposite one.

    level, hysteresis, source  as of an Edge
    polarity                   positive: a pulse begins with a rising edge
    condition                  shorter than high_width, longer than low_width, within both or outside of them
    low_width, high_width      unit of x, >= 0

    ValueError  also: a width < 0, low_width > high_width where both count
    """

    level: float = 0.0
    hysteresis: float = 0.0
    polarity: Polarity = Polarity.POSITIVE
    condition: Condition = Condition.SHORTER
    low_width: float = 0.0
    high_width: float = math.inf
    source: str = ""

    def __post_init__(self) -> None:
        finite(level=self.level)
        positive(hysteresis=self.hysteresis)
        positive(low_width=self.low_width, high_width=self.high_width)
        if self.condition in (Condition.WITHIN, Condition.OUTSIDE) and self.low_width > self.high_width:
            raise ValueError(f"low_width {self.low_width} is above high_width {self.high_width}")

    @property
    def marks(self) -> tuple[float, ...]:
        """The levels, to be drawn."""
        return (self.level,)

    def comparators(self) -> tuple[Comparator, ...]:
        """What begins a pulse, and what ends it."""
        rise, fall = crossing(self.level, self.hysteresis, Slope.EITHER)
        return (rise, fall) if self.polarity is Polarity.POSITIVE else (fall, rise)

    def meant(self, widths: Float64s) -> Bools:
        """(k,) whether pulses of these widths are meant."""
        if self.condition is Condition.SHORTER:
            return widths < self.high_width
        if self.condition is Condition.LONGER:
            return widths > self.low_width
        inside = (widths >= self.low_width) & (widths <= self.high_width)
        return inside if self.condition is Condition.WITHIN else ~inside


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTrigger:
    """The signal enters or leaves a window; its borders belong to it.

    low, high   unit of y, low < high
    hysteresis  unit of y, 0 to half of the window: how far it must first be outside or, to leave, inside
    source      name of the channel

    ValueError  not so
    """

    low: float = -1.0
    high: float = 1.0
    way: Way = Way.LEAVE
    hysteresis: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        ordered(self.low, self.high)
        positive(hysteresis=self.hysteresis)
        if 2 * self.hysteresis > self.high - self.low:
            raise ValueError(f"hysteresis {self.hysteresis} is above half of the window")

    @property
    def marks(self) -> tuple[float, ...]:
        """The levels, to be drawn."""
        return (self.low, self.high)

    @property
    def pattern(self) -> tuple[int, ...]:
        return CROSSING

    @property
    def borders(self) -> tuple[float, ...]:
        return self.marks

    def comparators(self) -> tuple[Comparator, ...]:
        return (self,)

    def zones(self, values: Floats) -> Kinds:
        low, high, retreat = self.low, self.high, self.hysteresis
        if self.way is Way.ENTER:
            outside = (values <= low - retreat) | (values >= high + retreat)
            return zoned(outside, (values >= low) & (values <= high))
        inside = (values >= low + retreat) & (values <= high - retreat)
        return zoned(inside, (values < low) | (values > high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Runt:
    """A pulse ends that passed one of two levels and not the other.

    low, high   unit of y, low < high
    polarity    positive: it comes from low, does not reach high, and is back at low
    hysteresis  unit of y, >= 0, below high - low: how far beyond its level it is a pulse
    source      name of the channel

    ValueError  not so
    """

    low: float = -1.0
    high: float = 1.0
    polarity: Polarity = Polarity.POSITIVE
    hysteresis: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        ordered(self.low, self.high)
        positive(hysteresis=self.hysteresis)
        if self.hysteresis >= self.high - self.low:
            raise ValueError(f"hysteresis {self.hysteresis} is not below {self.high - self.low}, high - low")

    @property
    def marks(self) -> tuple[float, ...]:
        """The levels, to be drawn."""
        return (self.low, self.high)

    @property
    def pattern(self) -> tuple[int, ...]:
        return FIRED, ARMED, FIRED

    @property
    def borders(self) -> tuple[float, ...]:
        return (self.low if self.polarity is Polarity.POSITIVE else self.high,)

    def comparators(self) -> tuple[Comparator, ...]:
        return (self,)

    def zones(self, values: Floats) -> Kinds:
        """FIRED at rest, ARMED in a pulse, FULL in a pulse that is none of ours."""
        if self.polarity is Polarity.POSITIVE:
            rest, pulse, full = values <= self.low, values >= self.low + self.hysteresis, values >= self.high
        else:
            rest, pulse, full = values >= self.high, values <= self.high - self.hysteresis, values <= self.low
        zones = zoned(pulse, rest)
        zones[full] = FULL
        return zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """No edge has come for a time since the last one; once for each silence.

    Gaps and missing values are silence. Before the first edge there is none.

    level, hysteresis, slope, source  as of an Edge
    time                              unit of x, > 0

    ValueError  as of an Edge, and a time that is not above 0
    """

    level: float = 0.0
    hysteresis: float = 0.0
    slope: Slope = Slope.EITHER
    time: float = 1.0
    source: str = ""

    def __post_init__(self) -> None:
        finite(level=self.level, time=self.time)
        positive(hysteresis=self.hysteresis)
        if self.time <= 0:
            raise ValueError(f"time {self.time} is not above 0")

    @property
    def marks(self) -> tuple[float, ...]:
        """The levels, to be drawn."""
        return (self.level,)

    def comparators(self) -> tuple[Comparator, ...]:
        return crossing(self.level, self.hysteresis, self.slope)


Trigger = Edge | PulseWidth | WindowTrigger | Runt | Timeout

TRIGGERS: dict[str, type[Trigger]] = {
    "edge": Edge,
    "pulse": PulseWidth,
    "window": WindowTrigger,
    "runt": Runt,
    "timeout": Timeout,
}


def finite(**settings: float) -> None:
    """Refuses what is not a finite number."""
    for name, value in settings.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} {value} is not a finite number")


def positive(**settings: float) -> None:
    """Refuses what is below 0, and NaN."""
    for name, value in settings.items():
        if not value >= 0:
            raise ValueError(f"{name} {value} is not 0 or above")


def ordered(low: float, high: float) -> None:
    """Refuses levels of which the lower one is not the lower."""
    finite(low=low, high=high)
    if not low < high:
        raise ValueError(f"low {low} is not below high {high}")
