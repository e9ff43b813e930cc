"""Measurements and spectra as viewers get them, from a live server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from beam import Served, Viewer, serving

import app.feed.readings as readings
from app.feed.picture import Picture, picture
from app.feed.wire import Received, decode, full
from app.scope.frame import Frame, Kind
from app.scope.spectra import spectra
from app.scope.spectral import Spectral
from app.scope.view import View, frame
from tests.conftest import wait_until

pytestmark = pytest.mark.timed
X = np.arange(1000) / 1000


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        wait_until(lambda: not served.feed.watchers)
        assert [record.getMessage() for record in served.logged] == []


def sine(frequency: float, x: Any = X) -> Any:
    return np.sqrt(2) * np.sin(2 * np.pi * frequency * x)


def value(found: Received, n: int = 0) -> str:
    return str(found.readouts["measurements"][n]["value"])


def test_measurements_come_with_the_readouts(scope: Served) -> None:
    scope.send("ch1", X, sine(50))
    with Viewer(scope.port, "tb=20m&m=ch1:frequency&m=ch1:rms&m=zz:vpp") as viewer:
        found = viewer.picture()
        assert [each["item"] for each in found.readouts["measurements"]] == [
            "ch1:frequency",
            "ch1:rms",
            "zz:vpp",
        ]
        assert value(found) == "50.00"
        assert float(value(found, 1)) == pytest.approx(1, abs=0.01)
        assert value(found, 2) == "---"
        assert found.readouts["display"] == "yt"
        assert found.readouts["spectrum"] is None


def test_who_measures_nothing_gets_an_empty_list(scope: Served) -> None:
    scope.send("ch1", X, sine(50))
    with Viewer(scope.port) as viewer:
        assert viewer.picture().readouts["measurements"] == []


def test_statistics_are_shared_by_those_who_watch_the_same_view(scope: Served) -> None:
    scope.send("ch1", X, np.zeros(1000))

    def count(found: Received) -> int:
        return int(found.readouts["measurements"][0]["stats"]["count"])

    with Viewer(scope.port, "tb=100m&m=ch1:max") as viewer:
        for n in range(1, 5):
            scope.send("ch1", n + X, np.full(1000, -n))  # no rising edge: the screen runs freely
            viewer.until(lambda found, n=n: count(found) >= n)  # type: ignore[misc]
        with Viewer(scope.port, "tb=100m&m=ch1:max") as late:
            assert count(late.picture()) >= 4
        (watched,) = scope.feed._views.values()
        assert scope.feed.measured(watched.view) is watched.measured
        assert scope.feed.measured(View()) is None
        with Viewer(scope.port, "tb=100m&m=ch1:max&epoch=1") as other:
            assert count(other.picture()) == 1


def test_measurements_rest_while_nothing_comes(scope: Served) -> None:
    scope.send("ch1", X, np.sin(X))
    with Viewer(scope.port, "tb=100m&m=ch1:max") as viewer:
        viewer.picture()
        watched = next(iter(scope.feed._views.values()))
        time.sleep(3 * readings.READOUTS)
        before = watched.measured
        time.sleep(3 * readings.READOUTS)
        assert watched.measured is before


def test_a_spectrum_is_sent_as_it_is_drawn(scope: Served) -> None:
    scope.send("ch1", X, sine(100))
    with Viewer(scope.port, "tb=100m&display=fft&fft.window=flat-top") as viewer:
        found = viewer.picture()
        points = found.traces[0]
        assert (points.about["kind"], points.about["unit"], points.about["limits"]) == (
            "spectrum",
            "dBV",
            [-80, 0],
        )
        assert points.about["x0"] + points.x[np.argmax(points.y)] == pytest.approx(100, abs=1e-4)
        assert points.y.max() == pytest.approx(0, abs=1e-3)
        assert points.ends == pytest.approx((0, 500))
        assert found.readouts["display"] == "fft"
        assert found.readouts["spectrum"]["window"] == "flat-top"
        assert found.readouts["spectrum"]["peaks"][0]["amplitude"] in ("0.0 dBV", "-0.0 dBV")


def test_a_spectrum_follows_the_signal_to_its_last_sample(scope: Served) -> None:
    scope.send("ch1", X, sine(100))
    with Viewer(scope.port, "tb=100m&display=fft") as viewer:
        viewer.picture()
        for n in range(1, 6):
            scope.send("ch1", n + X, sine(100 + 20 * n))
        found = viewer.until(lambda found: highest(found) == pytest.approx(200, abs=1))
        assert viewer.silent(0.05) or highest(found) == pytest.approx(200, abs=1)


def highest(found: Received) -> float:
    points = found.traces[0]
    return float(points.about["x0"] + points.x[np.argmax(points.y)])


def test_no_more_than_ten_spectra_a_second_are_made(scope: Served) -> None:
    scope.send("ch1", X, sine(100))
    with Viewer(scope.port, "tb=100m&display=fft") as viewer:
        viewer.picture()
        made = set()
        began = time.monotonic()
        n = 1000
        while time.monotonic() - began < 1.0:
            x = (n + np.arange(20)) / 1000
            scope.send("ch1", x, sine(100, x))
            n += 20
            watched = next(iter(scope.feed._views.values()))
            made.add(id(watched.displayed))
            time.sleep(0.01)
        assert 2 <= len(made) <= 12


def test_a_stopped_page_finds_the_spectrum_that_was_on_its_glass(scope: Served) -> None:
    scope.send("ch1", X, sine(100))
    with Viewer(scope.port, "tb=100m&display=fft") as viewer:
        glass = scope.feed.on_glass(viewer.picture().id)
        assert glass is not None
        assert glass.traces[0].kind is Kind.SPECTRUM
        assert glass.traces[0].stop == 1000


def test_a_spectrum_that_stays_is_no_news(scope: Served) -> None:
    scope.send("ch1", X, sine(100))
    view = View(units_per_div=0.1, spectrum=Spectral())
    glass = frame(view, scope.memory, scope.feed.setup(), scope.feed.searches)
    first = spectra(glass, view, scope.memory.records.get)
    again = frame(view, scope.memory, scope.feed.setup(), scope.feed.searches)
    second = spectra(again, view, scope.memory.records.get, first)
    before = shown(first.frame)
    assert not shown(second.frame, before).news


def shown(made: Frame, last: Picture | None = None) -> Picture:
    words = {slot: {"limits": trace.limits} for slot, trace in made.traces.items()}
    found = picture(made, words, {}, id=1, view=1, at=None, last=last)
    assert decode(full(found)) is not None
    return found
