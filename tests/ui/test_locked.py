"""Tokens and other pages' requests in a real browser."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app.config import load
from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context

sys.path.insert(0, str(Path(__file__).parents[1] / "ingest"))
from laned import lane_serving

WRITE, VIEW = "write-token-1", "view-token-1"
SEND = """async ([url, headers]) => {
  const options = {method: 'POST', headers, body: '{"x": 1, "y": 2}'}
  const answer = await fetch(url, options).catch(() => null)
  return answer ? [answer.status, await answer.json()] : [0, null]
}"""


class Empty(BaseHTTPRequestHandler):
    """A page of another host."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_address[1]
    served.shutdown()


def test_a_page_of_an_allowed_origin_may_send_and_one_of_another_may_not(
    context: BrowserContext, elsewhere: int
) -> None:
    settings = {"SCOPE_ALLOW_ORIGIN": f"http://127.0.0.1:{elsewhere}", "SCOPE_WRITE_TOKENS": WRITE}
    with lane_serving(load([], settings)) as scope:
        url = f"http://127.0.0.1:{scope.port}/data"
        asked = {"Authorization": f"Bearer {WRITE}", "Content-Type": "application/json"}
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{elsewhere}/")
        assert page.evaluate(SEND, [url, asked]) == [200, {"status": "success"}]
        status, answer = page.evaluate(SEND, [url, {}])
        assert (status, answer["code"]) == (401, "unauthorized")
        page.goto(f"http://localhost:{elsewhere}/")  # the same page, from a host that nobody has named
        for headers in (asked, {"Content-Type": "text/plain"}):
            assert page.evaluate(SEND, [url, headers])[0] == 0
        assert scope.memory.accepted == 1


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    server = Server(
        settings={"SCOPE_VIEW_TOKENS": VIEW, "SCOPE_WRITE_TOKENS": VIEW, "SCOPE_POINTS": "2000"}, token=VIEW
    ).start()
    yield server
    assert server.stop() == 0


def test_a_viewer_gives_the_token_once_and_has_the_whole_panel(
    locked: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    refused: list[str] = []
    page.goto(locked.url + "?tb=2m")
    expect(page.locator("input[type=password]")).to_be_focused()
    page.keyboard.type("not-the-token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("input", VIEW)
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(locked.url + "?tb=2m")
    expect(page.locator("#empty pre")).to_contain_text("-H 'X-API-Key: TOKEN' -d")
    page.get_by_role("button", name="Start demo signal").first.click()
    wait_until(lambda: "demo" in locked.channels())  # the process has a token of its own
    locked.post({"y": 1.5, "channel": "boiler7"})
    expect(page.locator("body")).to_contain_text("boiler7")
    assert refused == []
    watch = context.new_page()
    watch.goto(locked.url + "watch")
    expect(watch.locator("body")).to_contain_text("boiler7")


def test_the_write_token_that_is_typed_stays_in_the_page_and_goes_into_lines_and_code(
    locked: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{locked.url}?token={VIEW}")
    coded: list[str] = []
    page.on("request", lambda made: coded.append(made.post_data or "") if "code.svg" in made.url else None)
    page.evaluate("document.body.dataset.lan = ''")
    page.locator("[data-group=send] summary").click()
    page.fill("#send input[type=password]", WRITE)
    expect(page.locator("#send pre")).to_contain_text(f"-H 'X-API-Key: {WRITE}'")
    assert WRITE not in page.url
    assert WRITE not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_a_phone_is_asked_for_the_token_unless_its_link_brings_it(
    locked: Server, context: BrowserContext, browser: Browser
) -> None:
    page = context.new_page()
    page.goto(f"{locked.url}probe")
    page.fill("input", VIEW)  # to look ...
    page.get_by_role("button", name="Open").click()
    page.locator("#pad").click()
    page.fill("#token", "not-the-token")  # ... and to send
    page.press("#token", "Enter")
    expect(page.locator("#token")).to_be_visible()
    page.fill("#token", VIEW)
    page.press("#token", "Enter")
    expect(page.locator("#sent")).to_contain_text("samples taken")
    own = page.locator("#name").inner_text()
    assert wait_until(lambda: locked.channels()[f"{own}.touch_x"]["total"]) >= 1
    fresh = new_context(browser)
    other = fresh.new_page()
    other.goto(f"{locked.url}probe#token={VIEW}")
    other.fill("input", VIEW)  # to look; the other one is kept meanwhile
    other.get_by_role("button", name="Open").click()
    other.wait_for_url(f"{locked.url}probe")
    other.locator("#pad").click()
    expect(other.locator("#sent")).to_contain_text("samples taken")
    expect(other.locator("#ask")).to_be_hidden()
    fresh.close()


def test_a_token_in_the_link_is_taken_out_of_it(locked: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{locked.url}watch?tb=2m&token={VIEW}")
    assert page.url == locked.url + "watch?tb=2m"
    expect(page).to_have_title("Web Oscilloscope")
    (cookie,) = context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert VIEW not in cookie["value"]
