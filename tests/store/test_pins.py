"""Pins in the drawer: what they keep, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Autoset
from app.scope.capture import Capture
from app.scope.link import query, recall
from app.scope.scope import Scope
from app.scope.search import Searches
from app.store.pins import LONGEST, Full, Pins, show
from tests.scope.signals import send

NOW = 1_700_000_000.0


def stopped(memory: Memory, **knobs: str) -> Scope:
    """A front panel that has just been stopped."""
    scope = Scope()
    assert recall(scope, {name: [value] for name, value in knobs.items()}) == []
    scope.settle(memory)
    scope.follow(memory, Autoset().update(memory.records.values(), memory.version))
    scope.stop(memory, None, Searches())
    return scope


def filled(n: int = 1000) -> Memory:
    memory = Memory(100_000)
    send(memory, "a", np.arange(n), np.sin(np.arange(n) / 10))
    return memory


def kept(scope: Scope) -> Capture:
    assert scope.capture is not None
    return scope.capture


def test_a_pin_shows_what_was_kept_whatever_comes_after() -> None:
    memory, pins = filled(), Pins()
    one = stopped(memory, tb="20")
    pin = pins.add(kept(one), query(one), "first", NOW)
    send(memory, "a", 1000 + np.arange(200_000), np.zeros(200_000))
    two = Scope()
    show(pin, two, memory)
    was, now = kept(one).frame.traces[0], two.frame(memory, Searches()).traces[0]
    np.testing.assert_array_equal(now.y, was.y)
    assert (two.running, two.timebase.units_per_div) == (False, 20)
    assert "pin=1" in query(two)
    two.run()
    assert "pin" not in query(two)


def test_a_pin_outlives_its_channel() -> None:
    memory, pins = filled(), Pins()
    one = stopped(memory)
    units = one.channel("a").units_per_div
    pin = pins.add(kept(one), query(one), "", NOW)
    memory.delete("a")
    two = Scope()
    show(pin, two, memory)
    assert len(two.frame(memory, Searches()).traces[0].y)
    assert two.channel("a").units_per_div == units


def test_what_one_tab_says_of_a_channel_does_not_change_the_pin_of_another() -> None:
    memory, pins = filled(), Pins()
    one = stopped(memory)
    pin = pins.add(kept(one), query(one), "", NOW)
    peaks = []
    memory.say("a", probe=10.0)
    for _ in range(2):
        tab = Scope()
        show(pin, tab, memory)
        peaks.append(float(np.nanmax(tab.frame(memory, Searches()).traces[0].y)))
    assert peaks[0] == peaks[1] == pytest.approx(10, rel=0.01)


def test_numbers_are_never_given_twice_and_the_newest_is_told_first() -> None:
    memory, pins = filled(), Pins()
    one = stopped(memory)
    for note in ("a", "b", "c"):
        pins.add(kept(one), "", note, NOW)
    before = pins.told
    assert pins.delete(3)
    assert not pins.delete(3)
    assert before is not pins.told
    assert pins.add(kept(one), "", "d", NOW).id == 4
    assert [each["note"] for each in pins.told] == ["d", "b", "a"]


def test_what_does_not_fit_is_refused_and_nothing_is_dropped() -> None:
    memory = filled()
    one = stopped(memory)
    size = sum(record.nbytes for record in kept(one).slots.values())
    pins = Pins(room=2 * size + 1)
    for _ in range(2):
        pins.add(kept(one), "", "", NOW)
    with pytest.raises(Full, match="delete a pin"):
        pins.add(kept(one), "", "", NOW)
    assert [each["id"] for each in pins.told] == [2, 1]
    pins.delete(1)
    pins.add(kept(one), "", "", NOW)
    with pytest.raises(Full, match="as many as there may be"):
        Pins(most=0).add(kept(one), "", "", NOW)


@pytest.mark.parametrize("note", ["x" * (LONGEST + 1), "bell \a"])
def test_a_note_that_cannot_be_written_is_refused(note: str) -> None:
    pins = Pins()
    with pytest.raises(ValueError, match="note"):
        pins.add(kept(stopped(filled())), "", note, NOW)
    assert pins.told == []


def test_a_note_is_one_line_and_can_be_written_again() -> None:
    pins = Pins()
    pins.add(kept(stopped(filled())), "", " two\n lines ", NOW)
    assert pins.told[0]["note"] == "two lines"
    changed = pins.write(1, "other")
    assert changed is not None
    assert changed.note == pins.told[0]["note"] == "other"
    assert pins.write(7, "none") is None
