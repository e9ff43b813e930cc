"""What the browser may ask of a tab's past: events, places, and a hand that moves along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.memory.record import Record
from app.scope.frame import Frame
from app.scope.leaving import leaving
from app.scope.past import located, stepped
from app.scope.place import Back, Place
from app.scope.view import frame, triggering
from app.ui.asked import Refused, Words

if TYPE_CHECKING:
    from app.ui.tab import Tab

GONE = "Those samples have left the memory."
HELD = "These samples are leaving the memory: the picture is held, as by Stop."


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
    if record is None or record.total == record.first:
        raise Refused(GONE)
    oldest, newest = outermost(record, tab.frame.span / 2)
    n = record.first + round(min(max(share, 0.0), 1.0) * (record.total - record.first))
    n = min(max(n, oldest), newest) if oldest <= newest else (record.first + record.total) // 2
    go(tab, tab.scope.back.walked(Place(record.serial, n)))


def outermost(record: Record, half: float) -> tuple[int, int]:
    """The samples in the middle of the screen with the oldest one at its left border, and with the newest
    one at its right: they lie half a screen inwards, or as far as their runs go."""
    old, new = record.segment(record.first), record.segment()
    first, last = (float(record.offsets(n, n + 1)[0]) for n in (record.first, record.total - 1))
    return min(record.find(first + half, old), old.stop - 1), max(record.find(last - half, new), new.start)


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
        hold(tab, shown(tab))
        return
    scope.capture = None
    made = scope.frame(memory, searches)
    if kept is not None and not any(trace.stop > trace.start for trace in made.traces.values()):
        scope.capture, scope.back = kept, before
        raise Refused(GONE)
    scope.stop(memory, made, searches)
    tab.taken = None


def shown(tab: Tab) -> Frame:
    """What a running tab shows, as signals."""
    bench = tab.bench
    return frame(tab.scope.view(), bench.memory, bench.feed.setup(), bench.feed.searches, bench.rows)


def hold(tab: Tab, made: Frame, glass: Frame | None = None) -> bool:
    """Stop a screen of the past before what it shows leaves the memory; whether it was stopped.

    made   what it shows, as signals or in full
    glass  the frame that is on the glass; None: it is yet to be drawn
    """
    scope, bench = tab.scope, tab.bench
    if not (made.history and leaving(made, bench.memory, bench.clock())):
        return False
    tab.taken = None if glass is None else bench.feed.measured(scope.view())
    scope.stop(bench.memory, glass, bench.feed.searches)
    tab.hear(HELD)
    return True


def go_on(tab: Tab) -> None:
    """Run again: where it was in the past, or with what comes now if that is leaving the memory."""
    tab.scope.run()
    if not tab.scope.view().sweep.past:
        return
    made = shown(tab)
    if not made.signals or leaving(made, tab.bench.memory, tab.bench.clock()):
        tab.scope.look_back(None)


def lead(tab: Tab) -> Record | None:
    """The channel that the screen's x axis is of, in the memory, also while nothing of it is shown."""
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
