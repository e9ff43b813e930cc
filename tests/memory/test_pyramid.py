"""The pyramid: extremes of full buckets, however the samples came."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.pyramid import FACTOR, WIDTHS, Pyramid
from app.memory.ring import Ring

CAPACITY = 65536


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, CAPACITY - 1, CAPACITY, CAPACITY + 1, 2 * CAPACITY + 300])
@pytest.mark.parametrize("part", [61, 1024, 70_000])
@pytest.mark.parametrize("dtype", [np.dtype(np.float64), np.dtype(np.float32)])
def test_every_living_bucket_is_right(n: int, part: int, dtype: np.dtype[np.float64]) -> None:
    y = np.random.default_rng(n).standard_normal(n).astype(dtype)
    y[: n // 3][::2] = np.nan
    xs, ys = Ring(np.empty(CAPACITY)), Ring(np.empty(CAPACITY, dtype))
    pyramid = Pyramid(CAPACITY, dtype, 0)
    for at in range(0, n, part):
        xs.write(at, np.arange(n, dtype=np.float64)[at : at + part])
        ys.write(at, y[at : at + part])
        total = min(at + part, n)
        pyramid.build(xs, ys, max(0, total - CAPACITY), total)
    check(pyramid, y, max(0, n - CAPACITY))


def check(pyramid: Pyramid, y: np.ndarray[tuple[int], np.dtype[np.float64]], first: int) -> None:
    for level in pyramid.levels:
        for bucket in range(-(-first // level.size), len(y) // level.size):
            inside = y[bucket * level.size : (bucket + 1) * level.size]
            least = np.fmin.reduce(inside)
            np.testing.assert_equal(level.low.item(bucket), least)
            np.testing.assert_equal(level.high.item(bucket), np.fmax.reduce(inside))
            assert level.x.item(bucket) == bucket * level.size


def test_a_bucket_of_nan_alone_is_nan() -> None:
    ring = Ring(np.full(CAPACITY, np.nan))
    pyramid = Pyramid(CAPACITY, np.dtype(np.float64), 0)
    pyramid.build(ring, ring, 0, CAPACITY)
    assert all(np.isnan(level.low.item(0)) and np.isnan(level.high.item(0)) for level in pyramid.levels)


@pytest.mark.parametrize("capacity", [FACTOR, 1024, 1_000_000])
def test_it_takes_less_than_two_bytes_a_sample(capacity: int) -> None:
    pyramid = Pyramid(capacity, np.dtype(np.float64), 0)
    assert pyramid.nbytes <= 2 * capacity + 48 * len(pyramid.levels)


def test_each_level_but_the_first_has_many_buckets() -> None:
    pyramid = Pyramid(300_000, np.dtype(np.float64), 0)
    assert [level.size for level in pyramid.levels] == [16, 64, 256, 1024]
    assert [pyramid.coarsest(size) for size in (15, 16, 63, 64, 1e9)] == [0, 1, 1, 2, 4]
    assert [level.size for level in Pyramid(FACTOR, np.dtype(np.float64), 0).levels] == [16]


def test_a_width_keeps_its_level_until_its_columns_hold_many_more_or_fewer() -> None:
    pyramid = Pyramid(300_000, np.dtype(np.float64), 0)
    averages = (100, 200, 280, 300, 200, 140, 120, 400, 500, 290, 2400, 2500, 1e9, 6000, 4000)
    heights = (0, 0, 0, 1, 1, 1, 0, 2, 2, 2, 3, 3, 4, 4, 3)
    assert [pyramid.height(1.0, average) for average in averages] == list(heights)
    assert (pyramid.height(2.0, 200), pyramid.height(1.0, 4000)) == (1, 3)


def test_levels_are_kept_for_the_widths_asked_for_last() -> None:
    pyramid = Pyramid(300_000, np.dtype(np.float64), 0)
    for width in range(1, 2 * WIDTHS):
        pyramid.height(float(width), 1000)
        pyramid.height(0.5, 1000)
    assert list(pyramid.heights) == [*range(WIDTHS + 1, 2 * WIDTHS), 0.5]
