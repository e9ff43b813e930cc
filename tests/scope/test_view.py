from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.memory.memory import Memory
from app.scope.autoset import Autoset, Setup
from app.scope.frame import Frame, Kind
from app.scope.link import query, recall
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View, frame, rounded, shown
from tests.scope.signals import NOW, filled, send, streamed

NAMES = st.one_of(
    st.sampled_from(["tb", "on", "v.a", "since.a", "a,1", "a&b=c", "100 %+;#", "°C", "a=b", "٣", "+", "."]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20),
)
NUMBERS = st.integers(0, 10**15)


@st.composite
def views(draw: st.DrawFn) -> View:
    switched = draw(st.dictionaries(NAMES, st.booleans(), max_size=5))
    cleared = draw(st.dictionaries(NAMES, st.tuples(NUMBERS, NUMBERS), max_size=5))
    return View(
        draw(st.none() | st.floats(1e-150, 1e150).map(rounded)),
        frozenset(name for name, on in switched.items() if on),
        frozenset(name for name, on in switched.items() if not on),
        tuple(sorted((n, *what) for n, what in cleared.items() if switched.get(n, True))),
    )


def read(text: str) -> View:
    scope = Scope()
    assert recall(scope, parse_qs(text)) == []
    return scope.view()


@given(views())
@example(View(None, frozenset({"a"}), frozenset({"b"}), (("c", 1, 2),)))
@settings(max_examples=150, deadline=None)
def test_a_view_comes_back_from_its_query(view: View) -> None:
    assert read(view.query()) == view


def test_the_query_of_a_view_is_short_and_in_order() -> None:
    assert View().query() == ""
    view = View(0.002, frozenset("ba"), frozenset("dc"), (("e", 7, 9),))
    assert view.query() == "tb=0.002&on=a&on=b&off=c&off=d&since.e=7%2C9"


@pytest.mark.parametrize("text", ["1", "1,", "a,1", "-1,2", "1,2.5", "1," + "9" * 40, "1,2,3", ","])
def test_a_clearing_that_cannot_be_read_is_named_and_changes_nothing(text: str) -> None:
    scope = Scope()
    assert recall(scope, {"since.a": [text]}) == ["since.a"]
    assert scope.cleared == {}


def test_the_link_of_a_tab_does_not_tell_what_it_cleared() -> None:
    assert query(read_scope("since.a=1,2")) == ""


def read_scope(text: str) -> Scope:
    scope = Scope()
    recall(scope, parse_qs(text))
    return scope


def test_equal_knobs_are_one_view() -> None:
    memory, one, other = filled(("a", [1.0], [1.0])), Scope(), Scope()
    for scope in (one, other):
        scope.settle(memory)
    one.sweep_speed(0.1 + 0.2)
    other.sweep_speed(0.3)
    one.scale("a", 7.0)
    one.switch("a", on=False)
    one.switch("a", on=True)
    assert one.view() == other.view() == View(0.3)
    assert hash(one.view()) == hash(other.view())


def test_a_ninth_channel_that_is_switched_on_is_in_the_view() -> None:
    memory, scope = filled(*((f"c{n}", [1.0], [1.0]) for n in range(9))), Scope()
    scope.settle(memory)
    scope.switch("c8", on=True)
    scope.switch("c2", on=False)
    assert scope.view() == View(on=frozenset({"c8"}), off=frozenset({"c2"}))
    assert shown(scope.view(), memory)[2].name == "c8"
    scope.switch("c8", on=False)
    assert scope.view() == View(off=frozenset({"c2"}))


def test_what_is_cleared_of_a_channel_that_is_off_is_not_in_the_view() -> None:
    memory, scope = filled(("a", [1.0], [1.0]), ("b", [1.0], [1.0])), Scope()
    scope.settle(memory)
    scope.clear(memory)
    scope.switch("b", on=False)
    assert scope.view().cleared == (("a", memory.records["a"].serial, 1),)


def signals() -> Memory:
    memory = streamed(10_000, 2, lambda x: np.sin(2 * np.pi * 50 * x))
    t = np.linspace(0, 40, 3000)
    send(memory, "figure", 3 * np.cos(t), np.sin(3 * t), NOW + 2)
    return memory


def same(one: Frame, other: Frame) -> bool:
    """Whether two frames show the same."""
    told = all(
        getattr(one, name) == getattr(other, name)
        for name in ("span", "left", "reference", "lead", "lamp", "units_per_div", "setup")
    )
    return (
        told
        and one.traces.keys() == other.traces.keys()
        and all(
            np.array_equal(trace.x, other.traces[slot].x)
            and np.array_equal(trace.y, other.traces[slot].y, equal_nan=True)
            and (trace.x0, trace.ends, trace.serial)
            == tuple(getattr(other.traces[slot], name) for name in ("x0", "ends", "serial"))
            for slot, trace in one.traces.items()
        )
    )


@pytest.mark.parametrize("text", ["", "tb=0.01", "tb=0.5", "off=ch1", "off=figure&tb=0.02"])
def test_a_tab_shows_the_frame_of_its_view(text: str) -> None:
    memory, scope, searches = signals(), read_scope(text), Searches()
    setup = Autoset().update(memory.records.values(), memory.version)
    scope.settle(memory)
    scope.follow(memory, setup)
    expected = frame(read(text), memory, setup, searches)
    found = scope.frame(memory, searches)
    assert same(found, expected)
    assert found.units_per_div == scope.timebase.units_per_div
    assert {trace.channel: trace.serial for trace in found.traces.values()} == {
        name: memory.records[name].serial for name in ("ch1", "figure") if f"off={name}" not in text
    }


def test_a_frame_says_where_its_channels_were_held() -> None:
    memory = signals()
    found = frame(View(0.02), memory, Setup(), Searches())
    assert found.lamp == "TRIG'D"
    assert set(found.held) == {"ch1"}
    anchor = found.held["ch1"]
    assert anchor.segment.x0 + anchor.left(found.span) == found.left == found.traces[0].x0


def test_the_timebase_scales_a_figure_that_is_alone_and_the_set_up_does_it_beside_a_trace() -> None:
    memory = signals()
    setup = Autoset().update(memory.records.values(), memory.version)
    alone = frame(View(0.5, off=frozenset({"ch1"})), memory, setup, Searches())
    beside = frame(View(0.5), memory, setup, Searches())
    assert alone.traces[1].kind is beside.traces[1].kind is Kind.XY
    assert alone.traces[1].ends == (-2.5, 2.5)
    assert beside.traces[1].ends[1] - beside.traces[1].ends[0] == 10 * setup.figure("figure").units_per_div
    assert (alone.lead, alone.lamp, beside.lead) == ("figure", "AUTO", "ch1")


def test_a_frame_changes_nothing() -> None:
    memory, searches = signals(), Searches()
    setup = Autoset().update(memory.records.values(), memory.version)
    frames = [frame(View(), memory, setup, searches) for _ in range(2)]
    assert same(*frames)
    assert same(frames[0], frame(View(), memory, setup, Searches()))
