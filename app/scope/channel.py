"""Vertical: how a tab draws one channel."""

from __future__ import annotations

import param

from app.units import LARGEST, SMALLEST

DIVISIONS = 8
FARTHEST = 1e10  # divisions a trace can be moved from the centre: a ripple on a large offset needs many


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

    @property
    def limits(self) -> tuple[float, float]:
        """y at the bottom and at the top of the screen; upside down the first is the greater."""
        half, position, scale = DIVISIONS / 2, float(self.position), float(self.units_per_div)
        scale = -scale if self.inverted else scale
        return (-half - position) * scale, (half - position) * scale
