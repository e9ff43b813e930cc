"""The journal: what has changed since a state was written, change by change.

A file holds numbered entries, one after the other: magic, length, number, checksum, the bytes. An entry is
whole or it is not there: what was cut off has no checksum that fits, what was there before an older number.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct

from xxhash import xxh3_64

from app.memory.mapped import made, opened
from app.memory.packing import ALIGNED, Buffer, aligned

SIZE = 16 << 20  # bytes of a file; a larger entry makes a larger one
MAGIC = 0x314A534F  # "OSJ1"
HEAD = Struct("<IIQQ")  # of an entry
TAIL = Struct("<IQ")  # what the checksum also covers: length and number


class Journal:
    """One file of entries, written from its beginning.

    number   of the last entry
    entries  written since the beginning
    """

    def __init__(self, data: mmap.mmap, number: int) -> None:
        self.data, self.number = data, number
        self.at = self.entries = self._last = 0

    def append(self, kind: int, pieces: Sequence[Buffer]) -> bool:
        """Write an entry. False: there is no room, and nothing was written.

        pieces  all but the last have a length that is a multiple of 8
        """
        length = ALIGNED + sum(map(len, pieces))
        start, at = self.at, self.at + HEAD.size
        stop = at + aligned(length)
        if stop > len(self.data):
            return False
        number, data = self.number + 1, self.data
        first = kind.to_bytes(ALIGNED, "little")
        checksum = xxh3_64(TAIL.pack(length, number) + first)
        data[at : at + ALIGNED] = first
        at += ALIGNED
        for piece in pieces:
            checksum.update(piece)
            data[at : at + len(piece)] = piece
            at += len(piece)
        HEAD.pack_into(data, start, MAGIC, length, number, checksum.intdigest())
        self.number, self.at, self._last = number, stop, start
        self.entries += 1
        return True

    def take_back(self) -> None:
        """The entry that was written last is none any more; once after each."""
        self.data[self._last : self._last + HEAD.size] = bytes(HEAD.size)
        self.number, self.at = self.number - 1, self._last
        self.entries -= 1


def entries(data: mmap.mmap, number: int) -> Iterator[tuple[int, Buffer]]:
    """Kind and bytes of the entries that follow the one with this number, as far as they are whole."""
    view, at = memoryview(data), 0
    while at + HEAD.size <= len(data):
        magic, length, found, checksum = HEAD.unpack_from(data, at)
        at += HEAD.size
        if magic != MAGIC or found != number + 1 or not ALIGNED <= length <= len(data) - at:
            return
        body = view[at : at + length]
        whole = xxh3_64(TAIL.pack(length, found))
        whole.update(body)
        if whole.intdigest() != checksum:
            return
        yield int.from_bytes(body[:ALIGNED], "little"), body[ALIGNED:]
        number, at = found, at + aligned(length)


def resumed(path: Path, number: int) -> Journal | None:
    """The journal in this file, behind its last entry; None: that has another number.

    OSError  it cannot be written
    """
    data = opened(path)
    if data is None:
        return None
    made = Journal(data, HEAD.unpack_from(data)[2] - 1)
    for _, body in entries(data, made.number):
        made.at += HEAD.size + aligned(ALIGNED + len(body))
        made.number += 1
        made.entries += 1
    return made if made.number == number else None


def begun(path: Path, number: int, least: int) -> Journal:
    """The journal in this file, from its beginning on; the file is made anew if it has no room.

    least    bytes that an entry must have room for
    OSError  there is no room for it
    """
    size = max(SIZE, least + HEAD.size + 2 * ALIGNED)
    data = opened(path)
    if data is None or len(data) < size:
        data = None
        path.unlink(missing_ok=True)
        data = made(path, size)
    return Journal(data, number)
