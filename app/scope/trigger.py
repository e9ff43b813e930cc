"""Trigger: when a sweep begins, as knobs of a tab and as settings of a view."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import param

from app.dsp.edges import Slope
from app.dsp.trigger import (
    TRIGGERS,
    Condition,
    Edge,
    Polarity,
    PulseWidth,
    Runt,
    Timeout,
    Way,
    WindowTrigger,
)
from app.dsp.trigger import Trigger as Setting
from app.units import LARGEST

AUTO, NORMAL = "auto", "normal"
MODES = (AUTO, NORMAL)
HYSTERESIS, NOISE_REJECT = 0.025, 0.06  # of the peak-to-peak value of the source
QUARTER = 0.25  # of it: how far from the extremes the levels of windows and runts are by themselves
LONGEST_HOLDOFF = 3600.0  # unit of x
RANGE = (-LARGEST, LARGEST)
WIDTH = (0.0, LARGEST)


@dataclass(frozen=True, slots=True)
class Triggering:
    """The trigger as a view has it; the names are those of the knobs.

    source                        name of a channel; empty: the one that leads the screen
    level, low, high, hysteresis  unit of y; None: fitted to the signal
    """

    kind: str = "edge"
    mode: str = AUTO
    source: str = ""
    slope: str = Slope.RISING.value
    level: float | None = None
    hysteresis: float | None = None
    noise: bool = False
    holdoff: float = 0.0
    polarity: str = Polarity.POSITIVE.value
    condition: str = Condition.SHORTER.value
    low_width: float = 0.0
    high_width: float = 1.0
    low: float | None = None
    high: float | None = None
    way: str = Way.LEAVE.value
    time: float = 1.0

    def searched(self) -> Triggering:
        """What decides where it fires: views that differ in the rest share a search."""
        return replace(self, mode=AUTO, source="")

    @property
    def fixed(self) -> bool:
        """Whether nothing of it follows the signal."""
        levels = (self.low, self.high) if self.kind in ("window", "runt") else (self.level,)
        return self.hysteresis is not None and None not in levels

    def fitted(self, low: float, high: float) -> Setting | None:
        """The trigger for a signal with these extremes; None where the settings contradict each other."""
        try:
            return MAKERS[self.kind](self, low, high)
        except ValueError:
            return None

    def retreat(self, low: float, high: float, most: float = float("inf")) -> float:
        """The hysteresis, in units of y, at most so much."""
        share = NOISE_REJECT if self.noise else HYSTERESIS
        return min(share * (high - low) if self.hysteresis is None else self.hysteresis, most)

    def middle(self, low: float, high: float) -> float:
        return low / 2 + high / 2 if self.level is None else self.level

    def borders(self, low: float, high: float) -> tuple[float, float]:
        """The two levels of a window or a runt."""
        own = (high - low) * QUARTER
        return low + own if self.low is None else self.low, high - own if self.high is None else self.high

    def told(self) -> list[tuple[str, str]]:
        """What differs from the default, as parameters of a link."""
        usual = Triggering()
        changed = ((f.name, getattr(self, f.name)) for f in fields(self))
        return [(f"t.{name}", text(value)) for name, value in changed if value != getattr(usual, name)]


def text(value: object) -> str:
    """A setting as a link has it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def edge(own: Triggering, low: float, high: float) -> Setting:
    return Edge(level=own.middle(low, high), hysteresis=own.retreat(low, high), slope=Slope(own.slope))


def pulse(own: Triggering, low: float, high: float) -> Setting:
    both = own.condition in (Condition.WITHIN, Condition.OUTSIDE)
    widths = sorted((own.low_width, own.high_width)) if both else (own.low_width, own.high_width)
    return PulseWidth(
        level=own.middle(low, high),
        hysteresis=own.retreat(low, high),
        polarity=Polarity(own.polarity),
        condition=Condition(own.condition),
        low_width=widths[0],
        high_width=widths[1],
    )


def window(own: Triggering, low: float, high: float) -> Setting:
    bottom, top = own.borders(low, high)
    retreat = own.retreat(low, high, max(0.0, (top - bottom) / 2))
    return WindowTrigger(low=bottom, high=top, way=Way(own.way), hysteresis=retreat)


def runt(own: Triggering, low: float, high: float) -> Setting:
    bottom, top = own.borders(low, high)
    retreat = own.retreat(low, high, max(0.0, (top - bottom) / 2))
    return Runt(low=bottom, high=top, polarity=Polarity(own.polarity), hysteresis=retreat)


def timeout(own: Triggering, low: float, high: float) -> Setting:
    level, retreat = own.middle(low, high), own.retreat(low, high)
    return Timeout(level=level, hysteresis=retreat, slope=Slope(own.slope), time=own.time)


MAKERS = {"edge": edge, "pulse": pulse, "window": window, "runt": runt, "timeout": timeout}


class Trigger(param.Parameterized):  # type: ignore[misc]
    """The trigger knobs of one tab."""

    kind = param.Selector(default="edge", objects=list(TRIGGERS), doc="What the signal must do.")
    mode = param.Selector(
        default=AUTO, objects=list(MODES), doc="Auto runs freely without a trigger; Normal waits for one."
    )
    source = param.String(default="", doc="The channel that triggers; empty is the lowest that is received.")
    slope = param.Selector(
        default="rising", objects=[s.value for s in Slope], doc="The direction of the edge."
    )
    level = param.Number(
        default=None, bounds=RANGE, allow_None=True,
        doc="Where the edge is, in the unit of the source; none is half of its height.",
    )  # fmt: skip
    hysteresis = param.Number(
        default=None, bounds=(0.0, LARGEST), allow_None=True,
        doc="How far the signal must retreat first, in the unit of the source; none is 2.5 % of its height.",
    )  # fmt: skip
    noise = param.Boolean(default=False, doc="Noise reject, which makes the automatic hysteresis 6 %.")
    holdoff = param.Number(
        default=0.0, bounds=(0.0, LONGEST_HOLDOFF), doc="x after a trigger in which no other one is taken."
    )
    polarity = param.Selector(
        default="positive", objects=[p.value for p in Polarity], doc="Pulses upwards or downwards."
    )
    condition = param.Selector(
        default="shorter", objects=[c.value for c in Condition], doc="Which widths of a pulse are meant."
    )
    low_width = param.Number(default=0.0, bounds=WIDTH, doc="The least width of a pulse, in the unit of x.")
    high_width = param.Number(
        default=1.0, bounds=WIDTH, doc="The greatest width of a pulse, in the unit of x."
    )
    low = param.Number(
        default=None, bounds=RANGE, allow_None=True,
        doc="The lower level, in the unit of the source; none is a quarter of its height.",
    )  # fmt: skip
    high = param.Number(
        default=None, bounds=RANGE, allow_None=True,
        doc="The upper level, in the unit of the source; none is three quarters of its height.",
    )  # fmt: skip
    way = param.Selector(
        default="leave", objects=[w.value for w in Way], doc="Into the window, or out of it."
    )
    time = param.Number(
        default=1.0, bounds=(1e-150, LARGEST), doc="x without an edge after which a timeout fires."
    )

    def setting(self) -> Triggering:
        """The knobs as they are."""
        return Triggering(**{name: rounded(getattr(self, name)) for name in NAMES})

    def turn(self, name: str, value: Any) -> None:
        """Set a knob; ValueError: there is no such knob, or not to this value."""
        if name not in NAMES:
            raise ValueError(f"{name} is no knob of the trigger")
        if isinstance(self.param[name], param.Number) and isinstance(value, int):
            value = float(value)
        setattr(self, name, value)

    def order(self) -> None:
        """Have the two levels of a window or a runt the right way round."""
        if self.low is not None and self.high is not None and self.low > self.high:
            self.param.update(low=self.high, high=self.low)


NAMES = tuple(field.name for field in fields(Triggering))


def rounded(value: Any) -> Any:
    """Numbers to 12 significant digits, as a link has them."""
    return float(f"{value:.12g}") if isinstance(value, float) else value
