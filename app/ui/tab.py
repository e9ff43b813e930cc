"""One tab: its own knobs over the shared memory.

Live, the browser has its picture from the feed, and the tab only tells it which view to watch. At rest the
tab draws: the frame goes through its Buffer and DynamicMap.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

import panel as pn
from bokeh.document import Document

from app.memory.record import Record
from app.problems import Problem
from app.scope.addition import completed
from app.scope.autoset import Vertical
from app.scope.derived import traces
from app.scope.frame import Frame
from app.scope.link import query
from app.scope.measuring import Measured, measured
from app.scope.readouts import State, legend_by, readouts, timebase, verticals
from app.scope.scope import Scope
from app.scope.spectral import Spectral
from app.scope.spectrographic import Spectrographic
from app.ui import history_commands, pin_commands, record_commands
from app.ui.asked import Refused
from app.ui.bench import Bench
from app.ui.bridge import Bridge
from app.ui.commands import obey
from app.ui.glass_commands import image, zoomed
from app.ui.past import Before, Change
from app.ui.plot import Plot
from app.ui.screen import Screen

TICK = 500  # ms
HEARTBEAT = 2.0  # s; the page takes the connection for lost when none comes for a while
SOONEST = 3  # times its cost: how long after a frame a knob may have the next one at once
RETRY = 0.05  # s
UNDONE = 50  # set-ups that are remembered
NO_CHANGE = ("undo", "history", "hit", "place", "live", "pin")  # of the set-up, to be taken back
UNSAID = object()


class Tab:
    """The session of one page."""

    def __init__(self, bench: Bench, doc: Document, arguments: dict[str, list[str]], plot: Plot) -> None:
        self.bench = bench
        self.scope = Scope(bench.rows)
        self.refused = pin_commands.have(self.scope, bench, arguments)
        self.past: deque[Change] = deque(maxlen=UNDONE)  # what can be taken back, the newest at the end
        self._dragged: object = None  # the drag that the newest of these is from
        self.worked_out = True  # whether all derived channels of a stopped screen are
        self.checked: State = {}  # what was found of an expression that is being typed
        self.taken: Measured | None = None  # the readings of a stopped screen
        self.answered = 0  # number of the last press of Run or Stop that was obeyed
        self.frame = self.look()
        self.screen = Screen(bench.rows, self.frame, self.legend(), plot)
        self.bridge = Bridge(doc, self.command)
        self.doc: Document | None = doc
        self._frozen: AbstractContextManager[None] | None = None
        self._began = self._cost = self._told = 0.0
        self._waiting = False
        self._state: State = {}

    def start(self) -> None:
        """Begin to live: the page is loaded and its socket is open."""
        if self.doc is None:
            return
        self._frozen = self.doc.models.freeze()  # no model comes or goes any more; looking for some at each
        self._frozen.__enter__()  # frame would take two fifths of its time
        if self.refused:
            self.bridge.send({"error": "Not understood in this link: " + ", ".join(self.refused)[:100]})
        self.tell()
        self.doc.add_periodic_callback(self.tick, TICK)

    def tick(self) -> None:
        """Keep in touch with the browser, if it takes what it is sent."""
        if not self.ready():
            return
        self.bench.memory.keep(self.scope.view(), self.bench.clock())
        newest = self.glance() if self.scope.running else None
        if newest is not None:
            self.scope.forget_cleared(newest)
        held = newest is not None and history_commands.hold(self, newest, newest)
        if held or not (self.scope.running or self.worked_out):
            self.rest()
        self.tell()

    def ready(self) -> bool:
        """Whether the browser is there and its socket has nothing unsent.

        `_subscribed_connections`, `_socket` and `ws_connection` are not public (Bokeh 3.9, Tornado 6.6);
        without this check a browser that stops reading makes the server's memory grow without limit.
        """
        session = self.session()
        if session is None or not session.connection_count:
            return False
        sockets = [connection._socket.ws_connection for connection in session._subscribed_connections]
        return not any(socket is not None and socket.stream.writing() for socket in sockets)

    def session(self) -> Any:
        """Bokeh's session of this tab; None before it begins and after its end."""
        context = self.doc.session_context if self.doc is not None else None
        return context.session if context is not None else None

    def command(self, words: object) -> None:
        """Do what the panel asks, and show it at once."""
        self.catch_up()
        before = Before.of(self, words)
        try:
            obey(self, words)
            self.note(before, words)
        except Refused as refused:
            self.bridge.send({"error": str(refused)})
        except Problem as problem:
            self.bridge.send({"error": f"Nothing was changed: {problem.message}."})
        except ValueError:
            self.bridge.send({"error": "That value is out of this knob's range."})
        self._state = {}
        if self.scope.running:
            self.tell()
        else:
            self.rest()

    def hear(self, trouble: str) -> None:
        """Have the person at the panel read of what went wrong some time after it was asked for."""
        if self.doc is not None:
            self.doc.add_next_tick_callback(lambda: self.bridge.send({"error": trouble}))

    def note(self, before: Before, words: object) -> None:
        """Remember what there was before a change."""
        asked = words if isinstance(words, dict) else {}
        drag = asked.get("drag")
        if asked.get("do") in NO_CHANGE or (drag is not None and drag == self._dragged):
            return  # of a drag there is what was before it
        if (change := before.change(self)) is not None:
            self.past.append(change)
            self._dragged = drag

    def restore(self, link: str) -> None:
        """Have the set-up that a link says."""
        if self.scope.pin is not None:
            self.scope.run()
        self.scope.default()
        pin_commands.have(self.scope, self.bench, parse_qs(link))
        self.scope.settle(self.bench.memory)
        if self.scope.pin is None:
            self.scope.follow(self.bench.memory, self.bench.feed.setup())

    def catch_up(self) -> None:
        """Have the knobs that nobody has touched where the feed has them by now."""
        if self.scope.running:
            self.scope.settle(self.bench.memory)
            self.scope.follow(self.bench.memory, self.bench.feed.setup())
            self.glance()

    def glance(self) -> Frame | None:
        """The newest frame that the feed has of this tab's view, if it has one."""
        newest = self.bench.feed.newest(self.scope.view())
        self.frame = newest or self.frame
        return newest

    def look(self) -> Frame:
        """The frame of this tab as it is now."""
        view, memory, feed = self.scope.view(), self.bench.memory, self.bench.feed
        self.worked_out = memory.advance(view, self.bench.clock())
        self.scope.settle(memory)
        if self.scope.capture is not None:
            self.scope.capture = completed(self.scope.capture, view.on, memory, feed.setup(), self.bench.rows)
            self.scope.follow(memory, self.scope.capture.frame.setup)
        if self.scope.running:
            self.scope.follow(self.bench.memory, self.bench.feed.setup())
        return self.scope.frame(self.bench.memory, self.bench.feed.searches)

    def rest(self) -> None:
        """Draw the stopped screen anew: at once, or a little later when knobs are turned very fast."""
        wait = self._began + SOONEST * self._cost - time.monotonic()
        if wait <= 0 and self.ready():
            self.redraw()
        elif not self._waiting and self.doc is not None:
            self._waiting = True
            self.doc.add_timeout_callback(self.late, int(max(wait, RETRY) * 1000))

    def late(self) -> None:
        """Draw what could not be drawn before, unless the browser has gone."""
        self._waiting = False
        session = self.session()
        if not self.scope.running and session is not None and session.connection_count:
            self.rest()

    def redraw(self) -> None:
        """Put the frame at rest on the screen, and note what it cost."""
        self._began = time.monotonic()
        self.frame = self.look()
        self.screen.show(self.frame, self.legend())
        self.tell()
        self._cost = time.monotonic() - self._began

    def source(self, name: str) -> Record | None:
        """The record that the screen shows of a channel."""
        return self.scope.source(self.bench.memory, name)

    def lead(self) -> Record | None:
        """The record that the screen's x axis is of, also while nothing of it is shown."""
        return self.source(self.frame.lead) or self.bench.memory.records.get(self.frame.lead)

    def vertical(self, name: str) -> Vertical:
        return self.scope.channel(name).vertical()

    def read(self) -> Measured:
        """The readings of what is on the glass: the feed's, or those of the stopped screen."""
        view = self.scope.view()
        newest = self.bench.feed.measured(view) if self.scope.running else None
        self.taken = newest or measured(self.frame, view, self.source, self.taken)
        return self.taken

    def legend(self) -> dict[int, State]:
        """What belongs to each trace besides its points, by slot."""
        return legend_by(self.frame, self.source, self.bench.memory, self.vertical, self.read().means)

    def state(self) -> State:
        """What the panel shows that is this tab's own; at rest the readouts, too."""
        scope, memory, feed = self.scope, self.bench.memory, self.bench.feed
        view = scope.view()
        own: State = {
            "running": scope.running,
            "answered": self.answered,
            "whole": scope.capture is None or scope.capture.whole,
            "following": scope.following,
            "knobs": self.knobs(),
            "timebase": timebase(scope, self.lead()),
            "query": query(scope),
            "pins": self.bench.pins.told,
            "pin": scope.pin,
            "setups": self.bench.setups.told,
            **record_commands.told(self.bench),
            "view": view.query(),
            "vertical": verticals(scope, self.source, turned=scope.running),
            "checked": self.checked,
        }
        if scope.running:
            return own
        shown = readouts(self.frame, view, memory, self.bench.clock(), self.source, self.read())
        return own | {"readouts": shown | feed.common(), "image": image(self.frame)}

    def knobs(self) -> State:
        """Knobs that the readouts of a view do not say."""
        spectrum, memory = self.scope.spectrum, self.bench.memory
        return {
            "acquisition": asdict(self.scope.acquisition),
            "measure": list(self.scope.items),
            "display": self.scope.view().display,
            "xy": self.scope.xy,
            "spectrum": asdict(spectrum or Spectral()),
            "spectrogram": asdict(self.scope.spectrogram or Spectrographic()),
            "gate": self.scope.gate,
            "undo": bool(self.past),
            "armed": self.scope.single is not None,
            "persistence": self.scope.glass.persisting(),
            "look": dict(self.scope.look.told()),
            "colors": {name: knobs.colour for name, knobs in self.scope.channels.items() if knobs.colour},
            "zoom": zoomed(self.scope, self.lead()),
            "history": self.scope.view().sweep.past,
            "hit": None if self.scope.back.hit is None else self.scope.back.hit.told(),
            "derived": [{"name": name, "why": memory.why(name)} for name in traces(self.scope, memory)],
        }

    def tell(self) -> None:
        """Send the panel what has changed, and a sign of life now and then."""
        now, state = time.monotonic(), self.state()
        changed = {key: state[key] for key in state if self._state.get(key, UNSAID) != state[key]}
        if changed or now - self._told > HEARTBEAT:
            self.bridge.send(changed)
            self._told = now
        self._state = state

    def end(self) -> None:
        """Let go of all, so that nothing of the tab outlives its session."""
        self.bridge.close()
        self.screen.close()
        self.doc = self._frozen = None


def page(bench: Bench, plot: Plot) -> None:
    """Fill the document of a new tab; called by the server for each visit, with a plot that is ready."""
    arguments = {
        key: [value.decode("utf-8", "replace") for value in values]
        for key, values in pn.state.session_args.items()
    }
    tab = Tab(bench, pn.state.curdoc, arguments, plot)
    pn.state.curdoc.add_root(tab.screen.figure)
    pn.state.onload(tab.start)
    pn.state.on_session_destroyed(lambda _context: tab.end())
