"""Pins: screens that people keep, each with its samples, its set-up and a note, for all who look."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from app.memory.memory import Records
from app.scope.capture import Capture
from app.scope.link import recall
from app.scope.scope import Scope
from app.store import pin_file
from app.store.kept import Kept
from app.store.shelf import Shelf

ROOM = 64 << 20  # bytes of samples in all pins together
MOST = 200
LONGEST = 200  # characters of a note


class Full(Exception):  # noqa: N818  it is a limit that is met, not a fault
    """There is no room for another pin; nothing was kept and nothing dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Pin:
    """A screen that is kept.

    time   when, Unix seconds
    query  the set-up, as a link has it
    size   bytes of its samples
    """

    id: int
    time: float
    note: str
    query: str
    capture: Capture
    size: int

    def told(self) -> dict[str, object]:
        """What a list says of it."""
        names = [trace.channel for trace in self.capture.frame.traces.values()]
        samples = sum(record.total - record.first for record in self.capture.slots.values())
        return {
            "id": self.id, "time": self.time, "note": self.note, "query": self.query, "channels": names,
            "samples": samples, "size": self.size, "whole": self.capture.whole,
        }  # fmt: skip

    def held(self) -> Capture:
        """Its picture and samples for one tab, which may say other things of the channels than another."""
        slots = {slot: copy(record) for slot, record in self.capture.slots.items()}
        return replace(self.capture, slots=slots)


class Pins:
    """The pins by number; a number is never given twice.

    told   of all, the newest first; a new list after each change
    shelf  where they survive the process; None: memory only
    """

    def __init__(self, room: int = ROOM, most: int = MOST, shelf: Shelf | None = None) -> None:
        self.told: list[dict[str, object]] = []
        self._room = room
        self._most = most
        self.kept: Kept[Pin] = Kept(shelf, read, bytes_of, self._list)
        self._list()

    def add(self, capture: Capture, query: str, note: str, time: float) -> Pin:
        """Keep a screen.

        Full        there is no room
        ValueError  no note that can be written
        OSError     there is no room where it is to be written
        """
        note, size = written(note), size_of(capture)
        taken = sum(pin.size for pin in self.kept.things.values())
        if len(self.kept.things) >= self._most:
            raise Full(f"{self._most} pins are kept, as many as there may be; delete one first")
        if taken + size > self._room:
            free, wanted = max(self._room - taken, 0) / 1e6, size / 1e6
            raise Full(f"{wanted:.1f} MB do not fit, {free:.1f} MB are free; delete a pin, or turn tb down")
        pin = Pin(self.kept.claim(), time, note, query, still(capture), size)
        self.kept.put(pin.id, pin)
        return pin

    def get(self, id: int | None) -> Pin | None:
        return None if id is None else self.kept.things.get(id)

    def write(self, id: int, note: str) -> Pin | None:
        """Another note; None: there is no such pin. ValueError: it cannot be written."""
        pin, note = self.get(id), written(note)
        if pin is not None:
            pin = replace(pin, note=note)
            self.kept.put(id, pin)
        return pin

    def delete(self, id: int) -> bool:
        """False: there is no such pin."""
        return self.kept.drop(id)

    def saving(self, id: int) -> asyncio.Task[Hashable] | None:
        """What writes a pin, if anything does; see Kept."""
        return self.kept.saving(id)

    def _list(self) -> None:
        self.told = [pin.told() for _, pin in sorted(self.kept.things.items(), reverse=True)]


def still(capture: Capture) -> Capture:
    """The same with the rates as they are now, whatever comes in later on its channels."""
    slots = {slot: copy(record) for slot, record in capture.slots.items()}
    for record in slots.values():
        record._arrivals = deepcopy(record._arrivals)
    return replace(capture, slots=slots)


def size_of(capture: Capture) -> int:
    return sum(record.nbytes for record in capture.slots.values())


def bytes_of(pin: Pin) -> Sequence[bytes]:
    return pin_file.written(pin.id, pin.time, pin.note, pin.query, pin.capture)


def read(id: int, data: bytes) -> Pin:
    """Damaged, Newer: there is none in it."""
    found = pin_file.read(id, data)
    return Pin(id, **found, size=size_of(found["capture"]))


def written(note: str) -> str:
    """A note as it is kept: one line; ValueError: it is too long, or no text."""
    note = " ".join(note.split())
    if len(note) > LONGEST or not note.isprintable():
        raise ValueError(f"a note has at most {LONGEST} characters, all of which can be printed")
    return note


def show(pin: Pin, scope: Scope, memory: Records) -> None:
    """Have a front panel hold a pin, with the knobs as they were."""
    scope.default()
    recall(scope, parse_qs(pin.query))
    scope.look_back(None)
    scope.arm_not()
    scope.settle(memory)
    scope.hold(memory, pin.held())
    for record in pin.capture.slots.values():
        if not scope.channel(record.name).on and f"on:{record.name}" not in scope.touched:
            scope.switch(record.name, on=True)  # one that is there by this name is off until someone asks
        if record.name not in memory.records and f"vertical:{record.name}" not in scope.touched:
            found = pin.capture.frame.setup.vertical(record.name)
            knobs = scope.channel(record.name).param
            knobs.update(units_per_div=found.units_per_div, position=found.position)
    scope.pin = pin.id
