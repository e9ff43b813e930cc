"""GET /measurements on a live server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from screens import Screens, serving

from app.dsp.measure import MEASUREMENTS, Pair

X = np.arange(1000) / 1000
ALONE = [name for name, each in MEASUREMENTS.items() if not isinstance(each, Pair)]


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def sine(frequency: float = 10.0, late: float = 0.0) -> Any:
    return np.sin(2 * np.pi * frequency * (X - late))


def read(scope: Screens, query: str = "") -> Any:
    status, answer = scope.ask("GET", "/measurements" + query)
    assert status == 200, answer
    return answer


def test_an_empty_scope_has_no_measurements(scope: Screens) -> None:
    assert read(scope) == {}


def test_every_channel_has_every_measurement_of_its_own(scope: Screens) -> None:
    scope.send("a", X, sine())
    scope.send("b", X, 2 * sine(20), unit="A")
    found = read(scope, "?tb=100m")
    assert list(found) == ["a", "b"]
    assert list(found["a"]) == list(found["b"]) == ALONE
    assert found["a"]["frequency"] == {"value": pytest.approx(10), "unit": "Hz", "why": None}
    assert found["b"]["vpp"] == {"value": pytest.approx(4, rel=1e-2), "unit": "A", "why": None}
    assert found["b"]["period"] == {"value": pytest.approx(0.05), "unit": "s", "why": None}


def test_measurements_that_are_named_come_alone(scope: Screens) -> None:
    scope.send("a", X, sine())
    scope.send("b", X, sine(late=0.01))
    found = read(scope, "?tb=100m&m=a:rms&m=b:duty&m=a:phase:b")
    assert {name: list(each) for name, each in found.items()} == {"a": ["rms", "phase:b"], "b": ["duty"]}
    assert found["a"]["phase:b"] == {"value": pytest.approx(36, abs=1e-3), "unit": "deg", "why": None}


def test_the_page_s_parameters_say_what_is_measured(scope: Screens) -> None:
    scope.send("a", X, X)
    scope.send("b", X, X)
    found = read(scope, "?tb=50m&gate=0,0.5&off=b")
    assert list(found) == ["a"]
    assert (found["a"]["min"]["value"], found["a"]["max"]["value"]) == (
        pytest.approx(0.499),
        pytest.approx(0.749),
    )


def test_what_cannot_be_had_says_why(scope: Screens) -> None:
    scope.send("a", X, X)
    scope.send("b", X, X)
    found = read(scope, "?tb=100m&off=b&m=a:frequency&m=b:vpp")
    assert found["a"]["frequency"] == {"value": None, "unit": "Hz", "why": "needs a full cycle on screen"}
    assert found["b"]["vpp"]["why"] == "its channel is not on the screen"


def test_measurements_are_of_the_signal_where_the_page_shows_spectra(scope: Screens) -> None:
    scope.send("a", X, sine())
    assert read(scope, "?tb=100m&display=fft")["a"]["frequency"]["value"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?m=a:beauty", "bad_parameter"),
        ("?m=a", "bad_parameter"),
        ("?gate=1,0", "bad_parameter"),
        ("?m=zz:vpp", "unknown_channel"),
        ("?m=a:phase:zz", "unknown_channel"),
        ("?" + "&".join(f"m=a:{name}" for name in ALONE[:9]), "bad_parameter"),
    ],
)
def test_what_cannot_be_measured_is_refused(scope: Screens, query: str, code: str) -> None:
    scope.send("a", X, X)
    assert scope.refused("/measurements" + query)[1] == code
