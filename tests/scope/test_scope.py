import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope import capture as module
from app.scope.autoset import Autoset
from app.scope.frame import Frame
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View
from tests.scope.signals import NOW, filled, send, streamed


def show(scope: Scope, memory: Memory) -> dict[str, np.ndarray]:
    """One round of a tab; returns y by channel."""
    scope.settle(memory)
    if scope.running:
        scope.follow(memory, Autoset().update(memory.records.values(), memory.version))
    return {trace.channel: trace.y for trace in scope.frame(memory, Searches()).traces.values()}


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
    scope.stop(memory, None, Searches())
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
    scope.stop(memory, None, Searches())
    np.testing.assert_array_equal(show(scope, memory)["ch1"], before)


def arrays(found: Frame) -> list[np.ndarray]:
    return [array for trace in found.traces.values() for array in (trace.x, trace.y, trace.dots)]


def on_glass(scope: Scope, memory: Memory) -> Frame:
    show(scope, memory)
    return scope.frame(memory, Searches())


def test_a_stopped_screen_is_the_very_frame_that_was_on_the_glass() -> None:
    memory, scope = streamed(10_000, 3, lambda x: np.sin(2 * np.pi * 7 * x)), Scope()
    scope.sweep_speed(0.02)
    glass = on_glass(scope, memory)
    send(memory, "ch1", 3 + np.arange(1000) / 10_000, np.full(1000, 0.5), NOW + 3.1)
    scope.stop(memory, glass, Searches())
    found = scope.frame(memory, Searches())
    assert all(one is other for one, other in zip(arrays(found), arrays(glass), strict=True))
    assert (found.lamp, found.left, found.held) == ("STOP", glass.left, glass.held)
    scope.sweep_speed(0.01)
    assert scope.frame(memory, Searches()).units_per_div == 0.01
    scope.sweep_speed(0.02)
    assert arrays(scope.frame(memory, Searches()))[0] is arrays(glass)[0]


def test_a_stopped_screen_has_the_vertical_knobs_of_the_frame_that_was_on_the_glass() -> None:
    memory, scope = noise(), Scope()
    glass = on_glass(scope, memory)
    knobs = scope.channel("a").units_per_div, scope.channel("a").position
    send(memory, "a", 200 + np.arange(500.0), 1000 + 5000 * np.random.default_rng(3).normal(size=500))
    show(scope, memory)
    assert scope.channel("a").units_per_div != knobs[0]
    scope.stop(memory, glass, Searches())
    assert (scope.channel("a").units_per_div, scope.channel("a").position) == knobs
    assert arrays(scope.frame(memory, Searches()))[0] is arrays(glass)[0]


def test_a_channel_that_is_switched_off_leaves_a_stopped_screen_and_comes_back() -> None:
    x = np.arange(300.0)
    memory, scope = filled(("a", x, np.sin(x)), ("b", x, np.cos(x))), Scope()
    glass = on_glass(scope, memory)
    scope.stop(memory, glass, Searches())
    scope.switch("a", on=False)
    assert set(scope.frame(memory, Searches()).traces) == {1}
    scope.switch("a", on=True)
    assert scope.frame(memory, Searches()).traces == glass.traces


@pytest.mark.parametrize("points", [300, 50_000])
def test_a_stopped_screen_that_is_drawn_anew_shows_the_same_samples(points: int) -> None:
    rng = np.random.default_rng(points)
    memory, scope = filled(("a", np.arange(points) / points, rng.normal(size=points))), Scope()
    scope.sweep_speed(0.05)
    glass = on_glass(scope, memory)
    scope.stop(memory, glass, Searches())
    send(memory, "a", 1 + np.arange(200_000.0), np.zeros(200_000))
    scope.sweep_speed(0.02)
    zoomed = scope.frame(memory, Searches()).traces[0]
    assert np.nanmax(zoomed.y) <= np.nanmax(glass.traces[0].y)
    assert zoomed.ends[1] - zoomed.ends[0] == pytest.approx(0.2)
    assert zoomed.x0 + zoomed.ends[1] == pytest.approx(glass.traces[0].x0 + glass.traces[0].ends[1])
    assert len(zoomed.x) > 50


def test_a_channel_made_anew_since_the_frame_is_not_kept_for_it() -> None:
    memory, scope = noise(), Scope()
    glass = on_glass(scope, memory)
    memory.delete("a")
    send(memory, "a", np.arange(500.0), np.zeros(500))
    scope.stop(memory, glass, Searches())
    assert arrays(scope.frame(memory, Searches()))[0] is arrays(glass)[0]
    assert scope.source(memory, "a") is None
    scope.sweep_speed(3)
    assert scope.frame(memory, Searches()).traces == {}


def test_a_clearing_is_forgotten_when_it_hides_nothing_more() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.sweep_speed(5)
    scope.clear(memory)
    send(memory, "a", 200 + np.arange(50.0), np.zeros(50))
    scope.forget_cleared(scope.frame(memory, Searches()))
    assert scope.view().cleared
    send(memory, "a", 250 + np.arange(50.0), np.zeros(50))
    before = scope.frame(memory, Searches())
    scope.forget_cleared(before)
    assert scope.view() == View(5.0)
    np.testing.assert_array_equal(scope.frame(memory, Searches()).traces[0].y, before.traces[0].y)


def test_clear_empties_a_stopped_screen() -> None:
    memory, scope = noise(), Scope()
    glass = on_glass(scope, memory)
    scope.stop(memory, glass, Searches())
    scope.clear(memory)
    for _ in range(2):  # as it was cleared, and drawn anew
        empty = scope.frame(memory, Searches())
        assert (empty.traces, empty.lamp, empty.lead) == ({}, "STOP", "a")
        assert scope.source(memory, "a") is memory.records["a"]  # its knobs are there
        scope.sweep_speed(3)


def test_a_stopped_screen_survives_the_end_of_its_channel() -> None:
    memory, scope = noise(), Scope()
    before = show(scope, memory)["a"]
    scope.stop(memory, None, Searches())
    memory.delete("a")
    np.testing.assert_array_equal(show(scope, memory)["a"], before)


def test_a_stopped_screen_keeps_the_x_it_had() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.stop(memory, None, Searches())
    memory.append([Samples("a", 10**18, np.zeros(1), np.ones(1), Origin.CLOCK)], NOW)
    kept = scope.source(memory, "a")
    assert kept is not None
    assert kept.origin is Origin.CLOCK or kept.segment().origin is Origin.DATA
    assert scope.frame(memory, Searches()).left == pytest.approx(-1)


def test_what_does_not_fit_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 16 * 50)
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.stop(memory, None, Searches())
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
    scope.stop(memory, None, Searches())
    for n in range(20):
        send(memory, f"x{n}", [1.0], [1.0])
        show(scope, memory)
        memory.delete(f"x{n}")
        show(scope, memory)
    assert set(scope.channels) == {"a"}


def test_the_lamp_says_what_the_sweep_does() -> None:
    scope = Scope()
    assert scope.frame(Memory(10), Searches()).lamp == "WAIT"
    memory = streamed(10_000, 2, lambda x: np.sin(2 * np.pi * 50 * x))
    show(scope, memory)
    assert scope.frame(memory, Searches()).lamp == "TRIG'D"
    scope.sweep_speed(1)
    assert scope.frame(memory, Searches()).lamp == "ROLL"
    scope.stop(memory, None, Searches())
    assert scope.frame(memory, Searches()).lamp == "STOP"


def test_scale_keeps_zero_where_it_is_and_the_middle_when_zero_is_off_the_screen() -> None:
    memory, scope = noise(), Scope()
    show(scope, memory)
    scope.move("a", 1.0)
    scope.scale("a", 50.0)
    assert scope.channel("a").limits == (-250.0, 150.0)
    scope.move("a", -100.0)
    scope.scale("a", 5.0)
    assert sum(scope.channel("a").limits) / 2 == pytest.approx(5000.0)


def test_a_scale_of_nothing_is_refused() -> None:
    scope = Scope()
    with pytest.raises(ValueError, match="above zero"):
        scope.scale("a", 0.0)
    assert scope.touched == set()
