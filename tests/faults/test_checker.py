"""The checker finds what is wrong: for each rule a history that breaks it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.faults.checker import Joined, Sight, check
from tests.faults.history import FAIL, OK, UNKNOWN, History, read
from tests.faults.values import SHARED, Values, channel_of, values


def run(path: Path | None = None) -> tuple[History, dict[str, Values]]:
    """Two sources, three requests each of two samples, in both of their channels; and all is well.

    The last request of source 1 was given up, and is stored; that of source 2 was refused.
    """
    history = History(path)
    stored: dict[str, list[int]] = {SHARED: [], "s1": [], "s2": []}
    ends = {(1, 2): UNKNOWN, (2, 2): FAIL}
    for seq in range(3):
        for source in (1, 2):
            history.invoke(source, seq, 2, (channel_of(source), SHARED))
            end = ends.get((source, seq), OK)
            history.ended(source, seq, end, 200)
            if end != FAIL:
                stored[SHARED] += values(source, seq, 2)
                stored[channel_of(source)] += values(source, seq, 2)
    history.close()
    return history, {name: np.array(found, np.int64) for name, found in stored.items()}


def rules(*given: object) -> set[str]:
    return {breach.rule for breach in check(*given)}  # type: ignore[arg-type]


def without(sequence: Values, *unwanted: int) -> Values:
    return sequence[~np.isin(sequence, unwanted)]


def test_a_right_history_has_no_breach() -> None:
    assert check(*run()) == []


def test_an_unknown_request_may_be_missing() -> None:
    history, stored = run()
    gone = values(1, 2, 2)
    assert check(history, {name: without(found, *gone) for name, found in stored.items()}) == []


def test_a_history_can_be_read_back(tmp_path: Path) -> None:
    history, stored = run(tmp_path / "history.jsonl")
    again = read(tmp_path / "history.jsonl")
    assert again.requests == history.requests
    assert check(again, stored) == []


@pytest.mark.parametrize("channel", [SHARED, "s1"])
def test_what_is_acknowledged_and_not_there_is_lost(channel: str) -> None:
    history, stored = run()
    stored[channel] = without(stored[channel], *values(1, 1, 2))
    assert rules(history, stored) == {"lost"}


def test_what_was_acknowledged_earlier_may_be_lost_where_that_is_documented() -> None:
    history, stored = run()
    stored[SHARED] = without(stored[SHARED], *values(1, 0, 2))
    assert check(history, stored, None, history.requests[1 << 32].ended + 1e-9) == []


def test_a_request_that_is_stored_twice_is_found() -> None:
    history, stored = run()
    stored[SHARED] = np.append(stored[SHARED], values(1, 2, 2))
    assert "twice" in rules(history, stored)


def test_one_sample_that_is_stored_twice_is_found() -> None:
    history, stored = run()
    stored["s2"] = np.insert(stored["s2"], 1, stored["s2"][0])
    assert rules(history, stored) == {"twice"}


def test_requests_of_a_source_that_are_exchanged_are_found() -> None:
    history, stored = run()
    stored["s1"] = np.concatenate([stored["s1"][2:4], stored["s1"][:2], stored["s1"][4:]])
    assert rules(history, stored) == {"order"}


@pytest.mark.parametrize("seq", [1, 2], ids=["acknowledged", "unknown"])
def test_half_a_request_is_torn(seq: int) -> None:
    history, stored = run()
    stored["s1"] = without(stored["s1"], values(1, seq, 2)[1])
    assert rules(history, stored) == {"torn"}


def test_what_was_refused_and_is_stored_is_found() -> None:
    history, stored = run()
    stored["s2"] = np.append(stored["s2"], values(2, 2, 2))
    assert rules(history, stored) == {"refused"}


@pytest.mark.parametrize("invented", [values(1, 3, 1), values(9, 0, 1), values(1, 2, 3)[2:]])
def test_what_nobody_sent_is_invented(invented: list[int]) -> None:
    history, stored = run()
    stored["s1"] = np.append(stored["s1"], invented)
    assert rules(history, stored) == {"invented"}


def test_an_observer_may_miss_what_a_gap_marks_and_begin_late() -> None:
    history, stored = run()
    seen = stored[SHARED]
    sights = {"a": Sight(SHARED, [seen[1:3], seen[5:]]), "b": Sight(SHARED, [seen])}
    assert check(history, stored, sights) == []


@pytest.mark.parametrize(
    ("pieces", "rule"),
    [
        ([(0, 1, 2, 4)], "other"),  # a gap that nobody marked
        ([(1, 0)], "other"),
        ([(2, 3), (0, 1)], "back"),
        ([(0, 1, 2), (2, 3)], "back"),
    ],
)
def test_an_observer_who_saw_something_else_is_found(pieces: list[tuple[int, ...]], rule: str) -> None:
    history, stored = run()
    seen = [stored[SHARED][list(piece)] for piece in pieces]
    assert rules(history, stored, {"viewer": Sight(SHARED, seen)}) == {rule}


def test_frames_may_skip_and_never_go_back() -> None:
    history, stored = run()
    one, two, three = stored[SHARED].tolist()[1:6:2]
    assert check(history, stored, {"viewer": Sight(SHARED, newest=[one, one, three])}) == []
    assert rules(history, stored, {"viewer": Sight(SHARED, newest=[one, three, two])}) == {"back"}
    assert rules(history, stored, {"viewer": Sight(SHARED, newest=[one, values(7, 7, 1)[0]])}) == {"other"}


# a ring that is read again and again


def joined(*reads: list[int]) -> Joined:
    made = Joined("ch")
    for found in reads:
        made.add(np.array(found, np.int64))
    return made


def test_reads_that_overlap_are_one_sequence() -> None:
    made = joined([], [1, 2, 3], [2, 3, 4], [3, 4], [4, 5, 6])
    assert (made.sequence.tolist(), made.breaches) == ([1, 2, 3, 4, 5, 6], [])


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ([1, 2, 3], [], "lost"),
        ([1, 2, 3], [2], "lost"),
        ([1, 2, 3], [4, 5], "hole"),
        ([1, 2, 3], [1, 9, 3], "other"),
    ],
)
def test_a_ring_that_does_not_go_on_is_found(before: list[int], after: list[int], rule: str) -> None:
    assert [breach.rule for breach in joined(before, after).breaches] == [rule]
