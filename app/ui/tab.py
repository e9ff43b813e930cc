"""One tab: built for a page, live while its socket takes frames, gone without a trace."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.document import Document

from app.memory.samples import Origin
from app.scope.autoset import Setup
from app.scope.frame import Frame
from app.scope.link import recall
from app.scope.scope import Scope
from app.ui import readouts
from app.ui.bench import QUICKEST, Bench
from app.ui.commands import Refused, obey
from app.ui.panel import Bridge
from app.ui.screen import About, Screen

TEMPLATE = (Path(__file__).parent / "static" / "page.html").read_text("utf-8")
READOUTS_EVERY = 0.2  # s
HEARTBEAT = 2.0  # s; the page takes the connection for lost when none comes for a while
SOONEST = 3  # times its cost: how long after a frame a knob may have the next one at once


class Tab:
    """The session of one page."""

    def __init__(self, bench: Bench, arguments: dict[str, list[str]]) -> None:
        self.bench = bench
        self.number = bench.number()
        self.scope = Scope(bench.rows)
        self.refused = recall(self.scope, arguments)
        self.screen = Screen(bench.rows)
        self.bridge = Bridge(self.command)
        self.frame = Frame()
        self.doc: Document | None = None
        self._frozen: AbstractContextManager[None] | None = None
        self._seen, self._stale = -1, False
        self._setup = Setup()
        self._began = self._due = self._told = self._looked = 0.0
        self._cost = 0.0
        self._state: dict[str, object] = {}

    def start(self) -> None:
        """Begin to live: the page is loaded and its socket is open."""
        self.doc = pn.state.curdoc
        self._frozen = self.doc.models.freeze()  # no model comes or goes any more; looking for some at each
        self._frozen.__enter__()  # frame would take two fifths of its time
        if self.refused:
            self.bridge.send({"error": "Not understood in this link: " + ", ".join(self.refused)[:100]})
        self.redraw()
        self.doc.add_periodic_callback(self.tick, int(QUICKEST * 1000 / 2))

    def tick(self) -> None:
        """Show what is new, when it is time and the browser has taken what it was sent before."""
        if not self.ready():
            return
        if self._stale or (self.due() and self.scope.running and self.news()):
            self.redraw()
        else:
            self.tell()

    def due(self) -> bool:
        """Whether it is this tab's turn."""
        return time.monotonic() >= self._due and self.bench.free()

    def news(self) -> bool:
        """Whether samples came or, looked for less often, the set-up that fits the last ones was found."""
        return self.bench.memory.version != self._seen or self.bench.setup() is not self._setup

    def ready(self) -> bool:
        """Whether the browser is there and its socket has nothing unsent.

        `_subscribed_connections`, `_socket` and `ws_connection` are not public (Bokeh 3.9, Tornado 6.6);
        without this check a browser that stops reading makes the server's memory grow without limit.
        """
        context = self.doc.session_context if self.doc is not None else None
        session: Any = context.session if context is not None else None
        if session is None or not session.connection_count:
            self.bench.left(self.number)
            return False
        self.bench.viewers.add(self.number)
        sockets = [connection._socket.ws_connection for connection in session._subscribed_connections]
        if any(socket is not None and socket.stream.writing() for socket in sockets):
            self.bench.rests(self.number)
            return False
        return True

    def command(self, words: object) -> None:
        """Do what the panel asks, and show it at once, or a tick later when knobs are turned very fast."""
        try:
            obey(self, words)
        except Refused as refused:
            self.bridge.send({"error": str(refused)})
        except ValueError:
            self.bridge.send({"error": "That value is out of this knob's range."})
        self._state, self._stale = {}, True
        if self.ready() and time.monotonic() - self._began > max(QUICKEST / 2, SOONEST * self._cost):
            self.redraw()

    def redraw(self) -> None:
        """Make the frame, put it on the screen, and note what it cost."""
        bench, scope, self._began = self.bench, self.scope, time.monotonic()
        self._seen, self._stale = bench.memory.version, False
        scope.settle(bench.memory)
        if scope.running:
            bench.want(scope.shown(bench.memory).values())
            self._setup = bench.setup()
            scope.follow(bench.memory, self._setup)
        self.frame = scope.frame(bench.memory)
        self.screen.vertical(*self.verticals())
        self.screen.show(self.frame, self.about())
        self.tell()
        self._cost = time.monotonic() - self._began
        if scope.running:
            bench.spent(self.number, self._cost)
        else:
            bench.rests(self.number)
        self._due = self._began + bench.period()

    def verticals(self) -> tuple[dict[int, tuple[float, float]], dict[int, tuple[int, float]]]:
        """Limits of the y axes, and the ground markers, by slot."""
        limits, grounds = {}, {}
        for slot, trace in self.frame.traces.items():
            knobs = self.scope.channel(trace.channel)
            record = self.scope.source(self.bench.memory, trace.channel)
            limits[slot] = knobs.limits
            grounds[slot] = ((record.slot if record is not None else slot) + 1, float(knobs.position))
        return limits, grounds

    def about(self) -> dict[int, About]:
        """What the hover text says of each channel: its name as it is now, its units as they were drawn."""
        found = {}
        for slot, trace in self.frame.traces.items():
            record = self.scope.source(self.bench.memory, trace.channel)
            if record is not None:
                named = self.bench.memory.records.get(trace.channel, record)
                clock = record.origin is Origin.CLOCK
                found[slot] = About(named.label, record.unit, record.x_unit, clock)
        return found

    def tell(self) -> None:
        """Send the panel what has changed in its readouts, and a sign of life now and then."""
        now = time.monotonic()
        if self._state and now - self._looked < READOUTS_EVERY:
            return
        self._looked, bench = now, self.bench
        state = readouts.state(self.scope, bench.memory, self.frame, bench.clock())
        state |= {"viewers": len(bench.viewers), "demo": bench.demo.running}
        changed = {key: value for key, value in state.items() if self._state.get(key) != value}
        if changed or now - self._told > HEARTBEAT:
            self.bridge.send(changed)
            self._told = now
        self._state = state

    def end(self) -> None:
        """Let go of all, so that nothing of the tab outlives its session."""
        self.bench.left(self.number)
        self.screen.close()
        self.doc = self._frozen = None


def hosts(bench: Bench) -> list[str]:
    """The hosts whose pages may connect, as this request was made: the page compares its own with them."""
    return list(bench.config.allow_ws_origin) or [pn.state.headers.get("Host", "")]


def page(bench: Bench) -> pn.Template:
    """The page of a new tab; called by the server for each visit."""
    arguments = {
        key: [value.decode("utf-8", "replace") for value in values]
        for key, values in pn.state.session_args.items()
    }
    tab = Tab(bench, arguments)
    template = pn.Template(TEMPLATE, location=False)
    template.add_variable("hosts", json.dumps(hosts(bench)).replace("<", "\\u003c"))  # it stands in a script
    template.add_panel("screen", tab.screen.pane)
    template.add_panel("bridge", tab.bridge)
    pn.state.onload(tab.start)
    pn.state.on_session_destroyed(lambda _context: tab.end())
    return template
