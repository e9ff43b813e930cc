"""The status line: at no width is anything cut off, laid over something else, or shown without its name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import DESKTOP
from tests.ui.instrument import Front

SCREENS = [320, 390, 568, 1024, 1280, 1440, 1920]
BREAKS = [479, 480, 699, 700, 950, 951, 1099, 1100, 1252]  # on both sides of where the layout changes
WIDTHS = sorted(SCREENS + BREAKS)
X = np.arange(8000) / 4000
SINE = np.sin(2 * np.pi * 5 * X)

AMISS = """async ([away, wanted]) => {
  const {AWAY, connection} = await import('./assets/display.js')
  connection('feed', away ? AWAY : '')
  const found = [], place = (e) => e.getBoundingClientRect()
  const header = document.querySelector('header')
  const line = place(header), lesser = place(header.querySelector('.lesser'))
  const parts = [...header.querySelectorAll('.logo, .lamp, .reading, #connection, .key')]
    .map((e) => ({e, name: e.id || e.innerText || e.className, box: place(e)}))
    .filter(({e, box}) => box.width && box.height && e.innerText + e.innerHTML)
    .filter(({e, box}) => !e.closest('.lesser') || box.top < lesser.bottom) // what gave way is below
  for (const {e, name, box} of parts) {
    if (box.left < 0 || box.right > innerWidth + 0.5 || box.top < 0) found.push(`${name} is off the screen`)
    if (e.id !== 'connection' && box.bottom > line.bottom + 0.5) found.push(`${name} hangs down`)
    if (!e.closest('.lesser')) continue
    if (box.right > lesser.right + 0.5) found.push(`${name} is cut`)
    if (e.id !== 'status-made' && !e.querySelector('i')?.offsetWidth) found.push(`${name} has no name`)
  }
  for (const [i, one] of parts.entries()) for (const other of parts.slice(i + 1)) {
    const [a, b] = [one.box, other.box]
    if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5)
      found.push(`${one.name} lies over ${other.name}`)
  }
  const edge = place(document.getElementById('status-trigger'))
  const level = place(document.querySelector('#status-trigger output'))
  if (level.right > edge.right + 1 || level.bottom > edge.bottom + 1) found.push('the level is cut')
  for (const selector of wanted) {
    const {left, right, bottom, width} = place(document.querySelector(selector))
    if (!width || left < 0 || right > innerWidth || bottom > innerHeight) found.push(`${selector} is missing`)
  }
  return found
}"""
ALWAYS = ["#lamp", "#status-timebase", "#status-rate", "#status-trigger output"]
PANEL = ["#help-key", "#run", "#single"]


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    """The tab on two channels, of which the first one triggers."""
    server.columns(X, {"ch1": "V", "ch2": "V"}, ch1=SINE, ch2=-SINE)
    front.has("ch1", "ch2")
    front.type("#timebase", "50m")
    front.type("#level", "-123m")
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    yield front
    front.page.evaluate("import('./assets/display.js').then((to) => to.connection('feed', ''))")
    front.page.set_viewport_size(DESKTOP)
    front.page.evaluate("document.getElementById('defaults').click()")


def amiss(front: Front, wanted: list[str]) -> list[str]:
    """What is wrong at which width, with and without a connection."""
    found = []
    for width in WIDTHS:
        front.page.set_viewport_size({"width": width, "height": 900})
        for away in (False, True):
            mark = ["#connection"] if away else []
            problems = front.page.evaluate(AMISS, [away, wanted + mark])
            found += [f"{width}{', away' if away else ''}: {problem}" for problem in problems]
    return found


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize("display", ["yt", "xy", "fft", "spectrogram"])
def test_everything_has_its_place_at_every_width(sine: Front, display: str, past: bool) -> None:
    if past:
        sine.page.focus("#glass")
        sine.key("h")
        expect(sine.page.locator("#live")).to_be_visible()
    sine.click(f"#display button[value={display}]")
    wait_until(lambda: display == "yt" or f"display={display}" in sine.query())
    assert amiss(sine, ALWAYS + PANEL + (["#live"] if past else [])) == []


def test_the_page_that_watches_shows_no_figure_without_its_name(sine: Front) -> None:
    page = Front(sine.page.context, sine.server)
    page.page.goto(sine.server.url + "watch?tb=0.05")
    page.has("ch1", "ch2")
    assert amiss(page, [*ALWAYS, "#front"]) == []
    page.page.close()


def test_the_lamp_claims_nothing_while_nothing_is_heard(sine: Front) -> None:
    lamp = sine.page.locator("#lamp")
    before = lamp.inner_text()
    told = "(away) => import('./assets/display.js').then((to) => to.connection('feed', away ? to.AWAY : ''))"
    sine.page.evaluate(told, True)
    expect(lamp).to_have_text("---")
    expect(lamp).to_have_attribute(
        "title", "Not known: the connection is gone, and this is the last picture that came"
    )
    sine.page.evaluate(told, False)
    expect(lamp).to_have_text(before)


def test_the_lamp_is_hollow_while_no_sample_comes(sine: Front, server: Server) -> None:
    sine.shows("#status-rate", "0.00 Sa/s")
    expect(sine.page.locator("#lamp.quiet")).to_be_visible()
    server.columns(2 + X, ch1=SINE, ch2=-SINE)
    expect(sine.page.locator("#lamp.quiet")).to_have_count(0)
