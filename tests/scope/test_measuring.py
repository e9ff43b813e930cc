"""What is measured of a screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from signals import NOW, filled, send, streamed

import app.scope.measuring as measuring
from app.dsp.measure import MEASUREMENTS
from app.memory.memory import Memory
from app.memory.samples import Floats, Origin, Samples
from app.scope.autoset import Autoset
from app.scope.frame import Frame
from app.scope.measurement_readouts import measurements
from app.scope.measuring import Item, Measured, Taken, measurable, measured
from app.scope.search import Searches
from app.scope.sweep import Sweep
from app.scope.trigger import Triggering
from app.scope.view import View, frame


def sine(x: Floats) -> Floats:
    return np.sin(2 * np.pi * 10 * x)


def look(memory: Memory, view: View) -> Frame:
    return frame(view, memory, Autoset().update(memory.records.values(), 0), Searches())


def take(memory: Memory, view: View, kept: Measured | None = None) -> Measured:
    return measured(look(memory, view), view, memory.records.get, kept)


def one(memory: Memory, item: str, **view: object) -> Taken:
    return take(memory, View(measure=(item,), **view)).taken[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["ch1:vpp", "a:b:vpp", "ch1:phase:ch2", "ch1:delay:a/b", "phase:phase:vp"])
def test_an_item_reads_as_it_is_written(text: str) -> None:
    assert str(Item.of(text)) == text
    assert measurable(text)


def test_a_name_with_a_colon_is_told_from_a_pair() -> None:
    assert Item.of("a:phase:vpp") == Item("a:phase", "vpp")
    assert Item.of("a:phase:b") == Item("a", "phase", "b")


@pytest.mark.parametrize(
    "text", ["", "vpp", ":vpp", "ch1:", "ch1:nothing", "ch1:phase", "ch1:phase:", "a:vpp:b"]
)
def test_what_cannot_be_measured_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nothing that can be measured"):
        Item.of(text)
    assert not measurable(text)


def test_readings_are_of_every_sample_not_of_what_is_drawn() -> None:
    x = np.arange(50_000) / 1000
    y = np.sin(2 * np.pi * 7 * x)
    memory = filled(("ch1", x, y))
    view = View(units_per_div=5.0, measure=("ch1:frequency", "ch1:rms", "ch1:edges"))
    found = take(memory, view)
    assert look(memory, view).traces[0].near
    frequency, rms, edges = (taken.reading.value for taken in found.taken)
    assert frequency == pytest.approx(7, rel=1e-6)
    assert rms == pytest.approx(np.sqrt(0.5), rel=1e-4)
    assert edges == pytest.approx(700, abs=2)


def test_only_what_is_on_the_screen_is_measured() -> None:
    x = np.arange(1000) / 100  # 10 s, the screen shows the newest one
    memory = filled(("ch1", x, np.where(x < 9, 100.0, np.sin(x))))
    assert one(memory, "ch1:max", units_per_div=0.099).reading.value < 1


def test_a_gate_measures_a_part_of_the_screen() -> None:
    x = np.arange(1001) / 100
    memory = filled(("ch1", x, np.floor(x + 1e-9)))
    for gate, low, high in ((None, 0, 10), ((0.2, 0.5), 2, 5), ((0.205, 0.295), 2, 2)):
        view = View(units_per_div=1.0, measure=("ch1:min", "ch1:max"), gate=gate)
        assert [taken.reading.value for taken in take(memory, view).taken] == [low, high]


def test_a_gate_without_samples_says_why() -> None:
    memory = filled(("ch1", np.arange(11.0), np.arange(11.0)))
    found = one(memory, "ch1:max", units_per_div=1.0, gate=(0.31, 0.32)).reading
    assert (found.value, found.why) == (None, "needs samples on screen")


def test_a_channel_that_is_not_there_or_off_says_so() -> None:
    memory = filled(("ch1", np.arange(11.0), np.arange(11.0)))
    assert one(memory, "zz:max").reading.why == measuring.OFF
    assert one(memory, "ch1:max", off=frozenset({"ch1"})).reading.why == measuring.OFF
    assert one(memory, "ch1:phase:zz").reading.why == measuring.OTHER_OFF


def test_no_line_reaches_over_a_gap() -> None:
    x = np.concatenate((np.arange(100), np.arange(200, 300))) / 100
    memory = filled(("ch1", x, np.where(x < 1.5, 0.0, 1.0)))
    assert one(memory, "ch1:edges", units_per_div=0.3).reading.value == 0


def test_of_very_many_samples_the_newest_are_measured_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LIMIT", 1000)
    x = np.arange(3000) / 100
    memory = filled(("ch1", x, x))
    found = one(memory, "ch1:min", units_per_div=3.0)
    assert found.reading.value == 20
    assert found.note == "of the newest 1\u00a0000 samples"
    assert one(memory, "ch1:min", units_per_div=0.5).note is None


def test_phase_of_channels_with_segments_of_their_own() -> None:
    memory = Memory(100_000)
    x = np.arange(500) / 1000
    for name, base, moved in (("a", 1_700_000_000_000_000_000, 0.0), ("b", 1_700_000_000_000_000_123, 0.025)):
        y = sine(x - moved + (123e-9 if name == "b" else 0.0))
        memory.append([Samples(name, base, x, y, Origin.CLOCK)], NOW + 0.5)
    view = View(units_per_div=0.05, measure=("a:phase:b", "a:delay:b"))
    phase, delay = take(memory, view).taken
    assert phase.reading.value == pytest.approx(90, abs=1e-4)
    assert delay.reading.value == pytest.approx(0.025, abs=1e-8)
    assert (phase.unit, delay.unit) == ("deg", "s")


def test_channels_without_a_common_x_have_no_phase() -> None:
    x = np.arange(500) / 1000
    memory = filled(("a", x, sine(x)), ("b", x + 1e6, sine(x)))
    assert one(memory, "a:phase:b", units_per_div=0.05).reading.why == measuring.APART


def test_a_figure_has_heights_and_no_times() -> None:
    t = np.linspace(0, 2 * np.pi, 900)
    memory = filled(("f", np.sin(3 * t), 2 * np.sin(2 * t)))
    assert memory.records["f"].figure
    assert one(memory, "f:vpp").reading.value == pytest.approx(4, rel=1e-3)
    for name in set(MEASUREMENTS) - set(measuring.OF_FIGURES) - {"phase", "delay"}:
        assert one(memory, f"f:{name}").reading.why == measuring.FIGURE


def test_rounding_is_no_mean() -> None:
    memory = filled(("ch1", np.arange(100) / 100, sine(np.arange(100) / 100)))
    assert one(memory, "ch1:cycle_mean", units_per_div=0.1).reading.value == 0
    assert one(memory, "ch1:mean", units_per_div=0.1).reading.value is not None


# statistics


def test_the_same_frame_is_measured_once() -> None:
    memory, view = streamed(1000, 2, sine), View(measure=("ch1:vpp",))
    made = look(memory, view)
    first = measured(made, view, memory.records.get)
    assert measured(made, view, memory.records.get, first) is first


def test_statistics_count_each_event_of_the_trigger_once() -> None:
    memory, found, events = streamed(1000, 2, sine), None, set()
    view = View(units_per_div=0.02, measure=("ch1:max",), sweep=Sweep(Triggering(level=0.0, hysteresis=0.1)))
    setup, searches = Autoset().update(memory.records.values(), 0), Searches()
    for n in range(40):
        x = 2 + (n * 20 + np.arange(20)) / 1000
        send(memory, "ch1", x, sine(x) * (1 + n / 100), NOW + x[-1])
        made = frame(view, memory, setup, searches)
        found = measured(made, view, memory.records.get, found)
        events.add(made.trigger.x)
    assert found is not None
    statistics = found.taken[0].statistics
    assert statistics.count == len(events)
    assert 5 < len(events) < 20
    assert statistics.min == pytest.approx(1, abs=1e-3)
    assert statistics.max is not None
    assert statistics.max > 1.1


def test_statistics_of_a_rolling_screen_count_readings_of_new_samples() -> None:
    memory, view, found = filled(), View(units_per_div=0.2, measure=("ch1:max",)), None
    for n in range(5):
        send(memory, "ch1", 10 * n + np.arange(10.0), np.full(10, float(n)), NOW + n)
        for _ in range(3):
            found = take(memory, view, found)
    assert found is not None
    statistics = found.taken[0].statistics
    assert (statistics.count, statistics.mean, statistics.min, statistics.max) == (5, 2, 0, 4)
    assert statistics.sigma == pytest.approx(np.std(range(5), ddof=1))


def test_a_new_epoch_or_gate_begins_afresh_and_a_new_item_does_not() -> None:
    memory, view = filled(("ch1", np.arange(11.0), np.arange(11.0))), View(1.0, measure=("ch1:max",))
    first = take(memory, view)
    send(memory, "ch1", 11.0, 11.0)
    for other, count in (
        (view, 2),
        (replace(view, epoch=1), 1),
        (replace(view, gate=(0.0, 0.5)), 1),
        (replace(view, measure=("ch1:min", "ch1:max")), 2),
    ):
        assert take(memory, other, first).taken[-1].statistics.count == count


# words


def test_readings_come_as_texts_with_units() -> None:
    memory = filled(("ch1", np.arange(1000) / 1000, 1.5 * sine(np.arange(1000) / 1000)))
    memory.append(
        [Samples("ch1", 0.0, np.array([1.0]), np.array([0.0]), Origin.DATA, unit="V", x_unit="s")], NOW
    )
    items = ("ch1:frequency", "ch1:vpp", "ch1:duty", "ch1:edges", "ch1:period", "ch1:phase:ch1", "zz:rise")
    view = View(units_per_div=0.05, measure=items)
    made = look(memory, view)
    found = measurements(measured(made, view, memory.records.get), made, memory)
    assert [each["item"] for each in found] == list(items)
    assert [each["value"] for each in found] == [
        "10.00 Hz", "3.000 V", "50.00 %", "9", "100.0 ms", "0.000 °", "---",
    ]  # fmt: skip
    assert found[0]["label"] == "Frequency"
    assert found[0]["stats"] == {
        "mean": "10.00 Hz", "min": "10.00 Hz", "max": "10.00 Hz", "sigma": "---", "count": "1",
    }  # fmt: skip
    assert found[6]["why"] == measuring.OFF
    assert [each["color"] for each in found[5:]] == ["#FFD60A", "var(--dim)"]


@pytest.mark.parametrize(("x_unit", "unit"), [("s", "Hz"), ("m", "1/m"), ("", "")])
def test_a_frequency_has_the_unit_of_x(x_unit: str, unit: str) -> None:
    assert measuring.inverse(x_unit) == unit
