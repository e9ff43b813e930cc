"""A browser without a browser: the page's socket spoken by hand, so that it can also stop reading."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
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
    """An open tab that counts what it is sent; a stalled one does not read at all."""

    def __init__(self, port: int, *, stalled: bool = False, origin: str = "", host: str = "") -> None:
        """
        origin  the page's own when not given
        host    the Host header of both requests
        """
        host = host or f"127.0.0.1:{port}"
        self.received = 0
        taken = socket.create_connection(("127.0.0.1", port)) if not stalled else narrow(port)
        self._opened = ExitStack()
        opening = connect(
            f"ws://{host}/ws",
            sock=taken,
            subprotocols=[Subprotocol("bokeh"), Subprotocol(token(page(port, Host=host)[1]))],
            origin=Origin(origin or f"http://{host}"),
            max_size=None,
            max_queue=4,
            ping_interval=None,
            close_timeout=1,
            compression=None,
        )
        self.socket = self._opened.enter_context(opening)
        for _ in range(FRAMED):
            self.socket.recv(10)
        for part in ({"msgid": "1", "msgtype": "PATCH-DOC"}, {}, READY):
            self.socket.send(json.dumps(part))
        if not stalled:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for message in self.socket:
                self.received += len(message)
        except ConnectionClosed:
            return

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
