"""Pins at the front panel: kept with a note, seen by others, shown again, deleted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front, Picture

X = np.arange(4000) / 1000


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    server.post({"x": X.tolist(), "y": np.sin(2 * np.pi * 5 * X).tolist(), "unit": "V", "x_unit": "s"})
    front.type("#timebase", "50m")
    front.type("#units", "500m")
    front.type("#position", "1")
    front.holds("#position", "1.00")
    front.page.evaluate("document.querySelector('[data-group=pins]').open = true")
    front.settled()
    yield front
    if front.page.locator("#live").is_visible():
        front.click("#live")
    front.page.evaluate("document.getElementById('defaults').click()")


def rested(front: Front) -> Picture:
    """The picture, once nothing of it has changed for a second."""
    last = [front.picture()]

    def same() -> bool:
        last.append(front.picture())
        return bool(np.array_equal(*last[-2:]))

    front.page.wait_for_timeout(1000)
    wait_until(same, interval=1.0)
    return last[-1]


def test_a_pin_is_kept_with_its_note_seen_by_others_opened_and_deleted(
    other: Front, sine: Front, server: Server
) -> None:
    before = rested(sine)
    sine.type("#pin-note", "before the repair")
    note = sine.page.locator(".pin input").first
    expect(note).to_have_value("before the repair")
    expect(other.page.locator(".pin")).to_have_count(1)
    server.columns(4 + X, ch1=np.zeros(len(X)))
    wait_until(lambda: sine.received(8000) and not sine.still(before))
    note.fill("after the repair")
    note.press("Enter")
    sine.reload()
    expect(sine.page.locator(".pin input").first).to_have_value("after the repair")
    expect(sine.page.locator(".pin img").first).to_have_js_property("naturalWidth", 240)
    sine.click(".pin .refer")
    expect(sine.page.locator(".box .label")).to_have_count(2)
    wait_until(lambda: "on=%40" in sine.query())
    sine.click(".pin .refer")
    wait_until(lambda: "on=%40" not in sine.query())
    sine.click(".pin .thumb")
    sine.lamp("STOP")
    wait_until(lambda: "pin=" in sine.query())
    wait_until(lambda: sine.still(before))
    sine.reload()
    sine.lamp("STOP")
    wait_until(lambda: sine.still(before))
    sine.click("#live")
    sine.shows("#run", "Stop")
    wait_until(lambda: "pin=" not in sine.query())
    sine.click(".pin .key:not(.refer)")
    sine.click("dialog.ask .danger")
    expect(sine.page.locator(".pin")).to_have_count(0)
    expect(other.page.locator(".pin")).to_have_count(0)


def test_a_link_to_a_pin_that_is_gone_says_so(sine: Front) -> None:
    sine.open("?pin=999&tb=50m")
    sine.says("pin")
    sine.shows("#run", "Stop")
    wait_until(lambda: "pin=" not in sine.query())
