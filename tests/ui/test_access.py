"""For those who use the keyboard, or hear the screen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
PHASE = (5 * X) % 1
SIGNALS = {
    "sine": np.sin(2 * np.pi * PHASE),
    "square": np.where(PHASE < 0.4, 3.3, 0.0),
    "triangle": np.abs(PHASE - 0.5),
    "level": np.full(4000, 3.3),
}
SAID = [
    "Channel 1 sine: 5.00 Hz sine, 2.00 Vpp", "Channel 2 square: 5.00 Hz square, 3.30 Vpp, duty 40 %",
    "Channel 3 triangle: 5.00 Hz triangle, 500 mVpp", "Channel 4 level: constant 3.30 V", "waiting",
]  # fmt: skip
UNNAMED = """() => {
  const wanted = 'button, input, select, textarea, a, [role=slider], [role=tab], [tabindex]'
  const labels = (e) => [...(e.labels ?? [])].map((label) => label.textContent)
  const said = (e) => [e.ariaLabel ?? '', e.textContent, ...labels(e)].some((text) => text.trim())
  return [...document.querySelectorAll(wanted)]
    .filter((e) => !e.closest('[hidden], #plot, #glass:focus') && e.checkVisibility() && e.type !== 'file')
    .filter((e) => !said(e)).map((e) => e.outerHTML.slice(0, 120))
}"""
SLIDERS = """() => {
  const wanted = ['ariaValueNow', 'ariaValueMin', 'ariaValueMax']
  return [...document.querySelectorAll('[role=slider]')].filter((e) => e.checkVisibility())
    .filter((e) => !wanted.every((name) => e[name] !== null)).map((e) => e.outerHTML)
}"""
SPOKEN = "() => [...document.querySelectorAll('output')].filter((e) => e.ariaLive !== 'off').map((e) => e.id)"
RINGS = """() => {
  const style = getComputedStyle(document.activeElement)
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
}"""
HERE = """() => {
  const {id, ariaLabel, textContent} = document.activeElement
  return id || ariaLabel || textContent
}"""


@pytest.fixture
def four(front: Front, server: Server) -> Iterator[Front]:
    """The tab on four kinds of signal, 100 ms/div."""
    units = dict.fromkeys(SIGNALS, "V")
    values = {name: y.tolist() for name, y in SIGNALS.items()}
    server.post({"t0": 0, "dt": 0.001, "channels": values, "units": units, "x_unit": "s"})
    front.page.evaluate("document.querySelectorAll('details').forEach((group) => { group.open = true })")
    front.click("#trigger-mode button[value=normal]")
    front.type("#timebase", "100m")
    front.has(*SIGNALS)
    front.triggered()
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")


def test_the_screen_is_told_in_the_fields_words(four: Front) -> None:
    four.click("#display button[value=fft]")  # what is told is told anew when it is of something else
    expect(four.page.locator("#summary")).to_contain_text("highest lines: sine 5.0")
    expect(four.page.locator("#summary")).to_contain_text("dBV")
    four.shows("#status-timebase", "50 Hz/div")
    expect(four.page.locator("#status-spectrum")).to_contain_text("centre250 HzRBW999.0 mHz")
    four.click("#display button[value=yt]")
    expect(four.page.locator("#status-spectrum")).to_be_hidden()
    four.click("#display button[value=xy]")
    expect(four.page.locator("#summary")).to_contain_text("square against sine: a figure, 3.30 Vpp")
    four.click("#display button[value=spectrogram]")
    expect(four.page.locator("#summary")).to_contain_text("Spectrogram of sine, to 500.0 Hz, ")
    four.click("#display button[value=yt]")
    four.shows("#summary", "; ".join(SAID))


def test_everything_has_a_name_and_only_the_sentence_is_spoken(four: Front) -> None:
    page = four.page
    four.click("#cursor-mode button[value=time]")
    four.click("#zoom")
    expect(page.locator("#strip")).to_be_visible()
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(SLIDERS) == []
    assert page.evaluate(SPOKEN) == []
    assert page.locator("#summary").get_attribute("aria-live") == "polite"
    four.click("#zoom")


def test_tab_goes_through_the_panel_in_order_with_a_ring(four: Front) -> None:
    page = four.page
    page.focus("#run")
    seen = []
    for _ in range(34):
        four.key("Tab")
        seen.append(page.evaluate(HERE))
        assert page.evaluate(RINGS), seen[-1]
    wanted = [
        "single", "autoset", "force", "clear", "undo", "timebase-less", "timebase", "timebase-more",
        "units-less", "units", "units-more", "position", "switch", "invert", "fine", "DC", "probe",
    ]  # fmt: skip
    assert [name for name in seen if name in wanted] == wanted
    page.focus("#coupling button[value=dc]")
    four.key("ArrowRight")
    expect(page.locator("#coupling button[value=ac]")).to_be_focused()
    wait_until(lambda: ",ac" in four.query().replace("%2C", ","))


def test_cursors_are_in_the_link_and_undone(four: Front) -> None:
    four.page.focus("#glass")
    four.key("c")
    wait_until(lambda: four.query().endswith("cursors=time%2C0.3%2C0.7"))
    cursor = four.page.locator(".cursor:visible").first
    cursor.focus()
    for _ in range(5):
        four.key("Shift+ArrowRight")
    wait_until(lambda: four.query().endswith("cursors=time%2C0.4%2C0.7"))
    four.click("#undo")
    wait_until(lambda: cursor.evaluate("(e) => e.style.left") == "30%")
    four.reload()
    expect(four.page.locator(".cursor:visible")).to_have_count(2)
    assert four.query().endswith("cursors=time%2C0.3%2C0.7")
