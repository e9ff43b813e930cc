"""The pictures of the README: the real app, the real scripts/send_data.py, a real Chromium.

scripts/screenshots [--every-size] [--to FOLDER] [name ...]
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from playwright.sync_api import Browser, Page, ViewportSize

from scripts.benches.browser import chromium
from scripts.benches.running import PROJECT, Server, app, until

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
HISTORY = 450  # points that the random sender would need 90 s for
ELSEWHERE = "192.168.1.20"  # another machine, for a browser
FLAGS = (
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
PORT = 8080  # the one that pages show when nothing is set
ENOUGH = 1000  # samples before a picture is taken
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Signal = Callable[[Floats, np.random.Generator], dict[str, Floats]]
SETTLED = 12  # looks, 100 ms apart, at which the knobs stood where they were
RATE, SECONDS = 10_000, 120  # of the signals below, in samples a second

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


# The next word of the motion sensors, and the next picture.
SENSED = """(turn) => new Promise((done) => {
  const accelerationIncludingGravity = {x: Math.sin(turn), y: 9.8, z: Math.cos(turn)}
  dispatchEvent(Object.assign(new Event('devicemotion'), {accelerationIncludingGravity}))
  requestAnimationFrame(done)
})"""

GROUPS = (
    "horizontal",
    "vertical",
    "trigger",
    "acquire",
    "measure",
    "cursors",
    "maths",
    "history",
    "pins",
    "display",
    "record",
)
OPENED = """for (const group of %s)
  localStorage.setItem('group.' + group, %s.includes(group) ? 'open' : 'closed')"""


@dataclass(frozen=True)
class Picture:
    """One picture: what is sent, how many traces of at least how many points it must show.

    sent     flags of send_data.py; None: nothing is sent
    history  points to post before, on the x that the sender goes on with
    signal   what a file holds that is sent instead, by time in s: channels in V
    query    of the page
    opened   groups of the panel, all others are closed; none: as they are for everybody
    pressed  what is pressed then, one after another
    wait     s before that
    host     under which the page is opened
    kept     the server has a folder for what is to be kept
    health   the page that says how the server is, a while after the front panel was opened
    probe    the page that makes a phone a probe, while a finger draws on it
    """

    sent: tuple[str, ...] | None
    traces: int = 1
    points: int = 100
    history: int = 0
    size: ViewportSize | None = None
    signal: Signal | None = None
    query: str = ""
    opened: tuple[str, ...] = ()
    pressed: tuple[str, ...] = ()
    wait: float = 0.0
    host: str = "localhost"
    probe: bool = False
    health: bool = False
    kept: bool = False


def logic(t: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """3.3 V at 50 Hz, 40 % high, with edges that ring a little; every now and then a pulse is a runt."""
    turn = t * 50
    runt = (turn.astype(int) % 37 == 36) * 0.55
    high = np.where(turn % 1 < 0.4, 1 - runt, 0.0)
    taps = np.arange(60)
    parts = (0.85, np.exp(-taps / 1.5)), (0.15, np.exp(-taps / 6) * np.cos(taps / 2.2))
    answer = sum(share * part / part.sum() for share, part in parts)
    wave = np.convolve(high, answer)[: len(t)]
    return {"clk": 3.3 * wave + rng.normal(0, 0.02, len(t))}


def hum(t: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """What comes with the mains: 50 Hz, odd multiples of it, and noise."""
    parts = {50: 1.0, 150: 0.11, 250: 0.035, 350: 0.012, 1234: 0.004}
    wave = sum(size * np.sin(2 * np.pi * frequency * t) for frequency, size in parts.items())
    return {"mains": wave + rng.normal(0, 0.002, len(t))}


def rose(t: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """Two waves in the ratio of three to two."""
    return {
        "x": np.sin(2 * np.pi * 30 * t),
        "y": np.sin(2 * np.pi * 20 * t + 0.4) + rng.normal(0, 0.004, len(t)),
    }


MEASURED = "&".join(f"m=clk:{name}" for name in ("frequency", "vpp", "duty", "rise", "overshoot", "top"))
PICTURES = {
    "square": Picture(("--wave", "square", "--channels", "4", "--batch", "100", "--rate", "20000"), 4),
    "lissajous": Picture(("--wave", "lissajous"), points=900),
    "noise": Picture((), history=HISTORY),
    "phone": Picture(("--wave", "triangle", "--channels", "2", "--unit", "V"), 2, size=PHONE),
    "empty": Picture(None, 0, 0, host=ELSEWHERE),
    "probe": Picture(None, size=PHONE, host=ELSEWHERE, probe=True),
    "probe-secure": Picture(None, size=PHONE, probe=True, pressed=("#motion", "#mic")),
    "trigger": Picture(
        (), signal=logic, query="tb=10m&t.kind=runt&t.mode=normal", opened=("trigger", "horizontal")
    ),
    "measurements": Picture(
        (), signal=logic, query=f"tb=5m&{MEASURED}&cursors=time,0.5,0.66", opened=("measure", "cursors")
    ),
    "fft": Picture((), signal=hum, query="display=fft&fft.scale=dBV&tb=100m", opened=("display",)),
    "xy": Picture((), signal=rose, query="display=xy&xy.x=x&xy.y=y&tb=20m", opened=("display", "vertical")),
    "persistence": Picture((), signal=logic, query="tb=5m&persist=10", opened=("display", "acquire"), wait=8),
    "health": Picture(
        ("--wave", "square", "--channels", "4", "--batch", "100", "--rate", "20000"), wait=10, health=True
    ),
    "recording": Picture(
        ("--wave", "chirp", "--channels", "2", "--batch", "500", "--rate", "20000"),
        2,
        opened=("record",),
        pressed=("#record", "#replay-loop", "#replay-loop", "#record-stop", "#record", *["#record-now"] * 4),
        wait=2,
        kept=True,
    ),
    "history": Picture(
        (),
        signal=logic,
        query="tb=10m&t.kind=runt&t.mode=normal",
        opened=("history", "pins"),
        wait=8,
        pressed=("#triggers-key", "#hit-before", "#hit-before"),
    ),
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
    with tempfile.TemporaryDirectory() as folder:
        file = (written(picture.signal, Path(folder)),) if picture.signal else ()
        sender = subprocess.Popen([*command, *picture.sent, *file], stdout=subprocess.DEVNULL)
        yield from until_sent(sender, server, picture)


def written(signal: Signal, folder: Path) -> str:
    """A file with a signal."""
    t = np.arange(RATE * SECONDS) / RATE
    columns = {"t": t} | signal(t, np.random.default_rng(1))
    header = ",".join(f"{name} [{'s' if name == 't' else 'V'}]" for name in columns)
    path = folder / "signal.csv"
    np.savetxt(path, np.column_stack(list(columns.values())), "%.8g", ",", header=header, comments="")
    return str(path)


def until_sent(sender: subprocess.Popen[bytes], server: Server, picture: Picture) -> Iterator[None]:
    """The time from when there are enough samples until the picture is taken."""
    try:
        wanted = picture.history + 10 if picture.history else ENOUGH
        until(lambda: sum(server.totals().values()) >= wanted, 30, "samples")
        yield
    finally:
        sender.terminate()
        sender.wait(10)


def take(page: Page, server: Server, picture: Picture, path: Path) -> None:
    if picture.opened:
        page.add_init_script(OPENED % (json.dumps(GROUPS), json.dumps(picture.opened)))
    page.goto(f"http://{picture.host}:{server.port}/?{picture.query}")
    page.wait_for_selector("#empty" if picture.sent is None else "#boxes .box")
    page.wait_for_function(STANDS, arg=[picture.traces, picture.points, SETTLED], polling=100)
    page.wait_for_timeout(1000 * picture.wait)
    for selector in picture.pressed:
        page.click(selector)
        page.wait_for_timeout(1000)
    page.screenshot(path=path)
    print(path)


def draw(page: Page, server: Server, picture: Picture, path: Path) -> None:
    """The page that makes a phone a probe, while a finger draws a figure on its pad."""
    page.goto(f"http://{picture.host}:{server.port}/probe")
    page.evaluate("document.getElementById('name').textContent = 'phone-3fa'")
    for selector in picture.pressed:
        page.click(selector)
    box = page.locator("#pad").bounding_box()
    if box is None:
        raise RuntimeError("the page has no pad")
    for turn in np.arange(0, 180) / 20:
        x, y = 0.5 + 0.36 * math.sin(2 * turn), 0.5 + 0.3 * math.sin(3 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.evaluate(SENSED, turn)
        if turn == 0:
            page.mouse.down()
    page.screenshot(path=path)
    print(path)


def healthy(page: Page, server: Server, picture: Picture, path: Path) -> None:
    """The page of health, while somebody looks at the front panel."""
    panel = page.context.browser.new_page() if page.context.browser else page
    panel.goto(f"{server.url}/")
    page.goto(f"{server.url}/status")
    page.wait_for_selector("#channels tr")
    page.wait_for_timeout(1000 * picture.wait)
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": 620})
    panel.close()
    print(path)


def taken(browser: Browser, name: str, sizes: dict[str, ViewportSize], folder: Path) -> None:
    picture = PICTURES[name]
    with ExitStack() as stack:
        folder_of = ("--data", stack.enter_context(tempfile.TemporaryDirectory())) if picture.kept else ()
        server = stack.enter_context(app(*folder_of, port=PORT))
        stack.enter_context(sending(server, picture))
        for suffix, size in sizes.items():
            page = browser.new_page(viewport=size, has_touch=size == PHONE)
            drawn = draw if picture.probe else healthy if picture.health else take
            drawn(page, server, picture, folder / f"{name}{suffix}.png")
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
    with chromium(*FLAGS) as browser:
        for name in args.names or PICTURES:
            own = {"": PICTURES[name].size or DESKTOP}
            taken(browser, name, {"-1440": DESKTOP, "-390": PHONE} if args.every_size else own, args.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
