"""A tab without a browser: the page's socket, spoken raw, so that it can also stop reading."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from scripts.benches.running import Server
from scripts.benches.table import WrongError

TOKEN = re.compile(rb'"token":\s*"([^"]+)"')
PATIENCE = 30.0  # s
SMALL = 8192  # bytes the kernel takes for a reader that has stopped
# Until this event has come the server sends nothing to a tab.
READY = {
    "events": [
        {
            "kind": "MessageSent",
            "msg_type": "bokeh_event",
            "msg_data": {
                "type": "event",
                "name": "document_ready",
                "values": {"type": "map", "entries": []},
            },
        }
    ]
}


class Viewer:
    """An open tab. It counts the frames it gets, or, stalled, never reads.

    query  of the link it was opened by
    """

    def __init__(self, server: Server, query: str = "", *, stalled: bool = False) -> None:
        status, page = server.ask("GET", "/" + query)
        token = TOKEN.search(page)
        if status != 200 or token is None:
            raise WrongError(f"GET /: {status} {page[:200]!r}")
        self.frames = self._taken = 0
        self.kept = ExitStack()
        self.socket = self.kept.enter_context(opened(server.port, token[1].decode(), stalled=stalled))
        next(self.messages())
        for kind, number, content in (("PULL-DOC-REQ", 1, {}), ("PATCH-DOC", 2, READY)):
            for part in ({"msgid": str(number), "msgtype": kind}, {}, content):
                self.socket.send(json.dumps(part))
        if not stalled:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        """Count frames until the socket closes: messages that carry columns of numbers."""
        try:
            for header in self.messages():
                self.frames += header["msgtype"] == "PATCH-DOC" and header.get("num_buffers", 0) > 0
        except (ConnectionClosed, TimeoutError):
            return

    def taken(self) -> int:
        """Frames since the last call."""
        before, self._taken = self._taken, self.frames
        return self._taken - before

    def messages(self) -> Iterator[dict[str, Any]]:
        """The head of each message; its other parts are dropped."""
        while True:
            header = json.loads(self.socket.recv(PATIENCE))
            for _ in range(2 + 2 * header.get("num_buffers", 0)):
                self.socket.recv(PATIENCE)
            yield header

    def close(self) -> None:
        self.kept.close()


def opened(port: int, token: str, *, stalled: bool) -> ClientConnection:
    plug = socket.socket()
    if stalled:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    plug.connect(("127.0.0.1", port))
    return connect(
        f"ws://127.0.0.1:{port}/ws",
        sock=plug,
        subprotocols=[Subprotocol("bokeh"), Subprotocol(token)],
        origin=Origin(f"http://127.0.0.1:{port}"),
        max_size=None,
        max_queue=1 if stalled else 64,
        ping_interval=None,
        close_timeout=1,
        compression=None,
    )
