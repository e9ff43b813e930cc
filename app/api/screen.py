"""GET /screen.png, .csv and .npz: what a screen shows, asked for with the parameters of its page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

from PIL import Image

from app.api.export import Column, Write, csv, npz
from app.api.painting import USUAL, Shown, paint
from app.api.png import png
from app.api.selection import bad
from app.api.window import MOST_SAMPLES, chosen, column, size, source, too_many
from app.feed.feed import Feed
from app.feed.socket import asked
from app.problems import Fault, JsonHandler, Problem, shown
from app.scope import link
from app.scope.accumulation import Accumulation
from app.scope.display import displayed
from app.scope.frame import Frame, Kind
from app.scope.measuring import measured
from app.scope.readouts import State, edges, legend, readouts, verticals
from app.scope.scope import Scope
from app.scope.view import View, frame

WIDTHS, HEIGHTS = (320, 3840), (240, 2160)  # px
SAMPLE = 16  # bytes
MOST_TURNS = 100  # in which derived channels are worked out; of a flood, what there is by then
ROOM = 256 << 20  # bytes of samples that may wait to be written, in all files together
PAINTED_AT_ONCE, WAITING = 2, 16  # pictures
RETRY_AFTER = 2  # s
STALLED_SECONDS = 30.0
TOLD, LONGEST_TOLD = 16, 64  # parameters that could not be read: how many are told, and of each so much
FILES: dict[str, tuple[str, Write]] = {
    "csv": ("text/csv; charset=utf-8", csv),
    "npz": ("application/zip", npz),
}


class Desk:
    """What all requests share, so that together they take no more than there is: pictures, bytes."""

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Desk:
        """The one of a web server, which is kept among its settings."""
        if "desk" not in settings:
            settings["desk"] = cls()
        return cast(Desk, settings["desk"])

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(PAINTED_AT_ONCE)
        self._waiting = 0
        self._taken = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of the few pictures that are painted at the same time.

        Problem  overloaded: too many wait already
        """
        if self._waiting >= WAITING:
            raise busy("many pictures are being painted")
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Bytes for the samples of a file.

        Problem  overloaded: there is no room beside those that are being written
        """
        if self._taken and self._taken + size > ROOM:
            raise busy("large files are being written")
        self._taken += size
        try:
            yield
        finally:
            self._taken -= size


def busy(what: str) -> Problem:
    headers = {"Retry-After": str(RETRY_AFTER)}
    return Problem("overloaded", f"{what}; try again a little later", headers=headers)


def routes(feed: Feed) -> list[Any]:
    """The paths of this module, for the web server."""
    shared = {"feed": feed}
    files = [(rf"/screen\.{name}", FileHandler, {**shared, "file": name}) for name in FILES]
    return [(r"/screen\.png", PictureHandler, shared), *files]


class ScreenHandler(JsonHandler):
    """A screen that is asked for by the page's parameters, besides some of its own."""

    own: tuple[str, ...] = ()

    def initialize(self, feed: Feed) -> None:
        self.feed = feed
        self.desk = Desk.of(self.settings)

    def query(self) -> dict[str, str]:
        """The parameters of its own."""
        found = {}
        for name in self.own:
            values = self.request.query_arguments.get(name, [])
            if len(values) > 1:
                raise bad("a parameter is there twice", "send it once", name)
            if values:
                found[name] = self.decode_argument(values[0], name)
        return found

    def scope(self) -> Scope:
        """The front panel as the other parameters say.

        Problem  bad_parameter: some cannot be read
        """
        parts = self.request.query.split("&")
        scope, refused = asked(
            "&".join(part for part in parts if part.partition("=")[0] not in self.own), self.feed.rows
        )
        if refused:
            names = [name[:LONGEST_TOLD] for name in dict.fromkeys(refused)][:TOLD]
            message = f"cannot be read: {', '.join(map(shown, names))}; see the page's own address"
            raise Problem("bad_parameter", message, [Fault("parameter", name) for name in names])
        return scope

    def live(self) -> Scope:
        """The same, of a screen that shows what is received.

        Problem  bad_parameter: some cannot be read, or they name a pin
        """
        scope = self.scope()
        if scope.pin is not None:
            files = f"its files are /pins/{scope.pin}.png, .csv and .npz"
            raise bad("this is of what is received, and not of a pin", files, "pin")
        return scope

    async def panel(self) -> Scope:
        """The same, with its derived channels worked out; others have the loop in between.

        Problem  bad_parameter
        """
        scope = self.live()
        view = self.feed.plain(scope.view())
        for _ in range(MOST_TURNS):
            if self.feed.memory.advance(view, self.feed.clock()):
                break
            await asyncio.sleep(0)
        return scope

    def name(self, kind: str) -> str:
        """Of the file: a name with the time."""
        return datetime.fromtimestamp(self.feed.clock(), UTC).strftime(f"scope-%Y%m%dT%H%M%SZ.{kind}")

    def announce(self, media: str, how: str, kind: str) -> None:
        self.set_header("Content-Type", media)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Disposition", f'{how}; filename="{self.name(kind)}"')

    def full(self, query: Mapping[str, str]) -> bool:
        """Whether every sample is asked for, and not the points that are drawn.

        Problem  bad_parameter
        """
        if query.get("rate", "full") not in ("full", "drawn"):
            raise bad("rate is unknown", "full and drawn are", "rate")
        return query.get("rate") != "drawn"

    async def send(self, file: str, columns: list[Column], about: Mapping[str, object]) -> None:
        """Write samples as a file."""
        media, write = FILES[file]
        self.announce(media, "attachment", file)
        for part in write(columns, about):
            self.write(part)
            await self.sent(STALLED_SECONDS)
            await asyncio.sleep(0)


class PictureHandler(ScreenHandler):
    """The screen as a picture."""

    own = ("width", "height")

    async def get(self) -> None:
        query, scope = self.query(), await self.panel()
        size = within(query, "width", USUAL[0], WIDTHS), within(query, "height", USUAL[1], HEIGHTS)
        async with self.desk.turn():
            picture = b"".join([part async for part in drawn(showing(self.feed, scope), size)])
        self.announce("image/png", "inline", "png")
        self.finish(picture)


class FileHandler(ScreenHandler):
    """The samples of the screen as a file."""

    own = ("channels", "rate")

    def initialize(self, feed: Feed, file: str) -> None:  # type: ignore[override]
        super().initialize(feed)
        self.file = file

    async def get(self) -> None:
        query, scope = self.query(), await self.panel()
        full = self.full(query)
        view, glass = glass_of(self.feed, scope)
        traces = chosen(glass, query.get("channels"), self.feed.memory)
        sources = [source(self.feed.memory, glass, trace) if full else None for trace in traces]
        n = sum(size(trace, record) for trace, record in zip(traces, sources, strict=True))
        if n > MOST_SAMPLES:
            raise too_many(n)
        async with self.desk.room(n * SAMPLE):
            columns = [await column(self.feed.memory, *each) for each in zip(traces, sources, strict=True)]
            about = self.about(view, scope, rate="full" if full else "drawn")
            await self.send(self.file, columns, about)

    def about(self, view: View, scope: Scope, rate: str) -> dict[str, object]:
        now = self.feed.clock()
        return {"time": now, "query": link.query(scope), "view": view.query(), "rate": rate}


# the screen


def glass_of(feed: Feed, scope: Scope) -> tuple[View, Frame]:
    """What a front panel shows now."""
    view = feed.plain(scope.view())
    newest = feed.newest(view, awake=True) if view.acquisition.many else None
    if newest is not None:
        return view, newest
    made = frame(view, feed.memory, feed.setup(), feed.searches, feed.rows)
    made = Accumulation().shown(made, view, feed.memory, feed.searches, feed.rows)
    return view, displayed(made, view, feed.memory.records.get, rows=feed.rows).frame


def showing(feed: Feed, scope: Scope) -> Shown:
    """A front panel's screen with everything that is written on it."""
    view, glass = glass_of(feed, scope)
    taken, now = measured(glass, view, feed.memory.records.get, feed.measured(view)), feed.clock()
    words = legend(glass, feed.memory)
    about = verticals(scope, feed.memory.records.get, means=taken.means)
    for slot, trace in glass.traces.items():
        if slot in words:
            words[slot] |= {"place": place(scope, trace.channel, slot)}
            if trace.kind not in (Kind.SPECTRUM, Kind.IMAGE):
                words[slot] |= about.get(trace.channel, {})
    slots = {trace.channel: slot for slot, trace in glass.traces.items()}
    told = readouts(glass, view, feed.memory, now, taken=taken)
    across(glass, words, told, about)
    boxes: list[State] = [
        {**box, **about.get(box["name"], {}), "place": place(scope, box["name"], slots.get(box["name"], 0))}
        for box in cast(Any, told["channels"])
    ]
    return Shown(glass, words, told | {"channels": boxes}, now, scope.look.colours())


def place(scope: Scope, name: str, slot: int) -> int:
    """Where in the palette the colour of a channel is."""
    return (int(scope.channel(name).colour) or slot + 1) - 1


def across(glass: Frame, words: dict[int, State], told: State, about: Mapping[str, State]) -> None:
    """Have the x axis of an XY screen as this front panel's own knobs have it."""
    turned = None if glass.plane is None else about.get(glass.plane.x)
    if glass.plane is None or turned is None:
        return
    borders: Any = turned["sides"]
    for slot, trace in glass.traces.items():
        words[slot]["across"] = [glass.plane.x, *borders]
        told["axis"] = {"clock": False, "at": edges(borders, trace.units[0] if trace.units else "")}


async def drawn(what: Shown, size: tuple[int, int]) -> AsyncIterator[bytes]:
    """The picture as a PNG file; others have the loop in between."""
    image = Image.new("RGB", size)
    for _ in paint(image, what):
        await asyncio.sleep(0)
    for part in png(image):
        yield part
        await asyncio.sleep(0)


def within(query: Mapping[str, str], name: str, usual: int, limits: tuple[int, int]) -> int:
    text = query.get(name, str(usual))
    if text.isascii() and text.isdigit() and len(text) <= 8 and limits[0] <= int(text) <= limits[1]:
        return int(text)
    raise bad(f"{name} is not a whole number from {limits[0]} to {limits[1]}", f"send {name}={usual}", name)
