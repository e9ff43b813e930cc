import math

import maths_oracles as oracles
import numpy as np
import pytest
from scipy.signal import windows

from app.dsp.spectrum import SCALES, Averaging, peaks, spectrum
from app.dsp.windows import WINDOWS

RATE = 1000.0
RNG = np.random.default_rng(1)


def sine(
    frequency: float, n: int = 1000, rms: float = 1.0, phase: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(n) / RATE
    return x, rms * math.sqrt(2) * np.sin(2 * np.pi * frequency * x + phase)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("n", [4, 5, 32, 61])
def test_amplitudes_are_those_of_the_direct_sum(window, n) -> None:
    x, y = np.arange(n) / RATE, RNG.normal(3, 1, n)
    found = spectrum(x, y, window)
    expected = oracles.transform(y.tolist(), WINDOWS[window].of(n).tolist())
    np.testing.assert_allclose(found.amplitude, expected, atol=1e-12)
    np.testing.assert_allclose(found.frequency, np.arange(n // 2 + 1) * RATE / n)


@pytest.mark.parametrize("n", [1000, 1001])
def test_the_powers_of_a_rectangular_window_add_up_to_the_variance(n) -> None:
    y = RNG.normal(5, 2, n)
    found = spectrum(np.arange(n) / RATE, y, "rectangular")
    assert np.sum(found.amplitude**2) == pytest.approx(np.var(y), rel=1e-12)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_power_density_of_noise_is_its_variance_over_the_band(window) -> None:
    y = RNG.normal(0, 2, 65_536)
    found = spectrum(np.arange(len(y)) / RATE, y, window)
    density = np.mean(found.amplitude[10:-10] ** 2) / (found.enbw * found.rbw)
    assert density * found.nyquist == pytest.approx(4, rel=0.03)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_sine_on_a_bin_has_its_rms_there(window) -> None:
    found = spectrum(*sine(100, rms=0.7), window)
    assert found.frequency[100] == pytest.approx(100)
    assert found.amplitude[100] == pytest.approx(0.7, rel=1e-9)


def test_a_sine_at_the_nyquist_frequency_has_its_rms() -> None:
    found = spectrum(np.arange(100.0), np.tile([3.0, -3.0], 50), "rectangular")
    assert found.amplitude[-1] == pytest.approx(3)


@pytest.mark.parametrize("offset", np.linspace(-0.5, 0.5, 21))
def test_a_flat_top_shows_any_sine_within_0_02_db(offset) -> None:
    found = spectrum(*sine(200 + offset), "flat-top")
    assert abs(20 * math.log10(found.amplitude.max())) < 0.02


def test_windows_are_the_periodic_ones() -> None:
    for key, window in WINDOWS.items():
        expected = windows.get_window(window.name, 64)
        np.testing.assert_array_equal(window.of(64), expected, key)
        assert not window.of(64).flags.writeable


def test_rate_resolution_and_nyquist_are_told() -> None:
    found = spectrum(*sine(100, 500))
    assert (found.n, found.window, found.resampled, found.why) == (500, "hann", False, None)
    assert (found.rate, found.rbw, found.nyquist) == pytest.approx((1000, 2, 500))
    assert found.enbw == pytest.approx(1.5)
    assert spectrum(*sine(100, 500), "flat-top").enbw == pytest.approx(3.77, abs=0.01)


def test_float32_samples_are_taken() -> None:
    x, y = sine(100)
    assert spectrum(x, y.astype(np.float32)).amplitude[100] == pytest.approx(1, rel=1e-6)


def test_an_irregular_x_is_resampled_and_it_says_so() -> None:
    x = np.sort(np.arange(4000) / RATE + RNG.uniform(-3e-4, 3e-4, 4000))
    found = spectrum(x, np.sin(2 * np.pi * 20 * x) * math.sqrt(2))
    assert found.resampled
    assert found.rate == pytest.approx(1000, rel=0.05)
    (line,) = peaks(found, 1)
    assert line.frequency == pytest.approx(20, rel=1e-3)
    assert line.amplitude == pytest.approx(1, rel=5e-3)


def test_time_stamps_rounded_below_a_hundredth_of_a_step_are_regular() -> None:
    x, y = sine(450)
    assert not spectrum(np.round(x * 1.0001, 6) + RNG.uniform(-4e-6, 4e-6, len(x)), y).resampled
    assert spectrum(x + RNG.uniform(-4e-5, 4e-5, len(x)), y).resampled


def test_samples_of_one_x_do_not_hinder() -> None:
    x = np.repeat(np.arange(400) / 100, 3)
    found = spectrum(x, np.sin(2 * np.pi * 5 * x))
    assert peaks(found, 1)[0].frequency == pytest.approx(5, rel=0.01)


def test_a_crowded_x_does_not_ask_for_more_than_65536_samples() -> None:
    x = np.append(np.arange(1000) * 1e-9, 1e6 + np.arange(900.0))
    assert spectrum(x, np.sin(x)).n == 65_536


def test_the_newest_65536_samples_are_taken() -> None:
    x = np.arange(100_000) / RATE
    found = spectrum(x, np.where(np.arange(len(x)) < 30_000, 1e6 * np.sin(x), np.sin(2 * np.pi * 100 * x)))
    assert (found.n, found.start, found.stop) == (65_536, 34_464, 100_000)
    assert found.amplitude.max() < 1


def test_no_spectrum_reaches_across_a_gap() -> None:
    x, y = sine(100, 3000)
    y[1200:1210] = np.nan
    found = spectrum(x, y, "hann", [2900])
    assert (found.start, found.stop, found.n) == (1210, 2900, 1690)
    halves = spectrum(x[:1000], y[:1000], "hann", [500])
    assert (halves.start, halves.stop) == (500, 1000)


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([], [], "needs 4 samples without a gap"),
        ([1.0], [1.0], "needs 4 samples without a gap"),
        ([1.0, 2, 3, 4, 5, 6], [1.0, 1, 1, math.nan, 1, 1], "needs 4 samples without a gap"),
        ([1.0] * 5, [1.0] * 5, "needs samples at different x"),
        ([0.0, 5e-324, 5e-324, 3.0], [0.0, 0, 1, 0.14], "needs larger steps of x"),
    ],
)
def test_without_a_spectrum_it_says_why(x, y, why) -> None:
    found = spectrum(np.array(x), np.array(y))
    assert (found.why, found.n, len(found.amplitude), len(found.frequency)) == (why, 0, 0, 0)
    assert peaks(found) == []
    with pytest.raises(KeyError):
        spectrum(np.arange(9.0), np.arange(9.0), "kaiser")


def test_scales_are_rms_and_decibels_of_it() -> None:
    amplitude = np.array([1.0, 0.1, 0.0])
    assert SCALES["linear"].of(amplitude).tolist() == [1, 0.1, 0]
    for key in ("dBV", "dB"):
        np.testing.assert_allclose(SCALES[key].of(amplitude), [0, -20, -400])
    assert [scale.unit("m") for scale in SCALES.values()] == ["m RMS", "dBV", "dB re 1 m RMS"]
    assert [scale.unit("") for scale in SCALES.values()] == ["RMS", "dBV", "dB re 1 RMS"]


@pytest.mark.parametrize(
    ("window", "bins", "decibels"),
    [
        ("rectangular", 0.03, 0.05),
        ("hann", 1e-3, 0.005),
        ("hamming", 5e-3, 0.02),
        ("blackman-harris", 1e-4, 1e-3),
        ("flat-top", 5e-3, 1e-3),
    ],
)
def test_a_peak_is_found_between_the_bins(window, bins, decibels) -> None:
    for frequency in RNG.uniform(20, 480, 100):
        found = spectrum(*sine(frequency, rms=0.5, phase=RNG.uniform(0, 6)), window)
        lines = peaks(found)
        assert len(lines) == 1, frequency
        assert abs(lines[0].frequency - frequency) < bins
        assert abs(20 * math.log10(lines[0].amplitude / 0.5)) < decibels


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("bins", [50.0, 50.02, 50.4])
def test_a_peak_on_a_bin_or_beside_it_stands_still_in_noise(window, bins) -> None:
    x, y = sine(bins * RATE / 500, 500)
    for _ in range(50):
        (line, *_) = peaks(spectrum(x, y + RNG.normal(0, 3e-3, 500), window))
        assert line.frequency == pytest.approx(bins * RATE / 500, abs=0.03 * RATE / 500)
        assert line.amplitude == pytest.approx(1, rel=0.01)


def test_peaks_come_in_order_of_their_height() -> None:
    x, y = sine(50.3)
    for frequency, rms in ((120.6, 0.1), (300.2, 0.01), (400.9, 3.0)):
        y = y + sine(frequency, rms=rms)[1]
    y = y + RNG.normal(0, 1e-3, len(y))
    lines = peaks(spectrum(x, y, "blackman-harris"))
    assert [line.frequency for line in lines] == pytest.approx([400.9, 50.3, 120.6, 300.2], abs=0.05)
    assert [line.amplitude for line in lines] == pytest.approx([3, 1, 0.1, 0.01], rel=0.02)
    assert len(peaks(spectrum(x, y, "blackman-harris"), 2)) == 2


def test_noise_and_constants_have_no_peaks() -> None:
    x = np.arange(4096) / RATE
    for window in WINDOWS:
        false = sum(len(peaks(spectrum(x, RNG.normal(size=4096), window))) for _ in range(100))
        assert false <= 2, window
        assert peaks(spectrum(x, np.full(4096, 0.1), window)) == []


def test_a_line_buried_in_noise_is_found() -> None:
    x, y = sine(123.4, 65_536, rms=0.1)
    (line,) = peaks(spectrum(x, y + RNG.normal(0, 1, len(y))))
    assert line.frequency == pytest.approx(123.4, abs=0.01)


def noises(n: int) -> list:
    return [spectrum(np.arange(500) / RATE, RNG.normal(size=500)) for _ in range(n)]


def accumulated(kind: str, n: int, spectra: list) -> Averaging:
    found = Averaging(kind, n)
    for each in spectra:
        found = found.with_(each)
    return found


def test_a_power_average_is_the_mean_of_the_powers_and_then_forgets() -> None:
    spectra = noises(6)
    powers = [each.amplitude**2 for each in spectra]
    found = accumulated("power", 4, spectra[:4])
    np.testing.assert_allclose(found.result.amplitude, np.sqrt(np.mean(powers[:4], axis=0)))
    found = found.with_(spectra[4])
    np.testing.assert_allclose(
        found.result.amplitude**2, 0.75 * np.mean(powers[:4], axis=0) + 0.25 * powers[4]
    )
    assert found.count == 5


def test_max_hold_keeps_the_highest_and_exponential_weighs_the_newest() -> None:
    spectra = noises(3)
    a, b, c = (each.amplitude for each in spectra)
    held = accumulated("max hold", 1, spectra).result
    np.testing.assert_allclose(held.amplitude, np.max([a, b, c], axis=0))
    weighed = accumulated("exponential", 4, spectra).result
    expected = 0.75 * (0.75 * a**2 + 0.25 * b**2) + 0.25 * c**2
    np.testing.assert_allclose(weighed.amplitude, np.sqrt(expected))


def test_averaging_steadies_the_noise() -> None:
    one, many = noises(1)[0], accumulated("power", 64, noises(64)).result
    assert np.std(many.amplitude[5:-5] ** 2) < 0.25 * np.std(one.amplitude[5:-5] ** 2)


def test_an_average_changes_nothing_and_begins_as_its_first_spectrum() -> None:
    empty = Averaging()
    one = empty.with_(noises(1)[0])
    kept = one.result.amplitude.copy()
    one.with_(noises(1)[0])
    assert (empty.count, empty.result, one.count) == (0, None, 1)
    assert one.result.amplitude.tolist() == kept.tolist()


def test_other_bins_or_another_window_begin_anew() -> None:
    first = accumulated("power", 9, noises(3))
    x, y = np.arange(500) / RATE, RNG.normal(size=500)
    for other in (spectrum(x * 2, y), spectrum(x[:400], y[:400]), spectrum(x, y, "flat-top")):
        assert (first.with_(other).count, first.with_(other).result) == (1, other)


def test_a_spectrum_that_is_not_there_changes_nothing() -> None:
    first = accumulated("power", 9, noises(3))
    assert first.with_(spectrum(np.empty(0), np.empty(0))) is first


def test_bins_that_wander_by_less_than_a_percent_are_averaged() -> None:
    found = Averaging("max hold")
    for n, rate in ((1000, 1000.0), (1003, 1002.0), (998, 999.0), (1000, 1000.0001)):
        x = np.arange(n) / rate
        found = found.with_(spectrum(x, np.sin(2 * np.pi * 100 * x) * math.sqrt(2)))
    assert found.count == 4
    assert peaks(found.result, 1)[0].frequency == pytest.approx(100, abs=0.1)
    assert peaks(found.result, 1)[0].amplitude == pytest.approx(1, rel=0.02)
