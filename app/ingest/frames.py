"""Messages as a WebSocket carries them.

Source  RFC 6455, section 5, https://www.rfc-editor.org/rfc/rfc6455#section-5
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
LAST, MASKED, KIND, LENGTH = 0x80, 0x80, 0x0F, 0x7F
KINDS = (CONTINUED, TEXT, BINARY, CLOSE, PING, PONG)
SHORTEST = 2  # bytes of a frame
CONTROL = 125  # bytes that a ping or a goodbye may hold
FAULT, TOO_BIG = 1002, 1009  # close codes


class FrameError(ValueError):
    """Bytes after which a connection cannot go on, with the close code that says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a frame: what it is, and where its mask begins and its payload ends."""

    kind: int
    last: bool
    mask: int
    stop: int


class Frames:
    """The messages in the bytes that a client sends.

    most  bytes of a message
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.rest = bytearray()
        self.kind = CONTINUED  # of the message that has begun
        self.part = bytearray()  # of it

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Kind and payload of each message that is complete with these bytes.

        FrameError  what comes cannot be read, or is too much
        """
        self.rest += data
        data, self.rest = (bytes(self.rest), bytearray()) if self.complete() else (b"", self.rest)
        at = 0
        while (head := self.head(data, at)) is not None and head.stop <= len(data):
            at = head.stop
            payload = unmasked(data[head.mask : head.mask + 4], data[head.mask + 4 : at])
            if head.last and (head.kind >= CLOSE or (head.kind and not self.kind)):
                yield head.kind, payload
            elif (whole := self.joined(head, payload)) is not None:
                yield whole
        self.rest += data[at:]

    def complete(self) -> bool:
        """Whether the first frame is there to its end, so that it is worth looking at."""
        head = self.head(self.rest, 0)
        return head is not None and head.stop <= len(self.rest)

    def head(self, data: bytes | bytearray, at: int) -> Head | None:
        """The frame that begins there; None: it is not known yet."""
        if len(data) < at + SHORTEST:
            return None
        first, second = data[at], data[at + 1]
        length, mask = second & LENGTH, at + SHORTEST
        if first & 0x70 or not second & MASKED or first & KIND not in KINDS:
            raise FrameError(FAULT, "this is not a frame of a client")
        if length > CONTROL:
            wide = 2 if length == CONTROL + 1 else 8
            if len(data) < mask + wide:
                return None
            length, mask = int.from_bytes(data[mask : mask + wide]), mask + wide
        return self.checked(Head(first & KIND, bool(first & LAST), mask, mask + 4 + length), length)

    def checked(self, head: Head, length: int) -> Head:
        if head.kind >= CLOSE and (length > CONTROL or not head.last):
            raise FrameError(FAULT, "this is not a frame of a client")
        if length + len(self.part) > self.most and head.kind < CLOSE:
            raise FrameError(TOO_BIG, f"a message is larger than {self.most} bytes")
        return head

    def joined(self, head: Head, payload: bytes) -> tuple[int, bytes] | None:
        """The message that a part completes, if it does."""
        if (head.kind == CONTINUED) != bool(self.kind):
            raise FrameError(FAULT, "the parts of a message are mixed up")
        self.kind = self.kind or head.kind
        self.part += payload
        if not head.last:
            return None
        whole = self.kind, bytes(self.part)
        self.kind, self.part = CONTINUED, bytearray()
        return whole


def unmasked(mask: bytes, payload: bytes) -> bytes:
    n = len(payload)
    key = int.from_bytes((mask * (n // 4 + 1))[:n])
    return (int.from_bytes(payload) ^ key).to_bytes(n)


def framed(kind: int, payload: bytes) -> bytes:
    """A message as a server sends it."""
    n = len(payload)
    if n <= CONTROL:
        return bytes((LAST | kind, n)) + payload
    wide = (126, 2) if n < 1 << 16 else (127, 8)
    return bytes((LAST | kind, wide[0])) + n.to_bytes(wide[1]) + payload


def goodbye(code: int, reason: str) -> bytes:
    return framed(CLOSE, code.to_bytes(2) + reason.encode()[: CONTROL - 2])
