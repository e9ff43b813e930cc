"""The envelope of long stretches: nothing lost, nothing far from its place."""

from __future__ import annotations

import numpy as np
import pytest
from blocks import explicit

from app.memory.record import Record
from app.memory.samples import Float64s

POINTS = 100_000
N = 150_000  # the ring has wrapped


def spacing(kind: str) -> Float64s:
    rng = np.random.default_rng(7)
    if kind == "regular":
        return np.full(N, 1e-3)
    if kind == "random":
        return rng.exponential(1e-3, N)
    if kind == "a change of rate":
        return np.where(np.arange(N) < 100_000, 1e-3, 1e-6)
    if kind == "bursts":
        return np.where(np.arange(N) % 500 < 20, 1e-3, 1e-6)
    return np.where(rng.random(N) < 0.3, 0.0, 1e-3)


def filled(kind: str) -> tuple[Record, Float64s, Float64s]:
    x, y = np.cumsum(spacing(kind)), np.random.default_rng(8).standard_normal(N)
    y[120_000:121_000] = np.nan
    y[::7] = np.nan
    record = Record("a", 0, POINTS, POINTS)
    for at in range(0, N, 7777):
        record.append(explicit(x[at : at + 7777], y[at : at + 7777]), 0.0)
    return record, x, y


@pytest.mark.parametrize("kind", ["regular", "random", "a change of rate", "bursts", "equal x"])
@pytest.mark.parametrize("n", [1, 10, 700])
def test_columns_hold_every_sample_near_its_place(kind: str, n: int) -> None:
    record, x, y = filled(kind)
    segment = record.segment()
    for start, stop in ((segment.start, segment.stop), (segment.start + 4321, segment.stop - 77)):
        left, width = x[start], (x[stop - 1] - x[start]) / n * 0.9
        columns = record.columns(start, stop, left, width, n)
        edges = left + width * np.arange(n + 1)
        assert columns.start[0] == start
        assert columns.stop[-1] == np.searchsorted(x, edges[-1])
        assert columns.start[1:].tolist() == columns.stop[:-1].tolist()
        assert np.all(x[columns.start] >= edges[columns.index] - 0.26 * width)
        assert np.all(x[columns.stop - 1] <= edges[columns.index + 1] + 0.26 * width)
        parts = [y[a:b] for a, b in zip(columns.start, columns.stop, strict=True)]
        np.testing.assert_array_equal(columns.low, [np.fmin.reduce(part) for part in parts])
        np.testing.assert_array_equal(columns.high, [np.fmax.reduce(part) for part in parts])


def test_a_single_glitch_is_seen_wherever_it_is() -> None:
    for at in range(50_000, N, 6_131):
        record = Record("a", 0, POINTS, POINTS)
        y = np.zeros(N)
        y[at] = 9.0
        record.append(explicit(np.arange(N) * 1.0, y), 0.0)
        columns = record.columns(record.first, N, 50_000.0, 1000.0, 100)
        assert columns.index[columns.high == 9.0].tolist() == [pytest.approx((at - 50_000) // 1000, abs=1)]


def test_few_samples_are_exact() -> None:
    record, x, y = filled("random")
    start = N - 8192
    columns = record.columns(start, N, x[start], (x[-1] - x[start]) / 50, 50)
    edges = x[start] + (x[-1] - x[start]) / 50 * np.arange(51)
    assert columns.start.tolist() == np.searchsorted(x, edges[:-1]).tolist()
    parts = [y[a:b] for a, b in zip(columns.start, columns.stop, strict=True)]
    assert columns.high.tolist() == [np.nanmax(part) for part in parts]


@pytest.mark.parametrize(("left", "width"), [(-100.0, 1.0), (1e9, 1.0)])
def test_a_screen_beside_the_samples_is_empty(left: float, width: float) -> None:
    record, _, _ = filled("regular")
    assert len(record.columns(record.first, record.total, left, width, 10).index) == 0


def test_an_empty_stretch_is_empty() -> None:
    record, x, _ = filled("regular")
    assert len(record.columns(N - 5, N - 5, x[-1], 1.0, 10).index) == 0


def test_columns_see_what_has_come_just_now() -> None:
    record, x, _ = filled("regular")
    record.append(explicit(x[-1] + 1e-3, np.array([50.0])), 0.0)
    columns = record.columns(record.first, record.total, x[50_000], 10.0, 11)
    assert columns.high.max() == 50.0
    assert columns.stop[-1] == N + 1
