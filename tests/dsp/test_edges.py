import numpy as np
import pytest
import trigger_oracles as slow
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.edges import Slope, crossings, cubic_instants, instants, period

VALUES = st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, float("nan")]), max_size=60)


@given(VALUES, st.sampled_from([-0.5, 0.0, 0.25]), st.sampled_from(Slope), st.sampled_from([0.0, 0.5, 1.5]))
def test_crossings_are_those_of_the_slow_way(
    values: list[float], level: float, slope: Slope, hysteresis: float
) -> None:
    found = crossings(np.array(values, float), level, slope, hysteresis)
    signal = slow.Signal(values, values)
    assert found.tolist() == [n for n, _ in slow.crossed(signal, level, hysteresis, slope)]


def test_a_negative_hysteresis_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        crossings(np.zeros(3), 0, Slope.RISING, -1)


def test_instants_are_interpolated() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([-1.0, -0.5, 1.5])
    assert instants(x, y, 0.0, crossings(y, 0.0, Slope.RISING)).tolist() == [1.25]


def test_crossings_of_long_noisy_signals_are_those_of_the_slow_way() -> None:
    rng = np.random.default_rng(5)
    for dtype in (np.float64, np.float32):
        values = (np.sin(np.arange(3000) / 40) + rng.normal(0, 0.2, 3000)).astype(dtype)
        values[rng.integers(0, 3000, 30)] = np.nan
        signal = slow.Signal(values, values)
        for slope in Slope:
            found = crossings(values, 0.25, slope, 0.5)  # halves are the same in float32
            assert found.tolist() == [n for n, _ in slow.crossed(signal, 0.25, 0.5, slope)]


def test_cubic_instants_are_those_of_the_slow_way() -> None:
    rng = np.random.default_rng(6)
    x = np.cumsum(rng.exponential(1.0, 4000))
    y = np.sin(x / 2) + rng.normal(0, 0.2, 4000)
    y[rng.integers(0, 4000, 50)] = np.nan
    breaks = np.unique(rng.integers(0, 4000, 50))
    at = np.setdiff1d(crossings(y, 0.1, Slope.EITHER), breaks)
    signal = slow.Signal(x.tolist(), y.tolist(), set(breaks.tolist()))
    assert len(at) > 500
    assert cubic_instants(x, y, 0.1, at, breaks) == pytest.approx(
        [slow.instant(signal, n, 0.1) for n in at], abs=1e-6
    )


def test_a_corner_and_a_jump_are_crossed_by_straight_lines() -> None:
    x = np.arange(4.0)
    for y in ([-3.0, -1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, 3.0]):
        assert cubic_instants(x, np.array(y), 0.5, np.array([2])).tolist() == [1.75]


def test_instants_of_values_that_are_not_finite_are_at_the_samples() -> None:
    x, y = np.arange(4.0), np.array([-1.0, -np.inf, np.inf, 1.0])
    for found in (instants, cubic_instants):
        assert found(x, y, 0.0, np.array([2])).tolist() == [2.0]


@pytest.mark.parametrize("frequency", [0.5, 3.0, 17.0])
def test_the_period_of_a_noisy_sine_is_found(frequency: float) -> None:
    x = np.arange(4000) / (40 * frequency)
    y = np.sin(2 * np.pi * frequency * x) + np.random.default_rng(1).normal(0, 0.05, 4000)
    assert period(x, y) == pytest.approx(1 / frequency, rel=1e-3)


def test_noise_chirps_and_constants_have_no_period() -> None:
    x = np.arange(4000) / 1000
    assert period(x, np.random.default_rng(1).normal(size=4000)) is None
    assert period(x, np.sin(2 * np.pi * x * (1 + 4 * x))) is None
    assert period(x, np.ones(4000)) is None
    assert period(x[:0], x[:0]) is None
    assert period(x, np.full(4000, np.nan)) is None
