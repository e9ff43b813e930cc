"""The data path on screen: gaps, losses, clocks, durability; notices; the page of health."""

from __future__ import annotations

import http.client
import json
import time

from playwright.sync_api import BrowserContext, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

NOTICE = """() => import(new URL('assets/display.js', location.href)).then(({notices}) => {
  const glass = document.getElementById('plot'), before = JSON.stringify(glass.getBoundingClientRect())
  notices(['The disk is full.', 'Memory is short.'])
  const place = document.getElementById('notice')
  return [place.hidden, place.textContent, JSON.stringify(glass.getBoundingClientRect()) === before]
})"""


def numbered(server: Server, n: int, **point: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/data", json.dumps([point]), {"X-Source-Id": "esp", "X-Seq": str(n)})
    assert connection.getresponse().status == 200
    connection.close()


def row(front: Front, channel: str) -> list[str]:
    """What the table says of a channel, but for its rate."""
    cells = front.page.locator(f"#path tr:has(td:text-is('{channel}')) td").all_inner_texts()
    return cells[:1] + cells[2:]


def test_losses_and_clocks_are_told_where_they_are_known_and_dashes_where_not(
    front: Front, server: Server
) -> None:
    front.page.evaluate("document.querySelector('[data-group=path]').open = true")
    server.points([(1, 1), (2, 2)], channel="plain")
    wait_until(lambda: row(front, "plain") == ["plain", "0", "–", "–"])
    expect(front.page.locator("#status-lost")).to_have_text("–")
    start = time.time()
    for n, x in ((100, 0.0), (101, 0.1), (105, 0.2)):
        numbered(server, n, x=start + 7200 + x, y=n, channel="esp")
    wait_until(lambda: row(front, "esp") == ["esp", "1", "3", "+2.00 h"])
    expect(front.page.locator("#status-lost")).to_have_text("3")
    expect(front.page.locator("#path-durability")).to_have_text("until a restart")
    title = front.page.locator(".box:has-text('esp')").get_attribute("title")
    assert title == "esp: 3 samples; gaps 1, lost 3, clock +2.00 h"


def test_the_time_from_sample_to_screen_is_that_of_this_page(front: Front, server: Server) -> None:
    front.page.evaluate("document.querySelector('[data-group=path]').open = true")

    def measured() -> bool:
        server.post({"y": time.time() % 1})
        return front.text("#path-latency").endswith(" ms")

    wait_until(measured, interval=0.1)


def test_a_notice_stands_on_the_screen_and_moves_nothing(front: Front, server: Server) -> None:
    server.post({"y": 1})
    wait_until(lambda: front.page.locator(".box").count() == 1)
    assert front.page.evaluate(NOTICE) == [False, "The disk is full. Memory is short.", True]
    server.post({"y": 2})
    expect(front.page.locator("#notice")).to_be_hidden()  # the server has nothing to say


def test_the_page_of_health_shows_what_was_sent(context: BrowserContext, server: Server) -> None:
    server.post([{"x": x, "y": x} for x in range(50)])
    assert server.ask("POST", "/data", {"y": "no"})[0] == 400
    page = context.new_page()
    page.goto(server.url + "status")
    expect(page.locator("#lamp")).to_have_text("READY")
    cells = page.locator("#channels td").all_inner_texts()
    assert [cells[n] for n in (0, 1, 3, 4, 5)] == ["ch1", "50", "0", "\u2013", "\u2013"]
    expect(page.locator("#refused")).to_contain_text("invalid_sample")
    expect(page.locator("#in dd >> nth=1")).to_have_text("0 Sa/s")  # from one answer to the next
    page.close()
