"""Rings in files: offsets and values of a record lie in one mapped file, which outlives the process.

A file: magic and version, serial of the record, capacity and bytes of a value; at MARK how many samples the
record had when something was written last; from BEGIN on the offsets, then the values. A record that moves
gets a new file; the old one stays while a state names it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Set
from contextlib import suppress
from errno import EDQUOT, EMFILE, ENFILE, ENOMEM, ENOSPC
from mmap import mmap
from pathlib import Path
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from app.memory.mapped import made, opened, put_aside, read
from app.memory.record import in_memory
from app.memory.samples import Float64s, Floats

HEAD = Struct("<8sQQQ")
MAGIC = b"OSCRING1"
MARK = 64  # bytes
BEGIN = 4096  # bytes; a page
SCARCE, FULL = {ENOMEM, EMFILE, ENFILE}, {ENOSPC, EDQUOT}
NAME = re.compile(r"channel-[0-9]{1,15}-[0-9]{1,15}\.ring")

Rooms = tuple[Float64s, Floats]
log = logging.getLogger(__name__)


class Rings:
    """The files of all rings in a folder.

    files   by serial of their record; None: its samples are in memory, since no file could be made
    old     files that no record uses any more
    failed  the last reason for which a file could not be made; None: there is none
    made    files ever made
    marks   by serial: the totals that stand in the files
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[int, str | None] = {}
        self.old: list[str] = []
        self.failed: OSError | None = None
        self.made = 0
        self.marks: dict[int, NDArray[np.int64]] = {}
        self._kept: list[str] = []  # old already when the last state was written

    @property
    def homeless(self) -> bool:
        """Whether the samples of a record are in memory only."""
        return None in self.files.values()

    def room(self, serial: int) -> Callable[[int, np.dtype[np.floating]], Rooms]:
        """What gives the record of this serial room in files, or in memory where that fails.

        MemoryError  there is none in either; its room is where it was
        """

        def given(capacity: int, dtype: np.dtype[np.floating]) -> Rooms:
            try:
                name, mark, rooms = self._make(serial, capacity, dtype)
            except OSError as error:
                rooms = in_memory(capacity, dtype)  # where there is no memory either, all is as it was
                self.release(serial)
                self.failed, self.files[serial] = error, None
                return rooms
            self.release(serial)
            self.files[serial], self.marks[serial] = name, mark
            return rooms

        return given

    def _make(
        self, serial: int, capacity: int, dtype: np.dtype[np.floating]
    ) -> tuple[str, NDArray[np.int64], Rooms]:
        self.made += 1
        name = f"channel-{serial}-{self.made}.ring"
        data = made(self.folder / name, BEGIN + capacity * (8 + dtype.itemsize))
        HEAD.pack_into(data, 0, MAGIC, serial, capacity, dtype.itemsize)
        return name, np.frombuffer(data, np.int64, 1, MARK), rooms(data, capacity, dtype)

    def release(self, serial: int) -> None:
        """The record of this serial has no use for its file any more."""
        self.marks.pop(serial, None)
        name = self.files.pop(serial, None)
        if name is not None:
            self.old.append(name)

    def keep(self, serials: Set[int]) -> None:
        """There are no records but these."""
        for serial in self.files.keys() - serials:
            self.release(serial)

    def open(self, serial: int, name: str, capacity: int, dtype: np.dtype[np.floating]) -> Rooms | None:
        """The room that a record had before; None: its file is gone, or cannot be used and is put aside.

        OSError  there is no memory, or no file can be opened: another start may have more
        """
        path = self.folder / name
        try:
            data = opened(path) if NAME.fullmatch(name) else None
        except OSError as error:
            if error.errno in SCARCE:
                raise
            if error.errno in FULL:
                return self._copied(path, serial, capacity, dtype, error)
            return self._refused(path, error)
        if data is None:
            log.error("SCOPE_DATA: there is no ring %s.", path)
            return None
        if not fits(data, serial, capacity, dtype):
            return self._refused(path, "it is another one")
        self.files[serial] = name
        self.marks[serial] = np.frombuffer(data, np.int64, 1, MARK)
        return rooms(data, capacity, dtype)

    def _copied(
        self, path: Path, serial: int, capacity: int, dtype: np.dtype[np.floating], error: OSError
    ) -> Rooms | None:
        """The same in memory: the file is sparse, as copies may be, and there is no room for all of it."""
        data = read(path)
        if data is None or not fits(data, serial, capacity, dtype):
            return None
        self.failed = error
        self.files[serial] = None
        self.old.append(path.name)
        self.marks[serial] = np.frombuffer(data, np.int64, 1, MARK).copy()
        offsets, values = rooms(data, capacity, dtype)
        return offsets.copy(), values.copy()

    def _refused(self, path: Path, why: object) -> Rooms | None:
        """No room: it cannot be used, and is put aside."""
        log.error("SCOPE_DATA: %s cannot be used (%s); it is now %s.", path, why, put_aside(path))
        return None

    def mark(self, serial: int, total: int) -> None:
        """So many samples the record has now: what it overwrote is known even without what tells of it."""
        found = self.marks.get(serial)
        if found is not None and total > found[0]:  # what lay there before a crash is not forgotten
            found[0] = total

    def tidy(self) -> None:
        """A state has been written: what was old before the one before it is deleted."""
        for name in self._kept:
            delete(self.folder / name)
        self._kept, self.old = self.old, []

    def sweep(self) -> None:
        """Delete the files that nobody uses, as after a start."""
        used = {*self.files.values(), *self.old, *self._kept}
        for path in self.folder.glob("channel-*.ring"):
            if path.name not in used and NAME.fullmatch(path.name):
                delete(path)


def delete(path: Path) -> None:
    """Delete a file; where that cannot be, it stays until a later start."""
    with suppress(OSError):
        path.unlink()


def fits(data: mmap, serial: int, capacity: int, dtype: np.dtype[np.floating]) -> bool:
    """Whether a file is the ring of this record."""
    size = BEGIN + capacity * (8 + dtype.itemsize)
    return len(data) >= size and HEAD.unpack_from(data) == (MAGIC, serial, capacity, dtype.itemsize)


def rooms(data: mmap, capacity: int, dtype: np.dtype[np.floating]) -> Rooms:
    """The two columns of a mapped file."""
    offsets = np.frombuffer(data, np.float64, capacity, BEGIN)
    at = BEGIN + offsets.nbytes
    if dtype.itemsize == 4:
        return offsets, np.frombuffer(data, np.float32, capacity, at)
    return offsets, np.frombuffer(data, np.float64, capacity, at)
