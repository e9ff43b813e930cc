import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.edges import Slope, crossings, instants, period


def slowly(values: list[float], level: float, slope: Slope, hysteresis: float) -> list[int]:
    """The same, a sample at a time."""
    sign = 1 if slope is Slope.RISING else -1
    armed, found = False, []
    for n, value in enumerate(values):
        if np.isnan(value):
            armed = False
        elif sign * value >= sign * level:
            if armed:
                found.append(n)
            armed = False
        elif sign * value <= sign * level - hysteresis:
            armed = True
    return found


VALUES = st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, float("nan")]), max_size=60)


@given(VALUES, st.sampled_from([-0.5, 0.0, 0.25]), st.sampled_from(Slope), st.sampled_from([0.0, 0.5, 1.5]))
def test_crossings_are_those_of_the_slow_way(
    values: list[float], level: float, slope: Slope, hysteresis: float
) -> None:
    found = crossings(np.array(values, float), level, slope, hysteresis)
    assert found.tolist() == slowly(values, level, slope, hysteresis)


def test_a_negative_hysteresis_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        crossings(np.zeros(3), 0, Slope.RISING, -1)


def test_instants_are_interpolated() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([-1.0, -0.5, 1.5])
    assert instants(x, y, 0.0, crossings(y, 0.0, Slope.RISING)).tolist() == [1.25]


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
