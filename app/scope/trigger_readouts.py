"""What a panel shows of the trigger of a view, in words and figures."""

from __future__ import annotations

from app.memory.arrivals import SPAN
from app.memory.memory import Records
from app.memory.record import Record
from app.scope.data_path import dated
from app.scope.frame import Frame, Lamp
from app.scope.trigger import Triggering
from app.scope.view import View
from app.units import engineering, plain

LEVEL_DIGITS = 3


def trigger(frame: Frame, view: View, memory: Records) -> dict[str, object]:
    """The knobs of the trigger as they read, and what it did.

    marks  levels in the unit of the source
    at     share of the screen at which the event lies that it shows; None: it shows none
    x_unit, dated  of the channel that triggers: the unit of its x, and whether that is the time of day
    """
    own, did = view.sweep.trigger, frame.trigger
    record = memory.records.get(did.source)
    x_unit = record.x_unit if record is not None else ""
    slots = (slot for slot, trace in frame.traces.items() if trace.channel == did.source)
    said: dict[str, object] = {
        "kind": own.kind,
        "mode": own.mode,
        "source": own.source,
        "lead": did.source,
        "x_unit": x_unit,
        "dated": record is not None and dated(record),
        "slot": next(slots, None),
        "slope": own.slope,
        "noise": own.noise,
        "polarity": own.polarity,
        "condition": own.condition,
        "way": own.way,
        "automatic": own.level is None,
        "low_width": plain(own.low_width, x_unit),
        "high_width": plain(own.high_width, x_unit),
        "holdoff": plain(own.holdoff, x_unit),
        "time": plain(own.time, x_unit),
        "position": f"{100 * view.sweep.reference:.3g} %",
        "delay": plain(view.sweep.delay, x_unit),
        "count": did.count,
        "rate": rate(did.rate, x_unit),
        "marks": did.marks,
        "at": did.share,
        "armed": view.sweep.single is not None,
        "history": view.sweep.past,
        "hit": None if view.sweep.hit is None else view.sweep.hit.told(),
    }
    return said | levels(own, did.marks, record)


def lamp(frame: Frame, view: View, memory: Records, now: float) -> Lamp:
    """What the sweep does by now: when its channel fell silent nothing triggers, though the picture stays.

    now  Unix seconds
    """
    record = memory.records.get(frame.trigger.source)
    if frame.lamp != "TRIG'D" or record is None:
        return frame.lamp
    pace = record.pace() or 0.0
    usual = max(SPAN, frame.span / pace) if pace > 0 else SPAN
    if now - record.updated <= usual:
        return frame.lamp
    return "WAIT" if view.sweep.waits else "AUTO"


def levels(own: Triggering, marks: tuple[float, ...], record: Record | None) -> dict[str, object]:
    """The levels as they read, also while they follow the signal."""
    unit = record.unit if record is not None else ""
    low, high = marks if len(marks) == 2 else (own.low, own.high)
    level = marks[0] if len(marks) == 1 else own.level
    return {
        "level": read(level, unit),
        "low": read(low, unit),
        "high": read(high, unit),
        "hysteresis": "auto" if own.hysteresis is None else plain(own.hysteresis, unit),
    }


def read(level: float | None, unit: str) -> str:
    return "auto" if level is None else engineering(level, unit, LEVEL_DIGITS)


def rate(found: float, x_unit: str) -> str:
    """Events in a second, or in another unit of x."""
    if not found:
        return "---"
    return engineering(found, "Hz" if x_unit == "s" else f"/{x_unit}" if x_unit else "", 4)
