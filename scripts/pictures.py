"""The pictures of the README: the real app, the real scripts/send_data.py, a real Chromium.

scripts/screenshots [--every-size] [--to FOLDER] [name ...]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from playwright.sync_api import Browser, Page, ViewportSize

from scripts.benches.browser import chromium
from scripts.benches.running import PROJECT, Server, app, until

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
HISTORY = 450  # points that the random sender would need 90 s for
PORT = 8080  # the one that pages show when nothing is set
ENOUGH = 1000  # samples before a picture is taken
SETTLED = 12  # looks, 100 ms apart, at which the knobs stood where they were

# Whether every channel has a line of some points and the knobs no longer move.
STANDS = """([traces, least, settled]) => {
  const all = Bokeh.documents[0].roots().flatMap((root) => [...root.references()])
  const lines = all.filter((model) => model.type === 'GlyphRenderer' && /^\\d+$/.test(model.name ?? ''))
  const points = lines.map(({name, data_source: {data}}) => data['y' + name].filter(Number.isFinite).length)
  const shown = document.querySelectorAll('#status-timebase, .box .units')
  const knobs = [...shown].map((e) => e.textContent).join()
  window.looks = knobs === window.knobs ? (window.looks ?? 0) + 1 : 0
  window.knobs = knobs
  return window.looks >= settled && points.filter((n) => n >= least).length >= traces
}"""


@dataclass(frozen=True)
class Picture:
    """One picture: what is sent, how many traces of at least how many points it must show.

    sent     flags of send_data.py; None: nothing is sent
    history  points to post before, on the x that the sender goes on with
    """

    sent: tuple[str, ...] | None
    traces: int = 1
    points: int = 100
    history: int = 0
    size: ViewportSize | None = None


PICTURES = {
    "square": Picture(("--wave", "square", "--channels", "4", "--batch", "100", "--rate", "20000"), 4),
    "lissajous": Picture(("--wave", "lissajous"), points=900),
    "noise": Picture((), history=HISTORY),
    "phone": Picture(("--wave", "triangle", "--channels", "2", "--unit", "V"), 2, size=PHONE),
    "empty": Picture(None, 0, 0),
}


@contextmanager
def sending(server: Server, picture: Picture) -> Iterator[None]:
    """Samples for a picture, until it is taken."""
    if picture.sent is None:
        yield
        return
    if picture.history:
        x = list(range(-picture.history, 0))
        server.post(orjson.dumps({"x": x, "y": [random.gauss(0, 20) for _ in x]}))
    command = [sys.executable, str(PROJECT / "scripts" / "send_data.py"), "--url", f"{server.url}/data"]
    sender = subprocess.Popen([*command, *picture.sent], stdout=subprocess.DEVNULL)
    try:
        wanted = picture.history + 10 if picture.history else ENOUGH
        until(lambda: sum(server.totals().values()) >= wanted, 30, "samples")
        yield
    finally:
        sender.terminate()
        sender.wait(10)


def take(page: Page, server: Server, picture: Picture, path: Path) -> None:
    page.goto(f"http://localhost:{server.port}")
    page.wait_for_selector("#empty" if picture.sent is None else "#boxes .box")
    page.wait_for_function(STANDS, arg=[picture.traces, picture.points, SETTLED], polling=100)
    page.screenshot(path=path)
    print(path)


def taken(browser: Browser, name: str, sizes: dict[str, ViewportSize], folder: Path) -> None:
    picture = PICTURES[name]
    with app(port=PORT) as server, sending(server, picture):
        for suffix, size in sizes.items():
            page = browser.new_page(viewport=size, has_touch=size == PHONE)
            take(page, server, picture, folder / f"{name}{suffix}.png")
            page.close()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description="Take the README's pictures.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(PICTURES)} (all)")
    parser.add_argument("--to", type=Path, default=PROJECT / "docs", help="folder (%(default)s)")
    parser.add_argument("--every-size", action="store_true", help="each as on a desktop and as on a phone")
    args = parser.parse_args(argv)
    if unknown := set(args.names) - PICTURES.keys():
        parser.error(f"no picture {', '.join(sorted(unknown))}; there are {', '.join(PICTURES)}")
    args.to.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name in args.names or PICTURES:
            own = {"": PICTURES[name].size or DESKTOP}
            taken(browser, name, {"-1440": DESKTOP, "-390": PHONE} if args.every_size else own, args.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
