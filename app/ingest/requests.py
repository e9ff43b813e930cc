"""A POST as it comes over the wire: its head, and how its body ends. Stricter than HTTP asks for.

Where two readers of the same bytes could disagree about where a request ends, the bytes are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from app.ingest.encodings import plain
from app.problems import Problem

LONGEST_KEPT = 1024  # bytes of a head that is worth remembering: devices send the same one again and again
LINES = 64  # between chunks, read at once: tiny chunks must not hold up everything else
BARE_LF = re.compile(rb"(?<!\r)\n")
HEAD_ENDS = re.compile(rb"\r?\n\r?\n")  # as Tornado sees it
HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+;=:\[\]-]|%[0-9A-Fa-f]{2})*")
NAMES = [
    "Accept",
    "Authorization",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Expect",
    "Host",
    "Idempotency-Key",
    "Origin",
    "Sec-Fetch-Site",
    "Transfer-Encoding",
    "X-Api-Key",
    "X-Boot-Id",
    "X-Request-Id",
    "X-Seq",
    "X-Source-Id",
]
KNOWN = {name.lower().encode(): name for name in NAMES}


def malformed() -> Problem:
    return Problem("bad_request", "the request cannot be read; see the README")


@dataclass(frozen=True, slots=True)
class Head:
    """What is to be known of a request before its body.

    headers     those of NAMES that are there; values of one that is there twice are joined by a comma
    length      bytes of the body; None: it comes in chunks
    stays       whether the connection stays open
    connection  what the answer says about that
    expects     whether the sender waits for a word before it sends the body
    query       what follows the path
    encoded     whether the body is compressed
    """

    headers: Mapping[str, str]
    length: int | None
    stays: bool
    connection: str | None
    expects: bool
    query: str
    encoded: bool


class Fields:
    """The header fields as the parser finds them."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = KNOWN.get(name.lower())
        if key is not None:
            text = value.decode("latin-1").strip(" \t")
            self.known[key] = f"{self.known[key]},{text}" if key in self.known else text


def head(text: bytes) -> Head:
    """The head of a request.

    text     from the request line to the empty line, both included
    Problem  bad_request
    """
    return remembered(text) if len(text) <= LONGEST_KEPT else parsed(text)


def parsed(text: bytes) -> Head:
    fields = Fields()
    parser = HttpRequestParser(fields)
    try:
        parser.feed_data(text)
    except HttpParserUpgrade:
        pass  # there is nothing to upgrade to here: whoever offers it may be ignored
    except HttpParserError:
        raise malformed() from None
    return checked(fields.known, parser.get_http_version(), fields.url)


remembered = lru_cache(maxsize=256)(parsed)


def checked(headers: Mapping[str, str], version: str, url: bytes) -> Head:
    if version not in ("1.0", "1.1") or not HOST.fullmatch(
        headers.get("Host", "" if version == "1.0" else ",")
    ):
        raise malformed()
    if headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
        raise malformed()
    chunked = "Transfer-Encoding" in headers
    stays, connection = staying(headers, version)
    expects = version == "1.1" and headers.get("Expect", "").lower() == "100-continue"
    length = None if chunked else int(headers.get("Content-Length", "0"))
    query = url.partition(b"#")[0].partition(b"?")[2].decode("latin-1")
    encoded = not plain(headers.get("Content-Encoding", ""))
    return Head(headers, length, stays, connection, expects, query, encoded)


def staying(headers: Mapping[str, str], version: str) -> tuple[bool, str | None]:
    """Whether the connection stays open, and what is said about it."""
    options = {option.strip() for option in headers.get("Connection", "").lower().split(",")}
    if version == "1.1":
        return ("close" not in options), ("close" if "close" in options else None)
    stays = "keep-alive" in options and "close" not in options and "Content-Length" in headers
    return stays, ("Keep-Alive" if stays else None)


class Sized:
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self.left = length

    @property
    def done(self) -> bool:
        return not self.left

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """What of the data belongs to the body, and what comes after it."""
        piece = data[: self.left]
        self.left -= len(piece)
        return piece, data[len(piece) :]


class Line:
    """What has to stand between the chunks: as a whole, and as far as it has come."""

    def __init__(self, whole: bytes, part: bytes) -> None:
        self.whole, self.part = re.compile(whole), re.compile(part)


FIRST = Line(rb"([0-9A-Fa-f]{1,15})\r\n", rb"[0-9A-Fa-f]{0,15}|[0-9A-Fa-f]{1,15}\r")
NEXT = Line(rb"\r\n([0-9A-Fa-f]{1,15})\r\n", rb"\r?|\r\n[0-9A-Fa-f]{0,15}|\r\n[0-9A-Fa-f]{1,15}\r")
LAST = Line(rb"\r\n()", rb"\r?")


class Chunked:
    """A body in chunks, without extensions and trailers."""

    def __init__(self) -> None:
        self.left = 0  # bytes of the chunk
        self.line = FIRST  # that follows it
        self.held = b""
        self.done = False

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """What of the data belongs to the body, and what has not been looked at; part of a line is held back.

        Problem  bad_request
        """
        data, at, pieces = self.held + data, 0, []
        for _ in range(LINES):
            piece = data[at : at + self.left]
            pieces.append(piece)
            at, self.left = at + len(piece), self.left - len(piece)
            found = None if self.left else self.line.whole.match(data, at)
            if found is None:
                self.hold(data[at:])
                return b"".join(pieces), b""
            at, self.held = found.end(), b""
            self.follow(found[1])
            if self.done:
                break
        return b"".join(pieces), data[at:]

    def follow(self, size: bytes) -> None:
        """What comes after a line that says this."""
        if not size:
            self.done = True
            return
        self.left = int(size, 16)
        self.line = NEXT if self.left else LAST

    def hold(self, part: bytes) -> None:
        if not self.left and not self.line.part.fullmatch(part):
            raise malformed()
        self.held = part
