"""The look of one tab: its colours, and where its cursors stand. It decides no frame."""

from __future__ import annotations

import param

from app.scope.palette import PALETTES, THEMES, Colours
from app.units import parsed

AUTO = "auto"
CURSORS = ("time", "value", "tracking")


class Look(param.Parameterized):  # type: ignore[misc]
    """What a person has chosen; empty: what the browser remembers, and without it the first of each."""

    theme = param.Selector(
        default="", objects=["", *THEMES, AUTO], doc="Dark, light, or as the system of the viewer has it."
    )
    palette = param.Selector(
        default="", objects=["", *PALETTES], doc="The colours of the traces, some for colour-blind people."
    )
    cursors = param.String(
        default="", doc="Kind and places of the cursors, such as time,0.2,0.7 in shares of the screen."
    )

    def turn(self, name: str, value: str) -> None:
        """Set one of them; ValueError: there is no such one, or not so."""
        if name not in ("theme", "palette", "cursors"):
            raise ValueError(f"{name[:32]!r} is nothing of a look")
        setattr(self, name, placed(value) if name == "cursors" and value else value)

    def told(self) -> list[tuple[str, str]]:
        """As parameters of a link."""
        found = (("theme", self.theme), ("palette", self.palette), ("cursors", self.cursors))
        return [(name, value) for name, value in found if value]

    def colours(self) -> Colours:
        """For a picture."""
        return Colours.of(self.theme, self.palette)


def placed(text: str) -> str:
    """Cursors as a link has them; ValueError: they are none."""
    mode, *places = text.split(",")
    shares = [parsed(place) for place in places]
    if mode not in CURSORS or len(shares) != 2 or not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"{text[:32]!r} are no cursors")
    return ",".join([mode, *(f"{round(share, 4):g}" for share in shares)])
