"""GET /triggers on a live server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from screens import Screens, serving

from app.dsp.finder import Finder
from app.dsp.trigger import Edge
from app.scope import log

RATE, FREQUENCY = 1000.0, 9.7
LEVEL = "t.level=0.2&t.hysteresis=0.1"


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def times(n: int, start: float = 0.0) -> Any:
    return start + np.arange(n) / RATE


def sine(x: Any) -> Any:
    return np.sin(2 * np.pi * FREQUENCY * x)


def ask(scope: Screens, query: str = "") -> tuple[list[int], list[float], int]:
    """Sample numbers, x, and how many there are."""
    response, _ = scope.get("/triggers" + query)
    status, found = scope.ask("GET", "/triggers" + query)
    assert (status, response.headers["Cache-Control"]) == (200, "no-store")
    return (
        [each["n"] for each in found],
        [each["x"] for each in found],
        int(response.headers["X-Total-Count"]),
    )


def test_an_empty_scope_has_no_triggers(scope: Screens) -> None:
    assert ask(scope) == ([], [], 0)


def test_a_constant_has_no_triggers(scope: Screens) -> None:
    scope.send("a", times(100), np.ones(100))
    assert ask(scope) == ([], [], 0)


def test_every_edge_in_the_memory_is_found_between_two_samples(scope: Screens) -> None:
    n = 3 * log.BLOCK + 17
    x = times(n)
    scope.send("a", x, sine(x))
    numbers, found, total = ask(scope, "?" + LEVEL)
    wanted = (np.arcsin(0.2) / (2 * np.pi) + np.arange(n)) / FREQUENCY
    wanted = wanted[wanted < x[-1]][-len(found) :]
    assert total == len(found)
    assert len(found) == pytest.approx(x[-1] * FREQUENCY, abs=1)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert all(x[n - 1] <= at <= x[n] for n, at in zip(numbers, found, strict=True))


def test_blocks_make_no_difference(scope: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    x = times(5000)
    y = sine(x) + np.random.default_rng(3).normal(0, 0.3, 5000)
    scope.send("a", x, y)
    finder = Finder(Edge(level=0.2, hysteresis=0.1), 0.02)
    whole = finder.feed(0, x, y).x.tolist() + finder.pending.x.tolist()
    for block in (1, 2, 7, 999, 5000):
        monkeypatch.setattr(log, "BLOCK", block)
        assert ask(scope, f"?{LEVEL}&t.holdoff=20m")[1] == whole


def test_older_segments_are_looked_through_too(scope: Screens) -> None:
    for start in (0.0, 1e6, 50.0):
        scope.send("a", times(1000, start), sine(times(1000)))
    numbers, found, total = ask(scope, "?" + LEVEL)
    assert scope.memory.records["a"].segment().start == 2000
    assert total == len(numbers) == 30
    apart = np.array([number % 1000 for number in numbers]).reshape(3, -1)
    assert (apart == apart[0]).all()
    assert [round(found[k]) for k in (0, 10, 20)] == [0, 1_000_000, 50]


def test_the_newest_are_given_when_fewer_are_asked_for(scope: Screens) -> None:
    scope.send("a", times(5000), sine(times(5000)))
    numbers, found, total = ask(scope, "?" + LEVEL)
    for limit in (1, 7, total, total + 1):
        assert ask(scope, f"?{LEVEL}&limit={limit}") == (numbers[-limit:], found[-limit:], total)


def test_the_source_and_the_kind_are_those_of_the_view(scope: Screens) -> None:
    x = times(1000)
    scope.send("a", x, sine(x))
    scope.send("b", x, sine(2 * x))
    scope.send("off", x, sine(3 * x))
    edges = len(ask(scope, f"?{LEVEL}&t.source=b")[0])
    assert edges == pytest.approx(2 * len(ask(scope, "?" + LEVEL)[0]), abs=1)
    assert len(ask(scope, f"?{LEVEL}&t.source=b&t.slope=either")[0]) == pytest.approx(2 * edges, abs=1)
    assert len(ask(scope, f"?{LEVEL}&t.source=off&off=off")[0]) == pytest.approx(29, abs=1)
    assert ask(scope, f"?{LEVEL}&t.kind=pulse&t.high_width=1m")[0] == []


def test_the_level_is_automatic_where_none_is_set(scope: Screens) -> None:
    x = times(3000)
    scope.send("a", x, 5 + sine(x))
    assert len(ask(scope)[0]) == pytest.approx(29, abs=1)


def test_the_past_on_the_screen_does_not_change_what_is_found(scope: Screens) -> None:
    scope.send("a", times(3000), sine(times(3000)))
    assert ask(scope, f"?{LEVEL}&at=1") == ask(scope, "?" + LEVEL)


@pytest.mark.parametrize("limit", ["0", "-1", "100001", "x", "1.5"])
def test_a_limit_that_is_none_is_refused(scope: Screens, limit: str) -> None:
    status, code, _ = scope.refused(f"/triggers?limit={limit}")
    assert (status, code) == (400, "bad_parameter")


def test_samples_may_come_and_go_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BLOCK", 256)
    with serving(points=16_384) as scope, ThreadPoolExecutor(1) as pool:
        scope.send("a", times(16_384), sine(times(16_384)))
        sending = pool.submit(
            lambda: [
                scope.send("a", times(500, 16.384 + n / 2), sine(times(500, 16.384 + n / 2)))
                for n in range(40)
            ]
        )
        while not sending.done():
            numbers, found, _ = ask(scope, "?" + LEVEL)
            assert np.all(np.diff(numbers) > 0)
            turns = np.array(found) * FREQUENCY % 1
            np.testing.assert_allclose(turns, np.arcsin(0.2) / (2 * np.pi), atol=1e-4)
        sending.result()
        assert [record.getMessage() for record in scope.logged] == []


def test_pages_go_on_from_a_sample(scope: Screens) -> None:
    scope.send("a", times(5000), sine(times(5000)))
    numbers, found, total = ask(scope, "?" + LEVEL)
    middle = numbers[20]
    assert ask(scope, f"?{LEVEL}&before={middle}&limit=3") == (numbers[17:20], found[17:20], total)
    assert ask(scope, f"?{LEVEL}&after={middle}&limit=3") == (numbers[21:24], found[21:24], total)
    assert ask(scope, f"?{LEVEL}&after={numbers[-1]}&limit=1") == ([], [], total)
    assert ask(scope, f"?{LEVEL}&before=0") == ([], [], total)


def test_each_event_has_its_number_its_age_and_its_link(scope: Screens) -> None:
    x = times(5000)
    scope.send("a", times(1000), sine(times(1000)))
    scope.send("a", x, sine(x))
    _, events = scope.ask("GET", f"/triggers?{LEVEL}")
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert [event["ago"] is None for event in events] == [event["n"] < 1000 for event in events]
    newest = events[-1]
    assert newest["ago"] == pytest.approx(x[-1] - newest["x"])
    assert scope.ask("GET", f"/triggers?{LEVEL}&before={newest['n']}&limit=1")[1] == [
        {**events[-2], "ago": pytest.approx(events[-2]["ago"])}
    ]
    with scope.picture(f"?tb=20m&hit={newest['hit']}") as picture:
        assert picture.size == (1280, 720)
    rows = np.array(scope.rows(f"?tb=20m&hit={newest['hit']}&channels=a")[2:], float)
    assert rows[:, 0].mean() == pytest.approx(newest["x"], abs=0.03)


@pytest.mark.parametrize("query", ["before=-1", "after=x", "before=1&before=2"])
def test_a_sample_that_is_none_is_refused(scope: Screens, query: str) -> None:
    status, code, _ = scope.refused(f"/triggers?{query}")
    assert (status, code) == (400, "bad_parameter")
