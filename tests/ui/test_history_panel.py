"""The past at the front panel: the list of triggers, steps from one to the next, the bar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front, columns_with

PEAKS = (0.2, 0.5, 0.9, 1.3, 1.7)
X = np.arange(8000) / 4000


def planted(start: float = 0.0) -> list[float]:
    y = sum(np.exp(-(((X - at) / 0.004) ** 2)) for at in PEAKS)
    return [round(float(each), 6) for each in y]


@pytest.fixture
def pulses(front: Front, server: Server) -> Iterator[Front]:
    """The tab at 10 ms/div on two seconds with five pulses, with the list of triggers open."""
    server.post({"x": X.tolist(), "y": planted(), "unit": "V", "x_unit": "s"})
    front.type("#timebase", "10m")
    front.type("#level", "500m")
    front.type("#units", "200m")
    front.type("#position", "-2.5")
    front.holds("#position", "-2.50")
    front.page.evaluate("document.querySelector('[data-group=history]').open = true")
    front.click("#triggers-key")
    yield front
    front.click("#triggers-key")
    front.page.evaluate("document.getElementById('defaults').click()")


def stands_at_t(front: Front) -> bool:
    """Whether the only pulse on the screen begins at T, which is in the middle."""
    seen = front.mask()
    high = seen[: len(seen) // 2].any(axis=0)
    columns = np.flatnonzero(high) / len(high)
    return len(columns) > 0 and columns.min() > 0.48 and columns.max() < 0.6


def listed(front: Front, n: int) -> None:
    expect(front.page.locator(".event")).to_have_count(n)


def test_five_pulses_are_listed_and_stepped_through(pulses: Front, server: Server) -> None:
    listed(pulses, 5)
    pulses.shows("#trigger-total", "5 triggers")
    times = pulses.page.locator(".event output").all_inner_texts()
    assert [float(text[1:].split()[0]) for text in times] == pytest.approx(
        [302, 702, 1.102, 1.502, 1.802], abs=2
    )
    pulses.page.locator(".event").last.click()
    for k in (4, 3, 2, 1, 0):
        expect(pulses.page.locator(".event").nth(k)).to_have_attribute("aria-selected", "true")
        pulses.lamp("HISTORY")
        wait_until(lambda: stands_at_t(pulses))
        expect(pulses.page.locator(".mark.instant")).to_be_visible()
        pulses.page.focus("#glass")
        pulses.key(".")
    pulses.says("no later trigger")
    address = pulses.query()
    server.columns(2 + X, ch1=np.zeros(len(X)))
    wait_until(lambda: pulses.received(16_000))
    assert stands_at_t(pulses)
    pulses.key(",")
    expect(pulses.page.locator(".event").nth(1)).to_have_attribute("aria-selected", "true")
    assert "hit=" in address
    pulses.click("#live")
    wait_until(lambda: "hit=" not in pulses.query())
    expect(pulses.page.locator(".event[aria-selected=true]")).to_have_count(0)


def test_the_search_is_run_again_when_the_trigger_is_turned(pulses: Front, server: Server) -> None:
    listed(pulses, 5)
    pulses.click("#trigger-slope button[value=either]")
    listed(pulses, 10)
    pulses.type("#level", "2")
    listed(pulses, 0)
    pulses.type("#level", "500m")
    server.columns(2 + X, ch1=planted())
    listed(pulses, 20)
    pulses.click("#trigger-slope button[value=rising]")
    listed(pulses, 10)


def test_the_list_stands_still_while_the_screen_shows_a_trigger(pulses: Front, server: Server) -> None:
    listed(pulses, 5)
    pulses.page.locator(".event").nth(2).click()
    chosen = pulses.page.locator(".event").nth(2)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(pulses.page.locator("#triggers-still")).to_be_visible()
    asked: list[str] = []
    pulses.page.on("request", lambda request: asked.append(request.url))
    began = pulses.page.evaluate("performance.now()")
    for start in (2, 4):
        server.columns(start + X, ch1=planted())
    wait_until(lambda: pulses.received(24_000))
    wait_until(lambda: pulses.page.evaluate("performance.now()") > began + 5000)  # it is renewed every 2 s
    assert [url for url in asked if "/triggers" in url] == []
    expect(chosen).to_have_attribute("aria-selected", "true")
    pulses.click("#live")
    wait_until(lambda: pulses.page.locator(".event").count() > 5)
    expect(pulses.page.locator("#triggers-still")).to_be_hidden()


def test_a_stopped_screen_goes_to_a_trigger_and_stays_stopped(pulses: Front) -> None:
    listed(pulses, 5)
    pulses.click("#run")
    pulses.lamp("STOP")
    pulses.page.locator(".event").nth(2).click()
    wait_until(lambda: stands_at_t(pulses))
    pulses.lamp("STOP")
    pulses.click("#newest")
    pulses.shows("#run", "Stop")


def test_the_bar_goes_to_the_oldest_and_walks_along(pulses: Front) -> None:
    pulses.click("#oldest")
    pulses.lamp("HISTORY")
    wait_until(lambda: columns_with(pulses.mask()).min() < 60)
    bar = pulses.page.locator("#retained")
    wait_until(lambda: float(bar.get_attribute("aria-valuenow") or 100) < 5)
    box = bar.bounding_box()
    assert box is not None
    pulses.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    wait_until(lambda: abs(float(bar.get_attribute("aria-valuenow") or 0) - 25) < 2)
    wait_until(lambda: pulses.mask()[: len(pulses.mask()) // 2].any())
    pulses.click("#newest")
    wait_until(lambda: "place=" not in pulses.query())
