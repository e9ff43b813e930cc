import math

import maths_oracles as oracles
import numpy as np
import pytest

from app.dsp.filters import Filter, FilterError
from app.dsp.maths import MATHS, Settings

RATE = 1000.0
X = np.arange(4000) / RATE
NAN = math.nan


def gain(chosen: Filter, frequency: float, x: np.ndarray = X) -> float:
    """RMS of what becomes of a sine, measured in the middle, far from the ends."""
    y = math.sqrt(2) * np.sin(2 * np.pi * frequency * x)
    middle = chosen.of(x, y)[len(x) // 4 : -len(x) // 4]
    return float(np.sqrt(np.mean(middle**2)))


@pytest.mark.parametrize("order", [1, 2, 4, 8])
@pytest.mark.parametrize("zero_phase", [True, False])
def test_cut_offs_are_3_db_down_whichever_way(order, zero_phase) -> None:
    for kind, cutoffs in {"lowpass": [200], "highpass": [40], "bandpass": [40, 200]}.items():
        for cutoff in cutoffs:
            found = gain(Filter(kind, 40, 200, order, zero_phase), cutoff)
            assert found == pytest.approx(math.sqrt(0.5), rel=2e-3), (kind, cutoff)


@pytest.mark.parametrize("frequency", [5, 20, 45, 80, 160, 300, 450])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_gains_of_one_pass_are_those_of_the_formula(frequency, order) -> None:
    for kind, band in {"lowpass": (0, 160), "highpass": (45, math.inf), "bandpass": (45, 160)}.items():
        found = gain(Filter(kind, 45, 160, order, zero_phase=False), frequency)
        expected = oracles.butterworth(frequency, *band, order, RATE)
        assert found == pytest.approx(expected, rel=2e-3, abs=2e-4), kind


def test_zero_phase_does_not_delay_and_one_pass_does() -> None:
    y = np.sin(2 * np.pi * 10 * X)
    both = Filter("lowpass", 1, 50).of(X, y)[1000:3000]
    once = Filter("lowpass", 1, 50, zero_phase=False).of(X, y)[1000:3000]
    assert np.abs(both - y[1000:3000]).max() < 2e-3
    assert np.abs(once - y[1000:3000]).max() > 0.2


def test_a_constant_passes_low_and_vanishes_high_from_the_first_sample() -> None:
    y = np.full(500, 1e6)
    for zero_phase in (True, False):
        assert np.abs(Filter("lowpass", 1, 0.01, 4, zero_phase).of(X[:500], y) / 1e6 - 1).max() < 1e-9
        assert np.abs(Filter("highpass", 10, 20, 4, zero_phase).of(X[:500], y)).max() < 1e-6


def test_each_piece_is_filtered_by_itself() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=1000)
    y[[100, 101, 300]] = NAN
    chosen, breaks = Filter("lowpass", 1, 50), [200, 500, 501, 800]
    expected = np.full(1000, NAN)
    for piece in oracles.pieces(y.tolist(), breaks):
        expected[piece] = chosen.of(X[piece], y[piece]) if len(piece) > 1 else y[piece]
    np.testing.assert_allclose(chosen.of(X[:1000], y, breaks), expected, atol=1e-12)


def test_irregular_x_is_filtered_by_real_time() -> None:
    jitter = np.random.default_rng(3).uniform(-0.4, 0.4, len(X)) / RATE
    for kind, frequency in (("lowpass", 20.0), ("bandpass", 15.0), ("highpass", 5.0)):
        chosen = Filter(kind, 10, 20)
        assert gain(chosen, frequency, X + jitter) == pytest.approx(gain(chosen, frequency), rel=0.01)


def test_irregular_pieces_do_not_touch_each_other() -> None:
    x = np.sort(np.random.default_rng(4).uniform(0, 1, 1000))
    y = np.where(np.arange(1000) < 400, 1.0, 100.0)
    found = Filter("lowpass", 1, 20).of(x, y, [400])
    np.testing.assert_allclose(found, y, rtol=1e-9)


def test_samples_of_one_x_are_filtered_too() -> None:
    x = np.repeat(np.arange(500), 4) / 100
    found = Filter("lowpass", 1, 2).of(x, np.sin(2 * np.pi * 0.5 * x))
    assert np.abs(found - np.sin(2 * np.pi * 0.5 * x))[400:-400].max() < 0.02
    assert Filter("lowpass", 1, 2).of(np.zeros(5), np.arange(5.0)).tolist() == [0, 1, 2, 3, 4]
    assert Filter("highpass", 1, 2).of(np.zeros(5), np.arange(5.0)).tolist() == [0] * 5


def test_a_crowded_x_does_not_ask_for_more_than_eight_points_a_sample() -> None:
    x = np.append(np.arange(1000) * 1e-9, 1e3 + np.arange(900))
    y = np.ones(len(x))
    np.testing.assert_allclose(Filter("lowpass", 1, 0.1).of(x, y), y)


def test_a_low_pass_above_half_the_rate_passes_all() -> None:
    y = np.random.default_rng(5).normal(size=len(X))
    np.testing.assert_array_equal(Filter("lowpass", 1, 500).of(X, y), y)
    wide = Filter("bandpass", 40, 600).of(X, y)
    np.testing.assert_allclose(wide, Filter("highpass", 40, 600).of(X, y))


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("highpass", Settings(low_cutoff=500), "not below half the sample rate"),
        ("bandpass", Settings(500, 600), "not below half the sample rate"),
        ("lowpass", Settings(high_cutoff=1e-4), "below a millionth"),
        ("lowpass", Settings(high_cutoff=0), "must be above 0"),
        ("highpass", Settings(low_cutoff=NAN), "must be above 0"),
        ("bandpass", Settings(20, 10), "low must be below high"),
        ("lowpass", Settings(order=9), r"order 9 is not in 1\.\.8"),
    ],
)
def test_impossible_settings_say_why(name, settings, reason) -> None:
    with pytest.raises(FilterError, match=reason):
        MATHS[name].of(X, X, settings=settings)


def test_the_operations_use_their_own_cut_offs() -> None:
    settings = Settings(low_cutoff=30, high_cutoff=90, order=3, zero_phase=False)
    y = np.random.default_rng(6).normal(size=len(X))
    for kind in ("lowpass", "highpass", "bandpass"):
        found = MATHS[kind].of(X, y, settings=settings)
        np.testing.assert_array_equal(found, Filter(kind, 30, 90, 3, zero_phase=False).of(X, y))
        assert ("low_cutoff" in MATHS[kind].settings) == (kind != "lowpass")
        assert ("high_cutoff" in MATHS[kind].settings) == (kind != "highpass")
