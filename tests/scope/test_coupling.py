"""AC coupling moves the axis by the mean, and leaves the samples alone."""

from __future__ import annotations

from urllib.parse import parse_qs

import numpy as np
import pytest

from app.scope.autoset import Setup
from app.scope.coupling import means
from app.scope.frame import Frame
from app.scope.link import query, recall
from app.scope.readouts import legend_by
from app.scope.scope import Scope
from app.scope.search import Searches
from app.scope.view import View, frame
from tests.scope.signals import filled

X = np.arange(1000) / 1000


def look(y: np.ndarray) -> Frame:
    """A screen of one second."""
    return frame(View(0.1), filled(("a", X, y)), Setup(0.1), Searches())


def mean(y: np.ndarray, before: float | None = None) -> float:
    return means(look(y), {} if before is None else {"a": before})["a"]


@pytest.mark.parametrize("periods", [1, 2.3, 2.5, 10, 33.3])
@pytest.mark.parametrize("offset", [0.0, 5.0, -1e6])
def test_the_mean_of_a_wave_is_its_offset_wherever_the_screen_cuts_it(periods: float, offset: float) -> None:
    slack = 0.33 if periods < 2 else 0.05
    assert mean(offset + np.sin(2 * np.pi * periods * X)) == pytest.approx(offset, abs=slack)


@pytest.mark.parametrize("duty", [0.1, 0.5, 0.8])
def test_the_mean_of_a_square_wave_is_that_of_its_periods(duty: float) -> None:
    assert mean(np.where(duty > (7.3 * X) % 1, 1.0, 0.0)) == pytest.approx(duty, abs=0.02)


def test_gaps_and_constants_have_a_mean() -> None:
    assert mean(np.full(1000, 3.3)) == pytest.approx(3.3)
    assert mean(np.where(X < 0.5, np.nan, 2.0)) == 2
    assert means(Frame(), {"a": 1.0}) == {}


def test_a_mean_that_hardly_moves_stays() -> None:
    wave = np.sin(2 * np.pi * 4 * X)
    assert mean(wave + 0.005, 0.0) == 0.0
    assert mean(wave + 0.02, 0.0) == pytest.approx(0.02, abs=0.005)
    rng = np.random.default_rng(1)
    noisy, seen = None, set()
    for _ in range(30):
        noisy = mean(wave + rng.normal(0, 0.05, 1000), noisy)
        seen.add(noisy)
    assert len(seen) < 4


def test_the_axis_moves_and_the_samples_do_not() -> None:
    memory = filled(("a", X, 5 + np.sin(2 * np.pi * 4 * X)))
    scope = Scope()
    recall(scope, parse_qs("v.a=0.5,1,ac"))
    glass = frame(View(0.1), memory, Setup(0.1), Searches())
    found = legend_by(
        glass, memory.records.get, memory, lambda name: scope.channel(name).vertical(), means(glass, {})
    )
    bottom, top = found[0]["limits"]  # type: ignore[misc]
    assert (bottom, top) == pytest.approx((5 - 2.5, 5 + 1.5), abs=0.02)
    assert found[0]["ground"] == [1.0, "1▸"]
    assert glass.traces[0].y.max() == pytest.approx(6, abs=0.001)


def test_a_trace_that_would_leave_the_screen_stays_where_it_is() -> None:
    scope = Scope()
    scope.move("a", -50)
    scope.couple("a", ac=True, mean=51)  # drawn at 1 division; its zero is far below
    assert scope.channel("a").position == 1
    scope.couple("a", ac=False, mean=51)
    assert scope.channel("a").position == -50
    scope.move("a", 2)
    scope.couple("a", ac=True, mean=1)  # zero is on the screen: the trace comes to it
    assert scope.channel("a").position == 2


def test_a_link_tells_the_coupling() -> None:
    scope = Scope()
    scope.couple("a", ac=True)
    scope.invert("a", on=True)
    assert query(scope) == "v.a=1%2C0%2Cinverted%2Cac"
    found = Scope()
    assert recall(found, parse_qs(query(scope))) == []
    assert (found.channel("a").ac, found.channel("a").inverted) == (True, True)
    assert recall(found, parse_qs("v.a=1,0,sideways")) == ["v.a"]
