from dataclasses import FrozenInstanceError, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import trigger_oracles as slow
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dsp.edges import Slope
from app.dsp.finder import Events, Finder
from app.dsp.trigger import (
    TRIGGERS,
    Condition,
    Edge,
    Polarity,
    PulseWidth,
    Runt,
    Timeout,
    Trigger,
    Way,
    WindowTrigger,
)

NAN = float("nan")
N, PERIOD, NOISE = 200_000, 1000, 0.02  # of the sine in which glitches and runts are planted

HEIGHTS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, NAN])
STEPS = st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0, 2.0])
LEVELS = st.sampled_from([-0.5, 0.0, 0.3])
RETREATS = st.sampled_from([0.0, 0.0, 0.5, 1.5])
SMALL = st.sampled_from([0.0, 0.1, 0.5])
WIDTHS = st.sampled_from([0.0, 1.0, 1.7, 3.0])
TRIGGER = st.one_of(
    st.builds(Edge, level=LEVELS, hysteresis=RETREATS, slope=st.sampled_from(Slope)),
    st.builds(
        PulseWidth,
        level=LEVELS,
        hysteresis=RETREATS,
        polarity=st.sampled_from(Polarity),
        condition=st.sampled_from(Condition),
        low_width=WIDTHS,
        high_width=st.sampled_from([3.0, 4.5]),
    ),
    st.builds(
        WindowTrigger,
        low=LEVELS,
        high=st.just(1.0),
        way=st.sampled_from(Way),
        hysteresis=SMALL.map(lambda h: h / 2),
    ),
    st.builds(Runt, low=LEVELS, high=st.just(1.0), polarity=st.sampled_from(Polarity), hysteresis=SMALL),
    st.builds(
        Timeout,
        level=LEVELS,
        hysteresis=RETREATS,
        slope=st.sampled_from(Slope),
        time=st.sampled_from([0.3, 1.0, 2.5]),
    ),
)


@st.composite
def signals(draw: st.DrawFn) -> slow.Signal:
    y = draw(st.lists(HEIGHTS, max_size=60))
    x = np.cumsum(draw(st.lists(STEPS, min_size=len(y), max_size=len(y)))).tolist()
    breaks = draw(st.sets(st.integers(0, len(y) - 1), max_size=3)) if y else ()
    return slow.Signal(x, y, breaks)


def fed(finder: Finder, signal: slow.Signal, cuts: list[int], first: int = 0) -> slow.Found:
    """What a finder finds in a signal cut into blocks, with what waits at the end."""
    x, y = np.array(signal.x, float), np.array(signal.y, float)
    bounds = [0, *sorted(cut % (len(y) + 1) for cut in cuts), len(y)]
    found: list[Events] = []
    for start, stop in pairwise(bounds):
        breaks = sorted(at - start for at in signal.breaks if start <= at < stop)
        found.append(finder.feed(first + start, x[start:stop], y[start:stop], breaks))
    found.append(finder.pending)
    return [(int(n) - first, float(at)) for part in found for n, at in zip(part.numbers, part.x, strict=True)]


@settings(max_examples=600, deadline=None)
@given(signals(), TRIGGER, st.sampled_from([0.0, 0.0, 1.0, 2.6]), st.lists(st.integers(0, 60), max_size=6))
def test_every_trigger_finds_what_its_slow_twin_finds_however_the_samples_are_cut(
    signal: slow.Signal, trigger: Trigger, holdoff: float, cuts: list[int]
) -> None:
    found = fed(Finder(trigger, holdoff), signal, cuts, first=1000)
    meant = slow.events(signal, trigger, holdoff)
    assert [n for n, _ in found] == [n for n, _ in meant]
    assert [at for _, at in found] == pytest.approx([at for _, at in meant], abs=1e-7)


@pytest.mark.parametrize(
    "trigger",
    [
        Edge(slope=Slope.EITHER, hysteresis=0.2),
        PulseWidth(level=0.1),
        Runt(low=-0.5, high=0.7, hysteresis=0.1),
        WindowTrigger(low=-0.4, high=0.3),
        Timeout(level=0.2, time=7.3),
    ],
)
def test_instants_are_the_same_to_the_last_bit_however_a_noisy_signal_is_cut(trigger: Trigger) -> None:
    rng = np.random.default_rng(3)
    x = np.cumsum(rng.exponential(1.0, 5000))
    y = np.sin(x / 2) + rng.normal(0, 0.3, 5000)
    y[rng.integers(0, 5000, 20)] = np.nan
    signal = slow.Signal(x.tolist(), y.tolist(), set(rng.integers(0, 5000, 5).tolist()))
    whole = fed(Finder(trigger, 3.0), signal, [])
    assert len(whole) > 100
    assert fed(Finder(trigger, 3.0), signal, rng.integers(0, 5000, 300).tolist()) == whole
    assert fed(Finder(trigger, 3.0), signal, list(range(5000))) == whole


def planted(seed: int) -> tuple[slow.Signal, list[int], list[int], list[int]]:
    """A noisy sine of amplitude 1; numbers of its glitches up, down, and of half-height pulses from below.

    Glitches are 3 samples of 2.5 or -2.5; runts are 40 samples up to 0 on a floor of -1.
    """
    rng = np.random.default_rng(seed)
    y = np.sin(2 * np.pi * np.arange(N) / PERIOD)
    places = rng.permutation(np.arange(1, N // PERIOD - 1))[:60] * PERIOD
    crest, trough = PERIOD // 4, PERIOD * 3 // 4
    up, down = np.sort(places[:20]) + crest, np.sort(places[20:40]) + trough
    short = np.sort(places[40:]) + trough
    for each in up:
        y[each : each + 3] = 2.5
    for each in down:
        y[each : each + 3] = -2.5
    for each in short:
        y[each - 20 : each + 20] = 0.0
    y += rng.normal(0, NOISE, N)
    x = np.arange(N, dtype=float)
    return slow.Signal(x, y), up.tolist(), down.tolist(), short.tolist()  # type: ignore[arg-type]


def numbers(trigger: Trigger, signal: slow.Signal) -> list[int]:
    return [n for n, _ in fed(Finder(trigger), signal, list(range(0, N, 7777)))]


@pytest.mark.parametrize("seed", range(3))
def test_every_planted_glitch_and_runt_is_found_and_none_invented(seed: int) -> None:
    signal, up, down, short = planted(seed)
    glitch = PulseWidth(level=1.5, hysteresis=0.2, high_width=5)
    assert numbers(glitch, signal) == [at + 3 for at in up]
    glitch = replace(glitch, level=-1.5, polarity=Polarity.NEGATIVE)
    assert numbers(glitch, signal) == [at + 3 for at in down]
    runt = Runt(low=-0.5, high=0.5, hysteresis=0.2)
    assert numbers(runt, signal) == [at + 20 for at in short]
    assert numbers(WindowTrigger(low=-1.5, high=1.5), signal) == sorted(up + down)
    ends = [at + 3 for at in sorted(up + down)]
    assert numbers(WindowTrigger(low=-1.5, high=1.5, way=Way.ENTER), signal) == ends


@pytest.mark.parametrize("periods_of_ten", [0.0, 0.13, 0.4])
@pytest.mark.parametrize(("level", "most"), [(0.0, 0.01), (0.8, 0.02), (-0.8, 0.02)])
def test_instants_of_a_sine_at_ten_samples_a_period_are_within_the_budget(
    level: float, most: float, periods_of_ten: float
) -> None:
    period = 10 + periods_of_ten / 7  # every phase of a sample comes by
    x = np.arange(3000.0)
    signal = slow.Signal(x, np.sin(2 * np.pi * x / period))  # type: ignore[arg-type]
    for slope, first in ((Slope.RISING, np.arcsin(level)), (Slope.FALLING, np.pi - np.arcsin(level))):
        found = np.array(
            [at for n, at in fed(Finder(Edge(level=level, slope=slope)), signal, [1500]) if 1 < n < 2999]
        )
        turns = found / period - first / (2 * np.pi)
        assert len(found) > 290
        assert abs(turns - np.rint(turns)).max() * period < most


def test_an_event_at_the_newest_sample_is_pending_until_the_next_one() -> None:
    finder = Finder(Edge(), holdoff=1.0)
    assert len(finder.feed(7, np.arange(3.0), np.array([-3.0, -2.0, 1.0]))) == 0
    assert [finder.pending.numbers.tolist(), finder.pending.x.tolist()] == [[9], [pytest.approx(1 + 2 / 3)]]
    told = finder.feed(10, np.array([3.0]), np.array([4.0]))
    assert told.numbers.tolist() == [9]
    assert told.x[0] == pytest.approx(slow.instant(slow.Signal([0, 1, 2, 3], [-3, -2, 1, 4]), 2, 0.0))
    assert len(finder.pending) == 0


def test_a_timeout_fires_once_for_each_silence_and_says_when_it_will() -> None:
    finder = Finder(Timeout(time=2.5, slope=Slope.RISING))
    assert finder.due is None
    finder.feed(0, np.arange(3.0), np.array([-1.0, 1.0, 1.0]))
    assert finder.due == 3.0
    told = finder.feed(3, np.arange(3.0, 100.0), np.ones(97))
    assert (told.numbers.tolist(), told.x.tolist(), finder.due) == ([3], [3.0], None)
    assert len(finder.feed(100, np.arange(100.0, 200.0), np.ones(100))) == 0


def test_holdoff_ignores_the_second_edge() -> None:
    x, y = np.arange(40.0), np.where(np.arange(40) % 4 < 2, -1.0, 1.0)
    signal = slow.Signal(x, y)  # type: ignore[arg-type]
    assert [n for n, _ in fed(Finder(Edge()), signal, [])] == list(range(2, 40, 4))
    assert [n for n, _ in fed(Finder(Edge(), 5.0), signal, [])] == list(range(2, 40, 8))
    assert [n for n, _ in fed(Finder(Edge(), 8.0), signal, [])] == list(range(2, 40, 8))
    assert [n for n, _ in fed(Finder(Edge(), 1e9), signal, [])] == [2]


def test_a_finder_refuses_samples_that_do_not_follow_until_it_is_restarted() -> None:
    finder = Finder(Edge())
    finder.feed(5, np.arange(3.0), np.full(3, -1.0))
    with pytest.raises(ValueError, match="sample 9 does not follow sample 7"):
        finder.feed(9, np.arange(3.0), np.ones(3))
    finder.restart()
    assert len(finder.feed(9, np.arange(3.0), np.ones(3))) == 0


def test_float32_is_compared_as_float32() -> None:
    x, y = np.arange(4.0), np.array([0.0, 0.0, 0.7, 0.7], np.float32)
    assert float(np.float32(0.7)) < 0.7
    assert Finder(Edge(level=0.7)).feed(0, x, y).numbers.tolist() == [2]
    assert len(Finder(Edge(level=0.7)).feed(0, x, y.astype(np.float64))) == 0


@pytest.mark.parametrize("name", TRIGGERS)
def test_every_trigger_can_be_kept_compared_and_drawn(name: str) -> None:
    trigger = TRIGGERS[name](source="ch1")
    assert hash(trigger) == hash(TRIGGERS[name](source="ch1"))
    assert trigger != TRIGGERS[name]()
    assert trigger.source == "ch1"
    plain = {getattr(trigger, field.name) for field in fields(trigger)}
    assert set(trigger.marks) <= plain
    with pytest.raises(FrozenInstanceError):
        trigger.source = "ch2"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        (Edge, {"level": NAN}, "level nan"),
        (Edge, {"hysteresis": -1.0}, "hysteresis -1"),
        (PulseWidth, {"low_width": -2.0}, "low_width -2"),
        (PulseWidth, {"condition": Condition.WITHIN, "low_width": 2.0, "high_width": 1.0}, "high_width 1"),
        (WindowTrigger, {"low": 1.0, "high": 1.0}, "low 1.0 is not below high 1.0"),
        (WindowTrigger, {"hysteresis": 1.1}, "half of the window"),
        (Runt, {"hysteresis": 2.0}, "not below 2.0"),
        (Timeout, {"time": 0.0}, "time 0.0"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(kind: type[Trigger], wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        kind(**wrong)


def test_a_holdoff_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Finder(Edge(), -1.0)
