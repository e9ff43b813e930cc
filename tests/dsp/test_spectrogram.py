"""Short spectra one after another, against scipy's and a slow twin."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import signal

from app.dsp.spectrogram import COLUMNS, LONGEST, SHORTEST, length, spectrogram
from app.dsp.spectrum import spectrum
from app.dsp.windows import WINDOWS

RATE = 1000.0


def chirp(x: np.ndarray, first: float = 50.0, last: float = 400.0) -> np.ndarray:
    """A sine whose frequency goes from first to last."""
    span = x[-1] - x[0]
    return np.sin(2 * np.pi * (first * x + (last - first) / (2 * span) * x**2))


@pytest.mark.parametrize("window", WINDOWS)
def test_a_column_is_what_scipy_makes_of_its_samples(window: str) -> None:
    rng = np.random.default_rng(1)
    x, y = np.arange(20_000) / RATE, rng.normal(3, 1, 20_000)
    found = spectrogram(x, y, 0, 20, window, columns=20)  # two windows of 512 samples for each 1000
    assert (found.n, found.looked_at) == (LONGEST, 1)
    for column in (0, 7, 19):
        middles = (column + np.array([0.25, 0.75])) * 1000
        starts = np.clip(np.rint(middles).astype(int) - 256, 0, 20_000 - 512)
        power = [
            signal.spectrogram(
                y[s : s + 512], RATE, WINDOWS[window].name, 512, 0, detrend="constant", scaling="spectrum"
            )[2][:, 0]
            for s in starts
        ]
        np.testing.assert_allclose(found.amplitude[column], np.sqrt(np.max(power, axis=0)), rtol=1e-9)
    np.testing.assert_allclose(found.frequency, np.arange(257) * RATE / 512)


def test_a_column_is_the_higher_of_the_spectra_of_its_windows() -> None:
    x, y = np.arange(32) / RATE, np.random.default_rng(2).normal(size=32)
    found = spectrogram(x, y, 0, 0.032, columns=1)
    assert found.n == 16
    each = [spectrum(x[s : s + 16], y[s : s + 16]).amplitude for s in (0, 16)]
    np.testing.assert_allclose(found.amplitude[0], np.max(each, axis=0))


def test_a_tone_is_as_high_as_its_rms() -> None:
    x = np.arange(20_000) / RATE
    found = spectrogram(x, 3 * np.sqrt(2) * np.sin(2 * np.pi * 125 * x), 0, 20)
    np.testing.assert_allclose(found.amplitude.max(axis=1), 3, rtol=1e-6)


@pytest.mark.parametrize("uneven", [False, True])
def test_the_ridge_of_a_chirp_lies_where_the_chirp_is(uneven: bool) -> None:
    x = np.arange(20_000) / RATE
    if uneven:
        x = np.sort(x + np.random.default_rng(3).uniform(0, 0.4 / RATE, len(x)))
    found = spectrogram(x, chirp(x), 0, 20)
    ridge = found.frequency[np.argmax(found.amplitude, axis=1)]
    true = 50 + 350 * found.x / 20
    assert found.resampled is uneven
    assert found.amplitude.shape == (COLUMNS, found.n // 2 + 1)
    edges = slice(5, -5)  # there the windows lie aside
    assert np.abs(ridge - true)[edges].max() < 2 * found.rate / found.n


def test_no_window_reaches_across_a_gap() -> None:
    x = np.concatenate((np.arange(5000), 10_000 + np.arange(5000))) / RATE
    y = np.concatenate((np.zeros(5000), np.ones(5000)))
    found = spectrogram(x, y, 0, 15, breaks=[5000])
    seen = np.isfinite(found.amplitude).any(axis=1)
    np.testing.assert_array_equal(seen, (found.x < 5.05) | (found.x > 9.95))
    assert np.nanmax(found.amplitude) < 1e-12
    y[7000] = np.nan
    assert np.nanmax(spectrogram(x, y, 0, 15, breaks=[5000]).amplitude) < 1e-12


@pytest.mark.parametrize("n", [0, 1, SHORTEST - 1])
def test_too_few_samples_say_why(n: int) -> None:
    found = spectrogram(np.arange(float(n)), np.zeros(n), 0, 1)
    assert found.why == f"needs {SHORTEST} samples"
    assert found.amplitude.size == 0


@pytest.mark.parametrize("n", [SHORTEST, SHORTEST + 1, 100, 3000, 600_000])
def test_any_number_of_samples_has_one(n: int) -> None:
    x = np.arange(n) / RATE
    found = spectrogram(x, chirp(x, 10, 20), 0, n / RATE)
    assert np.isfinite(found.amplitude).all()
    assert SHORTEST <= found.n == length(n) <= min(n, LONGEST)
    assert spectrogram(np.zeros(n), np.zeros(n), 0, 1).why == "needs samples at different x"


def test_samples_beyond_all_windows_are_told() -> None:
    x = np.arange(2_000_000) / RATE
    began = time.thread_time()
    found = spectrogram(x, x % 7, 0, 2000)
    assert time.thread_time() - began < 1
    assert found.looked_at == pytest.approx(10 * 512 * 200 / 2_000_000)
