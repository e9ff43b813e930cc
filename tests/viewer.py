"""A browser without a browser: the page's sockets spoken by hand, so that it can also stop reading."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

READY = {
    "events": [
        {
            "kind": "MessageSent",
            "msg_type": "bokeh_event",
            "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}},
        }
    ]
}
FRAMED = 3  # frames of one Bokeh message without arrays: header, metadata, content


def page(port: int, **headers: str) -> tuple[int, str]:
    """Status and text of the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def token(text: str) -> str:
    found = re.search(r'"token":\s*"([^"]+)"', text)
    assert found is not None, text[:500]
    return found.group(1)


class Viewer:
    """An open tab with both its sockets, which counts what it is sent; a stalled one does not read at all.

    received  bytes of the session
    frames    frames of the feed
    """

    def __init__(self, port: int, *, stalled: bool = False, origin: str = "", host: str = "") -> None:
        """
        origin  the page's own when not given
        host    the Host header of both requests
        """
        host = host or f"127.0.0.1:{port}"
        self.received = self.frames = 0
        self._opened = ExitStack()
        spoken = ["bokeh", token(page(port, Host=host)[1])]

        def opened(path: str, subprotocols: list[str] | None) -> ClientConnection:
            taken = narrow(port) if stalled else socket.create_connection(("127.0.0.1", port))
            opening = connect(
                f"ws://{host}/{path}",
                sock=taken,
                subprotocols=[Subprotocol(name) for name in subprotocols] if subprotocols else None,
                origin=Origin(origin or f"http://{host}"),
                max_size=None,
                max_queue=4,
                ping_interval=None,
                close_timeout=1,
                compression=None,
            )
            return self._opened.enter_context(opening)

        self.socket = opened("ws", spoken)
        for _ in range(FRAMED):
            self.socket.recv(10)
        for part in ({"msgid": "1", "msgtype": "PATCH-DOC"}, {}, READY):
            self.socket.send(json.dumps(part))
        self.feed = opened("frames", None)
        if not stalled:
            for reading in (self._read, self._watch):
                threading.Thread(target=reading, daemon=True).start()

    def _read(self) -> None:
        with suppress(ConnectionClosed):
            for message in self.socket:
                self.received += len(message)

    def _watch(self) -> None:
        with suppress(ConnectionClosed):
            for message in self.feed:
                self.frames += isinstance(message, bytes)

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def narrow(port: int) -> socket.socket:
    """A connection for which the kernel keeps little."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    made.connect(("127.0.0.1", port))
    return made
