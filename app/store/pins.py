"""Pins: screens that people keep, each with its samples, its set-up and a note, for all who look."""

from __future__ import annotations

import itertools
from copy import copy
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from app.memory.memory import Records
from app.scope.capture import Capture
from app.scope.link import recall
from app.scope.scope import Scope

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
    """The pins of a process, by number; a number is never given twice."""

    def __init__(self, room: int = ROOM, most: int = MOST) -> None:
        self.told: list[dict[str, object]] = []  # of all, the newest first; a new list after each change
        self._pins: dict[int, Pin] = {}
        self._ids = itertools.count(1)
        self._room = room
        self._most = most

    def add(self, capture: Capture, query: str, note: str, time: float) -> Pin:
        """Keep a screen.

        Full        there is no room
        ValueError  no note that can be written
        """
        note, size = written(note), sum(record.nbytes for record in capture.slots.values())
        taken = sum(pin.size for pin in self._pins.values())
        if len(self._pins) >= self._most:
            raise Full(f"{self._most} pins are kept, as many as there may be; delete one first")
        if taken + size > self._room:
            free, wanted = (self._room - taken) / 1e6, size / 1e6
            raise Full(f"{wanted:.1f} MB do not fit, {free:.1f} MB are free; delete a pin, or turn tb down")
        pin = Pin(next(self._ids), time, note, query, capture, size)
        self._pins[pin.id] = pin
        self._list()
        return pin

    def get(self, id: int | None) -> Pin | None:
        return None if id is None else self._pins.get(id)

    def write(self, id: int, note: str) -> Pin | None:
        """Another note; None: there is no such pin. ValueError: it cannot be written."""
        pin, note = self._pins.get(id), written(note)
        if pin is not None:
            pin = self._pins[id] = replace(pin, note=note)
            self._list()
        return pin

    def delete(self, id: int) -> bool:
        """False: there is no such pin."""
        gone = self._pins.pop(id, None) is not None
        self._list()
        return gone

    def _list(self) -> None:
        self.told = [pin.told() for pin in reversed(self._pins.values())]


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
        if record.name not in memory.records and f"vertical:{record.name}" not in scope.touched:
            found = pin.capture.frame.setup.vertical(record.name)
            knobs = scope.channel(record.name).param
            knobs.update(units_per_div=found.units_per_div, position=found.position)
    scope.pin = pin.id
