"""Recordings whose process was killed: closed after the last block that is whole."""

from __future__ import annotations

import os
from pathlib import Path

from app.store.reading import WHOLE, Unreadable
from app.store.writing import WRITERS


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


ENDINGS = {"arrow": b"\xff\xff\xff\xff\0\0\0\0", "csv": b""}  # of a stream that has begun
