"""What the browser may ask of pins: keep this screen, show one, say something of it, take it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.scope.capture import Capture, captured
from app.scope.derived import TOO_MANY, remove
from app.scope.link import query, recall
from app.scope.scope import Scope
from app.store.disk import said
from app.store.pins import Full, Pin, show
from app.store.references import kept, name
from app.ui.asked import Refused, Words
from app.ui.bench import Bench
from app.ui.heeding import UNKEPT, heed
from app.ui.maths_commands import MOST_SHOWN

if TYPE_CHECKING:
    from app.ui.tab import Tab

GONE = "That pin is gone."
ELSEWHERE = ("pin", "at", "place", "hit")  # what a link says of where it is


def have(scope: Scope, bench: Bench, arguments: Mapping[str, Sequence[str]]) -> list[str]:
    """Turn the knobs as a link says, over those of the pin that it names; returns what could not be read."""
    refused = recall(scope, arguments)
    if scope.pin is None:
        return refused
    pin, scope.pin = bench.pins.get(scope.pin), None
    if pin is None:
        return [*refused, "pin (it is gone)"]
    show(pin, scope, bench.memory)
    recall(scope, {key: values for key, values in arguments.items() if key not in ELSEWHERE})
    return refused


def pin(tab: Tab, words: Words) -> None:
    """Keep what is on the screen: of a running one the frame that was on the glass."""
    scope, seen = tab.scope, shot(tab, words)
    try:
        made = tab.bench.pins.add(seen, link(scope), noted(words), tab.bench.clock())
    except Full as full:
        raise Refused(f"No room for this pin: {full}.") from None
    except ValueError as error:
        raise Refused(f"This note cannot be kept: {error}.") from None
    except OSError as error:
        raise Refused(UNKEPT.format(said(error))) from None
    heed(tab, tab.bench.pins.saving(made.id))


def shot(tab: Tab, words: Words) -> Capture:
    """The screen as it is; Refused: there is nothing on it."""
    scope, bench, frame = tab.scope, tab.bench, words.get("frame")
    if scope.capture is not None:
        found = Capture(tab.look(), scope.capture.slots, scope.capture.whole)
    else:
        glass = bench.feed.on_glass(frame) if isinstance(frame, int) else None
        found = captured(glass or tab.look(), bench.memory, scope.glass)
    if not found.slots:
        raise Refused("There is nothing on the screen to be pinned.")
    return found


def link(scope: Scope) -> str:
    """The set-up without the pin that is held."""
    held, scope.pin = scope.pin, None
    try:
        return query(scope)
    finally:
        scope.pin = held


def note(tab: Tab, words: Words) -> None:
    """Say something else of a pin."""
    number = named(tab, words).id
    try:
        tab.bench.pins.write(number, noted(words))
    except ValueError as error:
        raise Refused(f"This note cannot be kept: {error}.") from None
    heed(tab, tab.bench.pins.saving(number))


def unpin(tab: Tab, words: Words) -> None:
    """Take a pin away, for everybody; who looks at it goes on looking."""
    id = named(tab, words).id
    tab.bench.pins.delete(id)
    heed(tab, tab.bench.pins.saving(id))


def show_pin(tab: Tab, words: Words) -> None:
    show(named(tab, words), tab.scope, tab.bench.memory)
    tab.taken = None


def refer(tab: Tab, words: Words) -> None:
    """Draw what a pin holds beside the live traces, on its own scales, or no more."""
    pin, scope, memory = named(tab, words), tab.scope, tab.bench.memory
    wanted = {name(pin, channel): channel for channel in kept(pin)}
    there = [each for each in wanted if f"on:{each}" in scope.touched]
    for each in there:
        remove(scope, each)
    if there:
        return
    if not wanted:
        raise Refused("This pin holds no trace that can be a reference.")
    if len(scope.shown(memory)) + len(wanted) > MOST_SHOWN:
        raise Refused("Eight channels are on the screen: switch one off first.")
    if any(map(memory.full, wanted)):
        raise Refused(TOO_MANY)
    was = Scope(scope.rows)
    show(pin, was, memory)
    for each, channel in wanted.items():
        knobs = was.channel(channel)
        scope.switch(each, on=True)
        scope.scale(each, float(knobs.units_per_div))
        scope.move(each, float(knobs.position))
        scope.invert(each, on=bool(knobs.inverted))
    memory.advance(scope.view(), tab.bench.clock())


def named(tab: Tab, words: Words) -> Pin:
    """The pin that is meant; Refused: there is none."""
    number = words.get("pin")
    found = tab.bench.pins.get(number) if isinstance(number, int) else None
    if found is None:
        raise Refused(GONE)
    return found


def noted(words: Words) -> str:
    text = words.get("text", "")
    if not isinstance(text, str):
        raise Refused("A note is a text.")
    return text
