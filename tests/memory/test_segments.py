"""Where x starts afresh, and which samples no line may reach."""

from __future__ import annotations

import numpy as np

from app.memory.samples import Origin
from app.memory.segments import KEPT, Segment, Segments, between

EPOCH = 1_700_000_000_123_456_789


def three() -> Segments:
    segments = Segments()
    segments.begin(0, 2.5, Origin.DATA)
    segments.mark(4)
    segments.begin(10, EPOCH, Origin.CLOCK)
    segments.begin(20, -1.0, Origin.DATA, figure=True)
    return segments


def test_each_sample_has_its_segment() -> None:
    segments = three()
    first = Segment(3, 10, 2.5, Origin.DATA, figure=False)
    assert segments.at(0, 3, 25) == segments.at(9, 3, 25) == first
    assert segments.at(10, 3, 25) == Segment(10, 20, EPOCH, Origin.CLOCK, figure=False)
    assert segments.at(24, 3, 25) == segments.at(25, 3, 25) == Segment(20, 25, -1.0, Origin.DATA, figure=True)


def test_nanoseconds_are_kept() -> None:
    assert three().at(10, 0, 25).base == EPOCH
    assert between(EPOCH + 1, EPOCH, Origin.CLOCK) == 1e-9


def test_breaks_are_gaps_and_starts() -> None:
    segments = three()
    assert segments.inside(0, 25).tolist() == [0, 4, 10, 20]
    assert segments.inside(1, 20).tolist() == [4, 10]
    assert segments.inside(5, 5).tolist() == []
    assert segments.gaps == 1


def test_a_sample_is_marked_once() -> None:
    segments = three()
    segments.mark(30)
    segments.mark(30)
    segments.begin(30, 0.0, Origin.DATA)
    assert segments.inside(25, 31).tolist() == [30]
    assert segments.gaps == 2


def test_every_sample_has_its_base() -> None:
    expected = [2.5] * 2 + [EPOCH / 1e9] * 10 + [-1.0] * 2
    assert three().bases(8, 22).tolist() == expected
    assert three().bases(0, 3).tolist() == [2.5] * 3


def test_rewinding_forgets_what_begins_later() -> None:
    segments = three()
    segments.rewind(10)
    assert segments.inside(0, 25).tolist() == [0, 4]
    assert segments.at(24, 0, 25) == Segment(0, 25, 2.5, Origin.DATA, figure=False)


def test_the_lists_stay_bounded_and_right() -> None:
    segments = Segments()
    for n in range(10_000):
        segments.begin(n, float(n), Origin.DATA)
        segments.prune(max(0, n - 100))
        assert len(segments.starts) <= 2 * 101 + KEPT
    assert segments.inside(0, 10_000)[-101:].tolist() == list(range(9899, 10_000))
    np.testing.assert_array_equal(segments.bases(9899, 10_000), np.arange(9899, 10_000))
