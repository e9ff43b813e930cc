"""What the browser may ask of a tab's trigger and of its place in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import param

from app.memory.record import Record
from app.scope import channel as vertical
from app.scope.search import Level
from app.scope.timebase import DIVISIONS
from app.scope.trigger import Triggering
from app.ui.asked import Refused, Words, clicks, number
from app.units import plain

if TYPE_CHECKING:
    from app.ui.tab import Tab

CLICK = 1 / 50  # of the screen: how far a click moves a level, a delay, a reference point
BESIDE = {"low": "high", "high": "low"}  # the two levels of a window or a runt
WIDTHS = ("low_width", "high_width", "time", "holdoff")


def trigger(tab: Tab, words: Words) -> None:
    """Turn a knob of the trigger."""
    name = words.get("field")
    knobs = tab.scope.trigger.param.objects()
    if not isinstance(name, str) or name not in knobs or name == "name":
        raise Refused("The trigger has no such knob.")
    value = turned(tab, name, knobs[name], words)
    if name in BESIDE and isinstance(value, float):
        ordered(tab, name, value)
    tab.scope.trigger.turn(name, value)
    if name in ("mode", "kind"):
        tab.scope.arm_not()


def turned(tab: Tab, name: str, knob: Any, words: Words) -> object:
    """The new value of a knob; Refused: it cannot have this one."""
    if "value" in words:
        value = words["value"]
        if isinstance(knob, param.Boolean):
            return value is True
        if isinstance(knob, param.Number) and value is not None:
            raise Refused("A number is typed, or turned by clicks.")
        if (
            name == "source"
            and value
            and (not isinstance(value, str) or value not in tab.bench.memory.records)
        ):
            raise Refused("That channel is gone.")
        return value
    if not isinstance(knob, param.Number):
        raise Refused("This knob has positions, not numbers.")
    if name in WIDTHS:
        return width(tab, name, words)
    record = source(tab)
    unit = record.unit if record is not None else ""
    if "text" in words:
        return number(words, unit)
    step = CLICK * vertical.DIVISIONS * scale(tab, record)
    return max(stepped(tab, name, clicks(words) * step), 0.0 if name == "hysteresis" else float("-inf"))


def ordered(tab: Tab, name: str, level: float) -> None:
    """Refused: the lower level would not be below the upper one, so that nothing could trigger."""
    other = beside(tab, BESIDE[name])
    if other is None or (level < other if name == "low" else level > other):
        return
    record = source(tab)
    reads = plain(other, record.unit if record is not None else "")
    if name == "low":
        raise Refused(f"The lower level must be below the upper one, {reads}.")
    raise Refused(f"The upper level must be above the lower one, {reads}.")


def beside(tab: Tab, name: str) -> float | None:
    """The other level, also while it follows the signal; None: nobody knows it yet."""
    own: float | None = getattr(tab.scope.trigger, name)
    return automatic(tab, name) if own is None and level_of(tab) is not None else own


def stepped(tab: Tab, name: str, by: float) -> float:
    """A level moved from where it is, also if it has been automatic."""
    now: float | None = getattr(tab.scope.trigger, name)
    return (automatic(tab, name) if now is None else now) + by


def automatic(tab: Tab, name: str) -> float:
    """Where a level is while it follows the signal."""
    setting: Triggering = tab.scope.trigger.setting()
    found = level_of(tab)
    if found is None:
        return 0.0
    low, high = found.low, found.high
    bottom, top = setting.borders(low, high)
    levels = {"level": setting.middle(low, high), "hysteresis": setting.retreat(low, high)}
    return float((levels | {"low": bottom, "high": top})[name])


def level_of(tab: Tab) -> Level | None:
    """The extremes of the signal that triggers, as its search has them; None: nobody has looked yet."""
    record = source(tab)
    return None if record is None else tab.bench.feed.searches.of(record, tab.scope.trigger.setting()).level


def width(tab: Tab, name: str, words: Words) -> float:
    """A stretch of x: typed, or clicked on by fiftieths of the screen."""
    unit = x_unit(tab)
    if "text" in words:
        return number(words, unit)
    now = float(getattr(tab.scope.trigger, name))
    return max(0.0, now + clicks(words) * CLICK * float(tab.scope.timebase.span))


def level50(tab: Tab, _words: Words) -> None:
    """Put the level at half of the signal, and leave it there."""
    tab.scope.trigger.level = None
    tab.scope.trigger.level = automatic(tab, "level")


def delay(tab: Tab, words: Words) -> None:
    """Move the screen against its trigger."""
    step = CLICK * tab.scope.timebase.span
    now = float(tab.scope.timebase.delay)
    tab.scope.delay(number(words, x_unit(tab)) if "text" in words else now + clicks(words) * step)


def reference(tab: Tab, words: Words) -> None:
    """Put the trigger elsewhere on the screen, in percent from its left border."""
    now = 100 * float(tab.scope.timebase.reference)
    typed = "text" in words
    if typed:
        words = {**words, "text": str(words["text"]).rstrip("% ")}
    found = number(words) if typed else now + clicks(words) * 100 / DIVISIONS / 2
    if typed and not 0 <= found <= 100:
        raise Refused("The reference point is between 0 and 100 % of the screen.")
    tab.scope.refer(min(max(found / 100, 0.0), 1.0))


def single(tab: Tab, _words: Words) -> None:
    """Take one sweep, also from a stopped screen."""
    if not tab.scope.running:
        tab.scope.run()
    tab.scope.look_back(None)
    tab.scope.arm(tab.bench.memory)


def force(tab: Tab, _words: Words) -> None:
    """Show a sweep although nothing triggers."""
    tab.scope.force_one(tab.bench.memory)


def defaults(tab: Tab, _words: Words) -> None:
    """Have everything as on a page that was just opened."""
    tab.scope.default()
    tab.scope.follow(tab.bench.memory, tab.bench.feed.setup())


def source(tab: Tab) -> Record | None:
    """The channel that triggers."""
    records = tab.bench.memory.records
    return records.get(tab.scope.trigger.source) or records.get(tab.frame.trigger.source or tab.frame.lead)


def scale(tab: Tab, record: Record | None) -> float:
    return 1.0 if record is None else float(tab.scope.channel(record.name).units_per_div)


def x_unit(tab: Tab) -> str:
    lead = tab.lead()
    return lead.x_unit if lead is not None else ""
