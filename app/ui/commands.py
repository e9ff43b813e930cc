"""What the browser may ask of a tab: checked here, since a browser can send anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.scope.channel import FARTHEST
from app.units import LARGEST, SMALLEST, parsed, stepped

if TYPE_CHECKING:
    from app.ui.tab import Tab

MOST_CLICKS = 60
CLICK = 0.2  # divisions a click moves a trace
LONGEST_LABEL = 32
NOT_A_NUMBER = "Type a number such as 2m, 500u or 1.5k."
Words = dict[str, object]


class Refused(ValueError):  # noqa: N818 - what the panel says, not a fault
    """A command that cannot be done, in words for the person at the panel."""


def run(tab: Tab, words: Words) -> None:
    """Run or Stop; Stop keeps the frame that was on the glass, if it is known."""
    feed, frame, asked = tab.bench.feed, words.get("frame"), words.get("asked")
    if tab.scope.running:
        glass = feed.on_glass(frame) if isinstance(frame, int) else None
        tab.scope.stop(tab.bench.memory, glass, feed.searches)
    else:
        tab.scope.run()
    if isinstance(asked, int):
        tab.answered = asked


def autoset(tab: Tab, _words: Words) -> None:
    """Let go of all knobs; they go to where the signal wants them, also on a stopped screen."""
    tab.scope.autoset()
    tab.scope.follow(tab.bench.memory, tab.bench.feed.setup())


def clear(tab: Tab, _words: Words) -> None:
    tab.scope.clear(tab.bench.memory)


def timebase(tab: Tab, words: Words) -> None:
    lead = tab.scope.source(tab.bench.memory, tab.frame.lead)
    unit = lead.x_unit if lead is not None else ""
    tab.scope.sweep_speed(scale(tab.scope.timebase.units_per_div, words, unit))


def units(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    unit = tab.bench.memory.records[name].unit
    tab.scope.scale(name, scale(tab.scope.channel(name).units_per_div, words, unit))


def position(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    typed = "text" in words
    value = number(words) if typed else tab.scope.channel(name).position + clicks(words) * CLICK
    if not abs(value) <= FARTHEST:
        raise Refused(f"A position is at most {FARTHEST:g} divisions.")
    tab.scope.move(name, round(value, 6))


def switch(tab: Tab, words: Words) -> None:
    name = channel(tab, words)
    on = words.get("on") is True
    shown = tab.scope.shown(tab.bench.memory)
    if on and len(shown) >= 8 and name not in {record.name for record in shown.values()}:
        raise Refused("Eight channels are on the screen: switch one off first.")
    tab.scope.switch(name, on=on)


def label(tab: Tab, words: Words) -> None:
    text = words.get("text")
    name = channel(tab, words)
    if not isinstance(text, str) or len(text.strip()) > LONGEST_LABEL:
        raise Refused(f"A name has at most {LONGEST_LABEL} characters.")
    text = text.strip() or name
    if not all(sign.isprintable() for sign in text) or set(text) & set("$<>&\"'`"):
        raise Refused("A name has no control characters and none of $ < > & \" ' `.")
    tab.bench.memory.label(name, text)


def delete(tab: Tab, words: Words) -> None:
    tab.bench.memory.delete(channel(tab, words))


def demo(tab: Tab, words: Words) -> None:
    """Start or stop the demo signal, for everybody."""
    if words.get("on") is not True:
        tab.bench.demo.stop()
    elif not tab.bench.demo.start():
        raise Refused("A channel named demo is there already: delete it first.")


def show(_tab: Tab, _words: Words) -> None:
    """Send everything again, as after each command."""


COMMANDS: dict[str, Callable[[Tab, Words], None]] = {
    "run": run,
    "autoset": autoset,
    "clear": clear,
    "timebase": timebase,
    "units": units,
    "position": position,
    "switch": switch,
    "label": label,
    "delete": delete,
    "demo": demo,
    "show": show,
}


def obey(tab: Tab, words: object) -> None:
    """Carry out one command; Refused says why not, ValueError likewise."""
    if not isinstance(words, dict):
        raise Refused("That is not a command.")
    command = COMMANDS.get(str(words.get("do")))
    if command is None:
        raise Refused("There is no such command.")
    command(tab, words)


def channel(tab: Tab, words: Words) -> str:
    """The name of the channel that is meant; Refused: there is none."""
    name = words.get("channel")
    if not isinstance(name, str) or name not in tab.bench.memory.records:
        raise Refused("That channel is gone.")
    return name


def scale(value: float, words: Words, unit: str) -> float:
    """The new value of a 1-2-5 knob: clicked on from the old one, or as typed; Refused: beyond its range."""
    found = number(words, unit) if "text" in words else stepped(value, clicks(words))
    if not SMALLEST <= found <= LARGEST:
        raise Refused("This knob wants a value above 0.")
    return found


def clicks(words: Words) -> int:
    """How far a knob was turned; Refused: not a whole number."""
    found = words.get("clicks")
    if isinstance(found, bool) or not isinstance(found, int):
        raise Refused("A knob turns by whole clicks.")
    return max(-MOST_CLICKS, min(MOST_CLICKS, found))


def number(words: Words, unit: str = "") -> float:
    """What was typed into a knob; Refused: not a number."""
    text = words.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_LABEL:
        raise Refused(NOT_A_NUMBER)
    try:
        return parsed(text, unit)
    except ValueError as error:
        raise Refused(str(error)) from None
