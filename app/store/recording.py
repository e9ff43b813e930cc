"""A recording under way: every sample that is stored goes into a file, as far as it can be had."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.memory.record import Record
from app.store.block import Block, taken
from app.store.disk import reason
from app.store.errands import Errands
from app.store.shelf import whole
from app.store.writing import Writer

WAKES = 0.2  # s between two looks at the memory at most ...
SOONEST = 0.01  # ... and at least
SECOND = 0.8  # s; what came then is written, however little it is
MANY = 8192  # samples that are written at once
ROOM = 4  # a ring with a quarter of new samples is not waited for
FINISHED = 30.0  # s for what is left when it is to end
SHARE = 4  # of the processor's time, one in so many is for writing
log = logging.getLogger(__name__)


class Recording:
    """Takes samples by their numbers from the memory, a few times a second, and writes them beside the loop.

    samples, missed  written, and overwritten in the memory before they could be
    size             bytes up to the end of the last block that is whole
    begun            is set when the file has its head, or cannot have it
    why, trouble     it has ended by itself, `size`, `disk_full` or `io`; empty: it has not
    """

    def __init__(
        self, path: Path, writer: Writer, records: Callable[[], Mapping[str, Record]],
        asked: Sequence[str], largest: int,
    ) -> None:  # fmt: skip
        self.samples = self.missed = self.size = 0
        self.why = ""
        self.names: dict[str, None] = {}
        self._writer, self._records, self._asked, self._largest = writer, records, frozenset(asked), largest
        self._file = created(path)
        self._known = {record.serial: record for record in self._chosen()}  # also those deleted since
        self._next = {serial: record.total for serial, record in self._known.items()}
        self._came = time.time_ns()
        self._wrote = time.monotonic()
        self._errands = Errands()
        self._stop, self.begun = asyncio.Event(), asyncio.Event()
        self.trouble: BaseException | None = None
        self._turn, self._within = 0, FINISHED

    def _chosen(self) -> list[Record]:
        records = self._records().values()
        return [record for record in records if not self._asked or record.name in self._asked]

    def _wanted(self) -> list[Record]:
        """Channels that were deleted before all of them was written, then those that there are."""
        found = {record.serial: record for record in self._chosen()}
        gone = {
            serial: record
            for serial, record in self._known.items()
            if serial not in found and record.total > self._next.get(serial, 0)
        }
        self._known = gone | found
        self._next = {serial: self._next.get(serial, 0) for serial in self._known}
        return list(self._known.values())

    # the task

    async def run(self) -> None:
        """Record until stopped, or until the file takes no more; then all of it is on the disk."""
        try:
            await self._put(self._writer.begin)
            self.begun.set()
            while not self._stop.is_set() and not self.why:
                await self._wait(self._pause())
                if self._due():
                    await self._flush()
            await self._finish()
        except Exception as error:
            self.fail(error)
        finally:
            self.begun.set()
            await self._errands.do(self._sync)

    def stop(self, within: float = FINISHED) -> None:
        """Have what has come until now written, as far as that can be done in so many s, and end."""
        self._within = within
        self._stop.set()

    def fail(self, error: BaseException) -> None:
        """Something went wrong; what it is has to be told, if it is not the disk."""
        self.why, self.trouble = "io", error
        if isinstance(error, OSError):
            self.why = reason(error)
        else:
            log.error("A recording has failed", exc_info=error)

    async def _finish(self) -> None:
        until = {record.serial: record.total for record in self._wanted()}
        if not self.why:
            await self._flush(until, time.monotonic() + self._within)
            known = self._next
            self.missed += sum(max(0, until[serial] - known[serial]) for serial in until.keys() & known)
        await self._put(self._writer.end)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _pause(self) -> float:
        """s until the next look: a small ring that is filled quickly is looked at more often."""
        now = time.time()
        times = [record.capacity / ROOM / max(record.rate(now), 1e-3) for record in self._wanted()]
        return max(min([WAKES, *times]), SOONEST)

    def _due(self) -> bool:
        """Whether there is so much, or has been for so long, that it is to be written."""
        waiting = [(record.total - self._next[record.serial], record) for record in self._wanted()]
        if time.monotonic() - self._wrote >= SECOND or sum(n for n, _ in waiting) >= MANY:
            return True
        return any(n * ROOM >= record.capacity for n, record in waiting)

    async def _flush(self, until: Mapping[int, int] | None = None, late: float = math.inf) -> None:
        """Write what is new, in several blocks if it is much, or what is left up to some numbers.

        late  monotonic s, from when on the rest is left
        """
        while (until is not None or not self._stop.is_set()) and (blocks := self._taken(until)):
            took = await self._put(lambda blocks=blocks: self._writer.block(blocks))  # type: ignore[misc]
            self.samples += sum(map(len, blocks))
            if self.size >= self._largest:
                self.why = "size"
                break
            if time.monotonic() >= late:
                break
            await asyncio.sleep(took * (SHARE - 1) if until is None else 0)
        self._wrote = time.monotonic()

    # samples

    def _taken(self, until: Mapping[int, int] | None) -> list[Block]:
        """The next samples, as many as are written at once; another channel's first each time."""
        records, room, blocks = self._wanted(), self._writer.most, []
        gone = len(records) - len(self._chosen())
        came, self._came = self._came, time.time_ns()
        self._turn += 1
        turn = gone + self._turn % max(1, len(records) - gone)
        for record in records[:gone] + records[turn:] + records[gone:turn]:
            stop = record.total if until is None else until.get(record.serial, 0)
            block = self._of(record, min(stop, record.total), room, (came, self._came))
            if block is not None:
                blocks.append(block)
                room -= len(block)
        return blocks

    def _of(self, record: Record, stop: int, room: int, came: tuple[int, int]) -> Block | None:
        """Samples of one channel; those that the memory has lost already are counted."""
        start = self._next[record.serial]
        lost = max(0, min(record.first, stop) - start)
        start, stop = start + lost, min(stop, start + lost + room)
        self.missed += lost
        self._next[record.serial] = max(start, stop)
        if stop <= start:
            return None
        self.names[record.name] = None
        block = taken(record, start, stop, came)
        if lost:
            block.gap[0] = True
        return block

    # the file, in threads

    async def _put(self, make: Callable[[], bytes]) -> float:
        """Write what is made; returns the processor's time that it took, in s."""
        return await self._errands.do(lambda: self._write(make))

    def _write(self, make: Callable[[], bytes]) -> float:
        began = time.thread_time()
        data = make()
        try:
            whole(self._file, data)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)  # half a block is none
            raise
        self.size += len(data)
        return time.thread_time() - began

    def _sync(self) -> None:
        try:
            os.fsync(self._file)
        except OSError as error:
            self.why = self.why or reason(error)

    def release(self) -> None:
        """Let go of the file, when it is known to all that it has ended."""
        with contextlib.suppress(OSError):
            os.close(self._file)


def created(path: Path) -> int:
    """A new file that is ours for as long as it is open, as `orphaned` sees."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with contextlib.suppress(OSError):  # a file system that has no locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def orphaned(path: Path) -> bool:
    """Whether no process records into this file any more."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
