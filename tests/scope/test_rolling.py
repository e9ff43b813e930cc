"""A rolling screen: what stays on it is the same from frame to frame, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.memory.memory import Memory
from app.memory.samples import Float64s
from app.scope.autoset import Setup
from app.scope.frame import ROWS, Frame, Trace
from app.scope.search import Searches
from app.scope.view import View, frame
from tests.scope.signals import NOW, send


def rolled(memory: Memory, units_per_div: float, rows: int = ROWS) -> Frame:
    return frame(View(units_per_div), memory, Setup(), Searches(), rows)


def kept(old: Trace, new: Trace) -> tuple[Float64s, Float64s]:
    """What both show: the points of each as (n, 2), from where the new one begins to the old one's newest."""
    begin, end = new.x[0], old.x[-1]
    begins = int(np.searchsorted(old.x, begin))
    return until(old.x[begins:], old.y[begins:], end), until(new.x, new.y, end)


def until(x: Float64s, y: Float64s, end: float) -> Float64s:
    """Points up to an x, without the gaps before the first of them: they may have left the screen."""
    first = int(np.argmax(np.isfinite(y))) if np.isfinite(y).any() else len(y)
    points: Float64s = np.column_stack((x, y))[first:]
    return points[points[:, 0] < end]


def assert_goes_on(old: Frame, new: Frame) -> int:
    """No trace has changed but at its ends; returns how many points have stayed."""
    stayed = 0
    for slot, trace in new.traces.items():
        last = old.traces[slot]
        few = trace.near and len(trace.x) < 50  # then also columns are shown from which samples go
        if trace.x0 == last.x0 and trace.near == last.near and not few:
            before, after = kept(last, trace)
            np.testing.assert_array_equal(before.view(np.int64), after.view(np.int64))
            stayed += len(after)
    return stayed


def steps(kind: str, n: int, rng: np.random.Generator) -> Float64s:
    """dx of irregular, jittered or regular samples, some of them with gaps."""
    if kind == "regular":
        return np.full(n, 1.0)
    found = rng.exponential(size=n) if kind == "irregular" else 1 + rng.normal(0, 0.01, n)
    if kind == "gaps":
        found[rng.random(n) < 0.003] = 40.0
    return np.abs(found)


KINDS = st.sampled_from(["regular", "irregular", "jittered", "gaps"])
SPANS = st.sampled_from([3.7, 40.0, 900.0, 2_000.0, 12_345.6, 90_000.0, 400_000.0])


@given(
    KINDS, SPANS, st.sampled_from([200, ROWS]), st.sampled_from([30_000, 200_000]), st.integers(0, 1 << 30)
)
@settings(max_examples=60, deadline=None)
def test_what_stays_on_a_rolling_screen_does_not_change(
    kind: str, span: float, rows: int, points: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    memory, last, x = Memory(points), None, float(rng.normal(0, 1000))
    for n in [20_000, 60_000, *rng.integers(1, 3000, 12).tolist(), 40_000, *rng.integers(1, 50, 6).tolist()]:
        offsets = x + np.cumsum(steps(kind, n, rng))
        y = rng.normal(size=n)
        y[rng.random(n) < 0.001] = np.nan
        send(memory, "a", offsets, y)
        x = float(offsets[-1])
        new = rolled(memory, span / 10, rows)
        if last is not None and new.held["a"].segment.base == last.held["a"].segment.base:
            assert_goes_on(last, new)
        assert len(new.traces[0].x) <= rows
        last = new


def test_a_rolling_screen_keeps_nearly_all_of_its_points() -> None:
    memory, last, stayed = Memory(1_000_000), None, []
    for n in range(60):
        x = (n * 3333 + np.arange(3333)) / 100_000
        send(memory, "a", x, np.sin(40 * x), NOW + n / 30)
        new = rolled(memory, 0.1)
        if last is not None:
            stayed.append(assert_goes_on(last, new) / len(new.traces[0].x))
        last = new
    assert min(stayed[35:]) > 0.95


def test_a_record_shorter_than_the_screen_goes_on_where_it_loses_samples() -> None:
    memory, last = Memory(50_000), None
    for n in range(80):
        x = (n * 1777 + np.arange(1777)) / 1000
        send(memory, "a", x, np.random.default_rng(n).normal(size=1777), NOW + n)
        new = rolled(memory, 10.0)
        if last is not None:
            assert_goes_on(last, new)
        last = new
    assert len(new.traces[0].x) > 900


@pytest.mark.parametrize("span", [10.0, 777.7, 5_000.0, 60_000.0])
@pytest.mark.parametrize("zero", [0.0, -3.3e6, 1.7e9])
def test_the_newest_sample_stands_at_the_right_border(span: float, zero: float) -> None:
    memory = Memory(100_000)
    send(memory, "a", zero + np.arange(70_000.0), np.arange(70_000.0))
    for n in range(20):
        send(memory, "a", zero + 70_000 + n + np.array([0.61]), [1e6 + n])
        found = rolled(memory, span / 10).traces[0]
        left, right = found.ends
        assert right - left == pytest.approx(span, rel=1e-9)
        assert found.x0 + right == pytest.approx(zero + 70_000 + n + 0.61, abs=1e-6)
        column = (right - left) / 1020
        assert right - column <= found.x[-1] <= right + 1e-9 * span
        assert np.nanmax(found.y[-2:]) == 1e6 + n


def test_x_counts_from_a_place_that_stays_for_sixteen_screens() -> None:
    memory, origins = Memory(200_000), set()
    for n in range(400):
        send(memory, "a", n * 500 + np.arange(500.0), np.ones(500))
        found = rolled(memory, 500.0).traces[0]
        assert found.ends[0] >= 0
        assert found.ends[1] <= 17 * 5000
        origins.add(found.x0)
    assert len(origins) <= 4


def test_the_columns_of_a_held_screen_begin_at_its_left_border() -> None:
    memory = Memory(200_000)
    for n in range(30):
        x = (n * 5000 + np.arange(5000)) / 50_000
        send(memory, "a", x, np.sin(2 * np.pi * 20 * x), NOW + (n + 1) / 10)
    found = rolled(memory, 0.02)
    assert found.lamp == "TRIG'D"
    trace = found.traces[0]
    assert trace.near
    assert trace.ends == (0.0, pytest.approx(0.2))
    np.testing.assert_allclose(trace.x[2::2][:5] / (0.2 / 1020), np.arange(5) + 0.5)


@pytest.mark.parametrize("x", [1e17, -1e150, 1e150])
def test_an_x_beside_which_a_column_is_nothing_is_no_error(x: float) -> None:
    memory = Memory(10_000)
    send(memory, "a", np.full(5000, x), np.arange(5000.0))
    assert len(rolled(memory, 1e-9).traces[0].x) <= ROWS
