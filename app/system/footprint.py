"""How much memory the process has, and how much it may have: of its container, or of its machine."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TRIM_EVERY = 5.0  # s; it takes less than a millisecond
M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1
LARGE = 1 << 20  # bytes; with an eighth of it, a batch of a million samples took 2.5 times as long to store
NO_LIMIT = 1 << 60  # bytes; what a kernel says that sets none
PAGE = resource.getpagesize()
GROUPS, MINE = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
NAMES = {  # by version of control groups: limit, use, and what of it the kernel can drop
    2: ("memory.max", "memory.current", ("active_file", "inactive_file")),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_active_file", "total_inactive_file")),
}


def resident() -> int:
    """Bytes of this process that are in memory.

    Source  proc_pid_statm(5), https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
    """
    return statm(1)


def own() -> int:
    """The same without what is in files as well, which the kernel can drop."""
    return max(0, statm(1) - statm(2))


def statm(field: int) -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[field]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def machine() -> int:
    """Bytes of memory of the machine; 0: unknown."""
    try:
        return int(Path("/proc/meminfo").read_text().split()[1]) << 10
    except (OSError, ValueError, IndexError):
        return 0


@dataclass(frozen=True)
class Group:
    """The control group of a container.

    Source  Control Group v2, memory interface files,
            https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
    """

    folder: Path
    version: int

    def limit(self) -> int:
        """Bytes that all of its processes together may use; 0: as many as they like."""
        try:
            found = int((self.folder / NAMES[self.version][0]).read_text())
        except (OSError, ValueError):  # `max` is no number
            return 0
        return found if found < NO_LIMIT else 0

    def used(self) -> int:
        """Bytes that they use, without what the kernel can drop; 0: unknown."""
        _, use, droppable = NAMES[self.version]
        try:
            lines = (self.folder / "memory.stat").read_text().splitlines()
            kinds = dict(line.split() for line in lines)
            return int((self.folder / use).read_text()) - sum(int(kinds[name]) for name in droppable)
        except (OSError, ValueError, KeyError):
            return 0


def groups() -> Iterator[Group]:
    """Where the limit of this process may be told, the nearest first."""
    with contextlib.suppress(OSError, ValueError):
        for line in MINE.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                yield from above(GROUPS, path, 2)
            elif controllers == "memory":
                yield from above(GROUPS / "memory", path, 1)


def above(root: Path, path: str, version: int) -> Iterator[Group]:
    """A group and those around it; in a container the root alone may be there."""
    place = PurePosixPath(path.strip("/"))
    for part in (place, *place.parents):
        yield Group(root / part, version)


class Footprint:
    """What is used of what may be used.

    limit  bytes; 0: unknown
    """

    def __init__(self, limit: int | None) -> None:
        """
        limit  of the process alone; None: what its container or machine has
        """
        found = None if limit else next((group for group in groups() if group.limit()), None)
        self.group = found
        self.limit = limit or (found.limit() if found is not None else machine())

    def used(self) -> int:
        """Bytes that count against the limit."""
        return (self.group.used() if self.group is not None else 0) or own()


def calm_heap() -> None:
    """Have all threads share one heap with nothing large in it, where the C library can; before they begin.

    A heap for each thread that pages are made in leaves free memory in each that no other can use. What is
    large, such as a picture, would else come from the heap once the first one was freed; the small blocks
    that get between such ones stay for long, and keep what is around them.

    Source  mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html; numbers as in <malloc.h>
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)


def trim() -> None:
    """Give memory that is free back to the system, where the C library can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


async def trimming() -> None:
    """Give it back now and then, until cancelled.

    The C library keeps pages that are free between others in use. With pages and senders that come and go
    they become more and more for hours, although what is in use stays the same.
    """
    while True:
        await asyncio.sleep(TRIM_EVERY)
        await asyncio.to_thread(trim)
