"""A record: the newest samples of one channel."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from blocks import clocked, explicit, following, stepped

from app.memory.record import Record, rounded
from app.memory.samples import Samples

POINTS = 5000
CAPACITY = rounded(POINTS)
SIZES = [1, POINTS - 1, POINTS, POINTS + 1, CAPACITY, CAPACITY + 1, 3 * POINTS]


def record(points: int = POINTS, *, narrow: bool = False) -> Record:
    return Record("a", 0, points, rounded(points), narrow=narrow)


def check(made: Record, twin: oracles.Twin) -> None:
    assert made.total == len(twin.live) + twin.evicted
    assert made.first == twin.evicted
    assert made.total - made.first <= made.capacity
    alive = np.array(twin.live)
    np.testing.assert_array_equal(made.x(0, made.total), alive[:, 0])
    np.testing.assert_array_equal(made.y(0, made.total), alive[:, 1])


@pytest.mark.parametrize("total", SIZES)
@pytest.mark.parametrize("batch", [1000, 4999, 100_000])
def test_the_newest_points_live(total: int, batch: int) -> None:
    made, twin = record(), oracles.Twin(POINTS)
    x, y = np.arange(total) * 0.5, np.random.default_rng(total).standard_normal(total)
    for at in range(0, total, batch):
        part = slice(at, at + batch)
        placed = made.append(explicit(x[part], y[part]), 0.0)
        twin.append(x[part].tolist(), y[part].tolist())
        assert (placed.start, placed.stop, placed.x0) == (at, min(at + batch, total), x[at])
    check(made, twin)


@pytest.mark.parametrize("points", [1, 2, 16, 17])
def test_tiny_records_keep_what_they_should(points: int) -> None:
    made, twin = record(points), oracles.Twin(points)
    for i in range(40):
        made.append(explicit(float(i), np.array([i * 2.0])), 0.0)
        twin.append([float(i)], [i * 2.0])
        check(made, twin)
    made.append(explicit(np.arange(100, 400.0), np.ones(300)), 0.0)
    assert made.x(0, made.total).tolist() == np.arange(400.0 - points, 400.0).tolist()
    columns = made.columns(made.first, made.total, 0.0, 400.0, 1)
    assert (columns.start.tolist(), columns.stop.tolist()) == ([made.first], [made.total])


def test_a_batch_longer_than_the_record_counts_in_full() -> None:
    made = record()
    placed = made.append(explicit(np.arange(200_000.0)), 0.0)
    assert (placed.start, placed.stop, placed.x0) == (0, 200_000, 0.0)
    assert (made.total, made.first) == (200_000, 195_000)


def test_what_is_gone_is_not_given() -> None:
    made = record()
    made.append(explicit(np.arange(12_000.0)), 0.0)
    assert len(made.y(0, 7000)) == len(made.offsets(0, 7000)) == len(made.x(0, 7000)) == 0
    assert made.y(6000, 7001).shape == (1,)
    assert made.x(11_999, 99_999).tolist() == [11_999.0]
    assert made.segment().start == made.segment(0).start == 7000
    assert made.gap_starts(0, 12_000).tolist() == []


def test_it_starts_small_and_grows() -> None:
    made = record(1_000_000)
    assert made.nbytes < 100_000
    made.append(explicit(np.arange(4097.0), np.arange(4097.0)), 0.0)
    assert made.capacity == 65536
    np.testing.assert_array_equal(made.y(0, 4097), np.arange(4097.0))
    made.append(explicit(5000.0 + np.arange(65536)), 0.0)
    assert made.capacity == 1_000_000
    assert made.nbytes <= 24 * made.capacity


def test_it_grows_while_points_come_one_by_one() -> None:
    made = record(6000)
    for i in range(7000):
        made.append(explicit(float(i), np.array([i * 1.0])), 0.0)
    np.testing.assert_array_equal(made.y(0, 7000), np.arange(1000.0, 7000.0))


def test_shrinking_keeps_the_newest() -> None:
    made = record()
    made.append(explicit(np.arange(5000.0), np.arange(5000.0)), 0.0)
    made.resize(1024)
    assert (made.capacity, made.first, made.total) == (1024, 3976, 5000)
    np.testing.assert_array_equal(made.y(0, 5000), np.arange(3976.0, 5000.0))
    columns = made.columns(0, 5000, 0.0, 5000.0, 1)
    assert columns.low.tolist() == [3976.0]
    made.resize(CAPACITY)
    made.append(explicit(np.arange(5000.0, 6000.0)), 0.0)
    assert (made.first, made.capacity) == (3976, CAPACITY)


# precision


def test_float32_stays_narrow_and_float64_widens_it() -> None:
    made = record(narrow=True)
    y = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    made.append(explicit(np.arange(9000.0), y), 0.0)
    assert made.y(0, 9000).dtype == np.float32
    made.append(explicit(9000.0, np.array([0.1])), 0.0)
    made.append(explicit(9001.0, np.array([0.5], np.float32)), 0.0)
    assert made.y(0, 9002).dtype == np.float64
    assert made.y(8999, 9002).tolist() == [float(y[-1]), 0.1, 0.5]
    columns = made.columns(0, 9002, 0.0, 9002.0, 1)
    assert columns.low.tolist() == [float(y[4002:].min())]


def test_float32_takes_less_memory() -> None:
    assert record(narrow=True).nbytes < 0.75 * record().nbytes


def test_nan_is_kept_and_is_no_break() -> None:
    made = record()
    made.append(explicit(np.arange(3.0), np.array([1.0, np.nan, 2.0])), 0.0)
    np.testing.assert_array_equal(made.y(0, 3), [1.0, np.nan, 2.0])
    assert made.gap_starts(0, 3).tolist() == [0]


# x


def test_x_crosses_segments() -> None:
    made = record()
    for block in (explicit([1.0, 2.0]), clocked(0.0), explicit([7.0, 3.0])):
        made.append(block, 0.0)
    assert made.x(1, 5).tolist() == [2.0, 1_700_000_000.0, 7.0, 3.0]
    assert made.x(4, 5).tolist() == [3.0]
    assert made.x(2, 2).tolist() == []


@pytest.mark.parametrize("n", [100, 7000])
def test_find_is_a_search(n: int) -> None:
    made = record()
    made.append(explicit(np.repeat(np.arange(n / 2), 2)), 0.0)
    segment = made.segment()
    first = segment.start
    alive = made.offsets(first, n)
    for offset in (alive[0] - 1, alive[0], alive[40], alive[40] + 0.5, alive[-1], alive[-1] + 1):
        assert made.find(float(offset), segment) == first + int(alive.searchsorted(offset))
        assert made.find(float(offset), segment, "right") == first + int(alive.searchsorted(offset, "right"))


def test_find_stays_in_its_segment() -> None:
    made = record()
    made.append(explicit([*np.arange(50.0), *np.arange(50.0)]), 0.0)
    assert made.find(1e9, made.segment(0)) == 50
    assert made.find(-1e9, made.segment(60)) == 50
    assert made.find(10.0, made.segment(60)) == 60


def test_placed_tells_the_x_of_the_first_sample() -> None:
    made = record()
    assert made.append(stepped(5.0, 0.5, 10), 0.0).x0 == 5.0
    assert made.append(stepped(10.0, 0.5, 10), 0.0).x0 == 10.0
    assert made.append(stepped(2.0, 0.5, 10), 0.0).x0 == 2.0
    assert made.append(clocked(1.0), 0.0).x0 == 1_700_000_001.0
    assert made.append(following(2.0, 0.5, 3), 0.0).x0 == pytest.approx(1_700_000_001.0)


# what is known


def test_units_are_the_senders_and_seconds_for_the_clock() -> None:
    made = record()
    assert (made.unit, made.x_unit) == ("", "")
    block = explicit(1.0)
    made.append(
        Samples("a", 0.0, block.offsets, block.y, block.origin, unit="V", x_unit="m"),
        0.0,
    )
    made.append(explicit(2.0), 0.0)
    assert (made.unit, made.x_unit) == ("V", "m")
    made.append(clocked(0.0), 0.0)
    assert (made.unit, made.x_unit) == ("V", "s")
    made.append(explicit(3.0), 0.0)
    assert made.x_unit == "m"


def test_rate_and_pace_follow_the_arrivals() -> None:
    made = record()
    assert (made.rate(0.0), made.pace()) == (0.0, None)
    for i in range(100):
        made.append(stepped(i * 3.0, 0.3, 10), 1000.0 + i * 0.25)
    assert made.updated == 1024.75
    assert made.rate(1024.75) == pytest.approx(40.0)
    assert made.rate(1040.0) == 0.0
    assert made.pace() == pytest.approx(12.0)


def test_the_clock_runs_at_its_own_pace() -> None:
    made = record()
    made.append(clocked(0.0), 0.0)
    assert made.pace() == 1.0


def test_steps_are_those_of_the_newest_segment() -> None:
    made = record()
    made.append(explicit(np.arange(100.0)), 0.0)
    assert (made.steps().median, made.steps().p99, made.steps().count) == (1.0, 1.0, 99)
    made.append(explicit([0.0, 0.5]), 0.0)
    assert (made.steps().median, made.steps().count) == (0.5, 1)


def test_a_segment_for_every_sample_takes_bounded_memory() -> None:
    made = record(100)
    for i in range(3000):
        made.append(explicit(float(i)) if i % 2 else clocked(float(i)), 0.0)
    assert len(made.gap_starts(0, 3000)) == 100
    assert made.segment(2950).stop == 2951
    assert len(made._axis.segments.starts) < 300


def test_a_copy_keeps_its_samples_while_the_record_goes_on() -> None:
    made = record()
    made.append(explicit(np.arange(3000.0), np.arange(3000.0)), 0.0)
    kept = made.copy(1000, 2000)
    made.append(explicit(np.arange(9000.0)), 0.0)
    assert (kept.first, kept.total) == (1000, 2000)
    assert kept.x(0, 9999).tolist() == np.arange(1000.0, 2000.0).tolist()
    segment = kept.segment()
    assert (segment.start, segment.stop) == (1000, 2000)
    assert kept.columns(0, 9999, 1000.0, 100.0, 10).high.tolist() == np.arange(1099.0, 2000, 100).tolist()
