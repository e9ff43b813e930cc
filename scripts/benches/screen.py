"""What the screen takes: from POST to drawn, and how much a tab costs the server."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence

import orjson

from scripts.benches.browser import chromium
from scripts.benches.running import Server, app, until
from scripts.benches.sender import Sender
from scripts.benches.table import Row, Size, WrongError, percentile
from scripts.benches.viewer import Viewer

HISTORY = 1000  # points on the screen before the posts
PERIOD = 0.1  # s between two of them
FOUR = range(200)  # bodies that fill a screen of 10 s
FRAMES_PER_S = 20.0  # POSTs of four channels a second, more than a tab draws

# The line of slot 0, and `drawn`: [ms since 1970, its newest y] for each picture that has been painted.
# y is read while a canvas is being stroked, so it is the picture's; the time is that of the next frame.
WATCH = """() => {
  const lines = Bokeh.documents[0].roots().flatMap((root) => [...root.references()])
  const source = lines.find((model) => model.type === 'GlyphRenderer' && model.name === '0').data_source
  const newest = () => {
    const y = source.data.y0
    for (let i = y.length - 1; i >= 0; i--) if (!Number.isNaN(y[i])) return y[i]
    return null
  }
  let painted = null, last = null
  const stroke = CanvasRenderingContext2D.prototype.stroke
  CanvasRenderingContext2D.prototype.stroke = function (...path) {
    painted ??= newest()
    return stroke.apply(this, path)
  }
  window.drawn = []
  const look = () => {
    if (painted !== null && painted !== last) {
      window.drawn.push([performance.timeOrigin + performance.now(), painted])
      last = painted
    }
    painted = null
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}"""


def drawn(size: Size) -> Iterator[Row]:
    """Single points with noise, so that the screen rolls and the newest one is its last."""
    ys = [random.gauss(0, 1) for _ in range(HISTORY + size.draws)]
    with app() as server, chromium() as browser:
        server.post(orjson.dumps({"x": list(range(HISTORY)), "y": ys[:HISTORY]}))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(server.url)
        page.wait_for_function("document.getElementById('lamp').textContent === 'ROLL'")
        page.evaluate(WATCH)
        posted, answered = post_points(server, ys)
        page.wait_for_function("y => drawn.some((one) => one[1] === y)", arg=ys[-1])
        latencies = latency(page.evaluate("drawn"), ys[HISTORY:], posted)
    beside = (
        f"p50 {percentile(answered, 0.5):.1f} ms, p99 {percentile(answered, 0.99):.1f} ms, POST to answer"
    )
    yield Row(
        f"POST to drawn, Chromium, {size.draws} posts at {1 / PERIOD:g}/s, 1 channel, 1000 points",
        f"p50 {percentile(latencies, 0.5):.0f} ms, p99 {percentile(latencies, 0.99):.0f} ms",
        beside,
        percentile(latencies, 0.5) / percentile(answered, 0.5),
    )


def post_points(server: Server, ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """Post the points after the history; when each was sent, ms since 1970, and ms to its answer."""
    posted, answered = [], []
    began = time.monotonic()
    for n in range(HISTORY, len(ys)):
        time.sleep(max(0.0, began + (n - HISTORY) * PERIOD * random.uniform(0.95, 1) - time.monotonic()))
        posted.append(time.time() * 1e3)
        server.post(orjson.dumps({"x": n, "y": ys[n]}))
        answered.append(time.time() * 1e3 - posted[-1])
    return posted, answered


def latency(seen: Sequence[tuple[float, float]], ys: Sequence[float], posted: Sequence[float]) -> list[float]:
    """ms from each post to the first picture that showed its point or a later one."""
    numbers = {y: n for n, y in enumerate(ys)}
    pictures = [(at, numbers[y]) for at, y in seen if y in numbers]
    return [min(at for at, newest in pictures if newest >= n) - sent for n, sent in enumerate(posted)]


def tab(size: Size) -> Iterator[Row]:
    """The server's processor time for one tab, and for building a page."""
    with app() as server:
        Sender(server.port, "four", FOUR, 1).run()
        alone, _ = sending(server, FOUR.stop, size.frames_for)
        viewer = Viewer(server, "?tb=1")  # 20,000 samples of each channel
        until(lambda: viewer.frames > 1, 10, "the first frames")
        begun = viewer.frames
        watched, stop = sending(server, 2 * FOUR.stop, size.frames_for)
        frames = viewer.frames - begun
        if not frames:
            raise WrongError("the tab got no frames")
        viewer.close()
        pages = [built(server) for _ in range(size.pages)]
    yield Row(
        f"server per viewer-frame, 1 tab, 4 channels x 1000 columns, {frames / stop:.1f} frames/s",
        f"{(watched - alone) / frames * 1e3:.1f} ms of processor time",
        f"{alone * 1e3 / stop:.1f} ms/s, the same POSTs without a tab",
        (watched - alone) / max(alone, 0.01),
    )
    yield Row("GET /, a page built", f"{statistics.median(pages):.0f} ms, longest {max(pages):.0f}")


def sending(server: Server, first: int, seconds: float) -> tuple[float, float]:
    """Send four channels for a while: processor time of the server, and seconds that it took."""
    numbers = range(first, first + round(seconds * FRAMES_PER_S))
    sender = Sender(server.port, "four", numbers, 1, FRAMES_PER_S)
    busy = server.cpu()
    sent = sender.run()
    return server.cpu() - busy, sent.seconds


def built(server: Server) -> float:
    """ms to get a page."""
    began = time.perf_counter()
    status, _ = server.ask("GET", "/")
    if status != 200:
        raise WrongError(f"GET /: {status}")
    return (time.perf_counter() - began) * 1e3
