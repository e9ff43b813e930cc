from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scope.link import query, recall
from app.scope.scope import Scope

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20)
SCALES = st.floats(1e-12, 1e12)


def read(text: str) -> tuple[Scope, list[str]]:
    scope = Scope()
    return scope, recall(scope, parse_qs(text))


@given(SCALES, st.dictionaries(NAMES, st.tuples(SCALES, st.floats(-1000, 1000), st.booleans()), max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_link_gives_back_the_knobs(timebase: float, channels: dict[str, tuple[float, float, bool]]) -> None:
    scope = Scope()
    scope.sweep_speed(timebase)
    for name, (scale, position, on) in channels.items():
        scope.scale(name, scale)
        scope.move(name, position)
        scope.switch(name, on=on)
    found, refused = read(query(scope))
    assert refused == []
    assert found.touched == scope.touched
    assert found.timebase.units_per_div == pytest.approx(timebase, rel=1e-10)
    for name, (scale, position, on) in channels.items():
        knobs = found.channel(name)
        assert (knobs.units_per_div, knobs.position) == pytest.approx((scale, position), rel=1e-10, abs=1e-10)
        assert knobs.on is on


def test_an_untouched_scope_has_an_empty_link() -> None:
    assert query(Scope()) == ""


@pytest.mark.parametrize("text", ["tb=abc", "tb=-1", "tb=0", "tb=1e999", "v.ch1=x,1", "v.ch1=1,1e99", "tb="])
def test_nonsense_is_named_and_changes_nothing(text: str) -> None:
    scope, refused = read(text)
    assert refused == ([] if text == "tb=" else [text.partition("=")[0]])
    assert scope.timebase.units_per_div == 1
    assert "timebase" not in scope.touched


@pytest.mark.parametrize("text", ["t.low=1&t.high=3", "t.low=3&t.high=1", "t.high=1&t.low=3"])
def test_the_levels_of_a_runt_are_taken_either_way_round(text: str) -> None:
    scope, refused = read(f"t.kind=runt&{text}")
    assert (scope.trigger.low, scope.trigger.high, refused) == (1, 3, [])


def test_parameters_of_others_are_left_alone() -> None:
    assert read("utm_source=x&theme=dark&bokeh-session-id=1")[1] == []
