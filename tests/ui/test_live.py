"""The live picture: it moves with the samples, stands at Stop as it was, and comes back by itself."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocket, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import Open, new_context
from tests.ui.instrument import CYAN, PIXELS, YELLOW, Front

pytestmark = pytest.mark.timed
BLOCK = 50  # samples of a POST
EVERY = 0.05  # s
BLENDED = 16  # of 255: what the last bit of a float32 may do to the blended edge of a line

HELD = """async () => {
  document.getElementById('run').click()
  await new Promise(requestAnimationFrame)
  await new Promise(requestAnimationFrame)
}"""
HIDE = """() => {
  Object.defineProperty(document, 'hidden', {value: true, configurable: true})
  document.dispatchEvent(new Event('visibilitychange'))
}"""

RETURN = """async () => {
  const {renderers} = Bokeh.documents[0].get_model_by_name('scope')
  const line = renderers.find((one) => one.name === '0').data_source
  const before = line.data, began = performance.now()
  Object.defineProperty(document, 'hidden', {value: false, configurable: true})
  document.dispatchEvent(new Event('visibilitychange'))
  while (line.data === before) await new Promise(requestAnimationFrame)
  return performance.now() - began
}"""
RETURNED = 300  # ms


@pytest.fixture
def sending(server: Server) -> Iterator[None]:
    """Two channels of noise while the test runs: 1000 samples a second each, x in seconds."""
    ended = threading.Event()
    random = np.random.default_rng(1)

    def run() -> None:
        for n in itertools.count():
            x = (np.arange(BLOCK) + n * BLOCK) / 1000
            server.columns(x, ch1=random.normal(size=BLOCK), ch2=random.normal(size=BLOCK))
            if ended.wait(EVERY):
                return

    thread = threading.Thread(target=run)
    thread.start()
    yield
    ended.set()
    thread.join()


def rolling(front: Front) -> Front:
    """A tab on which both channels roll, two seconds wide."""
    front.type("#timebase", "0.2")
    return rolls(front)


def rolls(front: Front) -> Front:
    front.lamp("ROLL")
    wait_until(lambda: front.mask(YELLOW).any() and front.mask(CYAN).any())
    return front


def right(front: Front) -> float:
    """x at the right border of the screen."""
    return float(front.text("#axis output >> nth=2").removesuffix(" s").replace("−", "-") or "nan")


def test_the_picture_moves_with_the_samples(front: Front, sending: None) -> None:
    rolling(front)
    before = front.picture()
    wait_until(lambda: not front.still(before))


def test_stop_shows_exactly_the_frame_that_was_on_the_glass(front: Front, sending: None) -> None:
    rolling(front)
    for _ in range(3):
        front.page.evaluate(HELD)
        glass = front.picture()
        front.lamp("STOP")
        front.shows("#run", "Run")
        time.sleep(0.3)  # had anything to jump, it would have by now
        assert np.abs(front.picture() - glass).max() <= BLENDED
        front.click("#run")
        rolls(front)


def test_a_knob_at_rest_and_back_gives_the_same_picture(front: Front, sending: None) -> None:
    rolling(front)
    front.click("#run")
    front.lamp("STOP")
    glass = front.picture()
    front.click("#position-more")
    wait_until(lambda: not front.still(glass))
    front.click("#position-less")
    wait_until(lambda: front.still(glass))


def test_run_goes_on_with_the_present_and_without_a_hole(front: Front, sending: None) -> None:
    rolling(front)
    front.type("#timebase", "0.5")
    front.shows("#status-timebase", "0.5/div")
    time.sleep(6)
    front.click("#run")
    front.lamp("STOP")
    time.sleep(1)
    front.click("#run")
    front.lamp("ROLL")
    wait_until(lambda: len(np.flatnonzero(front.mask(YELLOW).any(axis=0))) > 0)
    wait_until(lambda: bool(front.mask(YELLOW)[:, 40:-2].any(axis=0).all()))


def test_a_hidden_tab_is_sent_nothing_and_shows_the_present_on_return(opened: Open, sending: None) -> None:
    front = opened()
    sockets: list[WebSocket] = []
    front.page.on("websocket", lambda socket: sockets.append(socket))
    front.reload()
    frames: list[int] = []
    feed = next(socket for socket in sockets if "/frames" in socket.url)
    feed.on("framereceived", lambda data: frames.append(len(data)))
    rolling(front)
    wait_until(lambda: len(frames) > 5)
    front.page.evaluate(HIDE)
    front.page.wait_for_timeout(300)
    seen = len(frames)
    front.page.wait_for_timeout(1000)
    assert len(frames) - seen <= 1
    assert front.page.evaluate(RETURN) < RETURNED
    front.page.wait_for_timeout(200)
    assert len(frames) - seen < 60  # no backlog


def test_a_lost_feed_is_said_and_comes_back_alone(opened: Open, sending: None) -> None:
    front = opened()
    front.page.add_init_script(
        "const Real = WebSocket; window.feeds = [];"
        "window.WebSocket = class extends Real { constructor(...a) { super(...a);"
        " if (String(a[0]).includes('/frames')) window.feeds.push(this) } }"
    )
    front.reload()
    rolling(front)
    front.page.evaluate("feeds.at(-1).close()")
    wait_until(lambda: front.page.evaluate("feeds.length") > 1)
    front.shows("#connection", "")
    before = front.picture()
    wait_until(lambda: not front.still(before))


# the page that only watches


def watching(front: Front, query: str = "?tb=0.2") -> Front:
    front.page.goto(front.server.url + "watch" + query)
    return front.live()


def test_watch_shows_the_picture_and_the_readouts(opened: Open, front: Front, sending: None) -> None:
    watch = rolls(watching(opened()))
    watch.has("ch1", "ch2")
    expect(watch.page.locator("#panel")).to_have_count(0)
    before = watch.picture()
    wait_until(lambda: not watch.still(before))


def test_watch_takes_the_parameters_of_the_page(opened: Open, server: Server) -> None:
    x = np.arange(500) / 500
    server.columns(x, ch1=np.sin(2 * np.pi * 2 * x), ch2=np.cos(2 * np.pi * 2 * x))
    query = "?tb=0.2&v.ch1=2,1&off=ch2"
    watch, front = watching(opened(), query), opened(query)
    watch.shows("#status-timebase", "0.2/div")
    expect(watch.page.locator(".box .units").first).to_have_text(
        front.page.locator(".box .units").first.inner_text()
    )
    assert not watch.mask(CYAN).any()
    assert watch.settled(YELLOW).any()
    rows = [
        float(np.flatnonzero(tab.settled().any(axis=1)).mean() / tab.mask().shape[0])
        for tab in (watch, front)
    ]
    assert abs(rows[0] - rows[1]) < 0.02


class Embedding(BaseHTTPRequestHandler):
    """A page of another server that shows the scope."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        url = f"http://127.0.0.1:{self.path[1:]}/watch?tb=0.2"
        self.wfile.write(f'<iframe src="{url}" width="800" height="500"></iframe>'.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a page that embeds the scope on the port that its path names."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), Embedding)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}/"
    served.shutdown()


def test_watch_lives_in_an_iframe_of_another_page(
    context: BrowserContext, server: Server, sending: None, elsewhere: str
) -> None:
    page = context.new_page()
    page.goto(f"{elsewhere}{server.port}")
    wait_until(lambda: len(page.frames) > 1)
    frame = page.frames[-1]
    frame.wait_for_function("document.getElementById('lamp')?.textContent === 'ROLL'")

    def seen() -> list[int]:
        found: list[int] = frame.evaluate(PIXELS, [list(YELLOW), 150])["found"]
        return found

    wait_until(lambda: len(seen()) > 500)
    before = seen()
    wait_until(lambda: seen() != before)


def test_watch_comes_back_after_the_server_was_killed(browser: Browser) -> None:
    server = Server().start()
    context = new_context(browser)
    watch = Front(context, server)
    watching(watch)
    server.post({"y": 1})
    watch.has("ch1")
    assert server.stop(signal.SIGKILL) != 0
    watch.shows("#connection", "reconnecting…")
    server.start()
    server.post({"y": 1, "channel": "after"})
    expect(watch.page.locator("#connection")).to_have_text("", timeout=20_000)
    watch.has("after")
    context.close()
    assert server.stop() == 0
