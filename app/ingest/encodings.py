"""Compressed bodies: gzip and zstd, undone piece by piece as they come, within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from app.problems import Problem

MOST = 32 << 20  # bytes of a body once it is decompressed
RATIO = 100  # times what stood for it on the wire, at most ...
FREE = 1 << 20  # ... after so many bytes: a recording may begin with silence
STEP = 64 << 10  # bytes that gzip may give at once
BITE = 64  # bytes that zstd gets at once: four of them can stand for 128 kB
WINDOW = 8 << 20  # bytes that zstd may look back


class Stream(Protocol):
    """What undoes one member of a body; a body may be several, one after the other."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def pieces(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Bytes taken and what they stand for, in small portions."""


class Gzip:
    """One gzip member."""

    def __init__(self) -> None:
        self.stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self.stream.eof

    @property
    def unused_data(self) -> bytes:
        return self.stream.unused_data

    def pieces(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        while data and not self.stream.eof:
            piece, before = self.stream.decompress(data, STEP), len(data)
            data = self.stream.unconsumed_tail
            yield before - len(data) - len(self.stream.unused_data), piece


class Zstd:
    """One zstd frame."""

    def __init__(self) -> None:
        self.stream = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self.stream.eof

    def pieces(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        for at in range(0, len(data), BITE):
            bite = data[at : at + BITE]
            yield len(bite), self.stream.decompress(bite)
            if self.stream.eof:
                self.unused_data = self.stream.unused_data + data[at + BITE :]
                return


ENCODINGS: dict[str, Callable[[], Stream]] = {"gzip": Gzip, "x-gzip": Gzip, "zstd": Zstd}


class Inflated:
    """A body on its way out of its compression.

    Problem  unsupported_media_type: another encoding than gzip and zstd
    """

    def __init__(self, encoding: str) -> None:
        made = ENCODINGS.get(encoding.strip().lower())
        if made is None:
            message = "Content-Encoding is neither gzip nor zstd; send one of these, or the body as it is"
            raise Problem("unsupported_media_type", message, headers={"Accept-Encoding": "gzip, zstd"})
        self.made = made
        self.stream: Stream | None = None
        self.taken = self.given = 0

    def take(self, data: bytes) -> bytes:
        """What this part of the body stands for.

        Problem  bad_gzip; body_too_large: more than 32 MiB, or more than 100 times what was sent
        """
        found: list[bytes] = []
        while data:
            if self.stream is None:
                self.stream = self.made()
            try:
                found += self.counted(self.stream.pieces(data))
            except (zlib.error, zstandard.ZstdError):
                raise broken("it is not what Content-Encoding says, or damaged") from None
            data = self.stream.unused_data if self.stream.eof else b""
            self.stream = None if self.stream.eof else self.stream
        return b"".join(found)

    def counted(self, pieces: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
        for n, piece in pieces:
            self.taken += n
            self.given += len(piece)
            if self.given > MOST:
                raise beyond(f"more than {MOST} bytes", "decompressed", MOST)
            if self.given > FREE and self.given > RATIO * self.taken:
                raise beyond(f"more than {RATIO} times what was sent", "ratio", RATIO)
            yield piece

    def end(self) -> None:
        """The body has come to its end.

        Problem  bad_gzip: it should not have
        """
        if self.stream is not None:
            raise broken("it is cut off")


def inflated(encoding: str, body: bytes) -> bytes:
    """The whole body without its compression.

    Problem  as for the parts
    """
    if plain(encoding):
        return body
    whole = Inflated(encoding)
    found = whole.take(body)
    whole.end()
    return found


def plain(encoding: str) -> bool:
    """Whether it says that the body is as it is."""
    return encoding.strip().lower() in ("", "identity")


def broken(words: str) -> Problem:
    return Problem("bad_gzip", f"the body cannot be decompressed: {words}; send it whole")


def beyond(words: str, limit: str, most: int) -> Problem:
    message = f"the body is {words} when it is decompressed; send it in several"
    return Problem("body_too_large", message, details={"limit": limit, "max": most})
