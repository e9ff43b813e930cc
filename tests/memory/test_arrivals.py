"""Rates against the wall clock."""

from __future__ import annotations

import pytest

from app.memory.arrivals import Arrivals


def steady(period: float, n: int, samples: int = 10, x: float = 0.5) -> Arrivals:
    """n arrivals of so many samples, x running on by as much."""
    arrivals = Arrivals()
    for i in range(n):
        arrivals.mark(100.0 + i * period, (i + 1) * samples, i * x, 0)
    return arrivals


def test_nothing_has_no_rate_and_no_pace() -> None:
    assert Arrivals().rate(100.0, 0) == 0.0
    assert Arrivals().pace() is None


@pytest.mark.parametrize("period", [0.1, 0.5, 1.0, 2.0])
def test_a_steady_sender_has_its_rate(period: float) -> None:
    arrivals = steady(period, 100)
    last = 100.0 + 99 * period
    for later in (0.0, 0.5 * period, 0.99 * period):
        assert arrivals.rate(last + later, 1000) == pytest.approx(10 / period, rel=0.25)


def test_a_silence_lowers_the_rate_and_five_seconds_end_it() -> None:
    arrivals = steady(0.1, 50)
    last = 100.0 + 49 * 0.1
    assert arrivals.rate(last + 2.0, 500) < 90
    assert arrivals.rate(last + 5.1, 500) == 0.0


def test_a_single_block_counts_for_five_seconds() -> None:
    assert steady(1.0, 1).rate(101.0, 10) == 2.0


def test_pace_is_x_a_second() -> None:
    assert steady(0.25, 50).pace() == pytest.approx(2.0)
    assert steady(60.0, 3).pace() == pytest.approx(0.5 / 60)


def test_pace_looks_at_the_newest_segment_only() -> None:
    arrivals = steady(1.0, 5)
    arrivals.mark(105.0, 60, -70.0, 50)
    assert arrivals.pace() is None
    arrivals.mark(106.0, 70, -67.0, 50)
    assert arrivals.pace() == pytest.approx(3.0)


def test_a_clock_set_back_starts_again() -> None:
    arrivals = steady(1.0, 5)
    arrivals.mark(50.0, 60, 9.0, 0)
    arrivals.mark(51.0, 70, 9.0, 0)
    assert arrivals.rate(51.0, 70) == pytest.approx(10.0)


def test_marks_do_not_pile_up() -> None:
    assert len(steady(0.1, 10_000)._marks) <= 51
