"""The log of a trigger: the events in all that a record retains, remembered from one look to the next."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np

from app.dsp.finder import Events, Finder
from app.dsp.trigger import Trigger
from app.memory.record import Record
from app.memory.ring import Ints, Side
from app.memory.samples import Float64s
from app.scope.place import Place

BLOCK = 65_536  # samples looked through at once
MOST = 2_000_000  # events kept, the newest: 32 MB
ROOM = 1024  # events for which a new log has room
LOGS = 3  # in the process

A = TypeVar("A", Ints, Float64s)


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Some of the events, oldest first.

    first    number of the first one; the first that was ever found is 1
    numbers  (k,) sample at or after each
    base, x  (k,) absolute x of the base of its segment, and its offset there
    dx       (k,) from the sample to the event
    """

    serial: int
    first: int
    numbers: Ints
    base: Float64s
    x: Float64s
    dx: Float64s

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, i: int) -> Place:
        return Place(self.serial, int(self.numbers[i]), float(self.dx[i]))


class Log:
    """The events of one trigger on one record. `step` looks on by a block; nothing is looked at twice.

    seen  the next sample to be looked at
    """

    def __init__(self, record: Record, trigger: Trigger, holdoff: float) -> None:
        self.seen = record.first
        self._record = weakref.ref(record)
        self._serial = record.serial
        self._finder = Finder(trigger, holdoff)
        self._numbers, self._x = np.empty(ROOM, np.int64), np.empty(ROOM)
        self._start = self._stop = 0  # of what is kept in them
        self._gone = 0  # events that are not kept any more

    @property
    def alive(self) -> bool:
        return self._record() is not None

    def step(self) -> bool:
        """Look through the next block; whether there was one."""
        record = self._record()
        if record is None or self.seen >= record.total:
            return False
        at = max(self.seen, record.first)
        own = record.segment(at)
        if own.start >= at:  # a segment begins here, or what was before is lost
            self._add(self._finder.pending)
            self._finder.restart()
        end = min(at + BLOCK, own.stop)
        if not own.figure:
            breaks = record.gap_starts(at, end) - at
            self._add(self._finder.feed(at, record.offsets(at, end), record.y(at, end), breaks))
        self.seen = end
        return True

    def _add(self, found: Events) -> None:
        n = len(found)
        if self._stop + n > len(self._numbers):
            self._move(n)
        self._numbers[self._stop : self._stop + n] = found.numbers
        self._x[self._stop : self._stop + n] = found.x
        self._stop += n
        self._drop(self._stop - MOST)

    def _move(self, n: int) -> None:
        """Have room for more: at the front, or else twice as much."""
        kept = self._stop - self._start
        room = max(len(self._numbers), 2 * (kept + n))
        numbers, x = np.empty(room, np.int64), np.empty(room)
        numbers[:kept], x[:kept] = self._numbers[self._start : self._stop], self._x[self._start : self._stop]
        self._numbers, self._x = numbers, x
        self._start, self._stop = 0, kept

    def _drop(self, start: int) -> None:
        """Forget the events before this position."""
        if start > self._start:
            self._gone += start - self._start
            self._start = start

    def _trim(self, record: Record) -> None:
        """Forget the events of samples that have left the record, or have become part of a figure."""
        numbers = self._numbers[: self._stop]
        self._drop(int(numbers.searchsorted(record.first)))
        own = record.segment()
        if own.figure:
            self._stop = max(self._start, int(numbers.searchsorted(own.start)))

    def page(self, limit: int, before: int | None = None, after: int | None = None) -> tuple[Page, int]:
        """At most so many events, and how many there are in all.

        before  only events of samples before this one, the newest of them
        after   only events of later samples than this one, the oldest of them unless `before` is given, too
        """
        record = self._record()
        if record is None or record.total <= record.first:
            return Page(self._serial, 1, np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0)), 0
        self._trim(record)
        late = self._finder.pending
        late = late.only(late.numbers >= record.first)
        total = self._stop - self._start + len(late)
        low = 0 if after is None else self._position(late, after, "right")
        high = total if before is None else self._position(late, before, "left")
        if after is not None and before is None:
            high = min(high, low + limit)
        low, high = max(low, high - limit), max(low, high)
        numbers = self._part(self._numbers, late.numbers, low, high)
        x = self._part(self._x, late.x, low, high)
        base, own = record.instants(numbers)
        return Page(self._serial, self._gone + low + 1, numbers, base, x, x - own), total

    def _position(self, late: Events, n: int, side: Side) -> int:
        """How many events, with those that come late, are of samples before n (right: up to n)."""
        kept = self._numbers[self._start : self._stop]
        found = int(kept.searchsorted(n, side))
        return found + (int(late.numbers.searchsorted(n, side)) if found == len(kept) else 0)

    def _part(self, column: A, late: A, low: int, high: int) -> A:
        """Events [low, high) of a column and of those that come late."""
        kept = self._stop - self._start
        parts = column[self._start : self._stop][low:high], late[max(0, low - kept) : max(0, high - kept)]
        return cast(A, np.concatenate(parts))


class Logs:
    """The logs that were asked for lately."""

    def __init__(self) -> None:
        self._logs: dict[tuple[int, Trigger, float], Log] = {}

    def of(self, record: Record, trigger: Trigger, holdoff: float) -> Log:
        self._logs = {key: log for key, log in self._logs.items() if log.alive}
        key = (record.serial, trigger, holdoff)
        log = self._logs.pop(key, None) or Log(record, trigger, holdoff)
        self._logs[key] = log
        if len(self._logs) > LOGS:
            del self._logs[next(iter(self._logs))]
        return log
