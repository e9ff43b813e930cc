"""Files that are mapped into memory: what is written there outlives the process, at the speed of memory."""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path

BLOCK = 512  # bytes, in which stat counts


def made(path: Path, size: int) -> mmap.mmap:
    """A new file of this size, mapped.

    All of its blocks are there: writing to a sparse one on a full disk would end the process.

    OSError  there is no room for it, or it may not be written; then there is no file
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, size)
        return mmap.mmap(fd, size)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(fd)


def opened(path: Path) -> mmap.mmap | None:
    """A file that is there, mapped whole; None: it is not, or it is empty.

    A copy of it may be sparse: all of its blocks are there afterwards.

    OSError  it cannot be read and written, or there is no room for it
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(fd)
        if not found.st_size:
            return None
        if found.st_blocks * BLOCK < found.st_size:
            os.posix_fallocate(fd, 0, found.st_size)
        return mmap.mmap(fd, 0)
    finally:
        os.close(fd)


def read(path: Path) -> mmap.mmap | None:
    """The same to be read only.

    OSError  it cannot be read
    """
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError):  # a ValueError: it is empty
        return None


def put_aside(path: Path) -> Path | None:
    """Give a file that cannot be used another name; None: it is gone already."""
    for n in range(1000):
        other = path.with_name(f"{path.name}.bad" + (f"-{n}" if n else ""))
        if not other.exists():
            with suppress(OSError):
                return path.rename(other)
            return None
    return None
