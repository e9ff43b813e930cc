"""The envelope against its slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import envelope as twin

from app.dsp.envelope import Columns, buckets, envelope, extremes

STEPS = st.lists(st.sampled_from([0.0, 0.125, 0.5, 3.0]), max_size=60)
VALUES = st.sampled_from([-2.0, 0.0, 1.5, float("nan")])


def rows(columns: Columns) -> list[tuple[object, ...]]:
    found = zip(*(getattr(columns, name).tolist() for name in Columns.__slots__), strict=True)
    return [tuple("NaN" if value != value else value for value in row) for row in found]


@settings(max_examples=150, deadline=None)
@given(STEPS, st.data(), st.sampled_from([1, 2, 7, 40]), st.sampled_from([0.25, 1.0, 5.0]))
def test_the_envelope_is_that_of_the_slow_twin(
    steps: list[float], data: st.DataObject, n: int, width: float
) -> None:
    x = np.cumsum(np.array(steps, dtype=np.float64))
    y = data.draw(st.lists(VALUES, min_size=len(x), max_size=len(x)))
    left = data.draw(st.sampled_from([0.0, -1.0, 2.5]))
    expected = twin(x.tolist(), y, left, width, n)
    found = rows(envelope(x, np.array(y, dtype=np.float64), left, width, n))
    assert found == [tuple("NaN" if value != value else value for value in row) for row in expected]


def test_no_samples_fill_no_column() -> None:
    assert rows(envelope(np.empty(0), np.empty(0), 0.0, 1.0, 10)) == []


def test_samples_beside_the_screen_fill_no_column() -> None:
    assert rows(envelope(np.array([-1.0, 10.0]), np.ones(2), 0.0, 1.0, 10)) == []


def test_a_sample_on_a_border_belongs_to_the_column_on_its_right() -> None:
    assert rows(envelope(np.array([1.0]), np.array([4.0]), 0.0, 1.0, 3, start=70)) == [(1, 4.0, 4.0, 70, 71)]


def test_a_column_of_nan_alone_is_nan() -> None:
    assert rows(envelope(np.zeros(2), np.full(2, np.nan), 0.0, 1.0, 1)) == [(0, "NaN", "NaN", 0, 2)]


def test_float32_gives_float64() -> None:
    columns = envelope(np.zeros(1), np.ones(1, np.float32), 0.0, 1.0, 1)
    assert columns.low.dtype == columns.high.dtype == np.float64


@pytest.mark.parametrize("stop", [8, 9])
def test_extremes_of_ranges_with_holes_between_them(stop: int) -> None:
    y = np.array([5.0, 1.0, 9.0, -7.0, 2.0, 3.0, np.nan, 4.0, 8.0])
    low, high = extremes(y, y, np.array([0, 4, 6]), np.array([2, 5, stop]))
    assert low.tolist() == [1.0, 2.0, 4.0]
    assert high.tolist() == [5.0, 2.0, y[stop - 1]]


def test_buckets_ignore_nan_unless_there_is_nothing_else() -> None:
    y = np.array([1.0, np.nan, -2.0, 7.0, np.nan, np.nan])
    low, high = buckets(y, y, 3)
    np.testing.assert_array_equal(low, [-2.0, 7.0])
    np.testing.assert_array_equal(high, [1.0, 7.0])
    low, high = buckets(y, y, 2)
    np.testing.assert_array_equal(high, [1.0, 7.0, np.nan])
