"""The zoom window: a strip of the main window above the screen, and the box on it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)
DRAWN = """() => {
  const canvas = document.querySelector('#strip canvas'), {width, height} = canvas
  if (!width) return 0
  const copy = new OffscreenCanvas(width, height).getContext('2d')
  copy.drawImage(canvas, 0, 0)
  const {data} = copy.getImageData(0, 0, width, height)
  let lit = 0
  for (let i = 0; i < data.length; i += 4) if (data[i] > 200 && data[i + 3] > 60) lit++
  return lit
}"""


@pytest.fixture
def zoomed(front: Front, server: Server) -> Iterator[Front]:
    """The tab on a tenth of a second of a 5 Hz sine, its main window one second long."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.click("#trigger-mode button[value=normal]")
    front.type("#timebase", "100m")
    front.triggered()
    front.page.focus("#glass")
    front.key("z")
    front.shows("#status-timebase", "10 ms/div")
    wait_until(lambda: front.page.evaluate(DRAWN) > 500)
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#strip")).to_be_hidden()


def box(front: Front) -> tuple[float, float]:
    """Where the box on the strip begins, and its width, as shares of the strip."""
    here, all_ = (front.page.locator(f"#strip .{name}").bounding_box() for name in ("lens", "pane"))
    if here is None or all_ is None:  # not there yet
        return math.nan, math.nan
    return (here["x"] - all_["x"]) / all_["width"], here["width"] / all_["width"]


def drag(front: Front, selector: str, share: float) -> None:
    """Drag something by a share of the strip."""
    at, strip = (front.page.locator(one).bounding_box() for one in (selector, "#strip"))
    assert at is not None
    assert strip is not None
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    front.page.mouse.move(x, y)
    front.page.mouse.down()
    front.page.mouse.move(x + share * strip["width"], y, steps=3)
    front.page.mouse.up()


def test_z_shows_the_main_window_and_takes_it_away(zoomed: Front) -> None:
    wait_until(lambda: box(zoomed) == pytest.approx((0.45, 0.1), abs=0.01))
    assert "zoom=0.1" in zoomed.query()
    zoomed.holds("#main", "100 ms")
    assert zoomed.text("#status-viewers") == "2"  # the two tabs that are open; the strip is none
    zoomed.key("z")
    zoomed.shows("#status-timebase", "100 ms/div")
    expect(zoomed.page.locator("#strip")).to_be_hidden()
    zoomed.key("Control+z")
    zoomed.shows("#status-timebase", "10 ms/div")
    expect(zoomed.page.locator("#strip")).to_be_visible()


def test_the_box_is_the_delay_and_its_borders_are_the_timebase(zoomed: Front) -> None:
    wait_until(lambda: box(zoomed) == pytest.approx((0.45, 0.1), abs=0.01))
    drag(zoomed, "#strip .lens", 0.2)
    wait_until(lambda: abs(delay(zoomed) - 0.2) < 0.002)
    drag(zoomed, "#strip .edge.right", 0.1)
    zoomed.shows("#status-timebase", "20 ms/div")
    wait_until(lambda: abs(delay(zoomed) - 0.25) < 0.002)
    wait_until(lambda: box(zoomed) == pytest.approx((0.65, 0.2), abs=0.01))
    zoomed.page.locator("#strip").hover()
    zoomed.page.mouse.wheel(0, -100)
    zoomed.shows("#status-timebase", "10 ms/div")


def test_spectra_are_of_the_part_that_is_marked(zoomed: Front) -> None:
    zoomed.page.evaluate("document.querySelector('[data-group=display]').open = true")
    zoomed.click("#display button[value=fft]")
    wait_until(lambda: zoomed.text("#axis output >> nth=2").endswith("Hz"))
    wait_until(lambda: box(zoomed) == pytest.approx((0.45, 0.1), abs=0.01))
    drag(zoomed, "#strip .lens", 0.2)
    wait_until(lambda: abs(delay(zoomed) - 0.2) < 0.002)


def delay(front: Front) -> float:
    return float("0" + front.query().partition("delay=")[2].partition("&")[0])


def test_a_stopped_screen_goes_over_all_of_the_main_window(zoomed: Front, server: Server) -> None:
    zoomed.click("#run")
    zoomed.lamp("STOP")
    server.post({"x": (4 + X).tolist(), "y": (0 * X).tolist()})
    wait_until(lambda: zoomed.received(8000))
    drag(zoomed, "#strip .lens", -0.3)
    wait_until(lambda: "delay=-0.3" in zoomed.query())
    assert zoomed.settled().any(axis=0).mean() > 0.9
    assert zoomed.page.evaluate(DRAWN) > 500
