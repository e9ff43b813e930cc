"""Files and measurements of screens of many sweeps, and of XY screens, on a live server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from screens import Screens, serving

from tests.conftest import wait_until

RATE = 10_000
X = np.arange(2 * RATE) / RATE
SINE, COSINE = np.sin(2 * np.pi * 50 * X), np.cos(2 * np.pi * 50 * X)
KNOBS = "?tb=5m&t.level=0&t.hysteresis=0.5"


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        served.send("a", X, SINE + np.random.default_rng(2).normal(0, 0.1, len(X)))
        served.send("b", X, COSINE)
        yield served
        assert [record.getMessage() for record in served.logged] == []


def test_an_average_is_what_is_measured_and_written(scope: Screens) -> None:
    _, raw = scope.ask("GET", f"/measurements{KNOBS}&m=a:vpp")
    _, mean = scope.ask("GET", f"/measurements{KNOBS}&acq=average:64&m=a:vpp")
    assert mean["a"]["vpp"]["value"] == pytest.approx(2, abs=0.12)
    assert raw["a"]["vpp"]["value"] > 2.3
    arrays = scope.arrays(f"{KNOBS}&acq=average:64&channels=a")
    x, y = arrays["a.x"], arrays["a.y"]
    assert np.corrcoef(y, np.interp(x, X, SINE))[0, 1] > 0.99
    assert np.diff(y).std() < 0.04
    assert len(x) in (999, 1000)
    assert scope.picture(f"{KNOBS}&acq=average:64").size == (1280, 720)
    assert scope.picture(f"{KNOBS}&acq=envelope:8").size == (1280, 720)


def test_single_waits_for_as_many_sweeps_as_the_average_has(scope: Screens) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(scope.ask, "GET", f"/single{KNOBS}&acq=average:4&timeout=20")
        wait_until(lambda: scope.waiting.n == 1)
        scope.send("a", 2 + X[:1000], SINE[:1000])
        scope.send("b", 2 + X[:1000], COSINE[:1000])
        status, answer = asked.result(30)
    assert status == 200
    assert len(answer["channels"]["a"]["y"]) == 1000


def test_the_points_of_an_xy_screen(scope: Screens) -> None:
    head, *rows = scope.rows(f"{KNOBS}&display=xy&xy.x=b&xy.y=a&acq=average:64")
    assert head[1] == "a [V]"
    x, y = np.array(rows, float).T
    assert len(x) > 900
    np.testing.assert_allclose(np.hypot(x, y), 1, atol=0.1)
    assert scope.picture(f"{KNOBS}&display=xy&v.b=2,1").size == (1280, 720)
    assert scope.picture("?display=xy&off=a").size == (1280, 720)  # why there is nothing
