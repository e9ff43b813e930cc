"""The front panel in a real browser, in the words of a person who uses it."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebSocket, expect

from tests.conftest import wait_until
from tests.process import Server

YELLOW, CYAN, PINK, BLUE = (255, 214, 10), (0, 229, 255), (255, 92, 244), (90, 162, 255)
MARKERS = 30  # px at the left border that belong to the ground markers
Mask = NDArray[np.bool_]
Picture = NDArray[np.int16]

NEAR = 150  # sum of the differences in red, green and blue, of 765: edges of a line are blended
CHANGED = 48  # of 255: a canvas that is read often is drawn anew by other means, with other edges

PIXELS = """([colour, near]) => {
  const canvases = []
  const walk = (root) => root.querySelectorAll('*').forEach((e) => {
    if (e.tagName === 'CANVAS' && e.width) canvases.push(e)
    if (e.shadowRoot) walk(e.shadowRoot)
  })
  walk(document.getElementById('glass'))
  const {width, height} = canvases[0]
  const all = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true})
  for (const canvas of canvases) all.drawImage(canvas, 0, 0)
  const {data} = all.getImageData(0, 0, width, height)
  if (colour) {
    const [red, green, blue] = colour, found = []
    for (let i = 0; i < data.length; i += 4) {
      const off = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue)
      if (off < near) found.push(i / 4)
    }
    return {width, height, found}
  }
  let text = ''
  for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768))
  return {width, height, text: btoa(text)}
}"""


class Front:
    """One open tab. `problems` lists errors of the console and the page, and requests to foreign hosts."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.server = server
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("websocket", self._websocket)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.problems.append(f"foreign request: {request.url}")

    def _websocket(self, opened: WebSocket) -> None:
        if not opened.url.startswith(self.server.url.replace("http", "ws")):
            self.problems.append(f"foreign socket: {opened.url}")

    # opening

    def open(self, query: str = "") -> Front:
        """Open the page and wait until it is live."""
        self.page.goto(self.server.url + query)
        return self.live()

    def live(self) -> Front:
        expect(self.page.locator("#status-timebase")).to_contain_text("/div")
        return self

    def reload(self) -> Front:
        self.page.reload()
        return self.live()

    # reading

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element reads so."""
        expect(self.page.locator(selector)).to_have_text(text)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def value(self, selector: str) -> str:
        return self.page.locator(selector).input_value()

    def holds(self, selector: str, value: str) -> None:
        """Wait until an input field holds this."""
        expect(self.page.locator(selector)).to_have_value(value)

    def query(self) -> str:
        return str(self.page.evaluate("location.search.slice(1)"))

    def lamp(self, text: str) -> None:
        self.shows("#lamp", text)

    def triggered(self) -> None:
        """Wait until a trigger holds the screen; the lamp says so only while samples come."""
        expect(self.page.locator(".mark.instant")).to_be_visible()

    def has(self, *channels: str) -> None:
        """Wait until these channels have boxes, with these labels in this order."""
        expect(self.page.locator(".box .label")).to_have_text(list(channels))

    def received(self, n: int) -> bool:
        """Whether the panel counts at least so many samples of all its channels together."""
        title = self.page.evaluate("[...document.querySelectorAll('.box')].map((box) => box.title)")
        return sum(int(text.rpartition(": ")[2].split()[0]) for text in title) >= n

    def says(self, text: str) -> None:
        """Wait until the panel complains with these words, and take the message away."""
        toast = self.page.locator("#toast")
        expect(toast).to_be_visible()
        expect(toast).to_contain_text(text)
        self.quiet()

    def quiet(self) -> None:
        """Take away what the panel last complained of."""
        self.page.evaluate("document.getElementById('toast').hidden = true")

    # the screen

    def picture(self) -> Picture:
        """All pixels of the screen, (height, width, 3)."""
        seen = self.page.evaluate(PIXELS, [None, 0])
        data = np.frombuffer(base64.b64decode(seen["text"]), np.uint8)
        return data.reshape(seen["height"], seen["width"], 4)[:, :, :3].astype(np.int16)

    def mask(self, colour: tuple[int, int, int] = YELLOW) -> Mask:
        """Which pixels of the screen have this colour, markers at its left border left out."""
        seen = self.page.evaluate(PIXELS, [list(colour), NEAR])
        mask = np.zeros(seen["width"] * seen["height"], bool)
        mask[np.array(seen["found"], int)] = True
        mask = mask.reshape(seen["height"], seen["width"])
        mask[:, :MARKERS] = False
        return mask

    def still(self, before: Picture) -> bool:
        """Whether no pixel has changed since then."""
        return bool(np.abs(self.picture() - before).max() < CHANGED)

    def settled(self, colour: tuple[int, int, int] = YELLOW) -> Mask:
        """The trace, once there is one and it does not change any more."""
        last: list[Mask] = []

        def same() -> bool:
            last.append(self.mask(colour))
            return bool(last[-1].any() and len(last) > 1 and np.array_equal(*last[-2:]))

        wait_until(same, interval=0.4)  # the set-up is fitted four times a second
        return last[-1]

    # hands

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def type(self, selector: str, text: str) -> None:
        """Type into a field and press Enter."""
        self.page.fill(selector, text)
        self.page.press(selector, "Enter")


def columns_with(mask: Mask) -> NDArray[np.intp]:
    """The columns in which the trace is seen."""
    return np.flatnonzero(mask.any(axis=0))


def unbroken(seen: NDArray[np.intp]) -> bool:
    """Whether these columns or rows lie side by side; a steep line may leave out a pixel."""
    return bool(np.all(np.diff(seen) <= 2))


def rows_with(mask: Mask) -> NDArray[np.intp]:
    return np.flatnonzero(mask.any(axis=1))


def middles(mask: Mask) -> NDArray[np.float64]:
    """Mean row of the trace in each column, NaN where it is not seen."""
    rows = np.arange(len(mask))[:, None]
    seen = mask.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((mask * rows).sum(axis=0) / np.where(seen, seen, np.nan))
