import math

import maths_oracles as oracles
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.calculus import derivative, integral
from app.dsp.maths import MATHS, Settings, Signal, aligned, common
from app.dsp.pieces import pieces

NAN = math.nan
VALUES = st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0, 7.0, NAN])
STEPS = st.sampled_from([0.0, 0.25, 1.0, 1.0, 3.0])


@st.composite
def signals(draw: st.DrawFn, least: int = 0) -> tuple[list[float], list[float], list[int]]:
    """x with equal values and jumps, y with missing ones, breaks."""
    n = draw(st.integers(least, 20))
    steps = draw(st.lists(STEPS, min_size=n, max_size=n))
    y = draw(st.lists(VALUES, min_size=n, max_size=n))
    breaks = draw(st.lists(st.integers(0, 20), max_size=3))
    return list(np.cumsum([draw(STEPS), *steps])[:n]), y, sorted(breaks)


def arrays(signal: tuple[list[float], list[float], list[int]]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    return np.array(signal[0], float), np.array(signal[1], float), signal[2]


def applied(name: str, *y: list[float], x: list[float] | None = None, **more: object) -> list[float]:
    values = [np.array(each) for each in y]
    return (
        MATHS[name]
        .of(np.arange(len(y[0]), dtype=float) if x is None else np.array(x), *values, **more)
        .tolist()
    )


@given(signals())
def test_pieces_are_those_of_the_slow_way(signal) -> None:
    starts, stops = pieces(np.array(signal[1], float), signal[2])
    found = [list(range(start, stop)) for start, stop in zip(starts, stops, strict=True)]
    assert found == oracles.pieces(signal[1], signal[2])


@given(signals())
def test_derivative_and_integral_are_those_of_the_slow_way(signal) -> None:
    x, y, breaks = arrays(signal)
    np.testing.assert_allclose(derivative(x, y, breaks), oracles.derivative(*signal), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(integral(x, y, breaks), oracles.integral(*signal), rtol=1e-12, atol=1e-12)


def test_the_derivative_of_a_parabola_is_exact_at_irregular_x() -> None:
    x = np.sort(np.random.default_rng(1).uniform(0, 10, 1000))
    slopes = MATHS["derivative"].of(x, 3 * x**2 - x)
    np.testing.assert_allclose(slopes[1:-1], 6 * x[1:-1] - 1, rtol=1e-6, atol=1e-6)


def test_derivative_and_integral_of_a_sine_are_its_cosine() -> None:
    x = np.sort(np.random.default_rng(1).uniform(0, 10, 20_000))
    y = np.sin(x)
    assert np.abs(MATHS["derivative"].of(x, y)[1:-1] - np.cos(x)[1:-1]).max() < 1e-4
    assert np.abs(MATHS["integral"].of(x, y) - (math.cos(x[0]) - np.cos(x))).max() < 1e-5


def test_an_integral_starts_anew_after_a_gap() -> None:
    assert applied("integral", [1.0, 1.0, 1.0, 1.0], breaks=[2]) == [0, 1, 0, 1]


def test_the_four_rules_take_two_signals_sample_by_sample() -> None:
    a, b = [6.0, -1.0, NAN, 2.0], [3.0, 0.0, 1.0, -4.0]
    for name, expected in {
        "add": [9, -1, NAN, -2],
        "subtract": [3, -1, NAN, 6],
        "multiply": [18, 0, NAN, -8],
        "divide": [2, NAN, NAN, -0.5],
    }.items():
        np.testing.assert_array_equal(applied(name, a, b), expected)
    np.testing.assert_array_equal(applied("absolute", a), [6, 1, NAN, 2])


def test_what_is_too_large_for_a_float_is_missing() -> None:
    np.testing.assert_array_equal(applied("multiply", [1e300, 1.0], [1e300, 1.0]), [NAN, 1])


def test_every_operation_takes_empty_single_and_float32_signals() -> None:
    for operation in MATHS.values():
        for n in (0, 1, 2, 3):
            y = [np.ones(n, np.float32)] * operation.operands
            x, settings = np.arange(n, dtype=float), Settings(0.01, 0.1)
            found = operation.of(x, *y, settings=settings)
            assert (found.dtype, len(found)) == (np.float64, n)
            assert np.isnan(operation.of(x, *[each * NAN for each in y], settings=settings)).all()


def test_operands_are_not_changed() -> None:
    x, y = np.arange(4.0), np.array([1.0, NAN, 3.0, 4.0])
    for operation in MATHS.values():
        operation.of(x, *[y] * operation.operands, settings=Settings(0.01, 0.1))
    np.testing.assert_array_equal(y, [1, NAN, 3, 4])


def test_a_wrong_number_or_length_of_operands_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 2 operands, not 1"):
        MATHS["add"].of(np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=r"\[3\] values do not go with 2"):
        MATHS["absolute"].of(np.zeros(2), np.zeros(3))


@pytest.mark.parametrize(
    ("name", "units", "expected"),
    [
        ("add", ("V", "V"), "V"),
        ("subtract", ("V", "A"), ""),
        ("multiply", ("V", "A"), "V·A"),
        ("multiply", ("V", "V"), "V²"),
        ("multiply", ("V", ""), "V"),
        ("divide", ("V", "A"), "V/A"),
        ("divide", ("V", "V"), ""),
        ("divide", ("V", "m/s"), "V/(m/s)"),
        ("divide", ("", "s"), "1/s"),
        ("derivative", ("V",), "V/s"),
        ("integral", ("V",), "V·s"),
        ("absolute", ("V",), "V"),
        ("lowpass", ("V",), "V"),
    ],
)
def test_results_have_the_unit_that_the_operation_makes(name, units, expected) -> None:
    assert MATHS[name].unit(*units, x_unit="s") == expected


@given(signals(1), signals(1))
def test_signals_are_aligned_as_the_slow_way_does(one, two) -> None:
    x, y1, y2, breaks = common(*arrays(one), *arrays(two))
    left, right = max(one[0][0], two[0][0]), min(one[0][-1], two[0][-1])
    inside = [[place for place in signal[0] if left <= place <= right] for signal in (one, two)]
    assert x.tolist() == max(inside, key=len)
    if inside[0] == inside[1]:
        return  # paired sample by sample: the test after the next
    mine, other = (one, two) if len(inside[0]) >= len(inside[1]) else (two, one)
    own, placed = (y1, y2) if mine is one else (y2, y1)
    first = next((i for i, place in enumerate(mine[0]) if place >= left), 0)
    np.testing.assert_array_equal(own, mine[1][first : first + len(x)])
    np.testing.assert_allclose(placed, [oracles.interpolated(*other, at) for at in x], rtol=1e-12, atol=1e-12)
    for i in breaks:
        assert 0 < i < len(x)


@given(signals(1), signals(1))
def test_no_line_of_aligned_signals_crosses_a_gap_of_either(one, two) -> None:
    x, y1, y2, breaks = common(*arrays(one), *arrays(two))
    for signal in (one, two):
        missing = [place for place, value in zip(*signal[:2], strict=True) if math.isnan(value)]
        for i in range(1, len(x)):
            if math.isnan(y1[i - 1] + y1[i] + y2[i - 1] + y2[i]) or i in breaks:
                continue
            assert not any(x[i - 1] < place < x[i] for place in missing)
            for at in (k for k in signal[2] if 0 < k < len(signal[0])):
                assert not x[i - 1] < signal[0][at - 1] <= signal[0][at] < x[i]


def test_signals_with_the_same_x_are_paired_sample_by_sample() -> None:
    x = np.array([0.0, 1.0, 1.0, 2.0])
    found = common(x, np.array([1.0, 2.0, 3.0, 4.0]), [2], x.copy(), np.array([5.0, 6.0, NAN, 8.0]), [])
    np.testing.assert_array_equal(found[1], [1, 2, 3, 4])
    np.testing.assert_array_equal(found[2], [5, 6, NAN, 8])
    assert found[3].tolist() == [2]


def test_the_denser_signal_lends_its_x() -> None:
    sparse, dense = Signal(np.array([0.0, 10.0]), np.array([0.0, 100.0])), np.linspace(3, 7, 9)
    x, (first, second), breaks = aligned([sparse, Signal(dense, np.ones(9))])
    assert x.tolist() == dense.tolist()
    np.testing.assert_allclose(first, dense * 10)
    assert second.tolist() == [1] * 9
    assert len(breaks) == 0


def test_a_gap_between_two_samples_of_the_denser_signal_is_a_break() -> None:
    dense = (np.arange(6.0), np.ones(6), [])
    other = (np.array([0.0, 2.2, 2.6, 5.0]), np.ones(4), [2])
    x, _, y2, breaks = common(*dense, *other)
    assert (len(x), breaks.tolist()) == (6, [3])
    assert y2.tolist() == [1] * 6


def test_a_gap_of_the_sparser_signal_is_missing_there() -> None:
    _, _, y2, breaks = common(np.arange(6.0), np.ones(6), [], np.array([0.0, 1.5, 4.5, 5.0]), np.ones(4), [2])
    np.testing.assert_array_equal(y2, [1, 1, NAN, NAN, NAN, 1])
    assert breaks.tolist() == [5]


def test_without_a_common_range_nothing_is_left() -> None:
    for other in (np.array([5.0, 6.0]), np.empty(0)):
        x, y1, y2, breaks = common(np.arange(3.0), np.ones(3), [1], other, np.ones(len(other)), [])
        assert (len(x), len(y1), len(y2), len(breaks)) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="0 signals"):
        aligned([])
