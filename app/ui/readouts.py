"""What the panel shows in figures and words, as one plain dictionary for the browser."""

from __future__ import annotations

import math

from app.memory.memory import Memory
from app.memory.record import Record
from app.memory.samples import Origin
from app.scope.frame import Frame
from app.scope.link import query
from app.scope.scope import TIMEBASE, Scope
from app.ui.theme import TRACES
from app.units import engineering, plain

State = dict[str, object]
RESOLVED = 1000  # parts of a screen that a figure on the x axis tells apart
MOST_DIGITS = 15


def state(scope: Scope, memory: Memory, frame: Frame, now: float) -> State:
    """Everything the panel shows of this tab, but for the counts that all tabs share."""
    lead = scope.source(memory, frame.lead)
    drawn = {trace.channel: slot for slot, trace in frame.traces.items()}
    unit = lead.x_unit if lead is not None else ""
    return {
        "lamp": frame.lamp,
        "running": scope.running,
        "whole": scope.capture is None or scope.capture.whole,
        "following": not scope.touched,
        "timebase": plain(scope.timebase.units_per_div, unit),
        "timebase_touched": TIMEBASE in scope.touched,
        "rate": engineering(lead.rate(now), "Sa/s") if lead is not None else "---",
        "samples": f"{memory.accepted:,}".replace(",", "\u2009"),
        "axis": axis(frame, lead),
        "channels": [
            shown(scope, record, drawn.get(record.name, record.slot), now)
            for record in memory.records.values()
        ],
        "query": query(scope),
    }


def axis(frame: Frame, lead: Record | None) -> State:
    """x at the left, the centre and the right of the screen; the browser writes the time of day itself."""
    if lead is None:
        return {"clock": False, "at": ["", "", ""]}
    at = [frame.left + frame.span * share for share in (0.0, 0.5, 1.0)]
    if lead.origin is Origin.CLOCK:
        return {"clock": True, "at": at, "span": frame.span}
    return {"clock": False, "at": [located(x, frame.span, lead.x_unit) for x in at]}


def located(x: float, span: float, unit: str) -> str:
    """x with as many digits as tell apart a thousandth of the screen."""
    resolution = span / RESOLVED
    if abs(x) < resolution:
        return f"0 {unit}".rstrip()
    digits = 1 + math.floor(math.log10(abs(x))) - math.floor(math.log10(resolution))
    return engineering(x, unit, min(max(digits, 3), MOST_DIGITS))


def shown(scope: Scope, record: Record, slot: int, now: float) -> State:
    """One channel box; the slot is where the channel is drawn, or would be."""
    knobs = scope.channel(record.name)
    newest = float(record.y(record.total - 1, record.total)[-1]) if record.total > record.first else math.nan
    return {
        "name": record.name,
        "label": record.label,
        "number": record.slot + 1,
        "color": TRACES[slot % len(TRACES)],
        "on": bool(knobs.on),
        "units": plain(knobs.units_per_div, record.unit),
        "position": f"{knobs.position:.2f}",
        "value": engineering(newest, record.unit, 4),
        "rate": engineering(record.rate(now), "Sa/s"),
        "total": record.total,
        "figure": record.figure,
    }
