"""The envelope of long stretches: nothing lost, nothing far from its place, nothing that changes later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from blocks import explicit
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import envelope as twin

from app.dsp.envelope import Columns, Float64s, edges
from app.memory.columns import NEAR, Stretch
from app.memory.pyramid import Pyramid
from app.memory.record import Record
from app.memory.ring import Ring

POINTS = 100_000
N = 150_000  # the ring has wrapped
STEPS = st.lists(st.sampled_from([0.0, 0.125, 0.5, 3.0]), max_size=60)
VALUES = st.sampled_from([-2.0, 0.0, 1.5, float("nan")])
NAMES = ("index", "low", "high", "start", "stop")


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


def stretch(x: Float64s, y: Float64s, capacity: int) -> Stretch:
    """The newest of these samples that fit."""
    xs, ys, pyramid = Ring(np.empty(capacity)), Ring(np.empty(capacity)), Pyramid(capacity, y.dtype, 0)
    for at in range(0, len(x), capacity // 2):
        stop = min(len(x), at + capacity // 2)
        xs.write(at, x[at:stop])
        ys.write(at, y[at:stop])
        pyramid.build(xs, ys, max(0, stop - capacity), stop)
    alive = max(0, len(x) - capacity), len(x)
    return Stretch(xs, ys, pyramid, *alive, alive)


def rows(columns: Columns) -> list[tuple[object, ...]]:
    found = zip(*(getattr(columns, name).tolist() for name in NAMES), strict=True)
    return [tuple("NaN" if value != value else value for value in row) for row in found]


def check(columns: Columns, x: Float64s, y: Float64s, borders: Float64s, first: int) -> None:
    """No sample from first on between the borders is lost, none is invented, each is near its place."""
    near = 1.01 * NEAR * (borders[1] - borders[0])
    assert np.searchsorted(x, borders[0] - near) <= columns.start[0] <= max(first, x.searchsorted(borders[0]))
    assert np.searchsorted(x, borders[-1] - near) <= columns.stop[-1] <= np.searchsorted(x, borders[-1])
    assert columns.start[1:].tolist() == columns.stop[:-1].tolist()
    assert np.all(x[columns.start] >= borders[columns.index] - near)
    assert np.all(x[columns.stop - 1] <= borders[columns.index + 1])
    parts = [y[a:b] for a, b in zip(columns.start, columns.stop, strict=True)]
    np.testing.assert_array_equal(columns.low, [np.fmin.reduce(part) for part in parts])
    np.testing.assert_array_equal(columns.high, [np.fmax.reduce(part) for part in parts])


@pytest.mark.parametrize("kind", ["regular", "random", "a change of rate", "bursts", "equal x"])
@pytest.mark.parametrize("n", [1, 10, 300, 700])
def test_columns_hold_every_sample_near_its_place(kind: str, n: int) -> None:
    record, x, y = filled(kind)
    segment = record.segment()
    for start, stop in ((segment.start, segment.stop), (segment.start + 4321, segment.stop - 77)):
        left, width = x[start], (x[stop - 1] - x[start]) / n * 0.9
        columns = record.columns(start, stop, left, width, n)
        assert columns.start[0] == start
        check(columns, x, y, edges(left, width, n), start)


# a column is the same whatever is asked for

RUNS = st.lists(st.tuples(st.integers(1, 9000), st.sampled_from([0.0, 1e-4, 1e-3, 0.02, 1.3])), max_size=8)


def drawn(runs: list[tuple[int, float]], *, random: bool) -> Float64s:
    """x in runs of so many samples so far apart, and as many samples again at an even pace."""
    steps = np.concatenate([np.full(n, step) for n, step in [*runs, (20_000, 1e-3)]])
    if random:
        steps *= np.random.default_rng(len(steps)).exponential(size=len(steps))
    return np.cumsum(steps)


def slow_cut(x: Float64s, border: float, width: float, size: int) -> int:
    """Where a column begins: at the last multiple of size before the border, if that is near."""
    at = int(x.searchsorted(border))
    if not size or at == len(x):
        return at
    starts = np.arange(0, at, size)
    return int(max(starts[x[starts] >= border - NEAR * width], default=at))


def size_of(pyramid: Pyramid, width: float) -> int:
    """Samples in the buckets that columns of this width were made of; 0: of samples."""
    height = pyramid.heights[width]
    return pyramid.levels[height - 1].size if height else 0


@settings(max_examples=120, deadline=None)
@given(RUNS, st.booleans(), st.sampled_from([0.11, 0.7, 3.0]), st.integers(1, 200), st.integers(-3, 60))
def test_columns_begin_where_the_slow_twin_says(
    runs: list[tuple[int, float]], random: bool, width: float, n: int, back: int
) -> None:
    x = drawn(runs, random=random)
    y = np.random.default_rng(1).standard_normal(len(x))
    k = np.floor(x[-1] / width) - back
    whole = stretch(x, y, 90_000)
    columns = whole.columns(k * width, width, n)
    if width not in whole.pyramid.heights:
        assert rows(columns) == []
        return
    size = size_of(whole.pyramid, width)
    borders = [slow_cut(x, i * width, width, size) for i in k + np.arange(n + 1)]
    expected = [(i, a, b) for i, (a, b) in enumerate(pairwise(borders)) if a < b]
    assert [(row[0], row[3], row[4]) for row in rows(columns)] == expected
    if expected:
        check(columns, x, y, edges(k * width, width, n), 0)


@settings(max_examples=120, deadline=None)
@given(
    RUNS,
    st.booleans(),
    st.sampled_from([0.11, 0.7, 3.0]),
    st.integers(1, 19_000),
    st.integers(1, 12),
    st.sampled_from([20_000, 90_000]),
)
def test_a_column_stays_as_it_is_while_the_screen_rolls(
    runs: list[tuple[int, float]], random: bool, width: float, grown: int, n: int, capacity: int
) -> None:
    x = drawn(runs, random=random)
    y = np.random.default_rng(2).standard_normal(len(x))
    old, new = stretch(x[:-grown], y[:-grown], capacity), stretch(x, y, capacity)
    last, moved = np.floor(x[-grown - 1] / width), np.floor(x[-1] / width)
    before = by_number(old.columns((last - n) * width, width, n + 2), last - n)
    new.pyramid.heights[width] = kept = old.pyramid.heights[width]
    after = by_number(new.columns((moved - n) * width, width, n + 2), moved - n)
    if new.pyramid.heights[width] == kept:
        oldest = 2 + np.floor(x[new.start] / width)  # what is gone by then changes columns
        both = [i for i in before if max(oldest, moved - n) <= i < last]
        assert [after[i] for i in both] == [before[i] for i in both]


def by_number(columns: Columns, first: float) -> dict[float, tuple[object, ...]]:
    """What columns show by their number on the grid."""
    return {first + row[0]: row[1:] for row in rows(columns)}  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["regular", "random", "bursts"])
@pytest.mark.parametrize("samples", [40, 190, 400, 1650, 5100])
def test_a_rolling_screen_changes_only_its_newest_column(kind: str, samples: int) -> None:
    x, y = np.cumsum(spacing(kind)), np.random.default_rng(8).standard_normal(N)
    record = Record("a", 0, POINTS, POINTS)
    record.append(explicit(x[:70_000], y[:70_000]), 0.0)
    width = (x[-1] - x[0]) / N * samples
    known: dict[float, tuple[object, ...]] = {}
    for at in range(70_000, N, 777):
        record.append(explicit(x[at : at + 777], y[at : at + 777]), 0.0)
        newest = np.floor(x[record.total - 1] / width)
        columns = record.columns(record.first, record.total, (newest - 10) * width, width, 12)
        found = by_number(columns, newest - 10)
        assert [found[i] for i in known if i in found] == [row for i, row in known.items() if i in found]
        known = {i: row for i, row in found.items() if i < newest}


# few samples, and none


@settings(max_examples=150, deadline=None)
@given(STEPS, st.data(), st.sampled_from([1, 2, 7, 40]), st.sampled_from([0.25, 1.0, 5.0]))
def test_columns_of_few_samples_are_those_of_the_slow_twin(
    steps: list[float], data: st.DataObject, n: int, width: float
) -> None:
    x = np.cumsum(np.array(steps, dtype=np.float64))
    y = data.draw(st.lists(VALUES, min_size=len(x), max_size=len(x)))
    left = data.draw(st.sampled_from([0.0, -1.0, 2.5]))
    expected = twin(x.tolist(), y, left, width, n)
    found = rows(stretch(x, np.array(y, dtype=np.float64), 64).columns(left, width, n))
    assert found == [tuple("NaN" if value != value else value for value in row) for row in expected]


def test_columns_of_few_samples_are_exact() -> None:
    record, x, y = filled("random")
    start, width = N - 8192, (x[-1] - x[N - 8192]) / 50
    columns = record.columns(start, N, x[start], width, 50)
    assert columns.start.tolist() == np.searchsorted(x, edges(x[start], width, 49)).tolist()
    parts = [y[a:b] for a, b in zip(columns.start, columns.stop, strict=True)]
    assert columns.high.tolist() == [np.nanmax(part) for part in parts]


def test_a_single_glitch_is_seen_wherever_it_is() -> None:
    for at in range(50_000, N, 6_131):
        record = Record("a", 0, POINTS, POINTS)
        y = np.zeros(N)
        y[at] = 9.0
        record.append(explicit(np.arange(N) * 1.0, y), 0.0)
        columns = record.columns(record.first, N, 50_000.0, 1000.0, 100)
        assert columns.index[columns.high == 9.0].tolist() == [pytest.approx((at - 50_000) // 1000, abs=1)]


@pytest.mark.parametrize("screen", [(-100.0, 1.0), (1e9, 1.0), (-1e9, 1.0)])
def test_a_screen_beside_the_samples_is_empty(screen: tuple[float, float]) -> None:
    record, _, _ = filled("regular")
    assert len(record.columns(record.first, record.total, *screen, 10).index) == 0


@pytest.mark.parametrize("n", [2, 10])
def test_a_screen_that_begins_just_after_the_newest_sample_is_empty(n: int) -> None:
    record, x, _ = filled("regular")
    assert len(record.columns(record.first, record.total, x[-1] + 1e-4, 2.0, n).index) == 0


def test_an_empty_stretch_is_empty() -> None:
    record, x, _ = filled("regular")
    assert len(record.columns(N - 5, N - 5, x[-1], 1.0, 10).index) == 0


def test_columns_see_what_has_come_just_now() -> None:
    record, x, _ = filled("regular")
    record.append(explicit(x[-1] + 1e-3, np.array([50.0])), 0.0)
    columns = record.columns(record.first, record.total, x[50_000], 10.0, 11)
    assert columns.high.max() == 50.0
    assert columns.stop[-1] == N + 1


# the ring's part


@pytest.mark.parametrize("start", [0, 5, 11, 15])
def test_places_and_reductions_cross_the_wrap(start: int) -> None:
    values = np.repeat(np.arange(8.0), 2)
    ring = Ring(np.zeros(16))
    ring.write(start, values)
    keys = np.array([-1.0, 0.0, 2.5, 3.0, 7.0, 8.0])
    assert ring.places(keys, start, start + 16).tolist() == (start + values.searchsorted(keys)).tolist()
    for cuts in ([0], [1, 4, 15], [2, 5, 7, 11]):
        starts = start + np.array(cuts)
        assert ring.reduceat(np.fmax, starts, start + 16).tolist() == [
            values[a:b].max() for a, b in zip(cuts, [*cuts[1:], 16], strict=True)
        ]
