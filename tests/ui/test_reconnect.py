"""A server that died and came back: the page finds it by itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.instrument import Front


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of the test's own, to be killed."""
    server = Server().start()
    yield server
    server.stop()


def test_the_page_comes_back_with_its_set_up(browser: Browser, own: Server) -> None:
    context = new_context(browser)
    front = Front(context, own).open()
    own.post({"y": 1, "unit": "V"})
    front.has("ch1")
    front.type("#timebase", "20m")
    front.shows("#status-timebase", "20 ms/div")
    front.page.evaluate("window.before = true")
    own.stop(signal.SIGKILL)
    expect(front.page.locator("#connection")).to_have_text("reconnecting…", timeout=15_000)
    front.lamp("---")
    own.start()
    front.page.wait_for_function("!window.before", timeout=30_000)
    front.live()
    front.shows("#connection", "")
    front.lamp("WAIT")
    front.has()
    own.post({"x": [n / 1000 for n in range(100)], "y": [n / 100 for n in range(100)], "x_unit": "s"})
    front.has("ch1")
    front.shows("#status-timebase", "20 ms/div")
    assert front.settled().any()
    context.close()


def test_a_page_that_may_not_connect_says_which_setting_to_change(browser: Browser) -> None:
    server = Server(settings={"BOKEH_ALLOW_WS_ORIGIN": "scope.example.com"}).start()
    context = new_context(browser)
    front = Front(context, server)
    front.page.goto(server.url)
    wanted = f"BOKEH_ALLOW_WS_ORIGIN=127.0.0.1:{server.port}"
    expect(front.page.locator("body")).to_contain_text(wanted)
    context.close()
    assert server.stop() == 0
