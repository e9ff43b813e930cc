"""GET /single on a live server."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from screens import Screens, serving

from app.api import single
from tests.conftest import wait_until

KNOBS = "tb=10m&t.level=0.5&t.hysteresis=0.1"


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as made:
        yield made


def waiting(scope: Screens, pool: ThreadPoolExecutor, query: str) -> Future[tuple[int, Any]]:
    """A reader that waits; returns when the server knows of it."""
    asked = pool.submit(scope.ask, "GET", "/single?" + query)
    wait_until(lambda: scope.waiting.n == 1)
    return asked


def step(scope: Screens, at: float, n: int = 200) -> None:
    """A step from 0 to 1 at x `at`, in the middle of n samples 1 ms apart, on two channels."""
    x = at + (np.arange(n) - n // 2) * 1e-3
    y = (x >= at).astype(float)
    scope.post(
        {"x": x.tolist(), "channels": {"a": y.tolist(), "b": (2 * y).tolist()}, "unit": "V", "x_unit": "s"}
    )


def test_the_sweep_that_comes_is_given_with_its_instant(scope: Screens, pool: ThreadPoolExecutor) -> None:
    step(scope, 1.0)
    asked = waiting(scope, pool, KNOBS + "&timeout=20")
    step(scope, 2.0)
    status, answer = asked.result(20)
    assert status == 200
    assert answer["trigger"] == {"source": "a", "x": pytest.approx(2.0, abs=1e-3)}
    assert list(answer["channels"]) == ["a", "b"]
    for name, top in (("a", 1), ("b", 2)):
        each = answer["channels"][name]
        assert (each["unit"], each["x_unit"]) == ("V", "s")
        assert each["x"] == pytest.approx((2 + np.arange(-50, 50) * 1e-3).tolist(), abs=1.1e-3)
        assert set(each["y"]) == {0, top}


def test_it_may_be_asked_before_anything_was_sent(scope: Screens, pool: ThreadPoolExecutor) -> None:
    asked = waiting(scope, pool, KNOBS + "&timeout=20")
    scope.post({"x": [0], "channels": {"a": [0]}})
    wait_until(lambda: scope.memory.records)
    while not asked.done():
        step(scope, scope.memory.records["a"].total * 1e-3 + 1)
    assert asked.result(20)[0] == 200


def test_nothing_in_time_is_204(scope: Screens) -> None:
    step(scope, 1.0)
    response, raw = scope.raw("GET", f"/single?{KNOBS}&timeout=0.1")
    assert (response.status, raw) == (204, b"")
    assert scope.ask("GET", "/single?timeout=0")[0] == 204


@pytest.mark.parametrize(
    "query", ["timeout=-1", "timeout=61", "timeout=nan", "timeout=x", "timeout=1&timeout=2", "tb=x"]
)
def test_a_bad_question_is_refused(scope: Screens, query: str) -> None:
    status, answer = scope.ask("GET", "/single?" + query)
    assert (status, answer["code"]) == (400, "bad_parameter")


def test_more_than_may_wait_are_sent_away_and_those_who_leave_make_room(
    scope: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single, "WAITING", 2)
    readers = [http.client.HTTPConnection("127.0.0.1", scope.port, timeout=10) for _ in range(2)]
    for reader in readers:
        reader.request("GET", "/single?timeout=50")
    wait_until(lambda: scope.waiting.n == 2)
    response, _ = scope.raw("GET", "/single?timeout=50")
    assert (response.status, response.headers["Retry-After"]) == (503, "2")
    for reader in readers:
        reader.close()
    wait_until(lambda: scope.waiting.n == 0)
