"""The files of a memory that outlives its process: two states, two journals, the rings, and a lock.

State n is followed by the changes in journal n; the next state goes to the other pair. So whatever is cut off
while it is written, there is a state that is whole, and all changes after it.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.memory.container import Broken, content
from app.memory.journal import Journal, begun, entries, resumed
from app.memory.mapped import put_aside, read
from app.memory.packing import Buffer
from app.memory.ring_files import Rings

MAGIC = b"OSCMEM01"
MOST_ENTRIES = 20_000  # in a journal: so many changes are made again within a second, on a slow machine, too
log = logging.getLogger(__name__)


class Taken(Exception):  # noqa: N818  it is what the folder is
    """Another process writes to this folder."""


class Shelf:
    """
    number      of the newest change that is in the state or in a journal
    generation  how many states were written before this one; its parity says which pair of files it has
    journal     what changes are written to; None: it cannot be had
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(folder / "lock")
        self.rings = Rings(folder)
        self.number = self.generation = 0
        self.journal: Journal | None = None
        self._newest: Path | None = None  # where the last change was found

    @property
    def state(self) -> Path:
        """The file of the state."""
        return self.folder / f"state-{self.generation % 2}"

    @property
    def full(self) -> bool:
        """Whether a state is due, as the journal has become long or rings lie in other files than it says."""
        return self.journal is not None and (bool(self.rings.old) or self.journal.entries >= MOST_ENTRIES)

    def write(self, kind: int, pieces: Sequence[Buffer]) -> bool:
        """Write a change down. False: there is no room in the journal."""
        if self.journal is None:
            return True
        done = self.journal.append(kind, pieces)
        self.number = self.journal.number
        return done

    def take_back(self) -> None:
        """The change that was written down last was not made."""
        if self.journal is not None:
            self.journal.take_back()
            self.number = self.journal.number

    def put(self, state: bytes, least: int) -> None:
        """Write a state, and begin the journal after it.

        least    bytes that an entry must have room for
        OSError  one of them cannot be written; the state before, and what follows it, is as it was
        """
        self.journal = None
        generation = self.generation + 1
        with open(self.folder / f"state-{generation % 2}", "wb") as file:
            file.write(state)
        self.journal = begun(self.folder / f"journal-{generation % 2}", self.number, least)
        self.generation = generation
        self.rings.tidy()

    def states(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Facts and arrays of the states that are whole, the newest first; changes follow the last one."""
        found = []
        for n in (0, 1):
            path = self.folder / f"state-{n}"
            try:
                facts, arrays = content(MAGIC, path.read_bytes())
                found.append((int(facts[0]["generation"]), int(facts[0]["number"]), facts, arrays))
            except FileNotFoundError:
                continue
            except (OSError, Broken, LookupError, TypeError, ValueError) as error:
                self.reject(path, error)
        for generation, number, facts, arrays in sorted(found, key=lambda one: one[0], reverse=True):
            self.number, self.generation = number, generation
            yield facts, arrays
        self.number = self.generation = 0

    def reject(self, path: Path, error: Exception) -> None:
        log.error("%s cannot be used (%s); it is now %s.", path, error, put_aside(path))

    def changes(self) -> Iterator[tuple[int, Buffer]]:
        """Kind and bytes of all changes after the state."""
        paths = [self.folder / f"journal-{n}" for n in (0, 1)]
        journals = [(path, data) for path in paths if (data := self.mapped(path)) is not None]
        before = -1
        while before != self.number:
            before = self.number
            for path, data in journals:
                for change in entries(data, self.number):
                    self.number += 1
                    self._newest = path
                    yield change

    def resume(self) -> None:
        """Go on in the journal where the last change was found; in that of the state, if there was none.

        OSError  it cannot be had
        """
        if self._newest is not None:
            self.journal = resumed(self._newest, self.number)
        elif self.state.exists():
            self.journal = begun(self.folder / f"journal-{self.generation % 2}", self.number, 0)

    def mapped(self, path: Path) -> mmap.mmap | None:
        try:
            return read(path)
        except OSError as error:
            self.reject(path, error)
            return None

    def close(self) -> None:
        """Have all of it on the disk, as far as that is quick, and let go of the folder."""
        with suppress(OSError):
            if self.journal is not None:
                self.journal.data.flush()
            with open(self.state, "rb") as file:
                os.fsync(file.fileno())
        self.leave()

    def leave(self) -> None:
        """Let go of the folder, as a process does that is killed."""
        self.journal = None
        os.close(self._lock)


def locked(path: Path) -> int:
    """A lock for this process alone, which ends with it.

    Taken  another process has it
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise Taken(f"another process writes to {path.parent}") from None
    return fd
