"""References: a pin's traces beside the live ones, T on T."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Setup
from app.scope.capture import captured
from app.scope.derived import Sources
from app.scope.frame import Frame
from app.scope.link import recall
from app.scope.measuring import measured
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View, frame
from app.store.pins import Pins
from app.store.references import GONE, SIGN, maker
from tests.scope.signals import send

RATE = 1000.0
NOW = 1_700_000_000.0


class Bench:
    """A memory with one pulse in it, and its pin."""

    def __init__(self, **knobs: str) -> None:
        self.memory, self.pins = Memory(100_000), Pins()
        self.sources = Sources(self.memory)
        self.sources.makers[SIGN] = maker(self.pins)
        self.pulse(1.3, 1.0)
        self.pins.add(captured(self.made(**knobs), self.sources), "", "", NOW)

    def pulse(self, at: float, height: float, start: float = 0.0) -> None:
        x = start + np.arange(3000) / RATE
        send(self.memory, "ch1", x, height * np.exp(-(((x - at) / 0.01) ** 2)))

    def view(self, **knobs: str) -> View:
        scope = Scope()
        usual = {"tb": "20m", "t.mode": "normal", "t.level": "0.5"}
        assert recall(scope, {name: [text] for name, text in (usual | knobs).items()}) == []
        return scope.view()

    def made(self, **knobs: str) -> Frame:
        view = self.view(**knobs)
        self.sources.advance(view, NOW)
        return frame(view, self.sources, Setup(1.0), Searches())


def crossing(shown: Frame, channel: str, level: float) -> float:
    """Where on the screen a trace first rises through a level, as a share."""
    trace = next(each for each in shown.traces.values() if each.channel == channel)
    i = int(np.flatnonzero(trace.y >= level)[0])
    x = np.interp(level, trace.y[i - 1 : i + 1], trace.x[i - 1 : i + 1])
    return float((x - trace.ends[0]) / (trace.ends[1] - trace.ends[0]))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({}, {}),
        ({}, {"delay": "30m"}),
        ({"delay": "-20m", "ref": "0.3"}, {}),
        ({}, {"ref": "0.8", "tb": "30m"}),
    ],
)
def test_a_reference_stands_with_its_trigger_where_the_live_one_does(
    then: dict[str, str], now: dict[str, str]
) -> None:
    bench = Bench(**then)
    bench.pulse(52.0, 2.0, start=50.0)
    shown = bench.made(on="@1:ch1", **now)
    assert shown.trigger.share is not None
    assert crossing(shown, "ch1", 0.5) == pytest.approx(shown.trigger.share, abs=1e-3)
    assert crossing(shown, "@1:ch1", 0.5) == pytest.approx(shown.trigger.share, abs=1e-3)
    assert shown.lead == "ch1"


def test_a_reference_is_measured_as_a_channel_is() -> None:
    bench = Bench()
    bench.pulse(52.0, 2.0, start=50.0)
    view = bench.view(on="@1:ch1", m="@1:ch1:max")
    bench.sources.advance(view, NOW)
    shown = frame(view, bench.sources, Setup(1.0), Searches())
    (taken,) = measured(shown, view, bench.sources.records.get).taken
    assert taken.reading.value == pytest.approx(1.0, rel=1e-3)


def test_a_reference_goes_with_its_pin_and_says_why() -> None:
    bench = Bench()
    assert len(bench.made(on="@1:ch1").traces) == 2
    bench.pins.delete(1)
    assert len(bench.made(on="@1:ch1").traces) == 1
    assert bench.sources.why("@1:ch1") == GONE


@pytest.mark.parametrize("name", ["@7:ch1", "@1:none", "@x:ch1", "@", "@1"])
def test_what_is_no_pin_is_an_empty_reference(name: str) -> None:
    bench = Bench()
    assert len(bench.made(on=name).traces) == 1
    assert bench.sources.why(name) == GONE


def test_a_reference_alone_on_the_screen_is_drawn() -> None:
    bench = Bench()
    shown = bench.made(on="@1:ch1", off="ch1")
    assert [trace.channel for trace in shown.traces.values()] == ["@1:ch1"]
