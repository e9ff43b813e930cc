"""Horizontal: how much of x one screen shows."""

from __future__ import annotations

import param

from app.units import LARGEST, SMALLEST

DIVISIONS = 10
SLOWEST_SWEEP = 0.1  # s/div; from here on the screen rolls


class Timebase(param.Parameterized):  # type: ignore[misc]
    """The horizontal knobs of one tab."""

    units_per_div = param.Number(
        default=1.0,
        bounds=(SMALLEST, LARGEST),
        doc="x shown by one horizontal division, in the unit of x (seconds for times).",
    )

    delay = param.Number(
        default=0.0,
        bounds=(-LARGEST, LARGEST),
        doc="x from the trigger to the reference point of the screen.",
    )
    reference = param.Number(
        default=0.5,
        bounds=(0.0, 1.0),
        doc="The reference point, as a share of the screen from its left border.",
    )

    @property
    def span(self) -> float:
        """x of one whole screen."""
        return DIVISIONS * float(self.units_per_div)
