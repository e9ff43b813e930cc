"""Numbered requests: nothing is stored twice, and what is missing is known."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from laned import lane_serving
from serving import Served, serving

from app.ingest import sequences
from app.ingest.sequences import Numbered, Sequences
from app.problems import Problem

BATCH = [{"x": 1, "y": 2}, {"x": 2, "y": 3}]
STORED = {"status": "success", "accepted": 2, "duplicate": False, "durability": "memory"}


@pytest.fixture(params=["lane", "tornado"])
def scope(request: pytest.FixtureRequest) -> Iterator[Served]:
    with (lane_serving if request.param == "lane" else serving)() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def send(scope: Served, n: int | str, body: Any = None, **headers: str) -> tuple[int, Any]:
    return scope.post(BATCH if body is None else body, X_Seq=str(n), **{"X_Source_Id": "esp-1", **headers})


def test_the_same_again_is_a_duplicate(scope: Served) -> None:
    assert send(scope, 7) == (200, STORED | {"seq": 7})
    for _ in range(2):
        assert send(scope, 7) == (200, STORED | {"seq": 7, "accepted": 0, "duplicate": True})
    assert scope.memory.accepted == 2


def test_a_point_again_is_answered_as_the_first_time(scope: Served) -> None:
    for _ in range(2):
        assert send(scope, 0, {"x": 1, "y": 2}) == (200, {"status": "success"})
    assert scope.memory.accepted == 1


def test_a_number_for_another_content_is_a_conflict(scope: Served) -> None:
    send(scope, 7)
    status, answer = send(scope, 7, [{"x": 9, "y": 9}])
    assert (status, answer["code"]) == (409, "seq_conflict")
    assert scope.memory.accepted == 2


def test_each_start_of_a_device_counts_anew(scope: Served) -> None:
    for boot in ("a", "b"):
        assert send(scope, 0, [{"x": 1, "y": len(boot)}], X_Boot_Id=boot)[0] == 200
    assert scope.memory.accepted == 2


def test_what_was_refused_may_come_again_mended(scope: Served) -> None:
    assert send(scope, 3, [{"x": 1}])[0] == 400
    assert send(scope, 3)[1]["duplicate"] is False


def test_missing_numbers_are_counted_and_drawn_as_gaps(scope: Served) -> None:
    def listed() -> tuple[int | None, int]:
        channel = scope.ask("GET", "/channels")[1][0]
        return channel["lost"], channel["gaps"]

    scope.post(BATCH)
    assert listed() == (None, 0)
    send(scope, 10, [{"x": 3, "y": 1}, {"x": 4, "y": 1}])
    assert listed() == (0, 0)
    send(scope, 11, [{"x": 5, "y": 1}])
    assert listed() == (0, 0)
    send(scope, 14, [{"x": 6, "y": 1}])
    assert listed() == (2, 1)
    assert scope.memory.records["ch1"].gap_starts(1, 9).tolist() == [5]
    send(scope, 12, [{"x": 7, "y": 1}])
    assert listed() == (1, 1)


def test_a_key_makes_a_request_the_same(scope: Served) -> None:
    for duplicate in (False, True):
        status, answer = scope.post(BATCH, Idempotency_Key="abc-1")
        assert (status, answer["duplicate"], "seq" in answer) == (200, duplicate, False)
    assert scope.post([{"x": 1, "y": 0}], Idempotency_Key="abc-1")[0] == 409
    assert scope.memory.accepted == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Seq": "-1"},
        {"X_Seq": "1.5"},
        {"X_Seq": str(1 << 64)},
        {"X_Seq": ""},
        {"X_Source_Id": ""},
        {"X_Source_Id": "a b"},
        {"X_Source_Id": "a" * 65},
        {"X_Boot_Id": "<b>"},
    ],
)
def test_bad_numbers_and_names_are_refused(scope: Served, headers: dict[str, str]) -> None:
    status, answer = scope.post(BATCH, **{"X_Seq": "1", "X_Source_Id": "esp-1", **headers})
    assert (status, answer["code"]) == (400, "bad_parameter")
    assert scope.memory.accepted == 0


# What is remembered


def request(n: int, name: str = "a") -> Numbered:
    return Numbered((name,), n, counts=True)


def content(n: int = 0) -> bytes:
    """A fingerprint."""
    return b"%016d" % n


def restored(known: Sequences) -> Sequences:
    """The same after a restart."""
    again = Sequences(known.clock)
    again.restore(known.packed(), [])
    assert again.requests == known.requests
    return again


def test_the_newest_numbers_of_a_sender_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "KEPT", 3)
    known = Sequences()
    for n in range(5):
        known.note(request(n), content(n), plain=True)
    for there in (known, restored(known)):
        assert [there.known(request(n), content(n)) for n in range(5)] == [None, None, *[True] * 3]
        with pytest.raises(Problem, match="another content"):
            there.known(request(4), content(9))


@pytest.mark.parametrize("seed", range(20))
def test_numbers_in_any_order_are_remembered_as_they_came(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng, kept = random.Random(seed), 7
    monkeypatch.setattr(sequences, "KEPT", kept)
    known, expected = Sequences(), dict[int, bytes]()  # in the order in which they came
    for _ in range(60):
        n = rng.choice((rng.randrange(30), rng.randrange(1 << 64)))
        if n not in expected:
            expected[n] = content(rng.randrange(1000))
            known.note(request(n), expected[n], plain=n % 2 == 0)
        expected = dict(list(expected.items())[-kept:])
        if rng.random() < 0.2:
            known = restored(known)
        for number, what in expected.items():
            assert known.known(request(number), what) is (number % 2 == 0)
        assert known.known(request(31), content()) is None
        assert known.requests == len(expected)


def test_a_request_that_is_noted_again_counts_once() -> None:
    """As after a restart that finds it in the state and in the journal."""
    known = Sequences()
    for what in (1, 2):
        known.note(request(5), content(what), plain=True)
    assert known.known(request(5), content(2)) is True
    assert known.requests == 1


def test_so_many_requests_are_remembered_in_all_and_those_of_the_longest_silent_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequences, "REQUESTS", 10)
    known = Sequences()
    for name in "abcab":
        for n in range(4):
            known.note(request(n + 4 * (name in known.sources), name), content(n), plain=True)
    assert known.requests <= 10
    assert [name for (name,) in known.sources] == ["a", "b"]
    monkeypatch.setattr(sequences, "REQUESTS", 5)
    again = Sequences()
    again.restore(known.packed(), [])
    assert [name for (name,) in again.sources] == ["b"]
    assert again.requests == sum(map(len, again.sources.values()))


def test_many_requests_take_little_room() -> None:
    """25 bytes each, and what a sender takes."""
    known = Sequences()
    tracemalloc.start()
    for name in "abcd":
        for n in range(2 * sequences.KEPT):
            known.note(request(n, name), content(n), plain=True)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 4 * (35 * sequences.KEPT + 2000)


def test_the_newest_senders_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "SENDERS", 2)
    known = Sequences()
    for name in "abac":
        known.note(request(0, name), content(), plain=True)
    assert [name for (name,) in known.sources] == ["a", "c"]


def test_a_silent_sender_is_forgotten() -> None:
    now = [0.0]
    known = Sequences(lambda: now[0])
    known.note(request(0, "a"), content(), plain=True)
    now[0] = 600.0
    known.note(request(0, "b"), content(), plain=True)
    now[0] = 901.0
    assert known.known(request(0, "a"), content()) is None
    assert known.known(request(0, "b"), content()) is True
    now[0] = 1501.0
    known.forget()
    assert (list(known.sources), known.requests) == ([], 0)


def test_gaps_are_counted() -> None:
    known = Sequences()
    for n in (5, 6, 9, 7, 10):
        known.note(request(n), content(), plain=True)
    assert known.gaps == 1
    assert known.missing(request(13)) == 2


def test_what_a_store_has_kept_is_known_again() -> None:
    now = [100.0]
    known = Sequences(lambda: now[0])
    for n in range(1030):
        known.note(request(n), content(n), plain=n % 2 == 0)
    known.note(request(0, "other"), b"x" * 16, plain=True)
    kept = known.packed()
    late = Numbered(("", "other", ""), 1, True)
    note = late.packed(b"y" * 16, plain=False)
    again = Sequences(lambda: 7.0)
    again.restore(kept, [note, request(3, "other").packed(b"z" * 16, plain=False)])
    assert again.known(request(1029), content(1029)) is False
    assert again.known(request(1028), content(1028)) is True
    assert again.known(request(3), b"") is None
    assert again.known(late, b"y" * 16) is False
    assert (again.gaps, again.late) == (0, 0)
    assert again.missing(request(1032)) == 2
    with pytest.raises(Problem):
        again.known(request(1029), b"z" * 16)


def test_tokens_are_not_in_what_is_kept() -> None:
    found = sequences.numbered({"X-Seq": "1", "X-Source-Id": "a", "Authorization": "Bearer secret-token"})
    assert found is not None
    assert "secret" not in str(found.name)
