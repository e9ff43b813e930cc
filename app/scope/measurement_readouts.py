"""What a panel shows of measurements, in words and figures."""

from __future__ import annotations

from app.dsp.measure import MEASUREMENTS
from app.memory.memory import Records
from app.scope.frame import Frame
from app.scope.measuring import Measured, Taken
from app.scope.numbers import DERIVED
from app.scope.palette import TRACES
from app.units import engineering

DIGITS = 4
NONE = "---"
PREFIXLESS = ("%", "deg")
FINE = 3  # their decimals
SIGNS = {"deg": "°"}
DIM = "var(--dim)"  # of what has no trace


def measurements(measured: Measured, frame: Frame, memory: Records) -> list[dict[str, object]]:
    """The readings of a view in their order, each with its statistics."""
    slots = {trace.channel: slot for slot, trace in frame.traces.items()}
    return [
        {
            "item": str(taken.item),
            "channel": taken.item.channel,
            "other": taken.item.other,
            "name": taken.item.name,
            "label": MEASUREMENTS[taken.item.name].label,
            "value": value(taken),
            "why": taken.reading.why,
            "note": taken.note,
            "color": color(slots.get(taken.item.channel), taken.item.channel, memory),
            "stats": statistics(taken),
        }
        for taken in measured.taken
    ]


def value(taken: Taken) -> str:
    """What is read, as a text; edges are counted."""
    found = taken.reading.value
    if taken.item.name == "edges" and found is not None:
        return f"{found:.0f}"
    return text(found, taken.unit)


def statistics(taken: Taken) -> dict[str, str]:
    found = taken.statistics
    values = {"mean": found.mean, "min": found.min, "max": found.max, "sigma": found.sigma}
    return {name: text(value, taken.unit) for name, value in values.items()} | {"count": str(found.count)}


def text(value: float | None, unit: str) -> str:
    """The value with four digits and its unit; `---` for none."""
    if value is None:
        return NONE
    if unit in PREFIXLESS:
        return f"{engineering(round(value, FINE), '', DIGITS)} {SIGNS.get(unit, unit)}"
    return engineering(float(f"{value:.{DIGITS - 1}e}"), unit, DIGITS)


def color(slot: int | None, name: str, memory: Records) -> str:
    """Of a channel: as its trace is drawn, or would be."""
    record = memory.records.get(name)
    if slot is None and record is not None:
        slot = record.slot
    return DIM if slot is None or slot >= DERIVED else TRACES[slot % len(TRACES)]
