"""The past by sample number: events stand at T, and a restarted sender does not fold time."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Setup
from app.scope.derived import Sources
from app.scope.frame import Frame
from app.scope.log import Log
from app.scope.past import walked
from app.scope.place import Place
from app.scope.search import Searches
from app.scope.sweep import Sweep
from app.scope.trigger import Triggering
from app.scope.view import View, frame
from tests.scope.signals import send

RATE = 1000.0


def pulses(at: list[float], n: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(n) / RATE
    return x, sum(np.exp(-(((x - each) / 0.002) ** 2)) for each in at)


def made(memory: Memory, units_per_div: float = 0.01, **sweep: object) -> Frame:
    return frame(View(units_per_div, sweep=Sweep(**sweep)), memory, Setup(1.0), Searches())  # type: ignore[arg-type]


def events(memory: Memory, view: View) -> list[Place]:
    record, searches = memory.records["ch1"], Searches()
    search = searches.of(record, view.sweep.trigger)
    search.look()
    assert search.trigger is not None
    log = Log(record, search.trigger, 0.0)
    while log.step():
        pass
    page, _ = log.page(1000)
    return [page.place(i) for i in range(len(page))]


@pytest.mark.parametrize(("reference", "delay"), [(0.5, 0.0), (0.2, 0.0), (0.5, 0.013), (0.8, -0.02)])
def test_an_event_of_the_past_stands_where_a_live_one_does(reference: float, delay: float) -> None:
    memory, where = Memory(100_000), [0.7, 1.9, 3.3, 4.1]
    send(memory, "ch1", *pulses(where))
    for place, peak in zip(events(memory, View()), where, strict=True):
        shown = made(memory, hit=place, reference=reference, delay=delay)
        trace, share = shown.traces[0], reference - delay / 0.1
        assert (shown.lamp, shown.history) == ("HISTORY", True)
        assert shown.trigger.share == pytest.approx(share)
        at = shown.left + share * shown.span
        assert at == pytest.approx(shown.trigger.x)
        assert peak - 0.003 < at < peak
        crossing = np.interp(at - trace.x0, trace.x, trace.y)
        assert crossing == pytest.approx(0.5, abs=0.05)
        assert shown.trigger.marks


def test_an_event_of_an_older_run_is_shown_although_a_newer_run_has_the_same_x() -> None:
    memory = Memory(100_000)
    send(memory, "ch1", *pulses([1.0]))
    send(memory, "ch2", *pulses([1.2]))
    send(memory, "ch1", *pulses([2.0, 3.0]))
    send(memory, "ch2", *pulses([2.2]))
    for place, start in zip(events(memory, View()), (0, 5000, 5000), strict=True):
        shown = made(memory, hit=place)
        for trace in shown.traces.values():
            assert start <= trace.start < trace.stop <= start + 5000
        assert shown.held["ch2"].offset == pytest.approx(shown.held["ch1"].offset)


def test_an_event_that_has_left_shows_nothing() -> None:
    memory = Memory(5000)
    send(memory, "ch1", *pulses([1.0]))
    (place,) = events(memory, View())
    send(memory, "ch1", 5 + np.arange(5000) / RATE, np.zeros(5000))
    shown = made(memory, hit=place)
    assert (shown.traces, shown.lamp, shown.history) == ({}, "HISTORY", True)


def test_moved_on_from_an_event_its_mark_stays_with_the_signal() -> None:
    memory = Memory(100_000)
    send(memory, "ch1", *pulses([1.0]))
    (place,) = events(memory, View())
    still, moved = made(memory, hit=place), made(memory, hit=place, at=1.02)
    assert still.trigger.x is not None
    assert moved.trigger.x == still.trigger.x
    assert moved.trigger.share == pytest.approx(0.5 + (still.trigger.x - 1.02) / 0.1)


def test_a_walk_goes_from_run_to_run() -> None:
    memory = Memory(100_000)
    for _ in range(3):
        send(memory, "ch1", *pulses([1.0], 1000))
    record = memory.records["ch1"]
    middle = record.segment(1500)
    assert walked(record, middle, 0.25) == Place(record.serial, 1250)
    assert walked(record, middle, 0.2504).dx == pytest.approx(-0.0006)
    assert walked(record, middle, -0.1) == Place(record.serial, 999)
    assert walked(record, middle, 5.0) == Place(record.serial, 2000)
    assert walked(record, record.segment(), 5.0) == Place(record.serial, 2999, pytest.approx(5.0 - 0.999))
    assert walked(record, record.segment(0), -1.0) == Place(record.serial, 0, -1.0)


@pytest.mark.parametrize("text", ["3", "3,x", "3,4,nan", "3,4,5,6", "-1,4", ",", "3,4,"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of several kinds
        Place.of(text)


@pytest.mark.parametrize("place", [Place(3, 4711), Place(0, 1, -1.25e-9), Place(1, 2, 1 / 3)])
def test_a_place_comes_back_from_its_text(place: Place) -> None:
    assert Place.of(place.told()) == place


@pytest.mark.parametrize("source", ["=ch1 - nope", "~"])
def test_a_source_without_samples_is_none(source: str) -> None:
    memory = Memory(1000)
    send(memory, "ch1", *pulses([0.1], 200))
    view, sources = View(0.01, sweep=Sweep(trigger=Triggering(source=source), at=0.1)), Sources(memory)
    sources.keep(view, 0.0)
    traces = frame(view, sources, Setup(1.0), Searches()).traces
    assert [trace.channel for trace in traces.values()] == ["ch1"]


@pytest.mark.parametrize("at", [-1.0, 0.0, 2.0, 5.0])
def test_a_figure_is_no_trace_of_the_past(at: float) -> None:
    memory = Memory(10_000)
    x = np.arange(300) * 37 % 11
    send(memory, "ch1", x, np.arange(300) % 17)
    send(memory, "ch1", np.arange(3000) / RATE, np.ones(3000))
    send(memory, "ch2", np.arange(3000) / RATE, np.ones(3000))
    for trace in made(memory, at=at).traces.values():
        assert (np.diff(trace.x) >= 0).all()
