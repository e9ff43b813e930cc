"""A probe factor multiplies what is read of a channel; what was found before does not mix with the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope.autoset import Setup
from app.scope.measuring import measured
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.spectra import spectra
from app.scope.spectral import Spectral
from app.scope.sweep import Sweep
from app.scope.trigger import Triggering
from app.scope.view import View, frame
from tests.scope.signals import filled, send

X = np.arange(1000) / 1000
SINE = np.sin(2 * np.pi * 10 * X)
SETUP = Setup(0.02)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 50, 5000])
def test_all_that_is_read_is_multiplied(kind: type, n: int) -> None:
    memory, y = Memory(10_000), np.random.default_rng(n).normal(size=n).astype(kind)
    memory.append([Samples("a", 0.0, np.arange(float(n)), y, Origin.DATA, unit="V")], 1.0)
    record = memory.records["a"]
    before = record.columns(0, n, 0.0, n / 7, 7)
    version = memory.version
    assert memory.say("a", probe=10.0)
    assert memory.version > version
    np.testing.assert_array_equal(record.y(0, n), y * np.float64(10))
    np.testing.assert_array_equal(record.values(np.arange(n)), y * np.float64(10))
    np.testing.assert_array_equal(record.every(1, n)[1], y * np.float64(10))
    np.testing.assert_array_equal(record.copy(0, n).y(0, n), y * np.float64(10))
    after = record.columns(0, n, 0.0, n / 7, 7)
    np.testing.assert_array_equal(after.low, before.low * 10)
    np.testing.assert_array_equal(after.high, before.high * 10)
    memory.say("a", probe=1.0)
    np.testing.assert_array_equal(record.y(0, n), y)


def test_a_unit_that_people_say_stays_whatever_the_sender_says() -> None:
    memory = Memory(100)
    sent = Samples("a", 0.0, np.zeros(1), np.ones(1), Origin.DATA, unit="V")
    memory.append([sent], 1.0)
    memory.say("a", named="A")
    memory.append([replace(sent, base=1.0, unit="mV")], 1.0)
    assert memory.records["a"].unit == "A"
    memory.say("a", named="")
    assert memory.records["a"].unit == "mV"
    assert not memory.say("gone", named="A")


def test_a_trigger_looks_for_its_level_in_the_new_values() -> None:
    memory, searches = filled(("a", X, SINE)), Searches()
    view = View(0.02, sweep=Sweep(Triggering(mode="normal", level=5.0)))
    assert frame(view, memory, SETUP, searches).lamp == "WAIT"
    memory.say("a", probe=10.0)
    made = frame(view, memory, SETUP, searches)
    assert made.lamp == "TRIG'D"
    assert made.trigger.marks == (5.0,)
    assert made.traces[0].y.max() == pytest.approx(10, rel=0.01)


def test_what_was_cleared_stays_so() -> None:
    memory, scope = filled(("a", X, SINE)), Scope()
    scope.settle(memory)
    scope.clear(memory)
    memory.say("a", probe=10.0)
    assert scope.frame(memory, Searches()).traces == {}


def test_statistics_and_averages_begin_afresh() -> None:
    memory = filled(("a", X, SINE), ("b", X, SINE))
    view = View(0.02, measure=("a:vpp", "b:vpp"), spectrum=None)
    first = measured(frame(view, memory, SETUP, Searches()), view, memory.records.get)
    memory.say("a", probe=10.0)
    send(memory, "b", 1 + X, SINE)
    send(memory, "a", 1 + X, SINE)
    second = measured(frame(view, memory, SETUP, Searches()), view, memory.records.get, first)
    own, other = (taken.statistics for taken in second.taken)
    assert (own.count, other.count) == (1, 2)
    assert own.mean == pytest.approx(20, rel=0.01)
    fft = replace(view, spectrum=Spectral(average="power", count=8))
    before = spectra(frame(fft, memory, SETUP, Searches()), fft, memory.records.get)
    memory.say("a", probe=100.0)
    after = spectra(frame(fft, memory, SETUP, Searches()), fft, memory.records.get, before)
    assert after.lines[0].resolved.count == 1
    ratio = after.lines[0].resolved.peaks[0].amplitude / before.lines[0].resolved.peaks[0].amplitude
    assert ratio == pytest.approx(10)


def test_a_stopped_screen_is_multiplied_too() -> None:
    memory, scope, searches = filled(("a", X, SINE)), Scope(), Searches()
    scope.settle(memory)
    scope.stop(memory, None, searches)
    held = scope.frame(memory, searches)
    assert scope.frame(memory, searches) is held
    memory.say("a", probe=10.0, named="A")
    drawn = scope.frame(memory, searches)
    np.testing.assert_allclose(drawn.traces[0].y, 10 * held.traces[0].y)
    np.testing.assert_array_equal(drawn.traces[0].x, held.traces[0].x)
    kept = scope.source(memory, "a")
    assert kept is not None
    assert (kept.probe, kept.unit) == (10, "A")
    scope.show_spectrum()
    line = scope.frame(memory, searches).lines
    assert line is not None
    memory.say("a", probe=1.0)
    small = scope.frame(memory, searches).lines
    assert small is not None
    assert small.found[0].peaks[0].amplitude == pytest.approx(line.found[0].peaks[0].amplitude / 10)
