"""The spectrogram at the front panel: live, at rest, and on the page that only watches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
CHIRP = np.sqrt(2) * np.sin(2 * np.pi * (50 * X + 43.75 * X**2))  # 50 Hz at first, 400 Hz at the end
TONE = np.sqrt(2) * np.sin(2 * np.pi * 125 * X)
RIDGE = """() => {
  const shown = document.querySelector('canvas.raster'), {width, height} = shown
  if (!width) return null
  const copy = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true})
  copy.drawImage(shown, 0, 0)
  return [0.25, 0.5, 0.75].map((share) => {
    const {data} = copy.getImageData(Math.round(share * width) + 7, 0, 1, height)
    const lights = Array.from({length: height}, (_, y) => data[4 * y] + data[4 * y + 1])
    const most = Math.max(...lights)
    return most > 250 ? 1 - (lights.indexOf(most) + 0.5) / height : null
  })
}"""


def ridge(page: Page) -> list[float] | None:
    """How far up the screen the brightest colour is, at a quarter, a half and three quarters of it."""
    found = page.evaluate(RIDGE)
    return None if found is None or None in found else [float(share) for share in found]


def lies(page: Page, *frequencies: float) -> bool:
    found = ridge(page)
    return found is not None and found == pytest.approx([f / 500 for f in frequencies], abs=0.025)


@pytest.fixture
def gram(front: Front, server: Server) -> Iterator[Front]:
    """The tab on the spectrogram of four seconds of a chirp, sampled at 1 kHz."""
    channels = {"chirp": CHIRP.tolist(), "tone": TONE.tolist()}
    server.post({"x": X.tolist(), "channels": channels, "unit": "V", "x_unit": "s"})
    front.has("chirp", "tone")
    front.type("#timebase", "400m")
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    front.click("#display button[value=spectrogram]")
    wait_until(lambda: "display=spectrogram" in front.query())
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#bar")).to_be_hidden()
    assert ridge(front.page) is None


def test_the_chirp_is_seen_where_it_is_and_the_axes_are_told(gram: Front) -> None:
    wait_until(lambda: lies(gram.page, 137.5, 225, 312.5))
    wait_until(lambda: gram.text("#overlay .frequency.at2") == "500 Hz")
    strip = gram.page.locator("#bar .cell.spectrogram output")
    expect(strip).to_contain_text(["chirp", "62.5 Hz/div", "3.906 Hz", "-80 to 0 dBV"])


def test_a_stopped_screen_keeps_it_and_heeds_its_knobs(gram: Front, server: Server) -> None:
    wait_until(lambda: lies(gram.page, 137.5, 225, 312.5))
    gram.click("#run")
    gram.lamp("STOP")
    server.post({"x": (4 + X).tolist(), "channels": {"chirp": (0 * X).tolist(), "tone": (0 * X).tolist()}})
    wait_until(lambda: gram.received(16_000))
    assert lies(gram.page, 137.5, 225, 312.5)
    gram.page.select_option("#sg-channel", "tone")
    wait_until(lambda: lies(gram.page, 125, 125, 125))
    assert "sg.channel=tone" in gram.query()
    gram.click("#run")
    wait_until(lambda: not lies(gram.page, 125, 125, 125))


def test_those_who_only_watch_see_it_too(browser: Browser, gram: Front, server: Server) -> None:
    context = new_context(browser)
    page = context.new_page()
    page.goto(f"{server.url}watch?{gram.query()}")
    wait_until(lambda: lies(page, 137.5, 225, 312.5))
    expect(page.locator("#bar .cell.spectrogram").first).to_contain_text("chirp")
    context.close()
