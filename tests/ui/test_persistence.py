"""Persistence: what a sweep showed glows on above the plot, for the time that was chosen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.instrument import Front

X = np.arange(1000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)
GLITCH = np.where((X > 0.42) & (X < 0.43), 3.0, SINE)  # above all else on the screen
GLOW = """([top, bottom]) => {
  const canvas = document.querySelector('.afterglow'), {width, height} = canvas
  if (!width) return 0
  const copy = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true})
  copy.drawImage(canvas, 0, 0)
  const from = Math.round(top * height), rows = Math.round((bottom - top) * height)
  const {data} = copy.getImageData(0, from, width, rows)
  let lit = 0
  for (let i = 3; i < data.length; i += 4) if (data[i] > 25) lit++
  return lit
}"""
HIGHEST = """() => {
  const figure = Bokeh.documents[0].get_model_by_name('scope')
  const {data} = figure.renderers.find((one) => one.name === '0').data_source
  return Math.max(...(data instanceof Map ? data.get('y0') : data.y0))
}"""
PART_OF_A_SECOND = "new Promise((done) => setTimeout(done, 500))"


def glow(page: Page, top: float = 0.0, bottom: float = 0.3) -> int:
    """Pixels that glow between two heights of the screen, as shares from its top; the glitch's by default."""
    return int(page.evaluate(GLOW, [top, bottom]))


class Sweeps:
    """Sends a sweep of a second, each later than the last."""

    def __init__(self, server: Server) -> None:
        self.server, self.n = server, 0

    def send(self, y: np.ndarray = SINE) -> None:
        self.server.post({"x": (X + self.n).tolist(), "y": y.tolist(), "unit": "V", "x_unit": "s"})
        self.n += 1


@pytest.fixture
def glowing(front: Front, server: Server) -> Iterator[tuple[Front, Sweeps]]:
    """The tab on triggered sweeps of which one had a glitch, with endless persistence."""
    sweeps = Sweeps(server)
    sweeps.send()
    front.has("ch1")
    front.click("#trigger-mode button[value=normal]")
    front.type("#level", "0")
    front.type("#timebase", "50m")
    front.type("#units", "1")
    front.type("#position", "0")
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    front.page.select_option("#persistence", "inf")
    sweeps.send(GLITCH)
    wait_until(lambda: glow(front.page) > 20)
    for _ in range(2):
        sweeps.send()
    wait_until(lambda: front.page.evaluate(HIGHEST) < 2)  # the newest sweep has no glitch
    yield front, sweeps
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#persistence-clear")).to_be_hidden()


def test_a_glitch_of_one_sweep_glows_until_it_is_cleared(glowing: tuple[Front, Sweeps]) -> None:
    front, sweeps = glowing
    assert "persist=inf" in front.query()
    assert glow(front.page) > 20
    front.click("#persistence-clear")
    assert glow(front.page) == 0
    sweeps.send(GLITCH)
    wait_until(lambda: glow(front.page) > 20)
    front.type("#position", "-1")
    wait_until(lambda: glow(front.page, 0.0, 0.2) == 0)


def test_it_fades_by_the_clock_and_stop_keeps_it(glowing: tuple[Front, Sweeps]) -> None:
    front, sweeps = glowing
    front.click("#run")
    front.shows("#run", "Run")
    front.page.select_option("#persistence", "0.3")
    wait_until(lambda: "persist=0.3" in front.query())
    before = glow(front.page)
    front.page.evaluate(PART_OF_A_SECOND)
    assert glow(front.page) == before > 20
    front.click("#run")
    wait_until(lambda: glow(front.page) == 0)
    sweeps.send()
    wait_until(lambda: glow(front.page, 0.3, 0.7) > 200)
    wait_until(lambda: glow(front.page, 0.3, 0.7) == 0)  # also when nothing more comes


def test_keys_undo_and_a_rolling_screen(glowing: tuple[Front, Sweeps]) -> None:
    front, _ = glowing
    front.page.focus("#glass")
    front.key("p")
    wait_until(lambda: "persist" not in front.query())
    assert glow(front.page, 0, 1) == 0
    front.key("Control+z")
    wait_until(lambda: "persist=inf" in front.query())
    front.type("#timebase", "500m")
    front.click("#trigger-mode button[value=auto]")
    front.lamp("ROLL")
    expect(front.page.locator("#persistence-hint")).to_contain_text("rolls")
    assert glow(front.page, 0, 1) == 0


def test_the_page_that_only_watches_has_it_too(
    browser: Browser, glowing: tuple[Front, Sweeps], server: Server
) -> None:
    front, sweeps = glowing
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{server.url}watch?{front.query()}")
    expect(page.locator(".box")).to_have_count(1)
    sweeps.send(GLITCH)
    wait_until(lambda: glow(page) > 20)
    context.close()
