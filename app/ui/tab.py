"""One tab: built for a page, live while its socket takes frames, gone without a trace."""

from __future__ import annotations

import itertools
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
NUMBERS = itertools.count()


class Tab:
    """The session of one page."""

    def __init__(self, bench: Bench, arguments: dict[str, list[str]]) -> None:
        self.bench = bench
        self.number = next(NUMBERS)
        self.scope = Scope(bench.rows)
        self.refused = recall(self.scope, arguments)
        self.screen = Screen(bench.rows)
        self.bridge = Bridge(self.command)
        self.frame = Frame()
        self.doc: Document | None = None
        self._frozen: AbstractContextManager[None] | None = None
        self._seen, self._stale = -1, False
        self._setup = Setup()
        self._due = self._told = 0.0
        self._state: dict[str, object] = {}

    def start(self) -> None:
        """Begin to live: the page is loaded and its socket is open."""
        self.doc = pn.state.curdoc
        self._frozen = self.doc.models.freeze()  # no model comes or goes any more; looking for some at each
        self._frozen.__enter__()  # frame would take two fifths of its time
        self.bench.spent(self.number, 0.0)
        if self.refused:
            self.bridge.send({"error": "Not understood in this link: " + ", ".join(self.refused)[:100]})
        self.redraw()
        self.doc.add_periodic_callback(self.tick, int(QUICKEST * 1000 / 2))

    def tick(self) -> None:
        """Show what is new, when it is time and the browser has taken what it was sent before."""
        now = time.monotonic()
        if now < self._due or not self.ready():
            return
        if self.scope.running and self.news():
            self.redraw()
        else:
            self.tell()

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
        sockets = [connection._socket.ws_connection for connection in session._subscribed_connections]
        return not any(socket is not None and socket.stream.writing() for socket in sockets)

    def command(self, words: object) -> None:
        """Do what the panel asks, and show it at once."""
        try:
            obey(self, words)
        except Refused as refused:
            self.bridge.send({"error": str(refused)})
        except ValueError:
            self.bridge.send({"error": "That value is out of this knob's range."})
        self._state, self._stale = {}, True
        if self.ready():
            self.redraw()

    def redraw(self) -> None:
        """Make the frame, put it on the screen, and note what it cost."""
        began = time.monotonic()
        self._seen, self._stale = self.bench.memory.version, False
        if self.scope.running:
            self._setup = self.bench.setup()
            self.scope.follow(self.bench.memory, self._setup)
        self.frame = self.scope.frame(self.bench.memory)
        self.screen.vertical(*self.verticals())
        self.screen.show(self.frame, self.about())
        self.tell()
        self.bench.spent(self.number, time.monotonic() - began)
        self._due = began + self.bench.period()

    def verticals(self) -> tuple[dict[int, tuple[float, float]], dict[int, float]]:
        """Limits of the y axes and places of the ground markers, by slot."""
        knobs = {slot: self.scope.channel(trace.channel) for slot, trace in self.frame.traces.items()}
        return {s: k.limits for s, k in knobs.items()}, {s: float(k.position) for s, k in knobs.items()}

    def about(self) -> dict[int, About]:
        found = {}
        for slot, trace in self.frame.traces.items():
            record = self.bench.memory.records.get(trace.channel)
            if record is not None:
                clock = record.origin is Origin.CLOCK
                found[slot] = About(record.label, record.unit, record.x_unit, clock)
        return found

    def tell(self) -> None:
        """Send the panel what has changed in its readouts, and a sign of life now and then."""
        now = time.monotonic()
        if self._state and now - self._told < READOUTS_EVERY:
            return
        bench = self.bench
        state = readouts.state(self.scope, bench.memory, self.frame, bench.clock())
        state |= {"viewers": bench.tabs, "demo": bench.demo.running}
        changed = {key: value for key, value in state.items() if self._state.get(key) != value}
        if changed or now - self._told > HEARTBEAT:
            self.bridge.send(changed)
            self._told, self._state = now, state

    def end(self) -> None:
        """Let go of all, so that nothing of the tab outlives its session."""
        self.bench.left(self.number)
        self.screen.close()
        self.doc = self._frozen = None


def page(bench: Bench) -> pn.Template:
    """The page of a new tab; called by the server for each visit."""
    arguments = {
        key: [value.decode("utf-8", "replace") for value in values]
        for key, values in pn.state.session_args.items()
    }
    tab = Tab(bench, arguments)
    template = pn.Template(TEMPLATE, location=False)
    template.add_panel("screen", tab.screen.pane)
    template.add_panel("bridge", tab.bridge)
    pn.state.onload(tab.start)
    pn.state.on_session_destroyed(lambda _context: tab.end())
    return template
