from collections.abc import Sequence
from math import nan, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.edges import cubic_instants
from app.dsp.measure import CYCLE, MEASUREMENTS, SAMPLES, SECOND, Measurement, Statistics, measured
from app.dsp.waveform import Waveform
from scripts.benches.accuracy import CONDITIONS, accuracy, printed, table
from scripts.benches.signals import SHAPES
from scripts.benches.table import QUICK
from tests.dsp.measure_oracles import Piece
from tests.dsp.measure_oracles import measured as measured_slowly

SINGLE = [name for name, each in MEASUREMENTS.items() if isinstance(each, Measurement)]
PAIRS = ["phase", "delay"]
TURN = 2 * pi


def values(x: Sequence[float], y: Sequence[float], breaks: Sequence[int] = ()) -> dict[str, float | None]:
    waveform = Waveform(np.array(x, float), np.array(y, float), breaks)
    return {name: each.value for name, each in measured(SINGLE, waveform).items()}


def cubic(piece: Piece, n: int, level: float) -> float:
    x, y = (np.array(column) for column in zip(*piece, strict=True))
    return float(cubic_instants(x, y, level, np.array([n]))[0])


def pulses(turns: np.ndarray, width: float = 0.3, edge: float = 0.02) -> np.ndarray:
    return np.interp(turns % 1, [0, edge, width, width + edge, 1], [-1, 1, 1, -1, -1])


@pytest.mark.parametrize("condition", [each.name for each in CONDITIONS])
def test_errors_stay_within_the_budget_or_the_bound_that_the_oracle_gives(condition: str) -> None:
    found = [error for error in table(3) if error.condition == condition]
    assert len(found) == 2 * len(SHAPES) * len(MEASUREMENTS)
    assert [error for error in found if not error.held] == []


def test_the_bench_prints_the_table_and_the_worst_of_each_row() -> None:
    assert len(list(printed(table(3)))) == 2 + len(MEASUREMENTS) * len(CONDITIONS)
    rows = list(accuracy(QUICK))
    assert len(rows) == len(MEASUREMENTS) * len(CONDITIONS)
    assert all("%" in row.result for row in rows)


def walk(seed: int) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """A wave with noise at irregular x, some equal, with missing values and gaps."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    x = np.cumsum(rng.choice([0.0, 0.2, 1.0, 1.7], n, p=[0.05, 0.2, 0.5, 0.25]))
    y = np.sin(x / rng.uniform(0.5, 8)) + rng.uniform(0, 0.4) * rng.standard_normal(n)
    y[rng.uniform(size=n) < 0.02] = nan
    y[0] = 1.0
    breaks = np.flatnonzero(rng.uniform(size=n) < 0.02)
    x += np.searchsorted(breaks, np.arange(n), "right") * 50.0
    return x, y, [int(at) for at in breaks if at > 0]


@pytest.mark.parametrize("seed", range(60))
def test_every_measurement_is_that_of_the_slow_way(seed: int) -> None:
    x, y, breaks = walk(seed)
    states = Waveform(x, y, breaks).states
    slow = measured_slowly(x.tolist(), y.tolist(), breaks, (states.base, states.top), cubic)
    found = values(x, y, breaks)
    assert found == {
        key: value if value is None else pytest.approx(value, abs=1e-9) for key, value in slow.items()
    }


def test_a_sine_has_the_values_of_the_book() -> None:
    x = np.arange(2000) / 100
    found = values(x, 3 * np.sin(TURN * x + 0.7))
    assert found["rms"] == pytest.approx(3 / sqrt(2), rel=1e-3)
    assert found["cycle_rms"] == pytest.approx(3 / sqrt(2), rel=1e-6)
    assert found["rise"] == pytest.approx(0.2952, rel=1e-3)
    assert found["vpp"] == pytest.approx(6, rel=1e-3)
    assert found["cycle_mean"] == pytest.approx(0, abs=1e-6)


def test_an_ideal_square_rises_within_0_8_of_a_step() -> None:
    found = values(np.arange(400) * 0.5, np.where(np.arange(400) % 40 < 10, 2.0, -2.0))
    assert (found["rise"], found["fall"]) == (pytest.approx(0.8 * 0.5), pytest.approx(0.8 * 0.5))
    assert (found["top"], found["base"], found["duty"]) == (2, -2, pytest.approx(25))
    assert found["cycle_mean"] == pytest.approx(2 * (2 * 0.25 - 1))
    assert (found["overshoot"], found["preshoot"], found["edges"]) == (0, 0, 19)


@pytest.mark.parametrize(
    ("y", "why"),
    [
        ([], dict.fromkeys(SINGLE, SAMPLES)),
        ([nan, nan], dict.fromkeys(SINGLE, SAMPLES)),
        (
            [1.0, 1.0, 1.0],
            {"period": CYCLE, "rise": "needs a whole rising edge on screen", "vpp": None, "rms": None},
        ),
        ([0.0, 0.0, 1.0, 1.0], {"duty": CYCLE, "cycle_mean": CYCLE, "rise": None, "overshoot": None}),
        (
            [0.0, 1.0, 0.0],
            {"positive_width": None, "negative_width": "needs a whole negative pulse on screen"},
        ),
    ],
)
def test_a_value_that_cannot_be_had_says_why(y: list[float], why: dict[str, str | None]) -> None:
    found = measured(SINGLE, Waveform(np.arange(len(y), dtype=float), np.array(y)))
    assert {name: found[name].why for name in why} == why
    assert all((each.value is None) == (each.why is not None) for each in found.values())


def test_no_cycle_reaches_across_a_gap() -> None:
    x, y = np.arange(60.0), np.tile([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 10)
    assert values(x, y)["period"] == pytest.approx(6)
    apart = x + 1000 * (np.arange(60) >= 30)
    assert values(apart, y, [30])["period"] == pytest.approx(6)
    assert values(apart, y, [30])["cycle_mean"] == pytest.approx(0.5)
    assert values(x, y, range(4, 60, 4))["period"] is None
    missing = np.where(np.arange(60) % 4 == 3, nan, y)
    assert values(x, missing)["period"] is None


def test_samples_at_one_instant_count_alike() -> None:
    found = values([3.0] * 4, [0.0, 1.0, 1.0, 0.0])
    assert (found["mean"], found["rms"]) == (0.5, pytest.approx(sqrt(0.5)))
    assert (found["period"], found["cycle_mean"], found["edges"]) == (None, None, 2)


def test_a_mean_is_weighted_by_time() -> None:
    assert values([0.0, 1.0, 2.0, 10.0], [4.0, 4.0, 0.0, 0.0])["mean"] == pytest.approx(0.6)


def test_float32_is_measured_as_float64() -> None:
    x = np.arange(1000) / 100
    y = np.sin(TURN * x).astype(np.float32)
    assert measured(SINGLE, Waveform(x, y)) == measured(SINGLE, Waveform(x, y.astype(float)))


@pytest.mark.parametrize("noise", [0.0, 0.003, 0.02, 0.1])
def test_noise_does_not_move_the_states_of_pulses(noise: float) -> None:
    y = pulses(np.arange(5000) / 500) + np.random.default_rng(1).normal(0, noise, 5000)
    states = Waveform(np.arange(5000.0), y).states
    assert (states.base, states.top) == (pytest.approx(-1, abs=noise / 8), pytest.approx(1, abs=noise / 8))


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("shape", [np.sin, lambda turn: np.interp(turn % TURN, [0, pi, TURN], [-1, 1, -1])])
def test_a_wave_without_states_has_its_extremes_for_top_and_base(noise, shape) -> None:
    y = shape(np.arange(5000) * TURN / 101.37) + np.random.default_rng(1).normal(0, noise, 5000)
    states = Waveform(np.arange(5000.0), y).states
    assert (states.base, states.top) == (y.min(), y.max())


@pytest.mark.parametrize("per_period", [50, 64, 100, 128, 200, 1000])
def test_the_top_of_a_sine_is_its_greatest_value_wherever_it_is_sampled(per_period: int) -> None:
    for phase in np.linspace(0, 1, 9):
        y = np.sin(TURN * (phase + np.arange(20 * per_period)) / per_period)
        assert Waveform(np.arange(float(len(y))), y).states.top == pytest.approx(y.max(), abs=1e-3)


def test_pulses_too_short_for_a_state_have_the_greatest_value_for_top() -> None:
    y = np.tile([0.0] * 97 + [1.0, 1.2, 1.1], 10)
    states = Waveform(np.arange(1000.0), y).states
    assert (states.base, states.top) == (0, 1.2)


def test_ringing_does_not_move_the_top() -> None:
    time = np.arange(-300, 3000) / 100
    y = np.where(time < 0, 0.0, 1 - np.exp(-time) * np.cos(4 * time))
    found = values(time, y)
    assert (found["base"], found["top"]) == (0, pytest.approx(1, abs=1e-3))
    assert found["overshoot"] == pytest.approx(100 * (y.max() - 1), abs=0.1)
    assert (found["preshoot"], found["edges"], found["period"]) == (0, 1, None)


def test_overshoot_and_preshoot_are_told_apart() -> None:
    pulse = [0.0] * 18 + [-0.2, 0.0, 1.3] + [1.0] * 18 + [1.1, -0.4]
    rising = values(np.arange(410.0), pulse * 10)
    assert (rising["overshoot"], rising["preshoot"]) == (pytest.approx(30), pytest.approx(20))
    falling = values(np.arange(40.0), [1.0] * 19 + [1.1, -0.4] + [0.0] * 19)
    assert (falling["overshoot"], falling["preshoot"]) == (pytest.approx(40), pytest.approx(10))


SIGNALS = st.lists(st.integers(-20, 20), min_size=1, max_size=80).map(lambda steps: np.cumsum(steps) / 8)


@given(SIGNALS)
def test_an_inverted_signal_has_its_states_inverted(y: np.ndarray) -> None:
    states, mirrored = (
        Waveform(np.arange(float(len(y))), y).states,
        Waveform(np.arange(float(len(y))), -y).states,
    )
    assert (states.base, states.top) == (-mirrored.top, -mirrored.base)
    assert y.min() <= states.base <= states.top <= y.max()


@given(SIGNALS)
def test_no_signal_makes_a_measurement_fail(y: np.ndarray) -> None:
    for x in (np.arange(float(len(y))), np.zeros(len(y))):
        waveform = Waveform(x, y, [len(y) // 2] if len(y) > 1 else [])
        found = measured(MEASUREMENTS, waveform, Waveform(x, -y))
        assert list(found) == list(MEASUREMENTS)


@pytest.mark.parametrize("degrees", [-170, -90, -1, 0, 37.5, 90, 179, 180])
def test_the_phase_is_positive_where_the_second_signal_is_later(degrees: float) -> None:
    x = np.arange(1000) / 50
    first, second = (np.sin(TURN * x - late) for late in (0.3, 0.3 + np.radians(degrees)))
    found = measured(PAIRS, Waveform(x, first), Waveform(x, second))
    off = (found["phase"].value - degrees + 180) % 360 - 180
    assert off == pytest.approx(0, abs=0.01)
    assert found["delay"].value == pytest.approx(found["phase"].value / 360)


def test_single_edges_have_a_delay_and_no_phase() -> None:
    x = np.arange(20.0)
    found = measured(PAIRS, Waveform(x, x >= 5), Waveform(x, x >= 12))
    assert (found["delay"].value, found["phase"].value) == (7, None)


def test_pairs_need_two_channels_of_one_frequency() -> None:
    x = np.arange(3000) / 50
    first, second = Waveform(x, np.sin(TURN * x)), Waveform(x, np.sin(TURN * 1.618 * x))
    assert measured(PAIRS, first)["phase"].why == SECOND
    assert measured(PAIRS, first, second)["phase"].why == "needs edges of the same frequency on both channels"
    assert measured(PAIRS, first, Waveform(x[:0], x[:0]))["delay"].why == SAMPLES


def test_an_unknown_measurement_is_refused() -> None:
    with pytest.raises(KeyError, match="vrms"):
        measured(["vrms"], Waveform(np.zeros(1), np.zeros(1)))


def test_each_measurement_has_a_label_of_its_own_and_a_known_unit() -> None:
    assert len({each.label for each in MEASUREMENTS.values()}) == len(MEASUREMENTS)
    assert {each.unit for each in MEASUREMENTS.values()} == {"y", "x", "1/x", "%", "deg", ""}


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=40))
def test_statistics_are_those_of_all_values_at_once(added: list[float | None]) -> None:
    found = Statistics()
    for value in added:
        found = found.with_(value)
    there = [value for value in added if value is not None]
    assert (found.now, found.count) == (added[-1] if added else None, len(there))
    if there:
        assert (found.min, found.max) == (min(there), max(there))
        assert found.mean == pytest.approx(np.mean(there), rel=1e-9, abs=1e-6)
    assert found.sigma == (
        pytest.approx(np.std(there, ddof=1), rel=1e-6, abs=1e-3) if len(there) > 1 else None
    )
