"""What the browser may ask of a tab's vertical knobs, and of what all say of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.memory.memory import LEAST_PROBE, MOST_PROBE
from app.scope.channel import FARTHEST
from app.scope.derived import remove
from app.scope.palette import MOST
from app.ui.asked import Refused, Words, clicks, number, scale
from app.units import LARGEST, SMALLEST

if TYPE_CHECKING:
    from app.ui.tab import Tab

CLICK, FINE = 0.2, 0.02  # divisions a click moves a trace
LONGEST_LABEL, LONGEST_UNIT = 32, 16
LEVELS = ("level", "low", "high", "hysteresis")
FORBIDDEN = set("$<>&\"'`")


def units(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    unit = tab.bench.memory.records[name].unit
    tab.scope.scale(name, scale(tab.scope.channel(name).units_per_div, words, unit))


def position(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    click = FINE if words.get("fine") is True else CLICK
    value = number(words) if "text" in words else tab.scope.channel(name).position + clicks(words) * click
    if not abs(value) <= FARTHEST:
        raise Refused(f"A position is at most {FARTHEST:g} divisions.")
    tab.scope.move(name, round(value, 6))


def invert(tab: Tab, words: Words) -> None:
    tab.scope.invert(channel(tab, words), on=words.get("on") is True)


def couple(tab: Tab, words: Words) -> None:
    """AC or DC."""
    name = channel(tab, words)
    tab.scope.couple(name, ac=words.get("ac") is True, mean=tab.read().means.get(name, 0.0))


def switch(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    on = words.get("on") is True
    shown = tab.scope.shown(tab.bench.memory)
    if on and len(shown) >= 8 and name not in {record.name for record in shown.values()}:
        raise Refused("Eight channels are on the screen: switch one off first.")
    tab.scope.switch(name, on=on)


def label(tab: Tab, words: Words) -> None:
    """What people call the channel, everybody."""
    name = channel(tab, words)
    tab.bench.memory.say(name, label=text(words, "A name", LONGEST_LABEL) or name)


def unit(tab: Tab, words: Words) -> None:
    """The unit that the channel has for everybody; an empty one: the sender's."""
    tab.bench.memory.say(channel(tab, words), named=text(words, "A unit", LONGEST_UNIT))


def text(words: Words, what: str, longest: int) -> str:
    """Something that people call something, without spaces around it."""
    found = words.get("text")
    if not isinstance(found, str) or len(found.strip()) > longest:
        raise Refused(f"{what} has at most {longest} characters.")
    found = found.strip()
    if not all(sign.isprintable() for sign in found) or set(found) & FORBIDDEN:
        raise Refused(f"{what} has no control characters and none of $ < > & \" ' `.")
    return found


def color(tab: Tab, words: Words) -> None:
    """Which of the eight colours the channel has in this tab; 0: its own."""
    name, value = channel(tab, words), words.get("value")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"A colour is a number from 0 to {MOST}.")
    tab.scope.channel(name).colour = value


def probe(tab: Tab, words: Words) -> None:
    """The factor of the channel's probe, for everybody; what this tab has set in its unit goes with it."""
    name = channel(tab, words)
    record = tab.bench.memory.records[name]
    factor = factored(record.probe, words)
    if not LEAST_PROBE <= factor <= MOST_PROBE:
        raise Refused("A probe factor is between 0.000001 and 1000000.")
    ratio = factor / record.probe
    tab.bench.memory.say(name, probe=factor)
    knobs = tab.scope.channel(name)
    if f"vertical:{name}" in tab.scope.touched:
        knobs.units_per_div = min(max(tidy(knobs.units_per_div * ratio), SMALLEST), LARGEST)
    if name in (tab.scope.trigger.source, tab.scope.trigger.source or tab.frame.trigger.source):
        raise_levels(tab, ratio)


def factored(now: float, words: Words) -> float:
    """The new factor: typed, or clicked on by tens."""
    if "text" in words:
        return number({**words, "text": str(words["text"]).rstrip("xX\u00d7 ")})
    return tidy(now * 10.0 ** max(-12, min(12, clicks(words))))


def raise_levels(tab: Tab, ratio: float) -> None:
    """Multiply the levels that do not follow the signal."""
    for level in LEVELS:
        value = getattr(tab.scope.trigger, level)
        if value is not None and abs(value * ratio) <= LARGEST:
            setattr(tab.scope.trigger, level, tidy(value * ratio))


def tidy(value: float) -> float:
    """Without the last digits, which a factor such as 0.1 leaves."""
    return float(f"{value:.12g}")


def delete(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    if tab.bench.memory.derives(name):
        remove(tab.scope, name)
    else:
        tab.bench.memory.delete(name)


def channel(tab: Tab, words: Words) -> str:
    """The name of the channel that is meant; Refused: there is none."""
    name = words.get("channel")
    if not isinstance(name, str) or name not in tab.bench.memory.records:
        raise Refused("That channel is gone.")
    return name
