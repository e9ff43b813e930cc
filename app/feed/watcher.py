"""One viewer: its connection, what it was sent, and what it said that it has drawn."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from typing import TYPE_CHECKING

import orjson
from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

if TYPE_CHECKING:
    from app.feed.watched import Watched
    from app.scope.readouts import State
    from app.scope.scope import Scope

STALLED = 15.0  # s without taking a byte of what waits for it: the connection is given up
SLOW = 0.1  # s from the start of a frame's sending to its end, from which on a viewer gets fewer of them ...
FIRST, SLOWEST = 1 / 15, 1.0  # s between two: at first, then twice as long each time, and at most
EASED = 2.0  # s after which it gets one a second more
QUICKEST = 1 / 30  # s between two when it is as quick as any other again
CREDIT = 3.0  # s that a viewer which tells what it draws may be sent frames without having drawn one
MOST_TEXT = 64 << 10  # bytes of answers that may wait
TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
RESET = struct.pack("ii", 1, 0)


def framed(opcode: int, payload: bytes) -> bytes:
    """A message as one WebSocket frame of a server.

    Source  RFC 6455, section 5.2, https://www.rfc-editor.org/rfc/rfc6455#section-5.2
    """
    n = len(payload)
    if n < 126:
        return struct.pack("!BB", 0x80 | opcode, n) + payload
    if n < 1 << 16:
        return struct.pack("!BBH", 0x80 | opcode, 126, n) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, n) + payload


class Watcher:
    """The connection of one viewer, of which the feed knows.

    born     when it came, monotonic s
    sent     id of the newest picture that it has, or will have when its unsent bytes are through; -1: none
    late     id of a picture that it was sent after its time, from which no latency can be told
    aside    it is a second one of its page, and counts for none
    every    s between two of its frames at the least: a slow one gets fewer
    turned   the knobs that it asked for, where some of them move axes
    """

    def __init__(self, stream: IOStream, *, aside: bool = False) -> None:
        self.stream = stream
        self.born = time.monotonic()
        self.aside = aside
        self.watched: Watched | None = None
        self.paused = False
        self.sent = self.late = -1
        self.turned: Scope | None = None
        self.vertical: dict[str, State] = {}
        self._echoes = False
        self._undrawn: float | None = None  # when it was sent the first frame since it last said what it drew
        self._sending: float | None = (
            None  # since when a frame is on its way that the kernel did not take at once
        )
        self.every = 0.0  # s between two frames, at the least
        self._next = self._eased = 0.0
        self._texts = 0
        self._done, self._taken = -1, time.monotonic()

    def ready(self) -> bool:
        """Whether it can be sent a frame: it wants some, has taken the last one, and draws them."""
        if self.paused or self.stream.writing():
            return False
        now = time.monotonic()
        self._adapt(now)
        if now < self._next:
            return False
        if not self._echoes or self._undrawn is None:
            return True
        return now - self._undrawn <= CREDIT

    def _adapt(self, now: float) -> None:
        """Halve the rate of one that took long for its last frame, and raise it again by and by."""
        began, self._sending = self._sending, None
        if began is not None and now - began > SLOW:
            self.every, self._eased = min(2 * self.every or FIRST, SLOWEST), now
        elif self.every and now - self._eased > EASED:
            self.every, self._eased = 1 / (1 / self.every + 1), now
            if self.every <= QUICKEST:
                self.every = 0.0

    def give(self, message: bytes, picture: int) -> None:
        """Send a frame that is made for the wire already."""
        now = time.monotonic()
        self.sent = picture
        if self._undrawn is None:
            self._undrawn = now
        self._next = now + self.every
        self.write(message)
        if self.stream.writing():
            self._sending = now

    def drew(self) -> None:
        """It said that it has drawn."""
        self._echoes = True
        self._undrawn = None

    def afresh(self) -> None:
        """It has nothing that a frame could go on from, and full credit."""
        self.sent = -1
        self._undrawn = None

    def tell(self, words: object) -> None:
        """Send a text message; a viewer that asks on and on without reading the answers is given up."""
        text = orjson.dumps(words, option=orjson.OPT_SERIALIZE_NUMPY)
        self._texts = self._texts + len(text) if self.stream.writing() else 0
        if self._texts > MOST_TEXT:
            self.abort()
        self.write(framed(TEXT, text))

    def write(self, message: bytes) -> None:
        """Hand a WebSocket frame to the kernel, what it does not take to Tornado's stream.

        For a frame of 32 kB this takes 0.024 ms of processor time, `stream.write` 0.040 and `write_message`
        0.065. `IOStream.socket` is where Tornado 6.6 has its socket; the stream keeps the rest uncopied.
        """
        stream = self.stream
        with contextlib.suppress(StreamClosedError):
            if stream.writing() or isinstance(stream, SSLIOStream):  # TLS wants the same bytes again
                stream.write(message)
                return
            try:
                n = stream.socket.send(message)
            except BlockingIOError:
                n = 0
            except (OSError, AttributeError):  # it has gone; a closed stream has no socket
                stream.close()
                return
            if n < len(message):
                stream.write(memoryview(message)[n:])

    def stalled(self, now: float) -> bool:
        """Whether it has taken nothing of what waits for it for a long time; to be asked now and then.

        `_total_write_done_index` is not public (Tornado 6.6).
        """
        done: int = self.stream._total_write_done_index
        if not self.stream.writing() or done != self._done:
            self._done, self._taken = done, now
        return now - self._taken > STALLED

    def dismiss(self, code: int) -> None:
        """Say goodbye with a close code; the server closes the connection."""
        self.paused = True
        self.write(framed(CLOSE, code.to_bytes(2, "big")))

    def abort(self) -> None:
        """Give the connection up, and have the kernel drop what it still holds."""
        if self.stream.closed():
            return
        with contextlib.suppress(OSError):
            self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.stream.close()
