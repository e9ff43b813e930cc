import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Float64s
from app.scope.frame import FIGURE_POINTS, ROWS, Kind, Trace, Window, xy, yt
from tests.scope.signals import filled, send


def trace(memory: Memory, left: float, span: float, rows: int = ROWS, first: int = 0) -> Trace:
    record = memory.records["a"]
    return yt(record, Window(record.segment(), left, span, first), rows)


def drawn(found: Trace) -> Float64s:
    return found.y[np.isfinite(found.y)]


def test_few_samples_are_drawn_as_they_are() -> None:
    x, y = np.linspace(3, 4, 500), np.random.default_rng(1).normal(size=500)
    found = trace(filled(("a", x, y)), 3, 1)
    np.testing.assert_array_equal(found.y, y)
    np.testing.assert_allclose(found.x0 + found.x, x, rtol=0, atol=1e-15 * 8)
    assert not found.near


@pytest.mark.parametrize("n", [1023, 1024, 1025, 5000, 90_000])
@pytest.mark.parametrize("rows", [16, 100, ROWS])
def test_a_trace_never_has_more_than_its_rows(n: int, rows: int) -> None:
    x = np.cumsum(np.random.default_rng(n).exponential(size=n))
    y = np.random.default_rng(n + 1).normal(size=n)
    found = trace(filled(("a", x, y)), x[0], x[-1] - x[0], rows)
    assert len(found.x) == len(found.y) <= rows


def test_no_glitch_is_lost() -> None:
    for at in (0, 1, 4999, 50_000, 89_998, 89_999):
        y = np.zeros(90_000)
        y[at] = 99.0
        found = trace(filled(("a", np.arange(90_000.0), y)), 0, 89_999)
        assert drawn(found).max() == 99.0
        shown = found.x[np.nanargmax(found.y)]
        assert abs(shown - at) <= 90_000 / 1000


def test_columns_hold_their_lowest_and_highest_sample() -> None:
    rng = np.random.default_rng(5)
    x, y = np.arange(5000.0), rng.normal(size=5000)
    found = trace(filled(("a", x, y)), -0.3, 5000.7)
    assert found.near
    width = np.diff(found.x[0::2]).min()
    for low, high, middle in zip(found.y[0::2], found.y[1::2], found.x[0::2], strict=True):
        inside = y[(x + 0.3 >= middle - width / 2) & (x + 0.3 < middle + width / 2)]
        if len(inside):
            assert {low, high} == {inside.min(), inside.max()}


@pytest.mark.parametrize("before", [0, 7_000])
def test_two_samples_of_a_column_are_drawn_in_the_order_in_which_they_came(before: int) -> None:
    y = np.random.default_rng(6).normal(size=2040)
    memory = filled(("a", np.arange(-before, 0.0), np.zeros(before)), points=8192) if before else filled()
    send(memory, "a", np.arange(2040.0), y)
    found = trace(memory, 0, 2040)
    assert found.near is False
    np.testing.assert_array_equal(found.y[-2040:], y)


def test_equal_x_is_a_stroke_and_not_an_empty_picture() -> None:
    y = np.random.default_rng(3).normal(size=3000)
    found = trace(filled(("a", np.zeros(3000), y)), -10, 10)
    assert (drawn(found).min(), drawn(found).max()) == (y.min(), y.max())


def test_a_gap_breaks_the_line() -> None:
    x = np.concatenate((np.arange(100.0), 500 + np.arange(100.0)))
    found = trace(filled(("a", x, np.ones(200))), 0, 600)
    assert np.count_nonzero(np.isnan(found.y)) == 1
    assert found.x[np.flatnonzero(np.isnan(found.y))[0]] == 500


def test_a_gap_breaks_the_envelope() -> None:
    x = np.concatenate((np.arange(5000.0), 12_000 + np.arange(5000.0)))
    found = trace(filled(("a", x, np.ones(10_000))), 0, 17_000)
    assert np.count_nonzero(np.isnan(found.y)) == 1


def test_nan_is_a_gap() -> None:
    y = np.ones(200)
    y[50:60] = np.nan
    assert np.isnan(trace(filled(("a", np.arange(200.0), y)), 0, 200).y).sum() == 10


def test_one_sample_is_a_dot() -> None:
    found = trace(filled(("a", [5.0], [1.0])), 0, 10)
    assert found.dots.tolist() == [0]


def test_many_samples_have_dots_only_where_they_stand_alone() -> None:
    y = np.ones(200)
    y[[99, 101]] = np.nan
    found = trace(filled(("a", np.arange(200.0), y)), 0, 200)
    assert found.dots.tolist() == [100]


def test_cleared_samples_are_not_drawn() -> None:
    found = trace(filled(("a", np.arange(100.0), np.arange(100.0))), 0, 100, first=90)
    assert drawn(found).min() == 90


def test_a_kept_figure_stays_when_its_ring_is_overwritten() -> None:
    memory = filled(("a", np.tile([0.0, 1, 0, -1], 100), np.tile([0.1, 0, -0.1, 0], 100)), points=500)
    found = xy(memory.records["a"], (-1, 1))
    before = found.x.tolist(), found.y.tolist()
    for _ in range(9):
        send(memory, "a", np.tile([3.0, 2], 50), np.full(100, 0.9))
    assert (found.x.tolist(), found.y.tolist()) == before


def test_a_figure_is_the_newest_points_in_order_of_arrival() -> None:
    t = np.linspace(0, 40, 3000)
    memory = filled(("a", np.cos(t), np.sin(3 * t)))
    found = xy(memory.records["a"], (-1, 1))
    assert found.kind is Kind.XY
    np.testing.assert_array_equal(found.x, np.cos(t)[-FIGURE_POINTS:])
    np.testing.assert_array_equal(found.y, np.sin(3 * t)[-FIGURE_POINTS:])
