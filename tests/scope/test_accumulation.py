"""Averages and envelopes of many sweeps, against slow twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from signals import NOW, filled, send

from app.memory.memory import Memory
from app.memory.samples import Floats, Origin, Samples
from app.scope import accumulation
from app.scope.accumulation import GATHERED, Accumulation
from app.scope.acquisition import ACQUISITIONS, Acquisition
from app.scope.autoset import Setup
from app.scope.capture import captured
from app.scope.frame import Frame, Trace
from app.scope.link import query, recall
from app.scope.measuring import measured
from app.scope.readouts import readouts
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.sweep import Sweep
from app.scope.trigger import Triggering
from app.scope.view import View, frame

RATE, FREQUENCY, NOISE = 20_000.0, 50.0, 0.1
RNG = np.random.default_rng(11)


def seconds(n: float, start: float = 0.0) -> Floats:
    return start + np.arange(int(n * RATE)) / RATE


def noisy(x: Floats, noise: float = NOISE) -> Floats:
    return np.sin(2 * np.pi * FREQUENCY * x) + RNG.normal(0, noise, len(x))


def view(mode: str = "average", count: int = 16, *, tb: float = 2e-3, **sweep: object) -> View:
    """Of a trigger whose noise does not move it much."""
    own = Triggering(level=0.0, hysteresis=0.5, mode=str(sweep.pop("trigger", "auto")))
    settings = Sweep(own, rolls=False, **sweep)  # type: ignore[arg-type]
    return View(units_per_div=tb, sweep=settings, acquisition=Acquisition(mode, count))


class Watching:
    """A view that is looked at again and again."""

    def __init__(self, memory: Memory, view: View) -> None:
        self.memory, self.view, self.searches, self.kept = memory, view, Searches(), Accumulation()

    def look(self) -> Frame:
        made = frame(self.view, self.memory, Setup(), self.searches)
        return self.kept.shown(made, self.view, self.memory, self.searches)


def once(memory: Memory, view: View) -> Frame:
    return Watching(memory, view).look()


def error(trace: Trace, event: float) -> float:
    """RMS of what a trace is off a sine whose rising edge is the event."""
    wanted = np.sin(2 * np.pi * FREQUENCY * (trace.x0 + trace.x - event))
    left = np.isfinite(trace.y)
    off = trace.y[left] - wanted[left]
    off -= np.cos(2 * np.pi * FREQUENCY * (trace.x0 + trace.x[left] - event)) * (
        2 * np.mean(off * np.cos(2 * np.pi * FREQUENCY * (trace.x0 + trace.x[left] - event)))
    )  # less the jitter of the instant itself
    return float(np.sqrt(np.mean(off**2)))


def test_an_average_of_n_sweeps_has_less_noise_by_the_root_of_n_and_the_same_height() -> None:
    memory = filled(("a", seconds(4), noisy(seconds(4))))
    found = {}
    for count in (4, 16, 64):
        made = once(memory, view(count=count))
        assert made.sweeps == count
        trace, event = made.traces[0], made.trigger.x
        assert event is not None
        found[count] = error(trace, event)
        record = made.records["a"]
        assert np.nanmax(record.y(0, record.total)) == pytest.approx(1, abs=0.12)
    for count, noise in found.items():
        assert noise == pytest.approx(NOISE * np.sqrt(2 / 3) / np.sqrt(count), rel=0.35)


def test_an_average_equals_the_mean_of_the_sweeps_one_by_one() -> None:
    x = seconds(1)
    memory = filled(("a", x, noisy(x)))
    watching = Watching(memory, view(count=8))
    made = watching.look()
    search = watching.searches.of(memory.records["a"], watching.view.sweep.trigger)
    _, offsets = search.between(-1, watching.kept._at)
    record, span = made.records["a"], made.span
    n = record.total
    places = (np.arange(n) + 0.5) / n * span - span / 2
    y = memory.records["a"].y(0, len(x))
    slow = np.mean([np.interp(at + places, x, y) for at in offsets[-8:]], axis=0)
    np.testing.assert_allclose(record.y(0, n), slow, atol=1e-9)
    np.testing.assert_allclose(record.x(0, n), offsets[-1] + places, atol=1e-9)


def test_after_the_first_n_a_new_sweep_counts_for_one_in_n() -> None:
    memory = Memory(1_000_000)
    watching = Watching(memory, view(count=4))
    send(memory, "a", seconds(1), np.sin(2 * np.pi * FREQUENCY * seconds(1)))
    assert watching.look().sweeps == 4
    x = seconds(0.15, 1)
    send(memory, "a", x, 3 * np.sin(2 * np.pi * FREQUENCY * x))
    made = watching.look()
    record = made.records["a"]
    assert made.sweeps == 4
    assert np.nanmax(record.y(0, record.total)) == pytest.approx(3 - 2 * 0.75**7, abs=0.02)  # seven new ones


def test_an_envelope_contains_every_sweep() -> None:
    x = seconds(1)
    y = noisy(x)
    y[9321] = 4.0  # a glitch in one sweep only
    memory = filled(("a", x, y))
    watching = Watching(memory, view("envelope", 16, tb=5e-3))
    made = watching.look()
    record = made.records["a"]
    search = watching.searches.of(memory.records["a"], watching.view.sweep.trigger)
    _, offsets = search.between(-1, watching.kept._at)
    both = record.y(0, record.total).reshape(-1, 2)
    low, high = both.min(axis=1), both.max(axis=1)
    width = made.span / len(low)
    for at in offsets[-16:]:
        left = at - made.span / 2
        inside = (x > left) & (x < left + made.span)
        column = ((x[inside] - left) / width).astype(int)
        near = np.clip([column - 1, column, column + 1], 0, len(low) - 1)
        assert (low[near].min(axis=0) <= y[inside] + 1e-12).all()
        assert (high[near].max(axis=0) >= y[inside] - 1e-12).all()
    assert np.nanmax(high) < 4 or (np.abs(offsets[-16:] - x[9321]) < made.span / 2).any()


def test_an_envelope_forgets_what_was_long_ago() -> None:
    memory = Memory(1_000_000)
    watching = Watching(memory, view("envelope", 4))
    x = seconds(0.5)
    y = np.sin(2 * np.pi * FREQUENCY * x)
    y[-500] = 5.0
    send(memory, "a", x, y)
    highest = [float(np.nanmax(watching.look().traces[0].y))]
    for n in range(12):
        x = seconds(0.1, 0.5 + n / 10)
        send(memory, "a", x, np.sin(2 * np.pi * FREQUENCY * x))
        highest.append(float(np.nanmax(watching.look().traces[0].y)))
    assert highest[0] > 4
    assert highest[-1] == pytest.approx(1, abs=1e-3)


def test_two_channels_are_averaged_by_the_trigger_of_one() -> None:
    x = seconds(2)
    memory = filled(("a", x, noisy(x)), ("b", x, noisy(x + 0.005)))
    made = once(memory, replace(view(count=64), measure=("a:phase:b",)))
    assert set(made.records) == {"a", "b"}
    taken = measured(made, View(measure=("a:phase:b", "a:ac_rms")), memory.records.get).taken
    assert taken[0].reading.value is None or abs(abs(taken[0].reading.value) - 90) < 3
    both = made.records["b"].y(0, made.records["b"].total)
    assert np.nanmax(both) == pytest.approx(1, abs=0.06)


def test_without_a_trigger_it_waits_and_shows_what_comes() -> None:
    x = seconds(1)
    memory = filled(("a", x, np.cumsum(RNG.normal(0, 1e-3, len(x)))))
    made = once(memory, view())
    assert (made.sweeps, made.records) == (0, {})
    assert made.traces
    told = readouts(made, view(), memory, NOW)
    assert told["acquisition"]["said"] == "Average: waits for a trigger"  # type: ignore[index]


def test_it_never_rolls() -> None:
    memory = filled(("a", np.arange(40_000) / 1000, np.sin(2 * np.pi * 0.5 * np.arange(40_000) / 1000)))
    made = once(memory, view(tb=0.5))
    assert made.lamp == "TRIG'D"
    assert made.sweeps > 10


def test_a_single_average_takes_n_sweeps_and_stops() -> None:
    memory = Memory(1_000_000)
    send(memory, "a", seconds(0.2), noisy(seconds(0.2)))
    record = memory.records["a"]
    watching = Watching(memory, view(count=4, single=(record.serial, record.total)))
    lamps, sweeps = [], []
    for n in range(8):
        send(memory, "a", seconds(0.02, 0.2 + n / 50), noisy(seconds(0.02, 0.2 + n / 50)))
        made = watching.look()
        lamps.append(made.lamp)
        sweeps.append(made.sweeps)
    assert sweeps[-1] == 4
    assert [lamp == "STOP" for lamp in lamps] == [n == 4 for n in sweeps]
    held = made.records["a"].y(0, 100)
    send(memory, "a", seconds(0.1, 0.36), noisy(seconds(0.1, 0.36)))
    np.testing.assert_array_equal(watching.look().records["a"].y(0, 100), held)


def test_missing_values_are_left_out_and_gaps_stay_where_no_sweep_has_any() -> None:
    x = seconds(1)
    y = np.sin(2 * np.pi * FREQUENCY * x)
    y[1500:1510] = np.nan
    made = once(filled(("a", x, y)), view(count=64))
    record = made.records["a"]
    assert np.isfinite(record.y(0, record.total)).all()
    always = y.copy()
    always[(np.arange(len(y)) % 400) // 10 == 7] = np.nan
    made = once(filled(("a", x, always)), view(count=64))
    assert 0 < np.isnan(made.records["a"].y(0, 1000)).sum() < 100


def test_it_begins_afresh_when_it_has_been_cleared() -> None:
    x = seconds(1)
    memory = filled(("a", x, noisy(x)))
    record = memory.records["a"]
    cleared = replace(view(), cleared=(("a", record.serial, record.total),))
    watching = Watching(memory, cleared)
    assert watching.look().sweeps == 0
    send(memory, "a", seconds(0.1, 1), noisy(seconds(0.1, 1)))
    assert 2 <= watching.look().sweeps <= 5


def test_so_many_sweeps_are_taken_in_at_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    x = seconds(1)
    memory = filled(("a", x, noisy(x)))
    monkeypatch.setattr(accumulation, "AT_FIRST", 8)
    assert once(memory, view(count=64)).sweeps == 8


def test_dense_sweeps_are_averaged_by_columns() -> None:
    x = np.arange(200_000) / 1e6
    memory = filled(("a", x, noisy(x)), points=len(x))
    made = once(memory, view(count=4, tb=4e-3))
    record = made.records["a"]
    assert record.total == 16_384
    y = record.y(0, record.total)
    assert np.diff(y).std() < NOISE


def test_times_of_day_and_probe_factors_stay() -> None:
    memory = Memory(1_000_000)
    x = seconds(1)
    start = 1_700_000_000_000_000_000
    memory.append([Samples("a", start, x, np.sin(2 * np.pi * FREQUENCY * x), Origin.CLOCK, unit="V")], NOW)
    memory.records["a"].probe = 10.0
    own = replace(view(count=8), sweep=Sweep(Triggering(level=0.0, hysteresis=5.0), rolls=False))
    made = once(memory, own)
    twin = made.records["a"]
    assert made.trigger.x is not None
    assert twin.x(500, 501)[0] == pytest.approx(made.trigger.x, abs=1e-3)
    assert np.nanmax(twin.y(0, 1000)) == pytest.approx(10, abs=0.1)
    assert (twin.unit, twin.probe, twin.x_unit) == ("V", 10.0, "s")
    assert captured(made, memory).slots[0].x(500, 501)[0] == pytest.approx(made.trigger.x, abs=1e-3)


def test_what_is_stopped_and_measured_is_the_average() -> None:
    x = seconds(2)
    memory = filled(("a", x, noisy(x)))
    scope = Scope()
    scope.sweep_speed(2e-3)
    scope.trigger.turn("level", 0.0)
    scope.trigger.turn("hysteresis", 0.5)
    scope.acquire("average", 64)
    scope.measure("a:vpp", on=True)
    searches = Searches()
    live = scope.frame(memory, searches)
    assert live.sweeps == 64
    scope.stop(memory, live, searches)
    still = scope.frame(memory, searches)
    source = lambda name: scope.source(memory, name)  # noqa: E731
    vpp = measured(still, scope.view(), source).taken[0].reading.value
    assert vpp == pytest.approx(2, abs=0.15)
    raw = measured(frame(View(units_per_div=2e-3), memory, Setup(), searches), scope.view(), source).taken
    assert raw[0].reading.value is None or raw[0].reading.value > vpp
    scope.sweep_speed(1e-3)
    zoomed = scope.frame(memory, searches)
    assert (zoomed.sweeps, zoomed.acquired.mode) == (64, "average")
    assert np.nanstd(np.diff(zoomed.traces[0].y)) < NOISE / 4


def test_the_link_has_the_mode_and_the_count() -> None:
    scope = Scope()
    assert recall(scope, {"acq": ["envelope:64"]}) == []
    assert query(scope) == "acq=envelope%3A64"
    assert scope.view().sweep.rolls is False
    for wrong in ("average:3", "average:131072", "average:x", "best", "average:-2"):
        assert recall(scope, {"acq": [wrong]}) == ["acq"]
    scope.default()
    assert query(scope) == ""


def test_every_acquisition_of_many_sweeps_can_be_gathered() -> None:
    assert {name for name, mode in ACQUISITIONS.items() if mode.many} == set(GATHERED)


def test_the_rate_of_a_stopped_average_is_that_of_its_channel() -> None:
    x = seconds(2)
    memory = Memory(1_000_000)
    for part in range(20):
        now = NOW + part / 10
        one = x[part * 2000 : part * 2000 + 2000]
        memory.append([Samples("a", 0.0, one, noisy(one), Origin.DATA)], now)
    scope = Scope()
    scope.sweep_speed(2e-3)
    scope.acquire("average", 16)
    searches = Searches()
    scope.stop(memory, None, searches)
    still = scope.frame(memory, searches)
    told = readouts(still, scope.view(), memory, NOW + 2, lambda name: scope.source(memory, name))
    assert told["rate"] == readouts(still, scope.view(), memory, NOW + 2)["rate"]
