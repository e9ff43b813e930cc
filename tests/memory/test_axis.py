"""What goes on, where a gap is, where x starts afresh, and what is a figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blocks import NOW, clocked, explicit, following, stepped
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import Sorter

from app.memory.record import Record
from app.memory.samples import Origin, Samples
from app.memory.segments import Segment

UNIT = 2.0**-10  # sums of it are exact
SIZES = [1, 1, 2, 5, 31, 32, 33, 34, 300, 700]


def record(*blocks: Samples) -> Record:
    made = Record("a", 0, 100_000, 100_000)
    for block in blocks:
        made.append(block, 0.0)
    return made


def segments(made: Record) -> list[Segment]:
    found, n = [], made.first
    while n < made.total:
        found.append(made.segment(n))
        n = found[-1].stop
    return found


def starts(made: Record) -> list[int]:
    return [segment.start for segment in segments(made)]


def breaks(made: Record) -> list[int]:
    return made.gap_starts(0, made.total).tolist()


# against the slow twin


def steps(kind: str, n: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    usual = rng.integers(0 if kind == "equal" else 1, 4, n) * UNIT
    rare = rng.random(n)
    if kind == "back":
        return np.where(rare < rng.choice([0.0, 0.02, 0.1, 0.5]), -5 * usual, usual)
    if kind == "gaps":
        return np.where(rare < 0.02, usual * rng.choice([6, 20, 30_000, 40_000], n), usual)
    if kind == "all":
        return np.where(rare < 0.01, rng.choice([-3000.0, -5, 30, 40_000, 1e9], n) * UNIT, usual)
    return usual


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["equal", "even", "back", "gaps", "all"]),
    st.lists(st.sampled_from(SIZES), min_size=1, max_size=25),
    st.integers(0, 2**32),
)
def test_segments_gaps_and_figures_are_those_of_the_slow_twin(kind: str, sizes: list[int], seed: int) -> None:
    rng, made, twin, x = np.random.default_rng(seed), record(), Sorter(), 0.0
    for n in sizes:
        block = steps(kind, n, rng)
        block[0] *= rng.choice([1, 1, 1, 50, -500])
        xs = x + np.cumsum(block)
        x = float(xs[-1])
        made.append(explicit(xs), 0.0)
        twin.block(xs.tolist())
    assert [(segment.start, segment.figure) for segment in segments(made)] == twin.starts
    assert breaks(made) == sorted(twin.breaks)
    assert (made.gaps, made.figure) == (twin.gaps, twin.figure)
    assert made.x(0, made.total).tolist() == twin.x


# gaps and jumps


def test_a_pause_is_a_gap_in_the_same_segment() -> None:
    made = record(*(explicit(x) for x in [*range(20), 40, 41]))
    assert (starts(made), breaks(made), made.gaps) == ([0], [0, 20], 1)


def test_a_night_is_a_jump_and_starts_afresh() -> None:
    made = record(*(explicit(x) for x in [*range(20), 50_000, 50_001]))
    assert (starts(made), breaks(made), made.gaps) == ([0, 20], [0, 20], 1)
    assert made.steps().count == 1


def test_seconds_and_then_an_epoch_draw_no_line_of_fifty_years() -> None:
    made = record(explicit(12.3), explicit(1.7e9), explicit(1.7e9 + 1))
    assert starts(made) == [0, 1]
    assert made.x(0, 3).tolist() == [12.3, 1.7e9, 1.7e9 + 1]


def test_a_change_of_rate_is_no_shower_of_gaps() -> None:
    slow = 1.0 + np.arange(1000) * 0.1
    assert record(explicit(np.arange(1000) * 1e-3), explicit(slow)).gaps == 0
    one_by_one = record(explicit(np.arange(1000) * 1e-3), *(explicit(x) for x in slow))
    assert one_by_one.gaps <= 5


def test_a_named_step_has_no_gaps_inside() -> None:
    made = record(stepped(0.0, 1e-3, 1000), *(stepped(1.0 + i, 0.1, 10) for i in range(20)))
    assert made.gaps == 0


def test_a_pause_between_blocks_of_a_named_step_is_a_gap() -> None:
    made = record(stepped(0.0, 1e-3, 100), stepped(0.15, 1e-3, 100))
    assert (breaks(made), made.gaps) == ([0, 100], 1)


def test_whole_seconds_at_a_thousand_samples_a_second_have_no_gap() -> None:
    made = record(*(explicit(np.repeat(np.arange(i, i + 2.0), 1000)) for i in range(0, 8, 2)))
    assert (starts(made), made.gaps) == ([0], 0)


# segments


def test_a_restarted_sender_begins_a_segment() -> None:
    made = record(explicit(np.arange(50.0)), explicit(np.arange(50.0)))
    assert (starts(made), made.gaps) == ([0, 50], 0)
    assert made.x(48, 52).tolist() == [48.0, 49.0, 0.0, 1.0]


def test_a_step_back_inside_a_block_begins_a_segment() -> None:
    assert starts(record(explicit([*range(50), *range(50)]))) == [0, 50]


def test_named_x_and_then_none_are_two_segments() -> None:
    made = record(explicit(12.3), clocked(0.0), clocked(0.5), explicit(13.0))
    origins = [segment.origin for segment in segments(made)]
    assert origins == [Origin.DATA, Origin.CLOCK, Origin.DATA]
    assert made.x(0, 4).tolist() == [12.3, NOW, NOW + 0.5, 13.0]


def test_the_clock_keeps_nanoseconds() -> None:
    made = record(clocked(0.0), clocked(0.123456789))
    assert made.offsets(0, 2).tolist() == [0.0, 0.123456789]


def test_a_restart_with_its_own_origin_keeps_its_precision() -> None:
    made = record(stepped(1.7e9, 1e-9, 100), stepped(0.0, 1e-9, 100))
    assert made.segment().base == 0.0
    assert made.offsets(100, 200).tolist() == (np.arange(100) * 1e-9).tolist()


def test_blocks_that_go_on_are_offsets_from_the_first() -> None:
    made = record(stepped(10.0, 0.5, 4), stepped(12.0, 0.5, 4))
    assert starts(made) == [0]
    assert made.offsets(0, 8).tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]


def test_the_farthest_x_are_kept() -> None:
    made = record(explicit(-1e308), explicit(1e308), explicit([-1e308, 1e308]), stepped(-1.7e308, 1e300, 3))
    made.append(stepped(1.7e308, 1e300, 3), 0.0)
    assert np.isfinite(made.x(0, made.total)).all()
    assert np.isfinite(made.offsets(0, made.total)).all()


# blocks with a step only


def test_blocks_without_x_go_on_where_the_last_one_ended() -> None:
    made = record(
        *(following(i * 1.0 + jitter, 0.01, 100) for i, jitter in enumerate([0.0, 0.04, -0.03, 0.01]))
    )
    assert made.gaps == 0
    np.testing.assert_allclose(np.diff(made.x(0, 400)), 0.01, rtol=1e-4)
    assert made.x(99, 100).tolist() == [NOW]


def test_a_late_block_without_x_is_anchored_anew_after_a_gap() -> None:
    made = record(following(0.0, 0.01, 100), following(3.0, 0.01, 100))
    assert (starts(made), breaks(made), made.gaps) == ([0], [0, 100], 1)
    assert made.x(199, 200).tolist() == [NOW + 3]


def test_a_block_without_x_that_comes_too_early_begins_a_segment() -> None:
    made = record(following(0.0, 0.01, 100), following(0.2, 0.01, 100))
    assert starts(made) == [0, 100]


def test_long_blocks_may_miss_the_clock_by_a_share() -> None:
    assert record(following(0.0, 0.1, 1000), following(101.5, 0.1, 1000)).gaps == 0
    assert record(following(0.0, 0.1, 1000), following(103.0, 0.1, 1000)).gaps == 1


def test_an_endless_block_without_x_is_still_placed() -> None:
    made = record(following(0.0, 1e300, 2), following(1.0, 1e-12, 2))
    assert np.isfinite(made.x(0, 4)).all()


def test_a_block_without_x_goes_on_from_clocked_points() -> None:
    made = record(clocked(0.0), following(0.03, 0.01, 3))
    assert (starts(made), made.gaps) == ([0], 0)
    np.testing.assert_allclose(made.offsets(0, 4), [0.0, 0.01, 0.02, 0.03])


# figures

TURNS = np.linspace(0, 20 * np.pi, 2000)
LISSAJOUS = np.sin(3 * TURNS)


@pytest.mark.parametrize("batch", [1, 7, 33, 500, 2000])
def test_a_lissajous_is_a_figure_however_it_comes(batch: int) -> None:
    made = record(*(explicit(LISSAJOUS[i : i + batch]) for i in range(0, 2000, batch)))
    assert made.figure
    assert segments(made)[-1].start <= 256
    assert made.gaps == 0
    np.testing.assert_array_equal(made.x(0, 2000), LISSAJOUS)


def test_the_window_that_makes_a_figure_belongs_to_it() -> None:
    made = record(*(explicit(x) for x in [0, 1, 2, 1, 2, 1, 2, 1, 2]))
    assert segments(made) == [Segment(0, 9, 0.0, Origin.DATA, figure=True)]
    assert breaks(made) == [0]


@pytest.mark.parametrize("batch", [1, 300])
def test_a_figure_ends_when_x_goes_on(batch: int) -> None:
    forth = np.arange(2.0, 602.0)
    made = record(explicit(LISSAJOUS), *(explicit(forth[i : i + batch]) for i in range(0, 600, batch)))
    assert not made.figure
    newest = made.segment()
    assert 2000 < newest.start < 2260
    assert not newest.figure


def test_samples_with_other_origins_join_a_figure_in_place() -> None:
    origins = (100.0, 50.0, 75.0, 60.0, 20.0)
    made = record(*(replace(stepped(t0, 0.25, 3), step=None) for t0 in origins))
    assert made.figure
    expected = [t0 + step for t0 in origins for step in (0.0, 0.25, 0.5)]
    assert made.x(0, 15).tolist() == expected
    assert made.steps().count == 0
    assert made.pace() is None


def test_three_restarts_among_many_samples_are_no_figure() -> None:
    made = record(*(explicit(np.arange(100.0)) for _ in range(4)))
    assert starts(made) == [0, 100, 200, 300]


def test_a_block_that_names_its_step_is_one_over_time_however_late_it_comes() -> None:
    late = [0.0, 0.3, 0.0, 0.4, 0.1, 0.3, 0.0, 0.4]  # s by which blocks of a tenth of a second are held up
    blocks = [following(0.1 * k + held, 0.01, 10) for k, held in enumerate(late)]
    made = record(*blocks)
    assert not made.figure
    assert all(np.all(np.diff(made.x(part.start, part.stop)) > 0) for part in segments(made))
    assert not record(*(stepped(0.0, 0.01, 3) for _ in range(9))).figure


def test_a_figure_ends_with_a_block_that_names_its_step() -> None:
    made = record(explicit(LISSAJOUS), stepped(0.0, 0.1, 5))
    assert [part.figure for part in segments(made)] == [True, False]
