"""Where things are kept by number, for all processes that share it: a folder with a file for each."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

STALE = 60.0  # s; what is still being written then was given up, with its process
NUMBER = "[1-9][0-9]{0,14}"


class Shelf(Protocol):
    """Bytes by number. What can go wrong is an OSError."""

    def claim(self) -> int:
        """A number that was never given before, by no process."""

    def look(self) -> Mapping[int, Hashable]:
        """What there is: by number something that is another after each change."""

    def load(self, id: int) -> bytes | None:
        """None: it is gone."""

    def save(self, id: int, data: Iterable[bytes]) -> Hashable:
        """Keep it whole, or leave what there was; returns what `look` will say of it."""

    def delete(self, id: int) -> None: ...

    def refuse(self, id: int, why: str) -> None:
        """Put something aside that cannot be read, if that can be; it says so."""


class Folder:
    """Files `NUMBER.KIND` in a folder; a file is written under another name first, so that it is whole.

    sync  whether a file is on the disk, and not only with the system, before it counts

    An empty file `NUMBER.id` stands for the highest number that was given.
    """

    def __init__(self, path: Path, kind: str, *, sync: bool = True) -> None:
        self.path, self.kind, self.sync = path, kind, sync
        path.mkdir(parents=True, exist_ok=True)
        self._named = re.compile(rf"({NUMBER})\.{kind}")
        self._any = re.compile(rf"({NUMBER})\..+")
        self.clean()

    def clean(self) -> None:
        """Remove what a process left behind that was killed while it wrote."""
        late = time.time() - STALE
        for left in self.path.glob(f".*.{self.kind}.part"):
            with contextlib.suppress(OSError):
                if left.stat().st_mtime < late:
                    left.unlink()

    def claim(self) -> int:
        number = self._highest() + 1
        while not self._taken(number) or self._highest() > number:  # then it may have been another's before
            number += 1
        for old in self.path.glob("*.id"):
            if re.fullmatch(NUMBER, old.stem) and int(old.stem) < number:
                with contextlib.suppress(OSError):
                    old.unlink()
        return number

    def _highest(self) -> int:
        found = (self._any.fullmatch(name) for name in os.listdir(self.path))
        return max((int(each[1]) for each in found if each), default=0)

    def _taken(self, number: int) -> bool:
        """Whether the number is ours now; False: another process has it."""
        try:
            os.close(os.open(self.path / f"{number}.id", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            return False
        return True

    def look(self) -> dict[int, Hashable]:
        return dict(self._found())

    def _found(self) -> Iterator[tuple[int, Hashable]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                named = self._named.fullmatch(entry.name)
                if named is not None:
                    with contextlib.suppress(FileNotFoundError):
                        yield int(named[1]), stamp(entry.stat(follow_symlinks=False))

    def load(self, id: int) -> bytes | None:
        try:
            return self._file(id).read_bytes()
        except FileNotFoundError:
            return None

    def save(self, id: int, data: Iterable[bytes]) -> Hashable:
        part = self.path / f".{id}-{secrets.token_hex(4)}.{self.kind}.part"
        try:
            with part.open("xb", buffering=0) as file:
                for piece in data:
                    whole(file.fileno(), piece)
                if self.sync:
                    os.fsync(file.fileno())
                known = stamp(os.fstat(file.fileno()))
            part.replace(self._file(id))
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return known

    def delete(self, id: int) -> None:
        self._file(id).unlink(missing_ok=True)

    def refuse(self, id: int, why: str) -> None:
        file = self._file(id)
        aside, what = file.with_name(file.name + ".bad"), "it is put aside as"
        try:
            file.replace(aside)
        except OSError:
            what = "it stays, as it cannot be put aside as"
        log = logging.getLogger(__name__)
        log.warning("%s cannot be read (%s): %s %s", file, why, what, aside.name)

    def _file(self, id: int) -> Path:
        return self.path / f"{id}.{self.kind}"


def stamp(told: os.stat_result) -> Hashable:
    return told.st_mtime_ns, told.st_size, told.st_ino


def whole(file: int, data: bytes) -> None:
    """Write all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
