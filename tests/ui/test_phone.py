"""The page on a phone: screen first, everything within reach, nothing wider than the glass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context, reset
from tests.ui.instrument import Front

WIDTH, HEIGHT = 390, 844
PORTRAIT: ViewportSize = {"width": WIDTH, "height": HEIGHT}
X = np.arange(500) / 500
SINE = np.sin(2 * np.pi * 2 * X)

OVERFLOWING = """() => [...document.querySelectorAll('#instrument *')].filter((e) => {
  const box = e.getBoundingClientRect()
  return box.width && box.right > innerWidth + 1 && !e.closest('#boxes, .lesser')
}).map((e) => e.id || e.className || e.tagName)"""

SPREAD = """() => {
  const glass = document.getElementById('glass')
  const finger = (x, i) => new Touch({identifier: i, target: glass, clientX: x, clientY: 200})
  const fingers = (type, apart) => glass.dispatchEvent(
    new TouchEvent(type, {bubbles: true, cancelable: true, touches: [100, 100 + apart].map(finger)}))
  fingers('touchstart', 60)
  fingers('touchmove', 100)
}"""


@pytest.fixture(scope="module")
def opened_phone(browser: Browser, running: Server) -> Iterator[Front]:
    options = {"viewport": PORTRAIT, "has_touch": True, "is_mobile": True}
    context = new_context(browser, **options)
    yield Front(context, running).open()
    context.close()


@pytest.fixture
def phone(opened_phone: Front, server: Server) -> Iterator[Front]:
    opened_phone.page.set_viewport_size(PORTRAIT)
    yield from reset(opened_phone)


def sent(server: Server) -> None:
    server.columns(X, {"one": "V", "two": "V"}, one=SINE, two=-SINE, three=SINE, four=SINE)


def test_nothing_is_wider_than_the_phone(phone: Front, server: Server) -> None:
    assert phone.page.evaluate(OVERFLOWING) == []
    sent(server)
    phone.has("one", "two", "three", "four")
    phone.settled()
    assert phone.page.evaluate(OVERFLOWING) == []
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert phone.page.evaluate("document.body.scrollWidth") <= WIDTH


def test_the_screen_takes_about_55_percent_of_the_height(phone: Front, server: Server) -> None:
    glass = phone.page.locator("#glass").bounding_box()
    assert glass is not None
    assert glass["width"] == WIDTH
    assert 0.5 * HEIGHT <= glass["height"] <= 0.6 * HEIGHT


def test_all_controls_can_be_reached_and_tapped(phone: Front, server: Server) -> None:
    sent(server)
    phone.has("one", "two", "three", "four")
    tap = phone.page.tap
    phone.holds("#timebase", "0.1")
    tap("#timebase-more")
    phone.holds("#timebase", "0.2")
    tap(".box >> nth=3")
    phone.holds("#label", "four")
    tap("#units-more")
    wait_until(lambda: "v.four=" in phone.query())
    tap("#position-more")
    phone.page.locator("#switch").scroll_into_view_if_needed()
    tap("#switch")
    phone.shows("#switch", "Off")
    tap("#delete")
    phone.page.locator("dialog").get_by_role("button", name="Delete").tap()
    phone.has("one", "two", "three")
    tap("summary:has-text('Share')")
    tap("#share")
    phone.shows("#share", "Copied")
    tap("#autoset")
    wait_until(lambda: phone.query() == "")
    tap("#run")
    phone.lamp("STOP")
    tap("#clear")
    wait_until(lambda: not phone.mask().any())


def test_knobs_are_large_enough_for_a_finger(phone: Front, server: Server) -> None:
    sent(server)
    phone.has("one", "two", "three", "four")
    for selector in (
        "#run",
        "#autoset",
        "#clear",
        "#timebase-less",
        "#timebase-more",
        "#units-more",
        "#timebase",
    ):
        box = phone.page.locator(selector).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40, selector


def test_two_fingers_turn_the_timebase(phone: Front, server: Server) -> None:
    sent(server)
    phone.holds("#timebase", "0.1")
    phone.page.evaluate(SPREAD)
    phone.holds("#timebase", "0.05")


def test_landscape_gives_the_screen_everything_and_the_knobs_a_drawer(phone: Front, server: Server) -> None:
    sent(server)
    phone.page.set_viewport_size({"width": HEIGHT, "height": WIDTH})
    glass = phone.page.locator("#glass").bounding_box()
    assert glass is not None
    assert glass["width"] == HEIGHT
    assert glass["height"] > 0.85 * WIDTH
    expect(phone.page.locator("#run")).not_to_be_in_viewport()
    phone.page.tap("#drawer")
    expect(phone.page.locator("#run")).to_be_in_viewport(ratio=1)
    phone.page.tap("#run")
    phone.lamp("STOP")
    phone.page.tap("#drawer")
    expect(phone.page.locator("#run")).not_to_be_in_viewport()
