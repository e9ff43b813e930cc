"""References: what a pin holds of a channel, beside the live traces. `@3:ch1` is channel ch1 of pin 3."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from app.memory.laid import Laid, label
from app.memory.memory import Records
from app.memory.record import Record
from app.scope.derived import Made, Maker
from app.scope.frame import Frame
from app.store.pins import Pin, Pins

SIGN = "@"
GONE = "that pin is gone"


def name(pin: Pin, channel: str) -> str:
    """Of the reference to a channel of a pin."""
    return f"{SIGN}{pin.id}:{channel}"


def kept(pin: Pin) -> list[str]:
    """The channels of a pin that can be a reference: received ones with their x in order."""
    records = pin.capture.slots.values()
    return [record.name for record in records if record.name in pin.capture.frame.held and not record.figure]


def maker(pins: Pins) -> Maker:
    """What makes references of these pins."""

    def made(name: str, slot: int, points: int, serial: Callable[[], int]) -> Made:
        return Reference(pins, name, slot, points, serial)

    return made


class Reference:
    """One reference: a record of its own over the samples of the pin.

    why  why there is none; None: there is
    """

    def __init__(self, pins: Pins, name: str, slot: int, points: int, serial: Callable[[], int]) -> None:
        self.why: str | None = GONE
        self.record: Record = Laid(name, slot, points, serial())
        self._pins = pins
        number, _, self._channel = name[1:].partition(":")
        self._id = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
        self._points, self._serial = points, serial

    def advance(self, _memory: Records, _most: int) -> int:
        """Have the pin's samples while there is the pin."""
        pin = self._pins.get(self._id)
        if pin is None and self.why is None:
            self.record = Laid(self.record.name, self.record.slot, self._points, self._serial())
            self.why = GONE
        elif pin is not None and self.why is not None and self._channel in kept(pin):
            self.record, self.why = self._of(pin), None
        return 0

    def _of(self, pin: Pin) -> Record:
        found = next(r for r in pin.capture.slots.values() if r.name == self._channel)
        made, old = copy(found), self.record
        made.name, made.slot, made.serial = old.name, old.slot, self._serial()
        made.label = label(f"{SIGN}{pin.id} {found.label}")
        made.instant = instant(pin.capture.frame, self._channel)
        return made


def instant(frame: Frame, channel: str) -> float:
    """Offset of what stood at T in a picture, or in its middle if it shows no event."""
    anchor, share = frame.held[channel], frame.trigger.share
    return anchor.offset + ((0.5 if share is None else share) - anchor.reference) * frame.span
