"""Maths traces are read back, measured, triggered on, painted and written to files as channels are."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from screens import Screens, serving

X = np.arange(4000) / 1000
A, B = np.sin(2 * np.pi * 5 * X), np.cos(2 * np.pi * 5 * X)
NAME = "=hypot(a, 2*b)"


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        served.send("a", X, A)
        served.send("b", X, B)
        yield served
        assert [record.getMessage() for record in served.logged] == []


def query(**more: str) -> str:
    return "?" + urlencode({"on": NAME, "tb": "100m", **more}, quote_via=quote)


def test_a_maths_trace_is_measured(scope: Screens) -> None:
    status, found = scope.ask("GET", "/measurements" + query(m=f"{NAME}:max"))
    assert status == 200
    assert found[NAME]["max"]["value"] == pytest.approx(2, rel=1e-3)
    assert found[NAME]["max"]["unit"] == "V"


def test_what_is_wrong_with_one_is_said(scope: Screens) -> None:
    status, code, message = scope.refused("/measurements?on=%3Dc&m=%3Dc%3Amax")
    assert (status, code) == (400, "bad_parameter")
    assert "there is no channel c" in message


def test_its_samples_are_those_of_the_screen(scope: Screens) -> None:
    arrays = scope.arrays(query())
    expected = np.hypot(A, 2 * B)
    own = next(arrays[name] for name in arrays.files if NAME in name and "y" in name.rpartition(NAME)[2])
    np.testing.assert_allclose(own, expected[-len(own) :])


def test_it_is_the_source_of_a_trigger(scope: Screens) -> None:
    status, found = scope.ask("GET", "/triggers" + query(**{"t.source": "=a - b", "t.level": "0"}))
    assert status == 200
    assert len(found) == 20
    steps = np.diff([event["x"] for event in found])
    np.testing.assert_allclose(steps, 0.2, atol=1e-6)


def test_it_is_painted_and_has_a_spectrum(scope: Screens) -> None:
    red = np.array([255, 107, 107])
    for more in ({}, {"display": "fft"}):
        picture = np.asarray(scope.picture(query(**more)).convert("RGB")).astype(int)
        glass = picture[60:600, 40:]
        assert (np.abs(glass - red).sum(axis=2) < 60).sum() > 300


def test_it_is_an_axis_of_an_xy_screen(scope: Screens) -> None:
    rows = scope.rows(query(display="xy", **{"xy.x": "a", "xy.y": NAME}))
    assert len(rows) > 500
