"""The address carries the touched knobs and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import Open
from tests.ui.instrument import Front

X = np.arange(500) / 500
SINE = np.sin(2 * np.pi * 2 * X)


@pytest.fixture
def sent(server: Server) -> Server:
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    return server


def test_only_touched_knobs_go_into_the_address(front: Front, sent: Server) -> None:
    front.has("ch1")
    front.settled()
    assert front.query() == ""
    front.click("#timebase-more")
    wait_until(lambda: front.query() == "tb=0.2")
    front.click("#units-more")
    wait_until(lambda: front.query() == "tb=0.2&v.ch1=1%2C0")
    front.click("#switch")
    wait_until(lambda: front.query() == "tb=0.2&v.ch1=1%2C0&off=ch1")


def test_a_link_has_the_same_set_up_in_a_fresh_page(front: Front, opened: Open, sent: Server) -> None:
    front.has("ch1")
    front.type("#timebase", "20m")
    front.type("#units", "300m")
    front.type("#position", "-1.5")
    wait_until(lambda: "v.ch1=" in front.query() and "tb=" in front.query())
    front.holds("#position", "-1.50")
    front.page.mouse.move(0, 0)
    mask = front.settled()
    copy = opened("?" + front.query())
    copy.holds("#timebase", "20 ms")
    copy.holds("#units", ">300 mV")
    copy.holds("#position", "-1.50")
    wait_until(lambda: np.array_equal(copy.mask(), mask))
    assert copy.query() == front.query()
    copy.reload()
    copy.holds("#timebase", "20 ms")
    wait_until(lambda: np.array_equal(copy.mask(), mask))


def test_an_untouched_page_still_follows_after_reload(front: Front, sent: Server) -> None:
    front.holds("#timebase", "100 ms")
    front.reload()
    front.holds("#timebase", "100 ms")
    sent.clear()
    sent.post({"x": (X * 100).tolist(), "y": SINE.tolist(), "x_unit": "s"})
    front.holds("#timebase", "10 s")
    assert front.query() == ""


def test_share_copies_the_link(front: Front, sent: Server) -> None:
    front.has("ch1")
    front.click("#timebase-more")
    wait_until(lambda: front.query() == "tb=0.2")
    front.click("summary:has-text('Share')")
    front.click("#share")
    front.shows("#share", "Copied")
    assert front.page.evaluate("navigator.clipboard.readText()") == sent.url + "?tb=0.2"
    front.shows("#share", "Copy link")


@pytest.mark.parametrize(
    "query",
    [
        "?tb=-1&v.ch1=x,y&v.ch1=1e400,0&v.ch1=1,nan&tb=" + "9" * 400,
        "?tb=%00%ff&v.%3Cscript%3E=1,1,1",
    ],
)
def test_a_link_with_nonsense_says_so_and_works(opened: Open, sent: Server, query: str) -> None:
    front = opened(query)
    front.says("Not understood in this link")
    front.has("ch1")
    front.settled()
    front.click("#timebase-more")
    wait_until(lambda: "tb=" in front.query())


def test_unknown_parameters_are_left_alone(opened: Open, sent: Server) -> None:
    front = opened("?utm_source=mail&fbclid=1")
    front.has("ch1")
    front.settled()
    expect(front.page.locator("#toast")).to_be_hidden()


def test_a_link_may_name_a_channel_that_is_yet_to_come(opened: Open, server: Server) -> None:
    front = opened("?v.later=0.2%2C1")
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "channel": "later"})
    front.has("later")
    front.holds("#units", "200 mV")
    front.holds("#position", "1.00")
