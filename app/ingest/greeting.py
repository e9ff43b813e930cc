"""A connection to the port of https of which nothing has been read: plain http is led to https."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable

from app.guard.origin import HOST

HELLO = b"\x16"  # a TLS record of the handshake begins with it (RFC 8446, section 5.1)
LONGEST = 8 << 10  # bytes of a head
PATIENCE = 10.0  # s for a whole head
LINGER = 1.0  # s in which the answer may still be read
ASKED = re.compile(rb"[A-Z]+ (/[!-~]*) HTTP/1\.[01]\r\n(?:.*\r\n)*?host: *([!-~]+)[ \t]*\r\n", re.IGNORECASE)


class Greeting:
    """Waits for the first byte, and passes on what begins as TLS does.

    secure  takes the connection then
    over    is told that there is nothing more to do
    """

    def __init__(
        self, connection: socket.socket, secure: Callable[[], None], over: Callable[[Greeting], None]
    ) -> None:
        self.connection, self.secure, self.over = connection, secure, over
        self.head = b""
        self.loop = asyncio.get_running_loop()
        connection.setblocking(False)
        self.loop.add_reader(connection, self.look)
        self.timer = self.loop.call_later(PATIENCE, self.close)

    def look(self) -> None:
        try:
            first = self.connection.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if first == HELLO:
            self.let_go()
            self.secure()
        elif first:
            self.loop.add_reader(self.connection, self.read)
        else:
            self.close()

    def read(self) -> None:
        """Take more of a plain request, and answer once its head is there."""
        try:
            more = self.connection.recv(LONGEST)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            more = b""
        self.head += more
        if b"\r\n\r\n" in self.head:
            self.answer(self.head)
        elif not more or len(self.head) > LONGEST:
            self.close()

    def answer(self, head: bytes) -> None:
        """Say where it is, and read on for a moment, so that the answer is not lost with what comes still."""
        self.timer.cancel()
        self.timer = self.loop.call_later(LINGER, self.close)
        self.loop.add_reader(self.connection, self.drop)
        try:
            self.connection.send(led(head))
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def drop(self) -> None:
        try:
            if not self.connection.recv(LONGEST):
                self.close()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()

    def let_go(self) -> None:
        self.timer.cancel()
        self.loop.remove_reader(self.connection)
        self.over(self)

    def close(self) -> None:
        self.let_go()
        self.connection.close()


def led(head: bytes) -> bytes:
    """The answer to a plain request: the same address with https, for any method."""
    asked = ASKED.match(head)
    if asked is None or HOST.fullmatch(asked[2].decode("latin-1")) is None:
        return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    lines = [b"HTTP/1.1 308 Permanent Redirect", b"Location: https://" + asked[2] + asked[1]]
    return b"\r\n".join([*lines, b"Connection: close", b"Content-Length: 0", b"", b""])
