"""A page's session spoken by hand: what the server sends for a rest frame can be read message by message."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.viewer import READY, page, token

PATIENCE = 10  # s


class Session:
    """An open page. `document` is the JSON of its plot as it was fetched."""

    def __init__(self, port: int) -> None:
        self._kept = ExitStack()
        self.socket = self._kept.enter_context(
            connect(
                f"ws://127.0.0.1:{port}/ws",
                subprotocols=[Subprotocol("bokeh"), Subprotocol(token(page(port)[1]))],
                origin=Origin(f"http://127.0.0.1:{port}"),
                max_size=None,
                ping_interval=None,
                compression=None,
                close_timeout=1,
            )
        )
        self.message("ACK")
        self._send("PULL-DOC-REQ", {})
        self.document = self.message("PULL-DOC-REPLY")["doc"]
        self._send("PATCH-DOC", READY)

    def command(self, **words: Any) -> None:
        """What the page's panel asks."""
        sent = {"kind": "MessageSent", "msg_type": "scope", "msg_data": json.dumps(words)}
        self._send("PATCH-DOC", {"events": [sent]})

    def patch(self) -> list[dict[str, Any]]:
        """The events of the next message that changes models."""
        while True:
            events: list[dict[str, Any]] = self.message("PATCH-DOC")["events"]
            if any(event["kind"] != "MessageSent" for event in events):
                return events

    def said(self) -> dict[str, Any]:
        """What the panel is told next."""
        while True:
            for event in self.message("PATCH-DOC")["events"]:
                if event["kind"] == "MessageSent":
                    told: dict[str, Any] = json.loads(event["msg_data"])
                    return told

    def message(self, kind: str) -> dict[str, Any]:
        """The content of the next message of this kind; arrays are replaced by how many bytes they have."""
        while True:
            header = json.loads(self.socket.recv(PATIENCE))
            self.socket.recv(PATIENCE)
            content: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
            sizes = {}
            for _ in range(header.get("num_buffers", 0)):
                name = json.loads(self.socket.recv(PATIENCE))["id"]
                sizes[name] = len(self.socket.recv(PATIENCE))
            if header["msgtype"] == kind:
                found: dict[str, Any] = sized(content, sizes)
                return found

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        for part in ({"msgid": "1", "msgtype": kind}, {}, content):
            self.socket.send(json.dumps(part))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()


def sized(part: Any, sizes: dict[str, int]) -> Any:
    if isinstance(part, dict):
        if part.get("type") == "bytes" and isinstance(part["data"], dict):
            return sizes[part["data"]["id"]]
        return {name: sized(value, sizes) for name, value in part.items()}
    return [sized(value, sizes) for value in part] if isinstance(part, list) else part
