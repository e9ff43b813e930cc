"""A memory that outlives its process: rings in mapped files, and a journal of what has changed since a state.

Each change is written to the journal, whole, before it is made. From time to time the state, which is all but
the samples, is written, and the journal begins anew. After a crash the newest state that is whole is read and
the changes after it are made again, on rings that may hold them already: that gives the same rings. So
nothing that was answered is lost, a batch is there as a whole or not at all, and no sample costs a call of
the system.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from app.memory import state
from app.memory.container import contained
from app.memory.guest import Guest, Nobody
from app.memory.memory import Memory
from app.memory.packing import Buffer, packed, unpacked
from app.memory.record import FLOAT32, FLOAT64, Placed, Record, Room
from app.memory.samples import Samples
from app.memory.shelf import MAGIC, Shelf
from app.memory.sums import Sums, blank, damaged
from app.memory.trouble import trouble

BATCH, SAY, DELETE, CLEAR = 1, 2, 3, 4  # kinds of changes
UNLIMITED = 1 << 30
NO_SUMS = np.empty(0, np.uint64), False
log = logging.getLogger(__name__)


class Durable(Memory):
    """A memory in a folder of its own.

    trouble   why samples are not kept beyond the process at present; empty: they are
    replayed  changes that were made again at the start
    dropped   samples that were damaged, and are gaps now
    """

    keeps = True
    engine = "file"

    def __init__(
        self,
        folder: Path,
        points: int,
        budget: int = 1 << 30,
        max_channels: int = 256,
        guest: Guest | None = None,
    ) -> None:
        """
        guest    what is kept with the samples
        Taken    another process writes to the folder
        OSError  it cannot be written to
        """
        super().__init__(points, budget, max_channels)
        self._shelf = Shelf(folder)
        self._rings = self._shelf.rings
        self._sums: dict[int, Sums] = {}
        self._quiet = True  # changes are not written down, as they have been already
        self.trouble = ""
        self._guest = guest or Nobody()
        self.replayed = self.dropped = 0
        self._restore()

    @property
    def durability(self) -> str:  # type: ignore[override]
        return "memory" if self.trouble else "file"

    # changing

    def append(
        self, batch: Sequence[Samples], now: float, missing: int | None = None, note: bytes = b""
    ) -> list[Placed]:
        if not self._quiet:
            names = {samples.channel for samples in batch}
            self._allow(len(self.records) + len(names - self.records.keys()))
            self._write(BATCH, packed(batch, now, missing, note))
        try:
            placed = super().append(batch, now, missing, note)
        except Exception:
            self._take_back()
            raise
        if not self._quiet:
            for block in placed:
                self._rings.mark(self.records[block.channel].serial, block.stop)
            self._notice()
        return placed

    def _take_back(self) -> None:
        """A batch was not stored: nothing tells of it any more, and channels that it made have no files."""
        if not self._quiet:
            self._shelf.take_back()
        self._rings.keep({record.serial for record in self.records.values()})
        self._notice()

    def delete(self, name: str) -> bool:
        record = self.records.get(name)
        if record is None:
            return False
        self._write(DELETE, [orjson.dumps(name)])
        self._release(record)
        super().delete(name)
        if not self._quiet:
            self._settle()
        return True

    def clear(self) -> None:
        self._write(CLEAR, [])
        for record in self.records.values():
            self._release(record)
        super().clear()
        if not self._quiet:
            self._settle()

    def say(self, name: str, **facts: str | float) -> bool:
        if name in self.records:
            self._write(SAY, [orjson.dumps([name, facts])])
        return super().say(name, **facts)

    def _room(self, serial: int) -> Room:
        return self._rings.room(serial)

    def _release(self, record: Record) -> None:
        self._rings.release(record.serial)
        self._sums.pop(record.serial, None)

    def _write(self, kind: int, pieces: Sequence[Buffer]) -> None:
        """Write a change down before it is made; before that the state, if it is due.

        Not after the change: what its guest notes of a batch comes after that, and belongs to it.
        """
        if self._quiet:
            return
        size = sum(map(len, pieces))
        if self._shelf.full and not self.trouble:  # else `tend` tries it, and the journal goes on
            self.checkpoint(size)
        if not self._shelf.write(kind, pieces):
            self._shelf.journal = None  # it is used up: a state, even if it is one without a ring in memory
            self.checkpoint(size)
            self._shelf.write(kind, pieces)

    def _settle(self) -> None:
        """Write the state if it is due; no batch is on its way."""
        self._notice()
        if self._shelf.full:
            self.checkpoint()

    def _notice(self) -> None:
        """Say so if a ring had to go into memory."""
        if self._rings.failed is not None:
            self._fail(self._rings.failed)

    # keeping

    def checkpoint(self, least: int = 0) -> None:
        """Write the state, and begin the journal anew; where that fails, `trouble` says why.

        While a ring is in memory, the state before and its journal go on for as long as that has room: they
        tell where its samples are.

        least  bytes that a change must have room for in it
        """
        if self._rings.homeless and self._shelf.journal is not None:
            return
        self._attempt(lambda: self._shelf.put(self._state(), least))

    def _state(self) -> bytes:
        listed: list[Any] = []
        arrays: dict[str, Any] = {"beside": np.frombuffer(self._guest.packed(), np.uint8)}
        for k, record in enumerate(self.records.values()):
            told, columns = state.facts(record)
            told["file"] = self._rings.files.get(record.serial)
            columns["sums"] = self._sums.setdefault(record.serial, Sums()).taken(record)
            listed.append(told)
            arrays |= {f"{k}:{name}": column for name, column in columns.items()}
        about = {
            "number": self._shelf.number, "version": self.version, "accepted": self.accepted,
            "created": self.created, "points": self.points, "budget": self.budget,
            "made": self._rings.made, "generation": self._shelf.generation + 1,
        }  # fmt: skip
        return contained(MAGIC, [about, listed], arrays)

    def tend(self) -> None:
        """Try again to keep what could not be kept; to be called now and then."""
        if not self.trouble or not self._housed():
            return
        self.trouble = ""
        self.checkpoint()
        if not self.trouble:
            log.warning("SCOPE_DATA: samples are kept again.")

    def _housed(self) -> bool:
        """Have all rings lie in files; whether they do."""
        self._rings.failed = None
        for record in self.records.values():
            if self._rings.failed is None and self._rings.files.get(record.serial) is None:
                try:
                    record.settle(record.capacity)
                except MemoryError:
                    return False
        return self._rings.failed is None

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do it; where it fails, `trouble` says why."""
        try:
            work()
        except Exception as error:  # whatever it is: nobody may be told that samples are kept
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._rings.failed = None
        if not self.trouble:
            self.trouble = trouble(error)
            unexpected = None if isinstance(error, OSError | MemoryError) else error
            log.error("SCOPE_DATA: %s.", self.trouble, exc_info=unexpected)

    def close(self) -> None:
        """Write the state for the last time, and let go of the folder."""
        self.checkpoint()
        self._shelf.close()

    # restoring

    def _restore(self) -> None:
        """Read the newest state that can be used, make the changes after it again, and go on from there."""
        wanted = self.points, self.budget
        sums, beside = self._read()
        self._guest.restore(beside, self._replay())
        self._judge(sums)
        for record in [record for record in self.records.values() if record.first == record.total]:
            log.error("SCOPE_DATA: the samples of channel %r are lost.", record.name)
            self.delete(record.name)
        self._fit(*wanted)
        self._quiet = False
        self._notice()
        if self._rings.homeless:
            self._attempt(self._shelf.resume)
        self.checkpoint()
        self._rings.sweep()

    def _read(self) -> tuple[dict[int, Any], bytes]:
        """Be as a state says; returns the sums of each record, by serial, and what its guest had kept.

        OSError  there is no memory, or no file can be opened: another start may have more
        """
        for (about, listed), arrays in self._shelf.states():
            try:
                return self._recall(about, listed, arrays)
            except (LookupError, TypeError, ValueError) as error:
                self._shelf.reject(self._shelf.state, error)
                self.records.clear()
                self._rings.files.clear()
        return {}, b""

    def _recall(self, about: Any, listed: Any, arrays: Any) -> tuple[dict[int, Any], bytes]:
        sums = {}
        for k, told in enumerate(listed):
            own = {name.partition(":")[2]: a for name, a in arrays.items() if name.startswith(f"{k}:")}
            serial, file = told["serial"], told["file"]
            dtype = FLOAT32 if told["narrow"] else FLOAT64
            rooms = self._rings.open(serial, file, told["capacity"], dtype) if file else None
            record = state.record(told, own, rooms, self._rings.room(serial))
            self.records[record.name] = record
            self.dropped += record.first - told["first"]
            sums[serial] = own["sums"], bool(told["narrow"])
        self.version, self.accepted, self.created = about["version"], about["accepted"], about["created"]
        self._rings.made = about["made"]
        self.points, self.budget = about["points"], about["budget"]
        return sums, arrays["beside"].tobytes()

    def _replay(self) -> list[bytes]:
        """Make the changes after the state again; returns the notes of batches."""
        notes: list[bytes] = []
        most, self.max_channels = self.max_channels, UNLIMITED
        for kind, body in self._shelf.changes():
            self.replayed += 1
            try:
                self._again(kind, body, notes)
            except Exception:  # so that the scope starts
                log.exception("SCOPE_DATA: change %d cannot be made again", self._shelf.number)
        self.max_channels = most
        return notes

    def _again(self, kind: int, body: Buffer, notes: list[bytes]) -> None:
        if kind == BATCH:
            entry = unpacked(body)
            self.append(entry.batch, entry.now, entry.missing)
            if entry.note:
                notes.append(entry.note)
        elif kind == SAY:
            name, facts = orjson.loads(body)
            self.say(name, **facts)
        elif kind == DELETE:
            self.delete(orjson.loads(body))
        elif kind == CLEAR:
            self.clear()

    def _judge(self, sums: dict[int, Any]) -> None:
        """Make gaps of what is not as it was written."""
        for record in self.records.values():
            self._forget_overwritten(record)
            taken, narrow = sums.get(record.serial, NO_SUMS)
            for start, stop in list(damaged(record, taken, narrow=narrow)):
                blank(record, start, stop)
                self.dropped += stop - start
        if self.dropped:
            log.error("SCOPE_DATA: %d samples were damaged; there are gaps now.", self.dropped)

    def _forget_overwritten(self, record: Record) -> None:
        """Give up samples in whose place newer ones lie, if the changes that tell of these are lost."""
        mark = self._rings.marks.get(record.serial)
        if mark is not None and mark[0] > record.total:
            first = min(max(record.first, int(mark[0]) - record.capacity), record.total)
            self.dropped += first - record.first
            record.first = first

    def _fit(self, points: int, budget: int) -> None:
        """Have as many samples as this process may, which may be more or fewer than the one before."""
        self.points, self.budget = points, budget
        for record in self.records.values():
            record.allow(points)
        self._share(len(self.records))
