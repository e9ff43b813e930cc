"""What the lanes of a server have in common."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import responses
from typing import TYPE_CHECKING, Any

from tornado.httputil import format_timestamp

from app.ingest.answer import JSON, SUCCESS, Answer
from app.ingest.receiver import Receiver

if TYPE_CHECKING:
    from app.ingest.lane import Lane


@dataclass(eq=False)
class Shared:
    """What the lanes of a server have in common.

    clock      nanoseconds since 1970
    longest    bytes of a head
    patience   s without a whole head after which a connection is closed
    closing    whether each connection ends with its next answer
    hand_over  takes a connection on which something else is asked, what was read of it, and its address
    """

    receiver: Receiver
    clock: Callable[[], int]
    longest: int
    patience: float
    hand_over: Callable[[socket.socket, bytes, Any], None]
    closing: bool = False
    lanes: set[Lane] = field(default_factory=set)
    second: int = 0
    date: str = ""
    usual: bytes = b""  # the answer to a point, in this second

    @property
    def most(self) -> int:
        """Bytes that a body of any kind may have."""
        return min(self.receiver.config.max_body, self.receiver.config.max_binary)

    def encoded(self, answer: Answer, connection: str | None) -> bytes:
        """The answer as bytes.

        connection  what it says about the connection, if anything
        """
        now = int(time.time())
        if now != self.second:
            self.second, self.date, self.usual = now, format_timestamp(now), b""
        if answer.body is not SUCCESS or answer.headers is not JSON or connection is not None:
            return self.spelt(answer, connection)
        self.usual = self.usual or self.spelt(answer, None)
        return self.usual

    def spelt(self, answer: Answer, connection: str | None) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {responses[answer.status]}", f"Date: {self.date}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if connection is not None:
            lines.append(f"Connection: {connection}")
        lines.append(f"Content-Length: {len(answer.body)}\r\n\r\n")
        return "\r\n".join(lines).encode("latin-1") + answer.body
