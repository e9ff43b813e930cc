"""Every tab is an instrument of its own over one memory."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(500) / 500
SINE = np.sin(2 * np.pi * 2 * X)


@pytest.fixture
def two(front: Front, other: Front, server: Server) -> tuple[Front, Front]:
    """Two tabs on one sine of a second, in volts."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    for tab in (front, other):
        tab.holds("#timebase", "100 ms")
    return front, other


def test_stop_and_timebase_belong_to_the_tab(two: tuple[Front, Front], server: Server) -> None:
    one, other = two
    one.click("#timebase-more")
    one.holds("#timebase", "200 ms")
    one.click("#run")
    one.lamp("STOP")
    one.settled()
    before = one.picture(), other.picture()
    server.columns(1 + X, ch1=SINE / 2)
    wait_until(lambda: not other.still(before[1]))
    assert one.still(before[0])
    assert other.value("#timebase") == "100 ms"
    assert other.text("#run") == "Stop"
    assert other.query() == ""


def test_a_new_name_is_seen_by_all_tabs(two: tuple[Front, Front], server: Server) -> None:
    one, other = two
    one.type("#label", "Pump pressure")
    one.has("Pump pressure")
    other.has("Pump pressure")
    other.holds("#label", "Pump pressure")
    assert server.channels()["ch1"]["label"] == "Pump pressure"
    one.type("#label", "")
    other.has("ch1")


def test_a_name_with_markup_is_refused(front: Front, server: Server) -> None:
    server.post({"y": 1})
    front.has("ch1")
    for name in ("<b>bold</b>", "$$x$$", "a&b", 'say "x"', "<img src=x onerror=alert(1)>", "back`tick"):
        front.type("#label", name)
        front.says("A name has")
        front.holds("#label", "ch1")
    assert server.channels()["ch1"]["label"] == "ch1"


def test_delete_asks_and_takes_the_channel_from_all_tabs(two: tuple[Front, Front], server: Server) -> None:
    one, other = two
    dialog = one.page.locator("dialog")
    one.click("#delete")
    expect(dialog).to_contain_text("Remove ch1")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    one.has("ch1")
    one.click("#delete")
    dialog.get_by_role("button", name="Delete").click()
    for tab in two:
        tab.has()
        wait_until(lambda tab=tab: not tab.mask().any())
        expect(tab.page.locator("#empty")).to_be_visible()
    assert server.channels() == {}
    assert other.text("#run") == "Stop"


def test_escape_answers_no_to_delete(front: Front, server: Server) -> None:
    server.post({"y": 1})
    front.has("ch1")
    front.click("#delete")
    front.key("Escape")
    expect(front.page.locator("dialog")).to_have_count(0)
    assert list(server.channels()) == ["ch1"]


def test_a_channel_that_comes_and_one_that_goes_are_seen_by_open_tabs(front: Front, server: Server) -> None:
    for n in range(1, 10):
        server.post({"y": n, "channel": f"c{n}"})
    front.has(*(f"c{n}" for n in range(1, 10)))
    assert server.ask("DELETE", "/data?channel=c4")[0] == 200
    front.has(*(f"c{n}" for n in range(1, 10) if n != 4))


def test_the_ninth_channel_has_to_wait_for_a_place(front: Front, server: Server) -> None:
    for n in range(1, 10):
        server.post({"y": n, "channel": f"c{n}"})
    front.click(".box >> nth=8")
    front.holds("#label", "c9")
    front.shows("#switch", "Off")
    front.click("#switch")
    front.says("Eight channels")
    front.click(".box >> nth=0")
    front.click("#switch")
    front.shows("#switch", "Off")
    front.click(".box >> nth=8")
    front.click("#switch")
    front.shows("#switch", "On")


def test_viewers_are_counted(two: tuple[Front, Front]) -> None:
    one, other = two
    count = int(wait_until(lambda: one.text("#status-viewers")))
    assert count >= 2
    other.shows("#status-viewers", one.text("#status-viewers"))
