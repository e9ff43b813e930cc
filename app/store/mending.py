"""Recordings whose process was killed: found, and closed after the last block that is whole."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from app.store.reading import WHOLE, Unreadable
from app.store.recording import orphaned
from app.store.shelf import NUMBER
from app.store.writing import NAMES, WRITERS

ENDINGS = {"arrow": b"\xff\xff\xff\xff\0\0\0\0", "csv": b""}  # of a stream that has begun
BEGINNINGS = {"arrow": b"\xff\xff\xff\xff", "csv": ",".join(NAMES).encode()}  # as far as they go


def untold(folder: Path) -> list[tuple[int, str, float]]:
    """Recordings that no process writes, and that no file beside them tells of: number, format, Unix s."""
    found = []
    for format, beginning in BEGINNINGS.items():
        for path in folder.glob(f"*.{format}"):
            with contextlib.suppress(OSError), path.open("rb") as file:
                ours = re.fullmatch(NUMBER, path.stem) and beginning.startswith(file.read(len(beginning)))
                if ours and orphaned(path) and not path.with_suffix(".json").exists():  # in this order
                    found.append((int(path.stem), format, os.fstat(file.fileno()).st_mtime))
    return found


def mended(path: Path, format: str) -> tuple[float, int, int]:
    """When the last of it was written, Unix s, its bytes, and its samples; 0: they cannot be counted here."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return 0.0, 0, 0
    try:
        whole, rows = WHOLE[format](path)
    except Unreadable:
        return told.st_mtime, told.st_size, 0
    writer = WRITERS[format]()
    nothing = writer.begin() + writer.end()
    tail = nothing if whole == 0 else ENDINGS[format]
    with path.open("r+b") as file:
        file.truncate(whole)
        file.seek(whole)
        file.write(tail)
        file.flush()
        os.fsync(file.fileno())
    return told.st_mtime, whole + len(tail), rows
