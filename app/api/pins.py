"""/pins: the screens that people keep: a list, one more, another note, one less; each as PNG, CSV and NPZ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from PIL import Image

from app.api.export import Column
from app.api.glass import Pane, bands
from app.api.keeping import KeepingHandler, written
from app.api.painting import USUAL, Shown
from app.api.png import png
from app.api.screen import (
    FILES,
    HEIGHTS,
    SAMPLE,
    WIDTHS,
    drawn,
    glass_of,
    place,
    within,
)
from app.api.window import chosen, column, size
from app.feed.feed import Feed
from app.guard.guard import Guard
from app.memory.memory import Records
from app.memory.record import Record
from app.problems import Problem
from app.scope import link
from app.scope.capture import captured
from app.scope.frame import Frame, Kind, Trace
from app.scope.measuring import measured
from app.scope.readouts import legend_by, readouts, verticals
from app.scope.scope import Scope
from app.store.pins import Full, Pin, Pins, show

WANTED = '{"note": "a text"}'
THUMB = (240, 120)  # px


def routes(feed: Feed, pins: Pins, guard: Guard) -> list[Any]:
    """The paths of this module, for the web server."""
    shared = {"feed": feed, "pins": pins, "guard": guard}
    files = [(rf"/pins/([0-9]{{1,15}})\.{name}", PinFileHandler, {**shared, "file": name}) for name in FILES]
    return [
        (r"/pins", PinsHandler, shared),
        (r"/pins/([0-9]{1,15})", PinHandler, shared),
        (r"/pins/([0-9]{1,15})\.png", PinPictureHandler, shared),
        *files,
    ]


class Drawer(KeepingHandler):
    """A request about pins."""

    def initialize(self, feed: Feed, pins: Pins, guard: Guard) -> None:  # type: ignore[override]
        super().initialize(feed)
        self.pins = pins
        self.guard = guard

    def pin(self, number: str) -> Pin:
        """
        Problem  not_found
        """
        found = self.pins.get(int(number))
        if found is None:
            raise Problem("not_found", f"no pin {number}; GET /pins lists them")
        return found

    def note(self, usual: str | None = None) -> str:
        """What the body says of a pin.

        usual    if it says nothing; None: it has to say something
        Problem  bad_json, bad_note, body_too_large
        """
        found = self.words(WANTED, "bad_note").get("note", usual)
        if not isinstance(found, str):
            raise Problem("bad_note", f"send {WANTED}")
        return found


class PinsHandler(Drawer):
    """All pins, the newest first; POST keeps the screen that the page's parameters ask for."""

    def get(self) -> None:
        self.tell(self.pins.told)

    async def post(self) -> None:
        self.allow()
        scope, note = self.live(), self.note(usual="")
        _, glass = glass_of(self.feed, scope)
        capture = captured(glass, self.feed.memory, scope.glass)
        if not capture.slots:
            raise Problem("bad_request", "there is nothing on this screen that could be kept")
        try:
            with written():
                pin = self.pins.add(capture, link.query(scope), note, self.feed.clock())
        except Full as full:
            raise Problem("pin_limit", str(full)) from None
        except ValueError as error:
            raise Problem("bad_note", str(error)) from None
        await self.settled(self.pins.kept.saved(pin.id))
        self.tell({"status": "success", **pin.told()})


class PinHandler(Drawer):
    """One pin."""

    def get(self, number: str) -> None:
        self.tell(self.pin(number).told())

    async def patch(self, number: str) -> None:
        self.allow()
        try:
            pin = self.pins.write(self.pin(number).id, self.note())
        except ValueError as error:
            raise Problem("bad_note", str(error)) from None
        await self.settled(self.pins.kept.saved(int(number)))
        self.tell({"status": "success"} if pin is None else {"status": "success", **pin.told()})

    async def delete(self, number: str) -> None:
        self.allow()
        pin = self.pin(number)
        self.pins.delete(pin.id)
        await self.settled(self.pins.kept.saved(pin.id))
        self.tell({"status": "success", "deleted": pin.id})


class PinScreenHandler(Drawer):
    """A screen that holds a pin, with knobs turned as the page's parameters say."""

    def held(self, number: str) -> Scope:
        """
        Problem  not_found, bad_parameter
        """
        pin = self.pin(number)
        self.scope()  # to be refused, if it cannot be read
        parts = [part for part in self.request.query.split("&") if part.partition("=")[0] not in self.own]
        scope = Scope(self.feed.rows)
        show(pin, scope, self.feed.memory)
        link.recall(scope, parse_qs("&".join(parts)))
        return scope

    def name(self, kind: str) -> str:
        return f"pin-{self.path_args[0]}.{kind}"


class PinPictureHandler(PinScreenHandler):
    """A pin as a picture; `thumb=1`: only its glass, small."""

    own = ("width", "height", "thumb")

    async def get(self, number: str) -> None:
        query, scope = self.query(), self.held(number)
        shown = pinned(self.feed, self.pin(number), scope)
        if query.get("thumb") == "1":
            self.announce("image/png", "inline", "png")
            self.finish(thumb(shown))
            return
        wide = within(query, "width", USUAL[0], WIDTHS), within(query, "height", USUAL[1], HEIGHTS)
        async with self.desk.turn():
            picture = b"".join([part async for part in drawn(shown, wide)])
        self.announce("image/png", "inline", "png")
        self.finish(picture)


class PinFileHandler(PinScreenHandler):
    """The samples of a pin as a file."""

    own = ("channels", "rate")

    def initialize(self, file: str, **shared: Any) -> None:  # type: ignore[override]
        super().initialize(**shared)
        self.file = file

    async def get(self, number: str) -> None:
        query, scope, pin = self.query(), self.held(number), self.pin(number)
        glass = scope.frame(self.feed.memory, self.feed.searches)
        memory = records_of(scope, self.feed.memory)
        traces = chosen(glass, query.get("channels"), memory, f"GET /pins/{number}")
        full = self.full(query)
        sources = [kept(memory, trace) if full else None for trace in traces]
        n = sum(size(trace, record) for trace, record in zip(traces, sources, strict=True))
        async with self.desk.room(n * SAMPLE):
            columns: list[Column] = []
            for trace, record in zip(traces, sources, strict=True):
                columns.append(await column(memory, trace, record))
            about = {"time": pin.time, "note": pin.note, "rate": "full" if full else "drawn"}
            await self.send(self.file, columns, about | {"query": pin.query, "view": scope.view().query()})


@dataclass(frozen=True, slots=True)
class PinRecords:
    """The records of a pin, as those of a memory are read; see Memory.

    accepted  samples that had been received on its channels
    """

    records: Mapping[str, Record]
    accepted: int
    version: int = 0
    created: int = 0


def records_of(scope: Scope, memory: Records) -> PinRecords:
    """What a screen holds; a channel that is still there has the name that people call it now."""
    slots = {} if scope.capture is None else scope.capture.slots
    for record in slots.values():
        live = memory.records.get(record.name)
        if live is not None and live.serial == record.serial:
            record.label = live.label
    records = {record.name: record for record in slots.values()}
    return PinRecords(records, sum(record.total for record in records.values()))


def kept(memory: Records, trace: Trace) -> Record | None:
    """The samples that a trace shows; None: there are only the points that are drawn."""
    return memory.records.get(trace.channel) if trace.kind in (Kind.YT, Kind.XY) else None


def pinned(feed: Feed, pin: Pin, scope: Scope) -> Shown:
    """A pin's screen with everything that is written on it."""
    view = scope.view()
    glass: Frame = scope.frame(feed.memory, feed.searches)
    memory = records_of(scope, feed.memory)
    source = memory.records.get
    taken = measured(glass, view, source)
    words = legend_by(glass, source, memory, lambda name: scope.channel(name).vertical(), taken.means)
    told = readouts(glass, view, memory, pin.time, source, taken)
    about = verticals(scope, source, turned=False, means=taken.means)
    slots = {trace.channel: slot for slot, trace in glass.traces.items()}
    for name, slot in slots.items():
        if slot in words:
            words[slot] |= {"place": place(scope, name, slot)}
    boxes: Any = told["channels"]
    boxes = [
        {**box, **about.get(box["name"], {}), "place": place(scope, box["name"], slots.get(box["name"], 0))}
        for box in boxes
    ]
    return Shown(glass, words, told | {"channels": boxes}, pin.time, scope.look.colours())


def thumb(shown: Shown) -> bytes:
    """The glass alone, small."""
    image = Image.new("RGB", THUMB)
    for top, band in bands(Pane(*THUMB), shown.frame, shown.legend, shown.colours):
        image.paste(band, (0, top))
    return b"".join(png(image))
