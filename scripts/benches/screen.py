"""What the screen shows, and when: from POST to drawn, pictures a second, and what a page costs."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence

from playwright.sync_api import Browser, Page

from scripts.benches.bodies import SWEPT_BODIES, mark
from scripts.benches.browser import chromium
from scripts.benches.feed import SLACK, SWEEP
from scripts.benches.running import Server, per_tab
from scripts.benches.sender import Connection, Feeding, Sender, requests
from scripts.benches.table import Row, Size, WrongError, percentile

LATENCY = (60.0, 150.0)  # ms: p50 and p99
PAINTED = 0.45  # of the raw polylines
WATCH_PAGE = 5.0  # ms of processor time
HISTORY = 500  # bodies of `marks`: more than a screen
MARKS = "tb=1000"  # of `marks`: 10,000 samples, drawn as 1000 columns
PERIOD = 0.1  # s between two posts
NEAR = 1e-4  # what float32 leaves of a mark, with room to spare
VIEWPORT = {"width": 1280, "height": 720}
KEPT = 8  # frames of the page that the raw polylines draw in turns
LIGHT = 20  # times as many of the pages that cost little
RESTED = 0.5  # s

# Whether a trace is on the page.
THERE = """() => window.Bokeh?.documents[0]?.get_model_by_name('scope')?.renderers
  .find((renderer) => renderer.name === '0').data_source.data.y0.some((y) => !Number.isNaN(y))"""

# The line of slot 0, and `drawn`: [ms since 1970, its newest y] for each picture that has been painted.
# y is read while a canvas is being stroked, so it is the picture's; the time is that of the next frame.
WATCH = """() => {
  const source = Bokeh.documents[0].get_model_by_name('scope').renderers
    .find((renderer) => renderer.name === '0').data_source
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

SEEN = "([y, near]) => drawn.some((one) => Math.abs(one[1] - y) < near)"

# The size of the plot's canvas in its own pixels, and the points of some frames in shares of it.
KEEP = """async (n) => {
  const figure = Bokeh.documents[0].get_model_by_name('scope')
  const range = (ranges, name) => ranges instanceof Map ? ranges.get(name) : ranges[name]
  const shares = (values, {start, end}) => Array.from(values, (v) => (v - start) / (end - start))
  const plain = (value) => value.value ?? value
  const line = (slot) => {
    const {data_source: {data}, glyph} = figure.renderers.find((r) => r.name === String(slot))
    return {x: shares(data['x' + slot], range(figure.extra_x_ranges, 'x' + slot)),
            y: shares(data['y' + slot], range(figure.extra_y_ranges, 'y' + slot)),
            width: plain(glyph.line_width), color: plain(glyph.line_color), join: plain(glyph.line_join)}
  }
  const frames = []
  let last = null
  while (frames.length < n) {
    await new Promise(requestAnimationFrame)
    const {data} = figure.renderers.find((r) => r.name === '0').data_source
    if (data.y0 === last) continue
    last = data.y0
    frames.push([0, 1, 2, 3].map(line))
  }
  const find = (root) => root.querySelector('canvas') ??
    [...root.querySelectorAll('*')].map((el) => el.shadowRoot && find(el.shadowRoot)).find(Boolean)
  const {width, height} = find(document)
  return {width, height, frames}
}"""

# The same points drawn by hand, other ones at each animation frame; `pictures` counts them.
RAW = """({width, height, frames}) => {
  document.body.style.margin = 0
  const canvas = document.body.appendChild(Object.assign(document.createElement('canvas'), {width, height}))
  const context = canvas.getContext('2d')
  const kept = frames.map((frame) => frame.map((line) => (
    {...line, x: Float64Array.from(line.x), y: Float64Array.from(line.y)})))
  window.pictures = 0
  const draw = () => {
    context.fillStyle = '#0b0e11'
    context.fillRect(0, 0, width, height)
    kept[window.pictures % kept.length].forEach(({x, y, width: line, color, join}) => {
      Object.assign(context, {lineWidth: line, lineJoin: join, strokeStyle: color})
      context.beginPath()
      for (let i = 0; i < x.length; i++) context.lineTo(x[i] * width, (1 - y[i]) * height)
      context.stroke()
    })
    window.pictures++
    requestAnimationFrame(draw)
  }
  requestAnimationFrame(draw)
}"""


def drawn(server: Server, size: Size) -> Iterator[Row]:
    """Samples on a screen that rolls, so that the newest one is its last; then the same without the feed."""
    with chromium() as browser:
        fed, answered = latencies(browser, server, size.draws)
        with per_tab() as other:
            own, _ = latencies(browser, other, size.draws)
    p50, p99 = (percentile(fed, share) for share in (0.5, 0.99))
    yield Row(
        f"POST to drawn, Chromium, {size.draws} posts at {1 / PERIOD:g}/s, 1 channel x 1000 columns",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; of it POST to answer p50 {percentile(answered, 0.5):.1f} ms, "
        f"p99 {percentile(answered, 0.99):.1f}",
        f"p50 {percentile(own, 0.5):.0f} ms, p99 {percentile(own, 0.99):.0f} ms, the tab's own Buffer and "
        "DynamicMap",
        p50 / percentile(own, 0.5),
        f"p50 <= {LATENCY[0]:g} ms, p99 <= {LATENCY[1]:g}",
        p50 <= LATENCY[0] and p99 <= LATENCY[1],
    )


def latencies(browser: Browser, server: Server, n: int) -> tuple[list[float], list[float]]:
    """ms from sending each post until it was drawn, and until it was answered."""
    Sender(server.port, "marks", range(HISTORY), 1).run()
    page = opened(browser, server, MARKS)
    posted, answered = post(server, range(HISTORY, HISTORY + n))
    marks = [mark(k) for k in range(HISTORY, HISTORY + n)]
    page.wait_for_function(SEEN, arg=[marks[-1], NEAR])
    found = latency(page.evaluate("drawn"), marks, posted)
    page.close()
    return found, answered


def opened(browser: Browser, server: Server, query: str) -> Page:
    """A page whose pictures are counted, once a trace is on it."""
    page = browser.new_page(viewport=VIEWPORT)
    page.goto(f"{server.url}/?{query}")
    page.wait_for_function(THERE)
    page.evaluate(WATCH)
    return page


def post(server: Server, numbers: range) -> tuple[list[float], list[float]]:
    """Post `marks`; when each was sent, ms since 1970, and ms to its answer."""
    posted, answered = [], []
    connection, began = Connection(server.port), time.monotonic()
    for n, request in enumerate(requests(server.port, "marks", numbers)):
        time.sleep(max(0.0, began + n * PERIOD * random.uniform(0.95, 1) - time.monotonic()))
        posted.append(time.time() * 1e3)
        connection.send(request)
        if (status := connection.answer()) != 200:
            raise WrongError(f"POST /data: {status}")
        answered.append(time.time() * 1e3 - posted[-1])
    return posted, answered


def latency(seen: Sequence[tuple[float, float]], ys: Sequence[float], posted: Sequence[float]) -> list[float]:
    """ms from each post to the first picture that showed its point or a later one."""
    pictures = [(at, n) for at, y in seen for n, mark in enumerate(ys) if abs(mark - y) < NEAR]
    return [min(at for at, newest in pictures if newest >= n) - sent for n, sent in enumerate(posted)]


def painted(server: Server, size: Size) -> Iterator[Row]:
    """Noise on four channels, more often than it can be drawn; the same points drawn by hand beside it."""
    longest = 2 * size.frames_for + SLACK
    with Feeding(server.port, "noise", SWEPT_BODIES, longest), chromium() as browser:
        time.sleep(size.calm)
        page = opened(browser, server, SWEEP)
        ours = a_second(page, "drawn.length", size.calm, size.frames_for)
        kept = page.evaluate(KEEP, KEPT)
        page.close()
        page = browser.new_page(viewport=VIEWPORT)
        page.evaluate(RAW, kept)
        line = kept["frames"][0][0]
        raw = a_second(page, "pictures", size.calm, size.frames_for)
    yield Row(
        "frames drawn, Chromium, software, 4 noisy channels x 1000 columns, page of 1280x720",
        f"{ours:.1f} pictures/s, of 30 that the feed sends",
        f"{raw:.1f}/s, the same points as polylines, {line['width']:g} wide, on a canvas of the same "
        f"{kept['width']}x{kept['height']}",
        ours / raw,
        f">= {PAINTED:g} x",
        ours >= PAINTED * raw,
    )


def a_second(page: Page, counter: str, calm: float, seconds: float) -> float:
    """How often something happens in a page."""
    page.wait_for_timeout(1e3 * calm)
    counted = f"[{counter}, performance.now()]"
    first, began = page.evaluate(counted)
    page.wait_for_timeout(1e3 * seconds)
    last, ended = page.evaluate(counted)
    return (last - first) / (ended - began) * 1e3


def pages(server: Server, size: Size) -> Iterator[Row]:
    """What it costs to open one."""
    yield page_row("GET /, a page built", *costs(server, "/", size.pages))
    ms, took = costs(server, "/watch", 1, LIGHT * size.pages)
    yield page_row("GET /watch", ms, took, WATCH_PAGE)


def page_row(what: str, ms: float, took: list[float], budget: float | None = None) -> Row:
    return Row(
        what,
        f"{ms:.1f} ms of processor time",
        f"{statistics.median(took):.1f} ms until it is there, longest {max(took):.0f}",
        budget="-" if budget is None else f"<= {budget:g} ms",
        held=None if budget is None else ms <= budget,
    )


def costs(server: Server, path: str, n: int, at_once: int = 1) -> tuple[float, list[float]]:
    """ms of processor time for a page, with what is done for the next one, and ms until each was there.

    at_once  pages opened before the server rests
    """
    server.rests(RESTED)
    spent, took = server.cpu(), []
    for _ in range(n):
        took += [asked(server, path) for _ in range(at_once)]
        server.rests(RESTED)
    return (server.cpu() - spent) / len(took) * 1e3, took


def asked(server: Server, path: str) -> float:
    began = time.perf_counter()
    status, answer = server.ask("GET", path)
    if status != 200:
        raise WrongError(f"GET {path}: {status} {answer[:200]!r}")
    return (time.perf_counter() - began) * 1e3
