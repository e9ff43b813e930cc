"""What the browser may ask of what it draws besides the traces: persistence, and the zoom window."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from app.memory.record import Record
from app.scope.frame import Frame
from app.scope.glass import magnified
from app.scope.scope import Scope
from app.ui.asked import Refused, Words, scale
from app.units import plain

if TYPE_CHECKING:
    from app.ui.tab import Tab


def persistence(tab: Tab, words: Words) -> None:
    """How long sweeps glow."""
    value = words.get("value")
    if not isinstance(value, str):
        raise Refused("Persistence is a number of seconds, or inf.")
    tab.scope.glass.persist(value)


def zoom(tab: Tab, words: Words) -> None:
    """Show a tenth of the screen, with all of it above; or all of it again."""
    glass, timebase = tab.scope.glass, tab.scope.timebase
    if words.get("on") is True:
        if not glass.main:
            glass.magnify(float(timebase.units_per_div), float(timebase.delay))
            tab.scope.sweep_speed(magnified(glass.main))
    elif glass.main:
        tab.scope.sweep_speed(glass.main)
        tab.scope.delay(glass.main_delay)
        glass.plain()


def main(tab: Tab, words: Words) -> None:
    """The timebase of the main window, never quicker than the screen's."""
    glass = tab.scope.glass
    if not glass.main:
        raise Refused("There is no zoom.")
    found = scale(glass.main, words, unit(tab))
    glass.magnify(max(found, float(tab.scope.timebase.units_per_div)), glass.main_delay)


def window(tab: Tab, words: Words) -> None:
    """The part of the main window that the screen shows: timebase, and delay or, in the past, middle."""
    units = number(words.get("units"))
    if units > tab.scope.glass.main > 0:
        units = tab.scope.glass.main
    if "x" in words:
        tab.scope.look_back(number(words["x"]))
    else:
        tab.scope.delay(number(words.get("delay")))
    tab.scope.sweep_speed(units)


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("A window is told by numbers.")
    return float(value)


def unit(tab: Tab) -> str:
    lead = tab.lead()
    return lead.x_unit if lead is not None else ""


def image(frame: Frame) -> dict[str, object] | None:
    """The image of a screen at rest, for its page; None: there is none."""
    found = next((trace.image for trace in frame.traces.values() if trace.image is not None), None)
    if found is None:
        return None
    columns, rows = found.levels.shape
    return {"columns": columns, "rows": rows, "bytes": b64encode(found.levels.tobytes()).decode()}


def zoomed(scope: Scope, lead: Record | None) -> dict[str, object] | None:
    """The zoom as a panel shows it: the main timebase as it reads; main and screen as [units/div, delay]."""
    glass, timebase = scope.glass, scope.timebase
    if not glass.main:
        return None
    screen = float(timebase.units_per_div), float(timebase.delay)
    wide = max(float(glass.main), screen[0])
    said = plain(wide, lead.x_unit if lead is not None else "")
    return {"reads": said, "main": [wide, float(glass.main_delay)], "screen": screen}
