"""The way around the feed, for comparison: each tab makes its own frames, and HoloViews redraws its plot.

    python -m scripts.benches.per_tab --port N

POST /data fills a memory as in the app. Each tab looks every 16 ms whether there is anything new and sends it
through its Buffer to its DynamicMap, as often as the processor allows. A tab that has not yet taken its last
frame gets no new one.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import panel as pn

from app.api.channels import ChannelsHandler
from app.config import Config
from app.ingest.receiver import Receiver
from app.memory.memory import Memory
from app.scope.autoset import Autoset
from app.scope.derived import Sources
from app.scope.link import recall
from app.scope.readouts import legend
from app.scope.scope import Scope
from app.scope.search import Searches
from app.server import Data
from app.ui.screen import Screen

LOOK_EVERY = 16  # ms
AUTOSET_EVERY = 0.25  # s
SIZE = (1000, 640)  # pixels, about as on the app's page in a window of 1280 x 720


class Tab:
    """One viewer's own plot."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.searches, self.autoset = memory, Searches(), Autoset()
        self.scope = Scope()
        recall(self.scope, {key: [v.decode() for v in found] for key, found in pn.state.session_args.items()})
        self.screen = Screen(self.scope.rows)
        self.screen.figure.update(sizing_mode="fixed", width=SIZE[0], height=SIZE[1])
        self.doc: Any = pn.state.curdoc
        self.doc.add_root(self.screen.figure)
        self.version, self.looked = -1, 0.0
        pn.state.onload(self.start)

    def start(self) -> None:
        self.doc.add_periodic_callback(self.tick, LOOK_EVERY)

    def tick(self) -> None:
        if self.memory.version == self.version or self.unsent():
            return
        self.version = self.memory.version
        if time.monotonic() - self.looked > AUTOSET_EVERY:
            self.looked = time.monotonic()
            self.autoset.update(self.memory.records.values(), self.version)
        self.scope.settle(self.memory)
        self.scope.follow(self.memory, self.autoset.setup)
        frame = self.scope.frame(self.memory, self.searches)
        self.screen.show(frame, legend(frame, self.memory))

    def unsent(self) -> bool:
        """Whether the browser has gone or has not taken all; not public (Bokeh 3.9, Tornado 6.6)."""
        session = self.doc.session_context.session
        if session is None or not session.connection_count:
            return True
        sockets = [connection._socket.ws_connection for connection in session._subscribed_connections]
        return any(socket is not None and socket.stream.writing() for socket in sockets)


def page(memory: Memory) -> None:
    """Fill the document of a new tab."""
    Tab(memory)


def serve(port: int) -> None:
    memory, config = Memory(1_000_000), Config()
    shared = {"memory": memory, "config": config}
    posts = {"receiver": Receiver(memory, config), "sources": Sources(memory)}
    pn.serve(
        {"/": lambda: page(memory)},
        port=port,
        address="127.0.0.1",
        websocket_origin=[f"127.0.0.1:{port}"],
        extra_patterns=[(r"/data", Data, posts), (r"/channels", ChannelsHandler, shared)],
        show=False,
        verbose=False,
        keep_alive_milliseconds=0,
    )


if __name__ == "__main__":
    serve(int(sys.argv[sys.argv.index("--port") + 1]))
