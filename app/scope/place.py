"""A place in the past of a channel, by sample number: where x was counted twice it is still one place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.memory.record import Record
from app.memory.segments import Segment

LONGEST = 18  # digits of a number


@dataclass(frozen=True, slots=True)
class Place:
    """
    serial  of the record
    n       a sample
    dx      from there to the place, in x
    """

    serial: int
    n: int
    dx: float = 0.0

    def told(self) -> str:
        """As a link has it."""
        return f"{self.serial},{self.n}" + (f",{self.dx!r}" if self.dx else "")

    @classmethod
    def of(cls, text: str) -> Place:
        """ValueError: it is none."""
        parts = text.split(",")
        serial, n, dx = parts if len(parts) > 2 else [*parts, "0"]
        found = cls(counted(serial), counted(n), float(dx))
        if not math.isfinite(found.dx):
            raise ValueError(f"{found.dx} is no x")
        return found

    def found(self, record: Record) -> tuple[Segment, float] | None:
        """Its segment and its offset there; None: it is not in this record, or not any more."""
        if record.serial != self.serial or not record.first <= self.n < record.total:
            return None
        return record.segment(self.n), float(record.offsets(self.n, self.n + 1)[0]) + self.dx


@dataclass(frozen=True, slots=True)
class Back:
    """How far back a screen looks; nowhere: it is live.

    at     absolute x in the middle of the screen
    place  a sample there
    hit    an event; without the two it is where a live one would be
    """

    at: float | None = None
    place: Place | None = None
    hit: Place | None = None

    def to(self, at: float) -> Back:
        """There instead, by x; ValueError: it is none."""
        if not math.isfinite(at):
            raise ValueError(f"{at} is no x")
        return Back(at, None, self.hit)

    def walked(self, place: Place) -> Back:
        """There instead."""
        return Back(None, place, self.hit)


def counted(text: str) -> int:
    """The number of a sample or a record; ValueError for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise ValueError(f"{text[:LONGEST]!r} is no number of a sample")
    return int(text)
