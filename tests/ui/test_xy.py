"""XY at the front panel: two channels over one another, live and at rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import CYAN, Front, columns_with, rows_with

X = np.arange(4000) / 1000
POINTS = """() => {
  const figure = Bokeh.documents[0].get_model_by_name('scope')
  const {data} = figure.renderers.find((one) => one.name === '1').data_source
  const of = (name) => [...(data instanceof Map ? data.get(name) : data[name])].filter(Number.isFinite)
  return [of('x1'), of('y1')]
}"""


@pytest.fixture
def quadrature(front: Front, server: Server) -> Iterator[Front]:
    """The tab on a sine and a cosine, as a circle."""
    send(server, 0.0)
    front.has("ch1", "ch2")
    front.type("#timebase", "100m")
    front.key("x")
    wait_until(lambda: "display=xy" in front.query())
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    wait_until(lambda: "display=xy" not in front.query())


def send(server: Server, start: float) -> None:
    x = start + X
    sine, cosine = np.sin(2 * np.pi * 5 * x), np.cos(2 * np.pi * 5 * x)
    channels = {"ch1": sine.tolist(), "ch2": cosine.tolist()}
    server.post({"x": x.tolist(), "channels": channels, "unit": "V", "x_unit": "s"})


def radius(front: Front) -> float | None:
    """Of the circle on the glass; None: it is none."""
    x, y = (np.array(part) for part in front.page.evaluate(POINTS))
    found = np.hypot(x, y) if len(x) > 500 and len(x) == len(y) else np.array([0.0, 1.0])
    return float(found.mean()) if np.ptp(found) < 1e-3 else None


def chosen(front: Front) -> None:
    """Have the first channel chosen: a second press of its key would switch it off."""
    front.key("2")
    expect(front.page.locator("#selector button >> nth=1")).to_have_attribute("aria-selected", "true")
    front.key("1")
    expect(front.page.locator("#selector button >> nth=0")).to_have_attribute("aria-selected", "true")


def across(front: Front) -> float:
    """How much of the screen's width the figure takes."""
    mask = front.mask(CYAN)
    return float(np.ptp(columns_with(mask)) / mask.shape[1]) if mask.any() else 0.0


def test_a_sine_over_a_cosine_is_a_circle_and_goes_by_both_knobs(quadrature: Front, server: Server) -> None:
    front = quadrature
    wait_until(lambda: radius(front) == pytest.approx(1, abs=1e-3))
    mask = front.settled(CYAN)
    height, width = mask.shape
    wide, high = np.ptp(columns_with(mask)) / width, np.ptp(rows_with(mask)) / height
    assert (wide, high) == pytest.approx((0.4, 0.5), abs=0.02)  # 500 mV/div: 4 of 10, and 4 of 8 divisions
    front.page.evaluate("document.querySelector('[data-group=vertical]').open = true")
    chosen(front)
    front.key("ArrowUp")  # 1 V/div across
    wait_until(lambda: across(front) == pytest.approx(0.2, abs=0.02))
    front.shows("#axis output >> nth=2", "5.000 V")
    send(server, 4.0)
    wait_until(lambda: front.received(16_000))
    wait_until(lambda: radius(front) == pytest.approx(1, abs=1e-3))
    front.key(" ")
    front.shows("#run", "Run")
    wait_until(lambda: radius(front) == pytest.approx(1, abs=1e-3))
    wait_until(lambda: across(front) == pytest.approx(0.2, abs=0.02))
    front.key(" ")
    front.shows("#run", "Stop")


def test_the_channels_are_chosen_and_what_is_missing_is_said(quadrature: Front) -> None:
    front = quadrature
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    front.page.select_option("#xy-x", "ch2")
    wait_until(lambda: "xy.x=ch2" in front.query())
    front.page.select_option("#xy-y", "ch2")
    wait_until(lambda: front.page.evaluate(POINTS)[0] == front.page.evaluate(POINTS)[1])  # a straight line
    front.page.select_option("#xy-x", "ch1")
    chosen(front)
    front.key("1")  # off
    expect(front.page.locator("#overlay .reason")).to_have_text("ch1 is not on the screen")
    front.key("1")
    expect(front.page.locator("#overlay .reason")).to_be_hidden()
    wait_until(lambda: radius(front) == pytest.approx(1, abs=1e-3))
    front.key("x")
    wait_until(lambda: "display" not in front.query())
    front.key("Control+z")
    wait_until(lambda: "xy.x=ch1&xy.y=ch2" in front.query())
