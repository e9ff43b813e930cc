"""What the envelope is made of: borders, cuts and buckets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.dsp.envelope import buckets, edges, seams


@given(st.integers(-(10**9), 10**9), st.integers(-200, 200), st.floats(1e-12, 1e12))
def test_a_border_is_the_same_from_whichever_whole_column_it_is_counted(
    k: int, moved: int, width: float
) -> None:
    found, again = edges(k * width, width, 300), edges((k + moved) * width, width, 300)
    here, there = max(0, moved), max(0, -moved)
    assert found[here : 301 - there].tolist() == again[there : 301 - here].tolist()


def test_borders_lie_a_width_apart_from_any_left() -> None:
    assert edges(0.3, 0.5, 2).tolist() == [0.3, 0.8, 1.3]


def test_seams_make_every_range_one_piece() -> None:
    cuts, own = seams(np.array([0, 4, 6]), np.array([2, 6, 9]))
    assert (cuts.tolist(), own.tolist()) == ([0, 2, 4, 6], [0, 2, 3])


def test_buckets_ignore_nan_unless_there_is_nothing_else() -> None:
    y = np.array([1.0, np.nan, -2.0, 7.0, np.nan, np.nan])
    low, high = buckets(y, y, 3)
    np.testing.assert_array_equal(low, [-2.0, 7.0])
    np.testing.assert_array_equal(high, [1.0, 7.0])
    low, high = buckets(y, y, 2)
    np.testing.assert_array_equal(high, [1.0, 7.0, np.nan])
