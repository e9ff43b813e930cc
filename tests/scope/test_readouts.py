"""What a panel shows of a view, and what belongs to its traces."""

from typing import Any, cast
from urllib.parse import parse_qs

import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope.autoset import Setup, Vertical
from app.scope.frame import Frame
from app.scope.link import query, recall
from app.scope.readouts import EDGE, FINE, WIDE, legend, located, readouts, timebase, verticals
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View, frame
from tests.scope.signals import NOW, filled

X = np.arange(1000) / 1000


def drawn(memory: Memory, view: View | None = None, setup: Setup | None = None) -> Frame:
    return frame(view or View(units_per_div=0.1), memory, setup or Setup(), Searches())


def knobs(**channels: tuple[float, float]) -> Setup:
    return Setup(0.1, {name: Vertical(*both) for name, both in channels.items()})


def test_readouts_tell_every_channel_also_those_that_are_off() -> None:
    memory, view = filled(("a", X, X), ("b", X, -X)), View(units_per_div=0.1, off=frozenset({"b"}))
    shown = readouts(drawn(memory, view), view, memory, NOW)
    channels = shown["channels"]
    assert isinstance(channels, list)
    assert [(c["name"], c["number"], c["on"], c["total"]) for c in channels] == [
        ("a", 1, True, 1000),
        ("b", 2, False, 1000),
    ]
    assert (shown["timebase"], shown["samples"]) == ("0.1", "2\u2009000")


def test_an_empty_scope_waits() -> None:
    memory = Memory(100)
    shown = readouts(drawn(memory), View(), memory, NOW)
    assert (shown["lamp"], shown["rate"], shown["channels"]) == ("WAIT", "---", [])


@pytest.mark.parametrize(
    ("position", "ground"),
    [(1.5, [1.5, "1▸"]), (-4.0, [-EDGE, "1▸"]), (7.0, [EDGE, "1▴"]), (-7.0, [-EDGE, "1▾"])],
)
def test_limits_and_ground_follow_the_vertical_knobs(position: float, ground: list[object]) -> None:
    memory = filled(("a", X, X))
    found = legend(drawn(memory, setup=knobs(a=(0.5, position))), memory)[0]
    assert found["ground"] == ground
    assert found["limits"] == pytest.approx([(-4 - position) / 2, (4 - position) / 2])


def test_a_line_of_many_points_is_fine_but_a_figure_is_not() -> None:
    turn = 2 * np.pi * np.arange(1000) / 100
    memory = filled(("many", X, X), ("few", X[:100], X[:100]), ("figure", np.cos(turn), np.sin(turn)))
    found = legend(drawn(memory), memory)
    assert [found[slot]["width"] for slot in range(3)] == [FINE, WIDE, WIDE]


def test_a_trace_is_called_by_its_label_and_has_its_units() -> None:
    memory = Memory(100)
    memory.append([Samples("a", 0.0, X[:9], X[:9], Origin.DATA, unit="V", x_unit="mm")], NOW)
    memory.label("a", "Pump")
    found = legend(drawn(memory), memory)[0]
    assert (found["label"], found["unit"], found["x_unit"], found["clock"]) == ("Pump", "V", "mm", False)


def test_the_time_of_day_is_read_from_what_a_sender_says_in_seconds_since_1970() -> None:
    memory = Memory(1000)
    memory.append([Samples("a", NOW, np.linspace(0, 1, 11), np.zeros(11), Origin.DATA, x_unit="s")], NOW)
    shown = drawn(memory)
    about = cast(dict[str, Any], readouts(shown, View(), memory, NOW)["axis"])
    at = [shown.left + share * shown.span for share in (0.0, 0.5, 1.0)]
    assert (about["clock"], about["at"]) == (True, at)
    assert legend(shown, memory)[0]["clock"]


def test_only_knobs_that_were_turned_are_told_unless_all_are_wanted() -> None:
    memory, scope = filled(("a", X, X), ("b", X, X)), Scope()
    scope.settle(memory)
    scope.scale("a", 0.5)
    assert list(verticals(scope, memory.records.get)) == ["a"]
    assert verticals(scope, memory.records.get)["a"]["units"] == "0.5"
    assert list(verticals(scope, memory.records.get, turned=False)) == ["a", "b"]
    assert verticals(scope, {}.get) == {}


def test_a_timebase_that_nobody_has_turned_is_the_frames() -> None:
    scope = Scope()
    assert timebase(scope, None) is None
    scope.sweep_speed(0.002)
    assert timebase(scope, None) == "0.002"


@pytest.mark.parametrize(
    ("x", "span", "text"),
    [(0.0, 1.0, "0 s"), (1e-5, 1.0, "0 s"), (1.5, 1.0, "1.500 s"), (1234567.25, 1.0, "1.234567250 Ms")],
)
def test_x_is_told_as_fine_as_the_screen_resolves(x: float, span: float, text: str) -> None:
    assert located(x, span, "s") == text


def test_an_inverted_channel_is_upside_down_around_its_zero() -> None:
    scope = Scope()
    assert recall(scope, {"v.ch1": ["0.5,-1,inverted"]}) == []
    assert query(scope) == "v.ch1=0.5%2C-1%2Cinverted"
    memory = filled(("ch1", np.arange(10.0), np.arange(10.0)))
    found = verticals(scope, memory.records.get)["ch1"]
    assert found["limits"] == [1.5, -2.5]
    assert found["ground"] == [-1.0, "1▸"]


def dated(second: int, n: int = 10_000) -> Samples:
    """A second of a signal of 50 Hz, by the server's clock."""
    x = np.arange(n) / n
    return Samples("a", NOW + second, x, np.sin(2 * np.pi * 50 * x), Origin.CLOCK, unit="V")


@pytest.mark.parametrize("link", ["tb=500u&t.mode=normal&t.level=10&t.hysteresis=0", "tb=500u&hit=1,5"])
def test_an_empty_screen_tells_timebase_and_rate_of_what_comes_in(link: str) -> None:
    memory, scope = Memory(5000), Scope()
    for second in range(3):
        memory.append([dated(second)], NOW + second + 1)
    recall(scope, parse_qs(link))
    shown = readouts(drawn(memory, scope.view()), scope.view(), memory, NOW + 3)
    assert (shown["timebase"], shown["rate"]) == ("500 us", "10.0 kSa/s")
    assert shown["axis"] == {"clock": False, "at": ["", "", ""]}
    trigger = cast(dict[str, Any], shown["trigger"])
    assert (trigger["x_unit"], trigger["dated"]) == ("s", True)


@pytest.mark.parametrize(("mode", "quiet"), [("auto", "AUTO"), ("normal", "WAIT")])
def test_the_lamp_says_so_when_the_source_has_fallen_silent(mode: str, quiet: str) -> None:
    memory, scope = Memory(100_000), Scope()
    for second in range(3):
        memory.append([dated(second)], NOW + second + 1)
    recall(scope, parse_qs(f"tb=2m&t.mode={mode}"))
    held = drawn(memory, scope.view())
    said = {late: readouts(held, scope.view(), memory, NOW + 3 + late)["lamp"] for late in (0, 4, 6, 20)}
    assert said == {0: "TRIG'D", 4: "TRIG'D", 6: quiet, 20: quiet}
    recall(scope, parse_qs("tb=2"))  # a screen of 20 s may wait as long
    if mode == "normal":
        wide = drawn(memory, scope.view())
        assert readouts(wide, scope.view(), memory, NOW + 10)["lamp"] == wide.lamp
