"""One channel over another."""

from __future__ import annotations

import numpy as np
import pytest
from signals import filled

from app.memory.memory import Memory
from app.scope.acquisition_readouts import ordinal
from app.scope.autoset import Autoset, Setup, Vertical
from app.scope.display import displayed
from app.scope.frame import ROWS, Frame, Kind
from app.scope.link import query, recall
from app.scope.readouts import legend, readouts
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View, frame
from app.scope.xy import APART, TWO, ends, thinned

X = np.arange(4000) / 1000
SINE, COSINE = np.sin(2 * np.pi * 5 * X), np.cos(2 * np.pi * 5 * X)


def look(memory: Memory, view: View, setup: Setup | None = None) -> Frame:
    setup = setup or Autoset().update(memory.records.values(), 0)
    return displayed(frame(view, memory, setup, Searches()), view, memory.records.get).frame


def circle(x: tuple[str, str] = ("", ""), **changed: object) -> Frame:
    memory = filled(("a", X, SINE), ("b", X, COSINE), ("c", X, 2 * SINE))
    return look(memory, View(units_per_div=0.1, xy=x, **changed))  # type: ignore[arg-type]


def test_two_sines_in_quadrature_are_a_circle() -> None:
    made = circle()
    (trace,) = made.traces.values()
    np.testing.assert_allclose(np.hypot(trace.x, trace.y), 1, atol=1e-6)
    assert (trace.kind, trace.channel) == (Kind.XY, "b")
    assert made.plane is not None
    assert (made.plane.x, made.plane.y, made.plane.every, made.plane.why) == ("a", "b", 1, None)


def test_the_channels_can_be_chosen() -> None:
    (trace,) = circle(("b", "c")).traces.values()
    np.testing.assert_allclose(np.hypot(trace.x, trace.y / 2), 1, atol=1e-6)
    (line,) = circle(("", "a")).traces.values()  # x is the first other one
    np.testing.assert_allclose(np.hypot(line.x, line.y), 1, atol=1e-6)


def test_a_rarer_channel_is_interpolated() -> None:
    rare = slice(0, None, 10)
    made = look(filled(("a", X, SINE), ("b", X[rare], COSINE[rare])), View(units_per_div=0.1, xy=("", "")))
    (trace,) = made.traces.values()
    assert len(trace.x) > 900
    np.testing.assert_allclose(np.hypot(trace.x, trace.y), 1, atol=0.02)


def test_of_many_pairs_only_some_are_drawn() -> None:
    x = np.arange(60_000) / 15_000
    made = look(filled(("a", x, np.sin(x)), ("b", x, np.cos(x))), View(units_per_div=0.1, xy=("", "")))
    (trace,) = made.traces.values()
    assert made.plane is not None
    assert made.plane.every == 8
    assert len(trace.x) <= ROWS
    np.testing.assert_allclose(np.hypot(trace.x, trace.y), 1, atol=1e-6)


@pytest.mark.parametrize("rows", [16, 100, 1000])
def test_breaks_stay_between_the_points_that_are_left(rows: int) -> None:
    x = np.arange(1000.0)
    breaks = np.array([1, 5, 500, 501, 999])
    found = thinned(x, -x, breaks, rows)
    assert len(found.x) + len(found.breaks) <= rows
    np.testing.assert_array_equal(found.x, x[:: found.every])
    for cut in breaks[breaks <= found.x[-1]]:
        assert any(found.x[n - 1] < cut <= found.x[n] for n in found.breaks)


def test_a_gap_and_a_missing_value_break_the_line() -> None:
    keep = (X < 1.5) | (X > 1.7)
    y = COSINE.copy()
    y[1100] = np.nan
    memory = filled(("a", X[keep], SINE[keep]), ("b", X[keep], y[keep]))
    view = View(units_per_div=0.4, xy=("", ""))
    (trace,) = look(memory, view).traces.values()
    assert np.count_nonzero(np.isnan(trace.y)) == 2
    np.testing.assert_allclose(np.hypot(trace.x, trace.y)[~np.isnan(trace.y)], 1, atol=1e-6)
    assert np.isfinite(trace.x).all()


@pytest.mark.parametrize(
    ("axes", "why"),
    [(("zz", ""), "zz is not on the screen"), (("a", "b"), None), (("fig", "a"), "fig is a figure already")],
)
def test_what_cannot_be_drawn_says_why(axes: tuple[str, str], why: str | None) -> None:
    turn = np.arange(300) / 10
    memory = filled(("a", X, SINE), ("b", X, COSINE), ("fig", np.cos(turn), np.sin(turn)))
    made = look(memory, View(units_per_div=0.1, xy=axes))
    assert made.plane is not None
    assert (made.plane.why or "").startswith(why or "")
    assert bool(made.traces) is (why is None)


def test_one_channel_alone_and_none_at_all() -> None:
    for memory in (Memory(1000), filled(("a", X, SINE))):
        made = look(memory, View(xy=("", "")))
        assert made.plane is not None
        assert made.plane.why == TWO


def test_channels_that_were_never_there_together() -> None:
    memory = filled(("a", X, SINE), ("b", X - 4.5, COSINE))
    made = look(memory, View(units_per_div=0.1, xy=("", "")))
    assert made.plane is not None
    assert made.plane.why == APART


def test_both_axes_go_by_the_knobs_of_their_channels() -> None:
    assert ends(Vertical(0.5, 1.0)) == (-3.0, 2.0)
    assert ends(Vertical(0.5, 1.0, inverted=True)) == (3.0, -2.0)
    memory = filled(("a", X, SINE), ("b", X, 10 + COSINE))
    setup = Autoset().update(memory.records.values(), 0)
    made = look(memory, View(units_per_div=0.1, xy=("", "")), setup)
    words = legend(made, memory)[1]
    (trace,) = made.traces.values()
    left, right = trace.ends
    assert (left + right) / 2 == pytest.approx(0, abs=0.5)  # each in the middle, though not on a Y-T screen
    assert words["across"] == ["a", left, right]
    assert np.mean(words["limits"]) == pytest.approx(10, abs=0.5)  # type: ignore[arg-type]
    told = readouts(made, View(xy=("", "")), memory, 0.0)
    assert (told["display"], told["xy"]["x"]) == ("xy", "a")  # type: ignore[index]


def test_both_channels_are_measured_and_kept() -> None:
    memory = filled(("a", X, SINE), ("b", X, COSINE))
    scope = Scope()
    scope.show_xy()
    scope.measure("a:vpp", on=True)
    scope.measure("b:vpp", on=True)
    scope.sweep_speed(0.1)
    searches = Searches()
    scope.follow(memory, Autoset().update(memory.records.values(), 0))
    live = scope.frame(memory, searches)
    scope.stop(memory, live, searches)
    assert scope.capture is not None
    assert [record.name for record in scope.capture.slots.values()] == ["a", "b"]
    still = scope.frame(memory, searches)
    for before, after in zip(live.traces.values(), still.traces.values(), strict=True):
        np.testing.assert_array_equal(before.x, after.x)
        np.testing.assert_array_equal(before.y, after.y)
    told = readouts(still, scope.view(), memory, 0.0, lambda name: scope.source(memory, name))
    assert [item["value"] for item in told["measurements"]] == ["2.000", "2.000"]  # type: ignore[attr-defined]
    scope.display("yt")
    assert {trace.kind for trace in scope.frame(memory, searches).traces.values()} == {Kind.YT}
    assert scope.channel("a").position > scope.channel("b").position  # each in its part of the screen again


def test_a_link_holds_the_channels() -> None:
    scope, again = Scope(), Scope()
    scope.show_xy(x="a,b", y="ü")
    recall(again, {"display": ["xy"], "xy.x": ["a,b"], "xy.y": ["ü"]})
    assert again.xy == scope.xy == ("a,b", "ü")
    assert query(scope) == "display=xy&xy.x=a%2Cb&xy.y=%C3%BC"
    assert recall(Scope(), {"xy.z": ["a"], "display": ["zz"]}) == ["xy.z", "display"]
    scope.display("fft")
    assert (scope.xy, scope.view().display) == (None, "fft")


def test_numbers_as_adjectives() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 7, 11, 12, 13, 21, 112)] == [
        "1st", "2nd", "3rd", "7th", "11th", "12th", "13th", "21st", "112th",
    ]  # fmt: skip
