"""Recordings: what comes in, kept in files in the folder of SCOPE_DATA, for all who look."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from prometheus_client.core import Metric

from app.figures import Values, counted, gauge
from app.memory.record import Record
from app.store.disk import reason
from app.store.entry import ENDS, Entry, bytes_of, read
from app.store.errands import Errands
from app.store.kept import Kept
from app.store.mending import mended, untold
from app.store.parquet import GivenUp, convert, sweep
from app.store.recording import Recording, orphaned
from app.store.shelf import Folder
from app.store.writing import WRITERS, there

AT_ONCE = 4  # recordings under way in a process
TOLD = 1.0  # s between two looks at how a recording gets on
STOPPED_WITHIN = 5.0  # s, of one that another process writes
CLOSED = 1.0  # s for what is left when the server ends
NO_FOLDER = "recording needs a folder: set SCOPE_DATA on the server"
log = logging.getLogger(__name__)


class NotNow(Exception):  # noqa: N818  it is what may be, not a fault
    """It cannot be done now; `code` says why in a word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Recordings:
    """
    told     of all, the newest first; a new list after each change
    formats  those that can be recorded here; none without a folder
    folder   None: there are none, and there can be none
    notices  what all who look have to know
    """

    def __init__(
        self,
        folder: Path | None,
        records: Callable[[], Mapping[str, Record]],
        *,
        most: int,
        largest: int,
        notices: MutableMapping[str, str],
    ) -> None:
        self.told: list[dict[str, object]] = []
        self.folder, self.most, self.largest, self.notices = folder, most, largest, notices
        self.bytes = self.missed = 0
        self.errors: Counter[tuple[str, ...]] = Counter({("disk_full",): 0, ("io",): 0})
        self.formats = [] if folder is None else [format for format in WRITERS if there(format)]
        self._records = records
        self._live: dict[int, tuple[Recording, asyncio.Task[None]]] = {}
        self._errands = Errands()
        self._converting: asyncio.Task[int] | None = None
        self._closing = False
        shelf = None if folder is None else Folder(folder, "json", sync=False)
        self.kept: Kept[Entry] = Kept(shelf, read, bytes_of, self._list)
        self._list()

    def get(self, id: int) -> Entry | None:
        return self.kept.things.get(id)

    def size(self, id: int) -> int:
        """Bytes of its file up to the end of the last block that is whole.

        KeyError  there is none
        """
        live = self._live.get(id)
        return self.kept.things[id].bytes if live is None else live[0].size

    def file(self, id: int, kind: str) -> Path:
        """Of a recording, or made of it."""
        assert self.folder is not None
        return self.folder / f"{id}.{kind}"

    # begin and end

    def start(self, format: str, channels: Sequence[str], now: float) -> Entry:
        """Record from now on.

        NotNow   there is no folder, no such format, or there are too many
        OSError  there is no room where it is to be written
        """
        self._allow(format)
        id = self.kept.claim()
        try:
            made = Recording(self.file(id, format), WRITERS[format](), self._records, channels, self.largest)
        except OSError as error:
            self.errors[(reason(error),)] += 1
            raise
        self.notices.pop("recording", None)
        entry = Entry(id, format, tuple(channels), now)
        nobody = contextvars.Context()  # of its own: the caller's would keep the caller's page alive
        task = asyncio.get_running_loop().create_task(self._recorded(id, made), context=nobody)
        self._live[id] = made, task
        self.kept.put(id, entry, anyway=True)
        return entry

    async def begun(self, id: int) -> None:
        """Wait until a recording has begun; OSError, or what went wrong: it could not, and there is none."""
        live = self._live.get(id)
        if live is None:
            return
        await live[0].begun.wait()
        if live[0].trouble is not None:
            await asyncio.wait((live[1],))
            with contextlib.suppress(OSError):
                await self.delete(id)
            raise live[0].trouble

    def _allow(self, format: str) -> None:
        if self.folder is None:
            raise NotNow("no_folder", NO_FOLDER)
        if format not in self.formats:
            raise NotNow("bad_parameter", f"formats here are {' and '.join(self.formats)}")
        if len(self.kept.things) >= self.most:
            many = f"{self.most} recordings are kept, as many as there may be; delete one first"
            raise NotNow("recording_limit", many)
        if len(self._live) >= AT_ONCE:
            raise NotNow("recording_limit", f"{AT_ONCE} recordings are under way, as many as there may be")

    async def _recorded(self, id: int, made: Recording) -> None:
        """See a recording through; whatever goes wrong with that, its place is free afterwards."""
        running = asyncio.ensure_future(made.run())
        try:
            await self._followed(id, made, running)
        except Exception:
            log.exception("Recording %s could not be seen through", id)
            made.stop()
            await asyncio.wait((running,))
        made.release()
        del self._live[id]

    async def _followed(self, id: int, made: Recording, running: asyncio.Future[None]) -> None:
        """Say now and then how a recording gets on, and how it ends."""
        while not running.done():
            await asyncio.wait((running,), timeout=TOLD)
            with contextlib.suppress(OSError):
                if self.file(id, "stop").exists():
                    made.stop()
            self._note(id, made)
        if (error := running.exception()) is not None:
            made.fail(error)
        self._note(id, made, ended=time.time())
        with contextlib.suppress(OSError):  # of a disk that cannot be written, also where there is none
            self.file(id, "stop").unlink(missing_ok=True)
        if made.why in ("disk_full", "io"):
            self.errors[(made.why,)] += 1
            told = f"Recording {id} has ended: {ENDS[made.why]}. It can be read up to there."
            self.notices["recording"] = told
            log.error("%s", told)
        with contextlib.suppress(OSError):
            await self.kept.saved(id)

    def _note(self, id: int, made: Recording, ended: float | None = None) -> None:
        before = self.kept.things.get(id)
        if before is None:  # somebody has taken its file away
            made.stop()
            return
        self.bytes += made.size - before.bytes
        self.missed += made.missed - before.missed
        now = replace(
            before, ended=ended, why=made.why or before.why, samples=made.samples, missed=made.missed,
            bytes=made.size, channels=tuple(sorted(made.names)),
        )  # fmt: skip
        if now != before:
            self.kept.put(id, now, anyway=True)

    async def stop(self, id: int) -> Entry:
        """End a recording; KeyError: there is none."""
        live = self._live.get(id)
        if live is not None:
            live[0].stop()
            await asyncio.wait((live[1],))
        elif self.kept.things[id].ended is None:
            await self._stop_elsewhere(id)
        return self.kept.things[id]

    async def _stop_elsewhere(self, id: int) -> None:
        """Have the process that records end it."""
        with contextlib.suppress(OSError):
            self.file(id, "stop").touch()
        late = time.monotonic() + STOPPED_WITHIN
        while self.kept.things[id].ended is None and time.monotonic() < late:
            await asyncio.sleep(TOLD / 5)

    async def delete(self, id: int) -> None:
        """
        KeyError  there is none
        NotNow    it is under way
        """
        entry = self.ended(id)
        folder = self.file(id, entry.format).parent
        await self._errands.do(lambda: sweep(folder))
        for kind in ("parquet", entry.format):
            await self._errands.do(lambda kind=kind: self.file(id, kind).unlink(missing_ok=True))  # type: ignore[misc]
        self.kept.drop(id)
        self.notices.pop("recording", None)

    def ended(self, id: int) -> Entry:
        entry = self.kept.things[id]
        if entry.ended is None:
            raise NotNow("recording_active", f"recording {id} is under way; stop it first")
        return entry

    async def convert(self, id: int) -> Entry:
        """Make a Parquet file of a recording.

        KeyError, OSError, Unreadable
        NotNow  it is under way, there is no pyarrow, or the server ends
        """
        entry = self.ended(id)
        if not there("arrow"):
            raise NotNow("bad_parameter", "Parquet needs pyarrow on the server")
        if not entry.parquet:
            source, made = self.file(id, entry.format), self.file(id, "parquet")
            made_of = partial(convert, source, entry.format, made, lambda: self._closing)
            self._converting = self._errands.do(made_of)
            try:
                size = await self._converting
            except GivenUp as why:
                raise NotNow("draining", str(why)) from None
            self.kept.put(id, replace(self.kept.things[id], parquet=size), anyway=True)
        return self.kept.things[id]

    # what a process leaves behind, and what it is asked

    async def watch(self) -> None:
        """Close the recordings of processes that were killed, for ever."""
        folder, found = self.folder, False
        while folder is not None:
            if not found:
                with contextlib.suppress(OSError):  # what watches the folder says it
                    await self._find(folder)
                    found = True
            for entry in list(self.kept.things.values()):
                if entry.ended is None and entry.id not in self._live:
                    with contextlib.suppress(OSError):
                        await self._mend(entry.id, entry.format)
            await asyncio.sleep(TOLD)

    async def _find(self, folder: Path) -> None:
        """List the recordings that a process began which was killed before it could tell of them."""
        await self._errands.do(lambda: sweep(folder))
        for id, format, began in await self._errands.do(lambda: untold(folder)):
            if id not in self.kept.things:
                log.warning("Recording %s was never told of: it is listed", id)
                self.kept.put(id, Entry(id, format, (), began), anyway=True)

    async def _mend(self, id: int, format: str) -> None:
        """Close a recording that nobody writes any more, unless it was told meanwhile that it has ended."""
        path = self.file(id, format)
        if not await self._errands.do(lambda: orphaned(path)):
            return
        await self.kept.look()
        entry = self.kept.things.get(id)
        if entry is None or entry.ended is not None or id in self._live:
            return
        try:
            ended, size, samples = await self._errands.do(lambda: mended(path, format))
        except Exception as error:  # whatever is wrong with this one, the others are to be closed
            log.error("Recording %s cannot be closed: %s: %s", id, type(error).__name__, error)
            ended, size, samples = time.time(), entry.bytes, 0
        closed = replace(entry, ended=ended, why="crash", bytes=size, samples=samples or entry.samples)
        self.kept.put(id, closed, anyway=True)

    async def close(self) -> None:
        """End all that are under way, and wait until everything is written."""
        for id, (made, _) in self._live.items():
            if (entry := self.kept.things.get(id)) is not None:  # else somebody has taken its file away
                self.kept.things[id] = replace(entry, why="shutdown")
            made.stop(CLOSED)
        self._closing = True
        if self._live:
            await asyncio.wait([task for _, task in self._live.values()])
        if self._converting is not None:
            await asyncio.wait((self._converting,))
        await self.kept.done()

    def collect(self) -> Iterator[Metric]:
        yield gauge("osc_recordings_active", "recordings under way", len(self._live))
        size: Values = {(): self.bytes}
        yield counted("osc_recording_bytes", "bytes recorded", (), size)
        lost: Values = {(): self.missed}
        yield counted("osc_recording_missed_samples", "overwritten before they were recorded", (), lost)
        yield counted("osc_recording_errors", "recordings that ended by trouble", ("reason",), self.errors)

    def _list(self) -> None:
        self.told = [entry.told() for _, entry in sorted(self.kept.things.items(), reverse=True)]
