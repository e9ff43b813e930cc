"""What a view with a trigger shows: Normal, Single, Force, delay, the past."""

from __future__ import annotations

from urllib.parse import parse_qs

import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Setup
from app.scope.frame import Frame
from app.scope.link import query, recall
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.trigger import Trigger, Triggering
from app.scope.view import View, frame
from tests.scope.signals import NOW, send, streamed

RATE = 10_000.0
TAU = 2 * np.pi


def sine(x: np.ndarray) -> np.ndarray:
    return np.sin(TAU * 50 * x)


def asked(link: str) -> View:
    scope = Scope()
    assert recall(scope, parse_qs(link)) == []
    return scope.view()


def made(memory: Memory, link: str, searches: Searches | None = None) -> Frame:
    return frame(asked(link), memory, Setup(1e-3), Searches() if searches is None else searches)


def more(memory: Memory, x: np.ndarray, y: np.ndarray) -> None:
    send(memory, "ch1", x, y, NOW + 10)


def after(memory: Memory, n: int) -> np.ndarray:
    record = memory.records["ch1"]
    return record.total / RATE + np.arange(n) / RATE


@pytest.mark.parametrize(
    ("link", "phase"),
    [
        ("t.level=0.5", np.arcsin(0.5)),
        ("t.slope=falling&t.level=0.5", np.pi - np.arcsin(0.5)),
        ("t.slope=falling", np.pi),
        ("t.kind=window&t.low=-0.5&t.high=0.5&t.way=enter", None),
        ("t.kind=pulse&t.level=0&t.condition=longer&t.low_width=9m", np.pi),
    ],
)
def test_the_event_is_at_the_reference_point(link: str, phase: float | None) -> None:
    memory = streamed(RATE, 2, sine)
    shown = made(memory, f"tb=2m&t.mode=normal&{link}")
    assert shown.lamp == "TRIG'D"
    assert shown.trigger.x is not None
    assert shown.trigger.share == 0.5
    assert shown.left + shown.span / 2 == pytest.approx(shown.trigger.x)
    if phase is not None:
        cycles = shown.trigger.x * 50 - phase / TAU
        assert cycles == pytest.approx(round(cycles), abs=0.01 / 200)  # 1 % of a sample


def test_position_and_delay_move_the_screen_and_not_the_event() -> None:
    memory = streamed(RATE, 2, sine)
    usual = made(memory, "tb=2m&t.mode=normal&t.level=0.3")
    early = made(memory, "tb=2m&t.mode=normal&t.level=0.3&ref=0.1")
    late = made(memory, "tb=2m&t.mode=normal&t.level=0.3&delay=5m")
    assert early.trigger.share == pytest.approx(0.1)
    assert late.trigger.share == pytest.approx(0.25)
    for shown in (usual, early, late):
        assert shown.trigger.x is not None
        assert shown.trigger.share is not None
        at = shown.left + shown.trigger.share * shown.span
        assert at == pytest.approx(shown.trigger.x)
        assert np.interp(at - shown.traces[0].x0, shown.traces[0].x, shown.traces[0].y) == pytest.approx(
            0.3, abs=0.01
        )


def test_normal_waits_and_shows_nothing_that_did_not_trigger() -> None:
    memory, searches = streamed(RATE, 2, sine), Searches()
    waiting = made(memory, "tb=2m&t.mode=normal&t.level=5", searches)
    assert (waiting.lamp, waiting.traces, waiting.trigger.x) == ("WAIT", {}, None)
    assert waiting.trigger.marks == (5,)
    more(memory, after(memory, 400), np.r_[np.zeros(100), np.full(300, 9.0)])
    shown = made(memory, "tb=2m&t.mode=normal&t.level=5", searches)
    assert shown.lamp == "TRIG'D"
    assert shown.trigger.x == pytest.approx(2.01, abs=1 / RATE)


def test_normal_keeps_the_last_sweep_however_long_nothing_comes_and_waits() -> None:
    memory, searches = streamed(RATE, 2, sine), Searches()
    before = made(memory, "tb=2m&t.mode=normal&t.level=0.3", searches)
    for _ in range(20):
        more(memory, after(memory, 2000), np.zeros(2000))
        still = made(memory, "tb=2m&t.mode=normal&t.level=0.3", searches)
    assert (before.lamp, still.lamp) == ("TRIG'D", "WAIT")
    assert before.trigger.x is not None
    assert still.trigger.x == pytest.approx(1.98 + np.arcsin(0.3) / TAU / 50, abs=1e-5)
    free = made(memory, "tb=2m&t.level=0.3", searches)
    assert (free.lamp, free.trigger.x) == ("AUTO", None)


def test_single_takes_the_first_event_after_it_was_armed_and_no_other() -> None:
    memory, searches, scope = streamed(RATE, 2, sine), Searches(), Scope()
    recall(scope, parse_qs("tb=2m&t.level=0.3"))
    scope.settle(memory)
    scope.arm(memory)
    armed = frame(scope.view(), memory, Setup(), searches)
    assert armed.lamp == "WAIT"
    assert armed.trigger.x is not None  # the last one from before is still on the glass
    seen = []
    for _ in range(10):
        x = after(memory, 500)
        more(memory, x, sine(x))
        seen.append(frame(scope.view(), memory, Setup(), searches))
    taken = [shown.trigger.x for shown in seen if shown.lamp == "STOP"]
    assert len(taken) == 10
    assert len(set(taken)) == 1
    assert taken[0] == pytest.approx(2 + np.arcsin(0.3) / TAU / 50, abs=1e-5)


def test_single_without_an_event_waits() -> None:
    memory, searches, scope = streamed(RATE, 2, np.zeros_like), Searches(), Scope()
    recall(scope, parse_qs("tb=2m&t.level=1&t.hysteresis=0.1"))
    scope.settle(memory)
    scope.arm(memory)
    assert frame(scope.view(), memory, Setup(), searches).lamp == "WAIT"
    more(memory, after(memory, 1000), np.r_[np.zeros(500), np.full(500, 2.0)])
    assert frame(scope.view(), memory, Setup(), searches).lamp == "STOP"


def test_force_shows_a_sweep_although_nothing_triggers() -> None:
    memory, searches, scope = streamed(RATE, 2, sine), Searches(), Scope()
    recall(scope, parse_qs("tb=2m&t.mode=normal&t.level=5&t.hysteresis=0"))
    scope.settle(memory)
    scope.force_one(memory)
    x = after(memory, 500)
    more(memory, x, sine(x))
    forced = frame(scope.view(), memory, Setup(), searches)
    assert forced.traces
    assert forced.left + forced.span / 2 == pytest.approx(2 - 1 / RATE)
    assert (forced.lamp, forced.trigger.count) == ("WAIT", 0)
    scope.trigger.mode = "auto"
    assert frame(scope.view(), memory, Setup(), searches).lamp == "AUTO"


def test_an_event_after_a_forced_sweep_triggers_again() -> None:
    memory, searches, scope = streamed(RATE, 2, sine), Searches(), Scope()
    recall(scope, parse_qs("tb=2m&t.mode=normal&t.level=5&t.hysteresis=0.1"))
    scope.settle(memory)
    scope.force_one(memory)
    more(memory, after(memory, 400), np.r_[np.zeros(100), np.full(300, 9.0)])
    shown = frame(scope.view(), memory, Setup(), searches)
    assert (shown.lamp, shown.trigger.x) == ("TRIG'D", pytest.approx(2.01, abs=1 / RATE))


@pytest.mark.parametrize("link", ["tb=2m&t.mode=normal&t.level=5", "tb=2m&hit=1,5", "tb=2m&place=1,5"])
def test_an_empty_screen_still_has_the_x_of_its_channel(link: str) -> None:
    memory = streamed(RATE, 2, sine)
    memory.records["ch1"].allow(10_000)
    shown = made(memory, link)
    assert (shown.traces, shown.lead) == ({}, "ch1")


@pytest.mark.parametrize(("condition", "n"), [("within", 1), ("outside", 0)])
def test_the_widths_of_a_pulse_may_be_told_in_either_order(condition: str, n: int) -> None:
    memory, searches = Memory(100_000), Searches()
    x = np.arange(10_000) / RATE
    send(memory, "ch1", x, np.where((x > 0.5) & (x < 0.503), 1.0, 0.0))
    link = f"tb=2m&t.mode=normal&t.kind=pulse&t.condition={condition}&t.low_width=4m&t.high_width=2m"
    assert made(memory, link, searches).trigger.count == n


def test_a_slow_screen_rolls_in_auto_and_triggers_in_normal() -> None:
    memory = streamed(1000, 30, lambda x: np.sign(np.sin(TAU * 0.5 * x)))
    assert made(memory, "tb=1").lamp == "ROLL"
    held = made(memory, "tb=1&t.mode=normal")
    assert held.lamp == "TRIG'D"
    assert held.trigger.x == pytest.approx(24, abs=0.01)


def test_a_channel_that_fell_silent_does_not_say_what_the_sweep_does() -> None:
    memory = Memory(1_000_000)
    send(memory, "silent", [0.0], [0.0], NOW)
    for n in range(150):
        x = np.arange(1000 * n, 1000 * (n + 1)) / RATE
        send(memory, "live", x, sine(x), NOW + x[-1])
    assert made(memory, "tb=2m").lead == "silent"
    assert made(memory, "tb=2m").lamp == "TRIG'D"
    assert made(memory, "tb=2m&t.level=5").lamp == "AUTO"
    assert made(memory, "tb=1").lamp == "ROLL"


def test_the_source_may_be_a_channel_that_is_not_on_the_screen() -> None:
    memory = Memory(100_000)
    for n in range(20):
        x = (n * 1000 + np.arange(1000)) / RATE
        send(memory, "clock", x, np.sin(TAU * 10 * x), NOW + n / 10)
        send(memory, "data", x, x, NOW + n / 10)
    shown = made(memory, "tb=2m&t.mode=normal&t.source=clock&off=clock")
    assert [trace.channel for trace in shown.traces.values()] == ["data"]
    assert shown.trigger.source == "clock"
    assert shown.trigger.x == pytest.approx(1.9, abs=1e-4)
    assert shown.left == pytest.approx(1.9 - 0.01, abs=1e-4)


def test_a_timeout_finds_the_sensor_that_went_silent() -> None:
    memory = Memory(100_000)
    x = np.arange(20_000) / RATE
    y = np.where(x < 1, sine(x), 0.0)
    for n in range(20):
        send(memory, "ch1", x[n * 1000 :][:1000], y[n * 1000 :][:1000], NOW + n / 10)
    shown = made(memory, "tb=50m&t.mode=normal&t.kind=timeout&t.level=0.5&t.time=100m")
    assert shown.trigger.x == pytest.approx(1.1, abs=0.02)


def test_every_event_is_counted_also_between_two_looks() -> None:
    memory, searches = streamed(RATE, 1, sine), Searches()
    for _ in range(5):
        made(memory, "tb=2m", searches)
        x = after(memory, 20_000)
        more(memory, x, sine(x))
    last = made(memory, "tb=2m", searches)
    assert last.trigger.count == pytest.approx(11 * 50, abs=1)
    assert last.trigger.rate == pytest.approx(50, rel=1e-4)


def test_the_past_is_shown_while_samples_come() -> None:
    memory, searches = streamed(RATE, 3, sine), Searches()
    before = made(memory, "tb=10m&at=1.2", searches)
    assert before.history
    assert (before.left, before.span) == (pytest.approx(1.15), pytest.approx(0.1))
    x = after(memory, 5000)
    more(memory, x, sine(x))
    now = made(memory, "tb=10m&at=1.2", searches)
    np.testing.assert_array_equal(now.traces[0].y, before.traces[0].y)


def test_the_past_of_a_restarted_sender_is_in_the_newest_segment_there() -> None:
    memory = Memory(100_000)
    for _ in range(3):
        x = np.arange(1000) / 1000
        send(memory, "ch1", x, np.arange(1000.0))
    send(memory, "ch1", 5 + np.arange(1000) / 1000, np.zeros(1000))
    shown = made(memory, "tb=10m&at=0.5")
    trace = shown.traces[0]
    assert (trace.start, trace.stop) == (pytest.approx(2449, abs=2), pytest.approx(2551, abs=2))


@pytest.mark.parametrize(
    "link",
    [
        "t.kind=runt&t.low=-1&t.high=1&t.polarity=negative",
        "t.level=-0.25&t.noise=1&t.holdoff=0.001&ref=0.2&delay=-0.5",
        "at=1732310000.25&m=ch1%3Afrequency&m=ch1%3Aphase%3Ach2&gate=0.25,0.75",
        "display=fft&fft.window=flat-top&fft.average=max%20hold&fft.count=16",
    ],
)
def test_a_link_says_what_was_set_and_gives_it_back(link: str) -> None:
    scope = Scope()
    assert recall(scope, parse_qs(link)) == []
    again = Scope()
    assert recall(again, parse_qs(query(scope))) == []
    assert again.view() == scope.view() == asked(scope.view().query())
    assert query(again) == query(scope)
    assert set(parse_qs(query(scope))) == set(parse_qs(link))


@pytest.mark.parametrize(
    "wrong",
    [
        "t.kind=edges", "t.level=abc", "t.nothing=1", "t.name=x", "ref=2", "at=nan", "m=frequency",
        "m=ch1:beauty", "m=ch1:phase", "gate=0.5,0.2", "display=3d", "fft.window=round", "fft.count=1",
        "fft.colour=red",
        "single=1", "force=x,y", "t.holdoff=-1", "t.slope=up", "delay=1e999",
    ],
)  # fmt: skip
def test_what_a_link_cannot_mean_is_refused(wrong: str) -> None:
    scope = Scope()
    assert recall(scope, parse_qs(wrong)) == [wrong.partition("=")[0]]
    assert scope.view() == View()


def test_settings_that_contradict_each_other_never_trigger() -> None:
    own = Triggering(kind="window", low=2.0, high=1.0)
    assert own.fitted(0, 1) is None
    memory = streamed(RATE, 1, sine)
    assert made(memory, "tb=2m&t.mode=normal&t.kind=window&t.low=2&t.high=1").lamp == "WAIT"


def test_the_knobs_and_the_settings_have_the_same_defaults() -> None:
    assert Trigger().setting() == Triggering()


def test_force_is_a_sweep_for_a_single_that_waits() -> None:
    memory, searches, scope = streamed(RATE, 2, sine), Searches(), Scope()
    recall(scope, parse_qs("tb=2m&t.level=5&t.hysteresis=0"))
    scope.settle(memory)
    scope.arm(memory)
    scope.force_one(memory)
    assert frame(scope.view(), memory, Setup(), searches).lamp == "WAIT"
    x = after(memory, 500)
    more(memory, x, sine(x))
    assert frame(scope.view(), memory, Setup(), searches).lamp == "STOP"
    scope.stop(memory, None, searches)
    scope.run()
    assert frame(scope.view(), memory, Setup(), searches).lamp == "AUTO"
