"""What counts as a gap among the recent steps."""

from __future__ import annotations

from math import inf

import numpy as np
import oracles
import pytest

from app.memory.steps import UNKNOWN, WINDOW, Limits, Steps, Window, measured


@pytest.mark.parametrize("n", [8, 9, 100, WINDOW - 1, WINDOW, WINDOW + 1, 2000])
def test_limits_are_those_of_the_slow_twin(n: int) -> None:
    steps = np.random.default_rng(n).exponential(size=n)
    one_by_one, at_once = Window(), Window()
    for step in steps.tolist():
        one_by_one.push(step)
    at_once.extend(steps)
    expected = oracles.limits(steps[-WINDOW:].tolist())
    assert one_by_one.limits() == at_once.limits() == expected
    assert measured(steps[-WINDOW:]).limits() == expected


@pytest.mark.parametrize("n", [0, 1, 7])
def test_few_steps_tell_nothing(n: int) -> None:
    window = Window()
    window.extend(np.ones(n))
    assert window.limits() == UNKNOWN
    assert window.steps() == Steps(float(n > 0), float(n > 0), n)


def test_steps_of_zero_are_no_measure() -> None:
    window = Window()
    window.extend(np.zeros(100))
    assert window.limits() == UNKNOWN


def test_mostly_equal_x_is_measured_by_its_percentile() -> None:
    assert Steps(0.0, 2.0, 100).limits() == Limits(6.0, 20_000.0)


def test_the_quick_answer_is_never_wrong() -> None:
    window, steps = Window(), np.random.default_rng(3).exponential(size=3000) ** 3
    known: list[float] = []
    for step in steps.tolist():
        limits = oracles.limits(known[-WINDOW:])
        if window.allows(step):
            assert limits is None or step <= limits[0]
        else:
            assert window.limits() == (limits or UNKNOWN)
        window.push(step)
        known.append(step)


def test_the_quick_answer_is_usual_with_regular_steps() -> None:
    window = Window()
    window.extend(np.ones(WINDOW))
    asked = 0
    for _ in range(1600):
        if not window.allows(1.0):
            asked += 1
            window.limits()
        window.push(1.0)
    assert asked <= 101


def test_clearing_forgets() -> None:
    window = Window()
    window.extend(np.ones(20))
    window.clear()
    assert window.steps() == Steps()
    assert window.limits() == UNKNOWN


@pytest.mark.parametrize(
    ("step", "before", "jumped"),
    [(1e6, 0.5, False), (1.1e6, 0.5, True), (1.1e6, -3.0, False), (inf, 1e308, True)],
)
def test_with_few_steps_only_a_huge_one_is_a_jump(step: float, before: float, *, jumped: bool) -> None:
    assert UNKNOWN.jumped(step, before) is jumped


def test_the_wider_limits_hold() -> None:
    assert Limits(1.0, 9.0).widened(Limits(2.0, 8.0)) == Limits(2.0, 9.0)
    assert Limits(1.0, 9.0).widened(UNKNOWN) == UNKNOWN.widened(Limits(1.0, 9.0)) == Limits(1.0, 9.0)
