"""The glass: knobs of what the browser draws besides the traces. They decide no frame."""

from __future__ import annotations

import math

import param

from app.units import LARGEST, parsed, stepped

MAGNIFIED = 3  # clicks of the timebase, ten times: how far a zoom goes in at first
SHORTEST = 0.05  # s of persistence


class Glass(param.Parameterized):  # type: ignore[misc]
    """Persistence and the zoom window of one tab."""

    persistence = param.Number(
        default=0.0,
        bounds=(0.0, math.inf),
        doc="Seconds for which a sweep goes on glowing; 0 for none, inf for as long as nobody clears it.",
    )
    main = param.Number(
        default=0.0,
        bounds=(0.0, LARGEST),
        doc="x shown by one division of the strip above a zoomed screen; 0 while there is no zoom.",
    )
    main_delay = param.Number(
        default=0.0,
        bounds=(-LARGEST, LARGEST),
        doc="x from the trigger to the reference point of that strip.",
    )

    def persist(self, text: str) -> None:
        """Have sweeps glow so long; ValueError: that is no time."""
        seconds = math.inf if text == "inf" else parsed(text)
        if 0 < seconds < SHORTEST:
            raise ValueError(f"{text[:32]!r} is less than {SHORTEST} s")
        self.persistence = seconds

    def magnify(self, main: float, delay: float = 0.0) -> None:
        """Show the surroundings, with this timebase and delay; ValueError: none such."""
        if not main > 0:
            raise ValueError(f"{main} is no timebase")
        self.param.update(main=main, main_delay=delay)

    def plain(self) -> None:
        """No zoom."""
        self.param.update(main=0.0, main_delay=0.0)

    def persisting(self) -> str:
        """The persistence as a link has it."""
        return f"{self.persistence:.6g}"

    def told(self) -> list[tuple[str, str]]:
        """As parameters of a link."""
        found = [("persist", self.persisting())] if self.persistence else []
        if self.main:
            delay = f",{self.main_delay:.12g}" if self.main_delay else ""
            found.append(("zoom", f"{self.main:.12g}{delay}"))
        return found


def magnified(units_per_div: float) -> float:
    """The timebase of a screen that has just been zoomed."""
    return stepped(units_per_div, -MAGNIFIED)
