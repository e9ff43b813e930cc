import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.autoset import Autoset, Setup
from tests.scope.signals import filled, send


def fit(memory: Memory, autoset: Autoset | None = None) -> Setup:
    return (autoset or Autoset()).update(memory.records.values(), memory.version)


def divisions(setup: Setup, name: str, value: float) -> float:
    """Where a value is drawn, above the centre."""
    knobs = setup.vertical(name)
    return value / knobs.units_per_div + knobs.position


@pytest.mark.parametrize("frequency", [0.01, 1.0, 50.0, 440.0])
def test_a_sine_shows_two_to_five_periods(frequency: float) -> None:
    x = np.arange(8000) / (frequency * 200)
    setup = fit(filled(("a", x, np.sin(2 * np.pi * frequency * x))))
    assert 2 <= 10 * setup.units_per_div * frequency <= 5.001


def test_a_period_longer_than_the_newest_samples_is_found() -> None:
    x = np.arange(90_000) / 20_000
    setup = fit(filled(("a", x, np.sign(np.sin(2 * np.pi * x)))))
    assert 2 <= 10 * setup.units_per_div <= 5.001


def test_noise_shows_the_newest_500_to_1000_samples() -> None:
    y = np.random.default_rng(1).normal(0, 20, 5000)
    setup = fit(filled(("a", np.arange(5000.0), y)))
    assert setup.units_per_div in (50.0, 100.0)


def test_a_short_record_is_shown_whole() -> None:
    setup = fit(filled(("a", np.arange(20.0), np.arange(20.0))))
    assert setup.units_per_div == 2.0


def test_a_restarted_sender_is_shown_from_its_restart() -> None:
    memory = filled(("a", np.arange(0.0, 5000.0), np.arange(5000.0)))
    send(memory, "a", np.arange(0.0, 0.02, 0.001), np.ones(20))
    assert fit(memory).units_per_div == 0.002


@pytest.mark.parametrize("y", [56.78, 0.0, -3e19, 1e150, -1e150, 1e-300, 101_325.0])
def test_one_sample_of_any_size_is_on_the_screen(y: float) -> None:
    setup = fit(filled(("a", [12.34], [y])))
    assert abs(divisions(setup, "a", y)) <= 4


@pytest.mark.parametrize("offset", [0.0, 1.0, 1000.0, 101_325.0, 1e7])
def test_a_ripple_on_an_offset_fills_the_screen(offset: float) -> None:
    x = np.arange(500.0)
    setup = fit(filled(("a", x, offset + 0.01 * np.sin(x))))
    low, high = divisions(setup, "a", offset - 0.01), divisions(setup, "a", offset + 0.01)
    assert -4 <= low < high <= 4
    assert high - low >= 2


@pytest.mark.parametrize("x", [1.7e18, 1e150, -1e150])
def test_an_x_beside_which_a_screen_is_nothing_is_no_error(x: float) -> None:
    setup = fit(filled(("a", [x], [1.0])))
    assert abs(divisions(setup, "a", 1.0)) <= 4


@pytest.mark.parametrize("channels", [2, 3, 4, 8])
def test_channels_have_bands_from_the_top_down(channels: int) -> None:
    x = np.arange(1000) / 1000
    memory = filled(*((f"c{n}", x, 3 * n + np.sin(20 * x)) for n in range(channels)))
    setup = fit(memory)
    borders = 4 - 8 / channels * np.arange(channels + 1)
    for n in range(channels):
        low, high = divisions(setup, f"c{n}", 3 * n - 1), divisions(setup, f"c{n}", 3 * n + 1)
        assert borders[n + 1] - 0.06 <= low < high <= borders[n] + 0.06


def test_a_channel_beyond_the_eighth_is_fitted_when_it_is_wanted() -> None:
    x = np.arange(100.0)
    memory = filled(*((f"c{n}", x, 1000 * np.sin(x)) for n in range(9)))
    autoset = Autoset()
    assert autoset.update(memory.records.values(), memory.version).vertical("c8").units_per_div == 1
    wanted = autoset.update(memory.records.values(), memory.version, frozenset({"c8"}))
    assert wanted.vertical("c8").units_per_div > 100


def test_a_set_up_that_fits_stays_the_same_object() -> None:
    rng = np.random.default_rng(2)
    memory = filled(("a", np.arange(3000.0), rng.normal(0, 1, 3000)))
    autoset = Autoset()
    first = fit(memory, autoset)
    for n in range(20):
        send(memory, "a", 3000.0 + 50 * n + np.arange(50), rng.normal(0, 1, 50))
        assert fit(memory, autoset) is first


def test_a_signal_that_leaves_its_band_is_placed_anew() -> None:
    memory = filled(("a", np.arange(100.0), np.sin(np.arange(100.0))))
    autoset = Autoset()
    before = fit(memory, autoset)
    send(memory, "a", 100 + np.arange(100.0), 30 * np.sin(np.arange(100.0)))
    assert fit(memory, autoset).vertical("a").units_per_div > before.vertical("a").units_per_div


def test_a_figure_has_a_horizontal_scale_of_its_own() -> None:
    t = np.linspace(0, 20, 2000)
    setup = fit(filled(("a", 5 * np.cos(t), np.sin(2 * t))))
    assert setup.units_per_div == setup.figure("a").units_per_div
    assert 10 <= 8 * setup.figure("a").units_per_div <= 40


def test_nan_alone_keeps_the_knobs() -> None:
    assert fit(filled(("a", np.arange(5.0), np.full(5, np.nan)))).vertical("a").units_per_div == 1
