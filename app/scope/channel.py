"""Vertical: how a tab draws one channel."""

from __future__ import annotations

from dataclasses import dataclass

import param

from app.scope.palette import MOST
from app.units import LARGEST, SMALLEST

DIVISIONS = 8
FARTHEST = 1e10  # divisions a trace can be moved from the centre: a ripple on a large offset needs many


@dataclass(frozen=True, slots=True)
class Vertical:
    """Where a trace is drawn: see the knobs of a Channel."""

    units_per_div: float = 1.0
    position: float = 0.0
    inverted: bool = False
    ac: bool = False


class Channel(param.Parameterized):  # type: ignore[misc]
    """The vertical knobs of one channel in one tab."""

    on = param.Boolean(default=True, doc="Whether the trace is drawn.")
    units_per_div = param.Number(
        default=1.0,
        bounds=(SMALLEST, LARGEST),
        doc="y shown by one vertical division, in the unit of the channel.",
    )
    position = param.Number(
        default=0.0,
        bounds=(-FARTHEST, FARTHEST),
        doc="Where zero is drawn, in divisions above the centre.",
    )
    inverted = param.Boolean(default=False, doc="Whether the trace is drawn upside down, around its zero.")
    colour = param.Integer(
        default=0, bounds=(0, MOST), doc="Which of the eight colours of the palette it has; 0 is its own."
    )
    ac = param.Boolean(default=False, doc="Whether the mean of the trace is taken for its zero.")

    @property
    def limits(self) -> tuple[float, float]:
        """y at the bottom and at the top of the screen; upside down the first is the greater."""
        half, position, scale = DIVISIONS / 2, float(self.position), float(self.units_per_div)
        scale = -scale if self.inverted else scale
        return (-half - position) * scale, (half - position) * scale

    def vertical(self) -> Vertical:
        """The knobs that move its axis, as they are."""
        return Vertical(float(self.units_per_div), float(self.position), bool(self.inverted), bool(self.ac))

    def couple(self, *, ac: bool, mean: float) -> None:
        """Take the mean of the trace off what is drawn, or not; if it would be drawn beyond the screen then,
        it stays where it is, and zero moves."""
        if ac != self.ac:
            moved = mean / (-self.units_per_div if self.inverted else self.units_per_div)
            after = self.position if ac else self.position + moved
            if abs(after) > DIVISIONS / 2:
                there = self.position + moved if ac else self.position - moved
                self.position = min(max(round(there, 6), -FARTHEST), FARTHEST)
        self.ac = ac
