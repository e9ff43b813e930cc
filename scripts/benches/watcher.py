"""One viewer of GET /frames by hand: a raw socket that asks to become a WebSocket, and takes frames apart.

It looks only at what it must: a process holds hundreds of them, each with thirty frames of 32 kB a second.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import struct
import time
from dataclasses import asdict, dataclass, field

import orjson

from scripts.benches.table import WrongError

PATIENCE = 30.0  # s
NARROW = 8192  # bytes the kernel takes for a reader that has stopped
ROOM = 1 << 16  # bytes read at a time: a frame of four channels is half of it
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
FIN, LENGTH_16, LENGTH_64 = 0x80, 126, 127
# A frame begins so: WOF1, the length of its header, and the header's first members.
HEAD = re.compile(rb'WOF1(....)\{"id":(\d+),("view":\d+,"at":[^,]+)(?:,"base":(\d+))?', re.DOTALL)


@dataclass
class Seen:
    """What one watcher saw since it was last asked.

    frames     that brought new columns
    unchanged  frames that brought none, only readouts
    whole      bytes of the largest frame that stands for itself
    received   bytes of all frames
    gaps       ms between two frames with new columns
    silent     ms since the last one
    latencies  ms from the arrival of a frame's newest sample until it was drawn, as the server says
    faults     what must not be: frames that come twice, a wrong base, errors, a socket that was closed
    """

    frames: int = 0
    unchanged: int = 0
    whole: int = 0
    received: int = 0
    gaps: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    silent: float = 0.0
    faults: list[str] = field(default_factory=list)


class Watcher:
    """A viewer that has asked for frames.

    query   of the view, as in the page's own link
    narrow  the kernel keeps little for it, so that the server soon feels when it stops reading
    """

    def __init__(self, port: int, query: str = "", *, narrow: bool = False) -> None:
        self.seen = Seen()
        self.newest: int | None = None
        self.open = True
        self._at = time.monotonic()
        self._echoed: int | None = None
        self._head = self._columns = b""
        self._buffer, self._filled = bytearray(ROOM), 0
        self.socket = socket.socket()
        if narrow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._shake(port, query)

    def _shake(self, port: int, query: str) -> None:
        """The handshake. WrongError: refused."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET /frames{'?' * bool(query)}{query} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            if not (part := self.socket.recv(ROOM)):
                raise WrongError(f"GET /frames?{query}: closed after {answer[:200]!r}")
            answer += part
        head, _, rest = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise WrongError(f"GET /frames?{query}: {answer[:300]!r}")
        self._buffer[: len(rest)] = rest
        self._filled = len(rest)
        self.socket.setblocking(False)
        self._messages()  # the last may be that it closes

    def read(self) -> None:
        """Take what is there."""
        if self._filled == len(self._buffer):
            self._buffer += bytes(len(self._buffer))
        try:
            with memoryview(self._buffer) as room:
                n = self.socket.recv_into(room[self._filled :])
        except BlockingIOError:
            return
        except OSError as error:
            self.shut(f"the socket failed: {error}")
            return
        self._filled += n
        if n:
            self._messages()
        else:
            self.shut("the server closed the socket")

    def _messages(self) -> None:
        """Take the whole messages off the buffer."""
        at, buffer = 0, self._buffer
        while (found := parted(buffer, at, self._filled)) is not None:
            kind, start, at = found
            self._message(kind, bytes(memoryview(buffer)[start:at]))
        if at:
            self._filled -= at
            buffer[: self._filled] = buffer[at : at + self._filled]

    def _message(self, kind: int, payload: bytes) -> None:
        if kind == FIN | BINARY:
            self._frame(payload)
        elif kind == FIN | TEXT:
            self._text(orjson.loads(payload))
        elif kind == FIN | PING:
            self.send(PONG, payload)
        elif kind == FIN | CLOSE:
            self.shut(f"the server closed the socket: {payload[2:]!r}")
        elif kind != FIN | PONG:
            self.seen.faults.append(f"a message of kind {kind:#x}")

    def _frame(self, payload: bytes) -> None:
        """Count a frame, and compare it with the one before."""
        found, seen = HEAD.match(payload), self.seen
        if found is None:
            seen.faults.append(f"no frame: {payload[:80]!r}")
            return
        start = 8 + int.from_bytes(found[1], "little")
        number, base = int(found[2]), found[4] and int(found[4])
        head, columns = found[3] + payload[found.end() : start], payload[start:]
        if wrong := self._wrong(number, base, head, columns):
            seen.faults.append(wrong)
        if base is None:
            seen.whole = max(seen.whole, len(payload))
        seen.received += len(payload)
        if columns and (base is not None or columns != self._columns):
            self._arrived()
        else:
            seen.unchanged += 1
        self.newest, self._head, self._columns = number, head, columns

    def _wrong(self, number: int, base: int | None, head: bytes, columns: bytes) -> str:
        """What is wrong with a frame after the one before, if anything is."""
        if number == self.newest:
            return f"frame {number} came twice"
        if base not in (None, self.newest):
            return f"frame {number} goes on from {base}, after {self.newest}"
        if (head, columns) == (self._head, self._columns):
            return f"frames {self.newest} and {number} are identical"
        return ""

    def _arrived(self) -> None:
        now = time.monotonic()
        self.seen.frames += 1
        if self.newest is not None:
            self.seen.gaps.append(round(1e3 * (now - self._at), 2))
        self._at = now

    def _text(self, words: dict[str, object]) -> None:
        if "error" in words or words.get("refused"):
            self.seen.faults.append(f"the server says {words}")
        if isinstance(latency := words.get("latency"), int | float):
            self.seen.latencies.append(float(latency))

    def echo(self) -> None:
        """Tell the server which frame was drawn, as a page does once a second."""
        if self.open and self.newest != self._echoed:
            age = round(1e3 * (time.monotonic() - self._at))
            self._echoed = self.newest
            self.send(TEXT, orjson.dumps({"drawn": self.newest, "age": age}))

    def send(self, kind: int, payload: bytes) -> None:
        try:
            self.socket.send(masked(kind, payload))
        except OSError as error:
            self.shut(f"the socket failed: {error}")

    def shut(self, reason: str) -> None:
        self.seen.faults.append(reason)
        self.close()

    def close(self) -> None:
        self.open = False
        self.socket.close()

    def told(self) -> dict[str, object]:
        """What it saw, as JSON; it counts anew from here."""
        seen, self.seen = self.seen, Seen()
        seen.silent = round(1e3 * (time.monotonic() - self._at), 2)
        return asdict(seen)


def parted(buffer: bytearray, at: int, stop: int) -> tuple[int, int, int] | None:
    """The message that begins there: first byte, half-open range of its content; None: not all is there."""
    start = at + 2
    if start > stop:
        return None
    length = buffer[at + 1]
    if length == LENGTH_16:
        start += 2
        length = int.from_bytes(buffer[at + 2 : start])
    elif length == LENGTH_64:
        start += 8
        length = int.from_bytes(buffer[at + 2 : start])
    return (buffer[at], start, start + length) if start + length <= stop else None


def masked(kind: int, payload: bytes) -> bytes:
    """A message to the server, of at most 125 bytes."""
    mask = os.urandom(4)
    content = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return struct.pack("BB", FIN | kind, 0x80 | len(payload)) + mask + content
