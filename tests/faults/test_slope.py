"""How fast something grows: the truth lies within the interval, also when neighbours resemble each other."""

from __future__ import annotations

import random
from itertools import islice

import numpy as np
import pytest

from tests.faults.sampling import EVERY, moments
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


def test_a_sawtooth_as_steady_as_the_looks_is_no_growth() -> None:
    def memory(at: np.ndarray) -> np.ndarray:
        return 2.5 * ((at / 5.005) % 1)  # given back every 5 s and a little

    steady = np.arange(0, 3500, 5.007)
    assert slope(steady / 3600, memory(steady), 60).low > 0.1  # which is what this is about
    drawn = np.array(list(islice(moments(random.Random(1)), 3500)))
    assert np.array_equal(drawn // EVERY, np.arange(3500))
    found = slope(drawn / 3600, memory(drawn), 300)
    assert found.low < 0 < found.high
    assert found.high - found.low < 0.7
