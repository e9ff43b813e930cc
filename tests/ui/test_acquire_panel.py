"""Acquisition at the front panel: chosen, counted, and seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

RATE, FREQUENCY = 10_000, 50
NOISE = np.random.default_rng(3)
POINTS = """() => {
  const figure = Bokeh.documents[0].get_model_by_name('scope')
  const {data} = figure.renderers.find((one) => one.name === '0').data_source
  return [...(data instanceof Map ? data.get('y0') : data.y0)].filter(Number.isFinite)
}"""


@pytest.fixture
def noisy(front: Front, server: Server) -> Iterator[Front]:
    """The tab on a noisy sine of 1 V, triggered."""
    send(server, 0.0, 1.5)
    front.has("ch1")
    front.type("#timebase", "4m")
    front.page.evaluate("document.querySelector('[data-group=acquire]').open = true")
    front.page.evaluate("document.querySelector('[data-group=trigger]').open = true")
    front.type("#level", "0")
    front.type("#hysteresis", "0.5")
    yield front
    if front.text("#run") == "Run":
        front.click("#run")
    front.page.evaluate("document.getElementById('defaults').click()")
    wait_until(lambda: "acq=" not in front.query())


def send(server: Server, start: float, length: float) -> None:
    x = start + np.arange(int(length * RATE)) / RATE
    y = np.sin(2 * np.pi * FREQUENCY * x) + NOISE.normal(0, 0.1, len(x))
    server.post({"x": x.tolist(), "channels": {"ch1": y.tolist()}, "unit": "V", "x_unit": "s"})


def noise(front: Front) -> float:
    """Of the trace on the glass: how much neighbours differ, less the slope of the sine."""
    y = np.array(front.page.evaluate(POINTS))
    return float(np.diff(y, 3).std() / np.sqrt(20)) if len(y) > 100 else np.inf


def test_an_average_takes_off_the_noise_and_counts_its_sweeps(noisy: Front, server: Server) -> None:
    front = noisy
    wait_until(lambda: 0.08 < noise(front) < 0.12)
    front.page.select_option("#acquire-mode", "average")
    front.shows("#status-made", "Average 16/16")
    wait_until(lambda: noise(front) < 0.04)
    assert "acq=average%3A16" in front.query()
    front.click("#acquire-count-more")
    front.holds("#acquire-count", "32")
    front.shows("#status-made", "Average 32/32")
    front.type("#acquire-count", "100000")
    front.says("From 2 to 65536 sweeps")
    front.click("#acquire-afresh")
    front.shows("#status-made", "Average: waits for a trigger")
    send(server, 1.5, 0.2)
    expect(front.page.locator("#status-made")).to_contain_text("/32")
    send(server, 1.7, 0.6)
    front.shows("#acquire-said", "Average 32/32")
    quiet = noise(front)
    front.click("#run")
    front.shows("#run", "Run")
    wait_until(lambda: abs(noise(front) - quiet) < 0.01)
    front.shows("#status-made", "Average 32/32")


def test_a_single_average_stops_when_it_has_its_sweeps(noisy: Front, server: Server) -> None:
    front = noisy
    front.page.select_option("#acquire-mode", "average")
    front.type("#acquire-count", "8")
    front.click("#single")
    front.shows("#status-made", "Average: waits for a trigger")
    send(server, 1.5, 0.1)
    expect(front.page.locator("#status-made")).to_contain_text("/8")
    front.lamp("TRIG'D")
    send(server, 1.6, 0.2)
    front.lamp("STOP")
    front.shows("#run", "Run")
    front.shows("#status-made", "Average 8/8")


def test_an_envelope_keeps_a_glitch_and_high_resolution_none(noisy: Front, server: Server) -> None:
    front = noisy
    x = 1.5 + np.arange(3000) / RATE
    y = np.sin(2 * np.pi * FREQUENCY * x)
    y[1505] = 6.0
    server.post({"x": x.tolist(), "channels": {"ch1": y.tolist()}})
    wait_until(lambda: front.received(18_000))
    front.page.select_option("#acquire-mode", "envelope")
    front.shows("#status-made", "Envelope 16/16")
    wait_until(lambda: max(front.page.evaluate(POINTS)) == pytest.approx(6, abs=0.1))
    for mode in ("high-resolution", "sample"):
        front.page.select_option("#acquire-mode", mode)
        wait_until(lambda mode=mode: f"acq={mode}" in front.query())
    front.page.select_option("#acquire-mode", "peak")
    wait_until(lambda: "acq=" not in front.query())
    expect(front.page.locator("#status-made")).to_be_hidden()
    front.key("Control+z")
    wait_until(lambda: "acq=sample" in front.query())
