"""Rings in files: offsets and values of a record lie in one mapped file, which outlives the process.

A file: magic and version, serial of the record, capacity and bytes of a value; at MARK how many samples the
record had when something was written last; from BEGIN on the offsets, then the values. A record that moves
gets a new file; the old one stays while a state names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from app.memory.mapped import made, opened, put_aside
from app.memory.record import in_memory
from app.memory.samples import Float64s, Floats

HEAD = Struct("<8sQQQ")
MAGIC = b"OSCRING1"
MARK = 64  # bytes
BEGIN = 4096  # bytes; a page
NAME = re.compile(r"channel-[0-9]{1,15}-[0-9]{1,15}\.ring")

Rooms = tuple[Float64s, Floats]


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

    def room(self, serial: int) -> Callable[[int, np.dtype[np.floating]], Rooms]:
        """What gives the record of this serial room in files, or in memory where that fails."""

        def given(capacity: int, dtype: np.dtype[np.floating]) -> Rooms:
            self.release(serial)
            try:
                name, rooms = self._make(serial, capacity, dtype)
            except OSError as error:
                self.failed = error
                self.files[serial] = None
                return in_memory(capacity, dtype)
            self.files[serial] = name
            return rooms

        return given

    def _make(self, serial: int, capacity: int, dtype: np.dtype[np.floating]) -> tuple[str, Rooms]:
        self.made += 1
        name = f"channel-{serial}-{self.made}.ring"
        data = made(self.folder / name, BEGIN + capacity * (8 + dtype.itemsize))
        HEAD.pack_into(data, 0, MAGIC, serial, capacity, dtype.itemsize)
        self.marks[serial] = np.frombuffer(data, np.int64, 1, MARK)
        return name, rooms(data, capacity, dtype)

    def release(self, serial: int) -> None:
        """The record of this serial has no use for its file any more."""
        self.marks.pop(serial, None)
        name = self.files.pop(serial, None)
        if name is not None:
            self.old.append(name)

    def open(self, serial: int, name: str, capacity: int, dtype: np.dtype[np.floating]) -> Rooms | None:
        """The room that a record had before; None: its file is gone, or was another one and is put aside."""
        path = self.folder / name
        data = opened(path) if NAME.fullmatch(name) else None
        if data is None:
            return None
        size = BEGIN + capacity * (8 + dtype.itemsize)
        if len(data) < size or HEAD.unpack_from(data) != (MAGIC, serial, capacity, dtype.itemsize):
            put_aside(path)
            return None
        self.files[serial] = name
        self.marks[serial] = np.frombuffer(data, np.int64, 1, MARK)
        return rooms(data, capacity, dtype)

    def mark(self, serial: int, total: int) -> None:
        """So many samples the record has now: what it overwrote is known even without what tells of it."""
        found = self.marks.get(serial)
        if found is not None:
            found[0] = total

    def tidy(self) -> None:
        """A state has been written: what was old before the one before it is deleted."""
        for name in self._kept:
            (self.folder / name).unlink(missing_ok=True)
        self._kept, self.old = self.old, []

    def sweep(self) -> None:
        """Delete the files that nobody uses, as after a start."""
        used = {*self.files.values(), *self.old, *self._kept}
        for path in self.folder.glob("channel-*.ring"):
            if path.name not in used and NAME.fullmatch(path.name):
                path.unlink(missing_ok=True)


def rooms(data: mmap, capacity: int, dtype: np.dtype[np.floating]) -> Rooms:
    """The two columns of a mapped file."""
    offsets = np.frombuffer(data, np.float64, capacity, BEGIN)
    at = BEGIN + offsets.nbytes
    if dtype.itemsize == 4:
        return offsets, np.frombuffer(data, np.float32, capacity, at)
    return offsets, np.frombuffer(data, np.float64, capacity, at)
