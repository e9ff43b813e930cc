"""How fast something grows: the truth lies within the interval, also when neighbours resemble each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.faults.slope import slope

N, TRUE = 400, 3.0


def noisy(seed: int, dependence: float, growth: float = TRUE) -> tuple[np.ndarray, np.ndarray]:
    """A line with noise, each value of which keeps a share of the one before."""
    rng = np.random.default_rng(seed)
    noise = np.zeros(N)
    for k in range(1, N):
        noise[k] = dependence * noise[k - 1] + rng.normal()
    times = np.linspace(0, 1, N)
    return times, 100 + growth * times + noise


def test_a_line_without_noise_is_exact() -> None:
    times = np.linspace(0, 1, N)
    found = slope(times, 5 + 2 * times, 20)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_the_interval_is_wider_where_neighbours_resemble_each_other() -> None:
    alone, alike = (slope(*noisy(1, dependence), 40) for dependence in (0.0, 0.9))
    assert alike.high - alike.low > 2 * (alone.high - alone.low)


def test_the_truth_is_mostly_within_the_interval() -> None:
    found = [slope(*noisy(seed, 0.8), 40, seed) for seed in range(60)]
    within = sum(one.low <= TRUE <= one.high for one in found)
    assert within >= 45  # 95 % of 60 are 57; blocks of a short series give somewhat less


def test_what_grows_much_is_known_to_grow() -> None:
    assert slope(*noisy(2, 0.8, growth=40.0), 40).low > 1
