"""A browser may ask anything: what cannot be done is refused in words, and nothing else happens."""

from __future__ import annotations

import itertools
import math
from collections import deque
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dsp.maths import MATHS
from app.feed.feed import Feed
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope.frame import ROWS, Frame
from app.scope.link import query
from app.scope.place import Back, Place
from app.scope.scope import Scope
from app.scope.spectral import KNOBS
from app.scope.trigger import NAMES
from app.ui.asked import Refused
from app.ui.bench import empty
from app.ui.commands import COMMANDS, obey
from app.ui.history_commands import HELD, hold
from app.ui.past import Before
from app.ui.tab import Tab
from app.ui.vertical_commands import LONGEST_LABEL

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
NUMBERS = st.floats().map(str) | st.sampled_from(
    ["2m", "500u", "20 mV", "1e150", "1e-150", "-3", "0", "1e10"]
)
COMMAND = st.fixed_dictionaries(
    {"do": st.sampled_from([*COMMANDS])},
    optional={
        "channel": st.sampled_from(["ch1", "ch2", "figure", "=ch1 - ch2", "~ch1:frequency"]) | JSON,
        "operation": st.sampled_from([*MATHS]),
        "a": st.sampled_from(["ch1", "=ch1 - ch2", 3]),
        "b": st.sampled_from(["ch2", "figure", None]),
        "low": st.sampled_from(["10", "1k", "-1", 5]),
        "high": st.sampled_from(["100", "0", "x", []]),
        "name": st.sampled_from(["=ch1 - ch2", "=integral(ch1)", "=ch9", "=1 +", "~ch1:frequency", None]),
        "clicks": st.integers(-5, 5) | st.integers() | JSON,
        "text": NUMBERS | JSON,
        "on": st.booleans() | JSON,
        "ac": st.booleans() | JSON,
        "fine": st.booleans() | JSON,
        "field": st.sampled_from([*NAMES, *KNOBS, "count"]) | JSON,
        "value": st.sampled_from(["normal", "ch2", "falling", "runt", "timeout", "dB", "hann", "5"]) | JSON,
        "item": st.sampled_from(["ch1:frequency", "ch1:phase:ch2"]) | JSON,
        "mode": st.sampled_from(["fft", "yt"]) | JSON,
        "x": st.floats(-2, 2) | JSON,
        "from": st.floats(0, 1) | JSON,
        "to": st.floats(0, 1) | JSON,
        "by": st.floats(-2, 2) | JSON,
        "share": st.floats(0, 1) | JSON,
        "hit": st.sampled_from(["1,100", "2,499,-0.5", "3,7", "1,99999"]) | JSON,
        "pin": st.sampled_from([1, 2]) | JSON,
        "setup": st.sampled_from([1, 2]) | JSON,
        "recording": st.sampled_from([1, 2]) | JSON,
        "format": st.sampled_from(["arrow", "csv"]) | JSON,
        "speed": st.sampled_from([0, 1, -1]) | JSON,
    },
)


class Demo:
    """What the panel can do to the demo, without a demo."""

    running = False

    def start(self) -> bool:
        self.running = True
        return True

    def stop(self) -> None:
        self.running = False


def tab() -> Tab:
    """A tab without a page, on two traces and a figure."""
    memory, x = Memory(2000), np.arange(500) / 500
    wave = np.sin(2 * np.pi * 5 * x)
    for name, base, across in (("ch1", 0.0, x), ("ch2", 1e9, x), ("figure", 0.0, wave)):
        memory.append([Samples(name, base, across, wave, Origin.DATA, unit="V")], 1e9)
    feed = Feed(memory, ROWS)
    bench = SimpleNamespace(
        memory=feed.memory, demo=Demo(), feed=feed, epochs=itertools.count(1), clock=lambda: 1e9
    )
    bench.drawer, bench.rows = empty(), ROWS
    bench.pins, bench.setups = bench.drawer.pins, bench.drawer.setups
    made = SimpleNamespace(scope=Scope(), bench=bench, frame=Frame(), answered=0, past=deque(), taken=None)
    made.restore = lambda link: Tab.restore(cast(Tab, made), link)
    made.source = lambda name: Tab.source(cast(Tab, made), name)
    made.lead = lambda: Tab.lead(cast(Tab, made))
    made.heard = []
    made.hear = made.heard.append
    made.look = lambda: Tab.look(cast(Tab, made))
    made.read = lambda: Tab.read(cast(Tab, made))
    show(made)
    return cast(Tab, made)


def show(made: Any) -> None:
    made.scope.settle(made.bench.memory)
    if made.scope.running:
        made.scope.follow(made.bench.memory, made.bench.feed.setup())
    made.frame = made.scope.frame(made.bench.memory, made.bench.feed.searches)


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_any_value_at_all_is_refused_or_done(words: object) -> None:
    with suppress(Refused):
        obey(tab(), words)


@given(st.lists(COMMAND, max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_the_screen_can_be_drawn(asked: list[dict[str, object]]) -> None:
    made = tab()
    for words in asked:
        with suppress(ValueError):
            obey(made, words)
        show(made)
        for trace in made.frame.traces.values():
            knobs = made.scope.channel(trace.channel)
            low, high = knobs.limits
            assert math.isfinite(low)
            assert (low < high) != knobs.inverted
            assert math.isfinite(trace.ends[0])
            assert trace.ends[0] < trace.ends[1]
    assert len(query(made.scope)) < 2000
    for record in made.bench.memory.records.values():
        assert 0 < len(record.label) <= LONGEST_LABEL
        assert not set(record.label + record.unit) & set("$<>&\"'`\n\r\x00")
        assert 0 < record.probe < math.inf


@given(COMMAND)
@settings(max_examples=300, deadline=None)
def test_what_is_refused_changes_nothing(words: dict[str, object]) -> None:
    made = tab()
    before = knobs(made)
    try:
        obey(made, words)
    except ValueError:
        assert knobs(made) == before


def knobs(made: Tab) -> object:
    """Everything that a command can change."""
    scope, memory = made.scope, made.bench.memory
    turned = {name: (k.on, k.vertical()) for name, k in scope.channels.items()}
    labels = {name: (record.label, record.unit, record.probe) for name, record in memory.records.items()}
    return (
        scope.running, scope.timebase.units_per_div, turned, set(scope.touched), dict(scope.cleared), labels,
        made.bench.demo.running, scope.view(),
    )  # fmt: skip


def test_a_tampered_command_is_refused() -> None:
    for words in (
        None, [], "run", 1, {}, {"do": []}, {"do": "__init__"}, {"do": "units", "clicks": 1},
        {"do": "units", "channel": "gone", "clicks": 1}, {"do": "timebase", "clicks": 1.5},
        {"do": "timebase", "clicks": True}, {"do": "timebase", "text": "9" * 100}, {"do": "timebase"},
        {"do": "position", "channel": "ch1", "text": "1e11"}, {"do": "label", "channel": "ch1"},
        {"do": "label", "channel": "ch1", "text": "x" * 33},
        {"do": "label", "channel": "ch1", "text": "a\nb"},
    ):  # fmt: skip
        with pytest.raises(Refused):
            obey(tab(), words)


def test_a_knob_turns_in_its_sequence() -> None:
    made = tab()
    obey(made, {"do": "units", "channel": "ch1", "text": "500m"})
    for clicks, value in ((1, 1.0), (1, 2.0), (-3, 0.2), (2, 1.0)):
        obey(made, {"do": "units", "channel": "ch1", "clicks": clicks})
        assert made.scope.channel("ch1").units_per_div == value


def test_a_value_may_be_typed_with_its_unit() -> None:
    made = tab()
    obey(made, {"do": "units", "channel": "ch1", "text": "20 mV"})
    assert made.scope.channel("ch1").units_per_div == 0.02
    obey(made, {"do": "position", "channel": "ch1", "text": "-1,5"})
    assert made.scope.channel("ch1").position == -1.5


def test_an_empty_name_is_that_of_the_sender() -> None:
    made = tab()
    obey(made, {"do": "label", "channel": "ch1", "text": " Pump "})
    assert made.bench.memory.records["ch1"].label == "Pump"
    obey(made, {"do": "label", "channel": "ch1", "text": "  "})
    assert made.bench.memory.records["ch1"].label == "ch1"


def test_delete_takes_the_channel_and_its_knobs() -> None:
    made = tab()
    obey(made, {"do": "units", "channel": "ch2", "text": "3"})
    obey(made, {"do": "delete", "channel": "ch2"})
    show(made)
    assert [*made.bench.memory.records] == ["ch1", "figure"]
    assert query(made.scope) == ""


def test_fine_clicks_go_by_two_percent() -> None:
    made = tab()
    obey(made, {"do": "units", "channel": "ch1", "text": "> 500m"})
    obey(made, {"do": "units", "channel": "ch1", "clicks": 1, "fine": True})
    assert made.scope.channel("ch1").units_per_div == pytest.approx(0.51)


def test_a_probe_takes_this_tabs_knobs_with_it_and_undo_brings_all_back() -> None:
    made = tab()
    obey(made, {"do": "units", "channel": "ch1", "text": "500m"})
    obey(made, {"do": "trigger", "field": "level", "text": "0.3"})
    show(made)
    words: dict[str, object] = {"do": "probe", "channel": "ch1", "text": "10x"}
    before = Before.of(made, words)
    obey(made, words)
    assert made.bench.memory.records["ch1"].probe == 10
    assert made.scope.channel("ch1").units_per_div == 5
    assert made.scope.trigger.level == 3
    change = before.change(made)
    assert change is not None
    made.past.append(change)
    obey(made, {"do": "undo"})
    assert made.bench.memory.records["ch1"].probe == 1
    assert made.scope.channel("ch1").units_per_div == 0.5
    assert made.scope.trigger.level == 0.3


def test_undo_leaves_what_somebody_else_has_said_since() -> None:
    made = tab()
    words: dict[str, object] = {"do": "unit", "channel": "ch1", "text": "A"}
    before = Before.of(made, words)
    obey(made, words)
    change = before.change(made)
    assert change is not None
    made.bench.memory.say("ch1", named="W")
    change.take_back(made.bench.memory)
    assert made.bench.memory.records["ch1"].unit == "W"


@pytest.mark.parametrize("text", ["0", "-1", "1e7", "x", "", "nan"])
def test_a_probe_factor_is_a_sensible_number_above_zero(text: str) -> None:
    made = tab()
    with pytest.raises(Refused):
        obey(made, {"do": "probe", "channel": "ch1", "text": text})
    assert made.bench.memory.records["ch1"].probe == 1


@pytest.mark.parametrize("kind", ["window", "runt"])
def test_the_lower_level_stays_below_the_upper_one(kind: str) -> None:
    made = tab()
    obey(made, {"do": "trigger", "field": "kind", "value": kind})
    obey(made, {"do": "trigger", "field": "high", "text": "6"})
    for name, typed, why in (
        ("low", "8", "The lower level must be below the upper one, 6 V."),
        ("low", "6", "The lower level must be below the upper one, 6 V."),
        ("high", "-2", "The upper level must be above the lower one, -500 mV."),  # which follows the signal
    ):
        made.bench.feed.searches.of(made.bench.memory.records["ch1"], made.scope.trigger.setting()).look()
        with pytest.raises(Refused, match=why):
            obey(made, {"do": "trigger", "field": name, "text": typed})
    assert (made.scope.trigger.low, made.scope.trigger.high) == (None, 6)
    obey(made, {"do": "trigger", "field": "low", "text": "5"})
    obey(made, {"do": "trigger", "field": "high", "value": None})
    assert (made.scope.trigger.low, made.scope.trigger.high) == (5, None)


def streamed(seconds: float) -> Tab:
    """A tab at 0.5 ms/div on a memory for 1 s of ch1, which took 2000 samples a second for so long."""
    made = tab()
    records = made.bench.memory
    for name in ("ch1", "ch2", "figure"):
        records.delete(name)
    made.scope.sweep_speed(5e-4)
    come(made, 0.0, seconds)
    return made


def come(made: Tab, begin: float, end: float) -> None:
    """The samples of this time, and what the screen shows then."""
    feed = cast(Any, made.bench.feed)
    for at in np.arange(begin, end - 1e-9, 0.1):
        x = np.arange(200) / 2000
        feed.memory._memory.append([Samples("ch1", at, x, np.sin(400 * x), Origin.DATA)], 1e9 + at + 0.1)
    cast(Any, made.bench).clock = lambda: 1e9 + end
    show(made)


def test_the_oldest_samples_stay_on_the_screen_although_they_leave_the_memory() -> None:
    made = streamed(3)
    obey(made, {"do": "place", "share": 0})
    record = made.bench.memory.records["ch1"]
    show(made)
    assert not made.scope.running
    assert cast(Any, made).heard == [HELD]
    oldest = record.first
    assert made.frame.traces[0].start == oldest
    held = made.frame
    come(made, 3, 6)
    assert record.first > made.frame.traces[0].stop
    assert made.frame is held
    made.scope.sweep_speed(2e-4)  # its samples are kept, too
    show(made)
    assert made.frame.traces[0].stop > made.frame.traces[0].start >= oldest
    obey(made, {"do": "run"})
    show(made)
    assert (made.scope.running, made.frame.history) == (True, False)


def test_a_picture_of_the_past_is_held_when_its_samples_are_about_to_leave() -> None:
    made = streamed(3)
    cast(Any, made.bench.memory)._memory.points = 20_000
    made.bench.memory.records["ch1"].resize(20_000)
    made.bench.memory.records["ch1"].allow(20_000)
    come(made, 3, 13)
    obey(made, {"do": "place", "share": 0.5})
    show(made)
    assert made.scope.running
    assert not hold(made, made.frame)
    come(made, 13, 16.5)
    before = made.frame
    assert hold(made, before, before)
    show(made)
    assert not made.scope.running
    assert made.frame.lamp == "STOP"
    np.testing.assert_array_equal(made.frame.traces[0].y, before.traces[0].y)


def test_from_an_empty_screen_of_the_past_the_bar_leads_back() -> None:
    made = streamed(3)
    made.scope.back = Back(hit=Place(made.bench.memory.records["ch1"].serial, 10))
    show(made)
    assert made.frame.traces == {}
    for share in (0.5, 0.0):
        obey(made, {"do": "place", "share": share})
        show(made)
        assert made.frame.traces


def test_what_is_measured_or_how_it_is_displayed_is_nothing_that_an_autoset_lets_go_of() -> None:
    made = tab()
    scope = made.scope
    assert scope.following
    obey(made, {"do": "measure", "item": "ch1:frequency", "on": True})
    obey(made, {"do": "gate", "from": 0.2, "to": 0.8})
    obey(made, {"do": "display", "mode": "fft"})
    assert scope.following
    for words in (
        {"do": "timebase", "clicks": 1}, {"do": "trigger", "field": "level", "text": "0.1"},
        {"do": "delay", "clicks": 1}, {"do": "reference", "text": "20"}, {"do": "history", "x": 0.5},
        {"do": "switch", "channel": "ch2", "on": False}, {"do": "zoom", "on": True}, {"do": "single"},
    ):  # fmt: skip
        obey(made, words)
        assert not scope.following, words
        obey(made, {"do": "autoset"})
        assert scope.following, words


def test_an_empty_screen_cannot_be_pinned_and_the_panel_says_why() -> None:
    made = tab()
    for name in list(made.bench.memory.records):
        made.bench.memory.delete(name)
    with pytest.raises(Refused, match=r"^There is nothing on the screen to be pinned\.$"):
        obey(made, {"do": "pin", "note": "a"})
