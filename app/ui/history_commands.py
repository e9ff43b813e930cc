"""What the browser may ask of a tab's past: events, places, and a hand that moves along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.memory.record import Record
from app.scope.past import located, stepped
from app.scope.place import Back, Place
from app.scope.view import triggering
from app.ui.asked import Refused, Words

if TYPE_CHECKING:
    from app.ui.tab import Tab

GONE = "Those samples have left the memory."


def hit(tab: Tab, words: Words) -> None:
    """Show an event of the past where the trigger is."""
    place = placed(words.get("hit"))
    if not any(place.found(record) for record in tab.bench.memory.records.values()):
        raise Refused(GONE)
    go(tab, Back(hit=place))


def place(tab: Tab, words: Words) -> None:
    """Show what is at this share of all that is retained of the leading channel: 0 is the oldest sample."""
    share = real(words.get("share"))
    record = lead(tab)
    if record is None:
        raise Refused(GONE)
    trace = next((each for each in tab.frame.traces.values() if each.serial == record.serial), None)
    half = 0 if trace is None else (trace.stop - trace.start) // 2
    oldest, newest = record.first + half, record.total - 1 - half
    n = record.first + round(min(max(share, 0.0), 1.0) * (record.total - record.first))
    n = min(max(n, oldest), newest) if oldest <= newest else (record.first + record.total) // 2
    go(tab, tab.scope.back.walked(Place(record.serial, n)))


def history(tab: Tab, words: Words) -> None:
    """Show the past: x in the middle of the screen, or so far from where it is there now."""
    if "by" not in words:
        return go(tab, tab.scope.back.to(real(words.get("x"))))
    record, sweep = lead(tab), tab.scope.view().sweep
    if sweep.at is None:
        record = triggering(sweep, tab.bench.memory) or record
    moved = None if record is None else stepped(record, sweep, tab.frame.span, real(words["by"]))
    if record is None or moved is None:
        raise Refused(GONE)
    return go(tab, walked(tab.scope.back, record, moved))


def walked(back: Back, record: Record, to: Place) -> Back:
    """There instead: by x, which a link can tell anybody, where that is not in a newer run, too."""
    found = to.found(record)
    if found is None:
        raise Refused(GONE)
    own, offset = found
    x = own.x0 + offset
    return back.to(x) if located(record, x).start == own.start else back.walked(to)


def live(tab: Tab, _words: Words) -> None:
    """Show what comes now."""
    tab.scope.look_back(None)
    if not tab.scope.running:
        tab.scope.run()


def go(tab: Tab, back: Back) -> None:
    """Look back there; a stopped screen keeps what it shows then. Refused: that is nothing."""
    scope, memory, searches = tab.scope, tab.bench.memory, tab.bench.feed.searches
    kept, before = scope.capture, scope.back
    scope.back = back
    if scope.running:
        return
    scope.capture = None
    made = scope.frame(memory, searches)
    if kept is not None and not any(trace.stop > trace.start for trace in made.traces.values()):
        scope.capture, scope.back = kept, before
        raise Refused(GONE)
    scope.stop(memory, made, searches)
    tab.taken = None


def lead(tab: Tab) -> Record | None:
    """The channel that the screen's x axis is of, in the memory."""
    return tab.bench.memory.records.get(tab.frame.lead)


def placed(text: object) -> Place:
    try:
        return Place.of(text if isinstance(text, str) else "")
    except ValueError:
        raise Refused("That is no place in the past.") from None


def real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("A place in the past is a number.")
    return float(value)
