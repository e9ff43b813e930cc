import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope import scope as module
from app.scope.autoset import Autoset
from app.scope.scope import Scope
from tests.scope.signals import NOW, filled, send, streamed


def show(scope: Scope, memory: Memory) -> dict[str, np.ndarray]:
    """One round of a tab; returns y by channel."""
    scope.settle(memory)
    if scope.running:
        scope.follow(memory, Autoset().update(memory.records.values(), memory.version))
    return {trace.channel: trace.y for trace in scope.frame(memory).traces.values()}


def noise(n: int = 200) -> Memory:
    return filled(("a", np.arange(float(n)), np.random.default_rng(n).normal(size=n)))


def test_an_untouched_knob_follows_and_a_touched_one_stays() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    assert scope.timebase.units_per_div == 20
    scope.sweep_speed(5)
    show(scope, memory)
    assert scope.timebase.units_per_div == 5
    scope.autoset()
    show(scope, memory)
    assert scope.timebase.units_per_div == 20


def test_stop_keeps_the_picture_when_the_ring_has_overwritten_it() -> None:
    memory = filled(("a", np.arange(1000.0), np.arange(1000.0)), points=1000)
    scope = Scope()
    before = show(scope, memory)["a"]
    scope.stop(memory)
    send(memory, "a", 1000 + np.arange(5000.0), np.zeros(5000))
    np.testing.assert_array_equal(show(scope, memory)["a"], before)
    scope.run()
    assert not show(scope, memory)["a"].any()


def test_stop_keeps_the_sweep_that_was_drawn_last() -> None:
    memory = streamed(10_000, 3, lambda x: np.sin(2 * np.pi * 7 * x))
    scope = Scope()
    scope.sweep_speed(0.02)
    before = show(scope, memory)["ch1"]
    send(memory, "ch1", 3 + np.arange(1000) / 10_000, np.full(1000, 0.5), NOW + 3.1)
    scope.stop(memory)
    np.testing.assert_array_equal(show(scope, memory)["ch1"], before)


def test_a_stopped_screen_survives_the_end_of_its_channel() -> None:
    memory, scope = noise(), Scope()
    before = show(scope, memory)["a"]
    scope.stop(memory)
    memory.delete("a")
    np.testing.assert_array_equal(show(scope, memory)["a"], before)


def test_a_stopped_screen_keeps_the_x_it_had() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.stop(memory)
    memory.append([Samples("a", 10**18, np.zeros(1), np.ones(1), Origin.CLOCK)], NOW)
    kept = scope.source(memory, "a")
    assert kept is not None
    assert kept.origin is Origin.CLOCK or kept.segment().origin is Origin.DATA
    assert scope.frame(memory).left == pytest.approx(-1)


def test_what_does_not_fit_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 16 * 50)
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.stop(memory)
    assert scope.capture is not None
    assert not scope.capture.whole
    assert scope.capture.slots[0].total - scope.capture.slots[0].first == 50


def test_clear_empties_this_tab_only() -> None:
    memory, one, other = noise(), Scope(), Scope()
    show(one, memory), show(other, memory)
    one.clear(memory)
    assert show(one, memory) == {}
    assert len(show(other, memory)["a"]) == 200
    send(memory, "a", [200.0], [7.0])
    assert show(one, memory)["a"].tolist() == [7.0]


def test_a_channel_begun_anew_is_not_cleared() -> None:
    memory, scope = noise(500), Scope()
    show(scope, memory)
    scope.clear(memory)
    memory.delete("a")
    send(memory, "a", np.arange(600.0), np.arange(600.0))
    assert len(show(scope, memory)["a"]) == 600


def test_eight_channels_are_shown_and_a_ninth_takes_a_place_that_is_free() -> None:
    memory = filled(*((f"c{n}", np.arange(5.0), np.arange(5.0)) for n in range(10)))
    scope = Scope()
    assert set(show(scope, memory)) == {f"c{n}" for n in range(8)}
    scope.switch("c2", on=False)
    scope.switch("c9", on=True)
    show(scope, memory)
    assert scope.shown(memory)[2].name == "c9"


def test_channels_that_come_and_go_leave_nothing_behind() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.stop(memory)
    for n in range(20):
        send(memory, f"x{n}", [1.0], [1.0])
        show(scope, memory)
        memory.delete(f"x{n}")
        show(scope, memory)
    assert set(scope.channels) == {"a"}


def test_the_lamp_says_what_the_sweep_does() -> None:
    scope = Scope()
    assert scope.frame(Memory(10)).lamp == "WAIT"
    memory = streamed(10_000, 2, lambda x: np.sin(2 * np.pi * 50 * x))
    show(scope, memory)
    assert scope.frame(memory).lamp == "TRIG'D"
    scope.sweep_speed(1)
    assert scope.frame(memory).lamp == "ROLL"
    scope.stop(memory)
    assert scope.frame(memory).lamp == "STOP"


def test_scale_keeps_zero_where_it_is_and_the_middle_when_zero_is_off_the_screen() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.move("a", 1.0)
    scope.scale("a", 50.0)
    assert scope.channel("a").limits == (-250.0, 150.0)
    scope.move("a", -100.0)
    scope.scale("a", 5.0)
    assert sum(scope.channel("a").limits) / 2 == pytest.approx(5000.0)
