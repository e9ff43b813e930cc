"""The main window around a zoomed screen."""

from __future__ import annotations

from app.memory.memory import Records
from app.memory.record import Record
from app.scope.frame import Frame, Trace
from app.scope.glass import Glass
from app.scope.timebase import DIVISIONS


def parts(frame: Frame, memory: Records, glass: Glass) -> dict[int, tuple[Record, int, int]]:
    """The records on a screen by slot, each with its samples [start, stop) that are on it or around it."""
    found = {}
    for slot, trace in frame.signals.items():
        record = frame.records.get(trace.channel) or memory.records.get(trace.channel)
        if record is not None and record.serial == trace.serial:
            found[slot] = (record, *reach(frame, trace, record, glass))
    return found


def reach(frame: Frame, trace: Trace, record: Record, glass: Glass) -> tuple[int, int]:
    """Samples [start, stop) of a channel in the main window; at least those on the screen."""
    anchor = frame.held.get(trace.channel)
    if anchor is None or not glass.main:
        return trace.start, trace.stop
    span = DIVISIONS * glass.main
    left = anchor.left(span) + (0.0 if frame.history else glass.main_delay - frame.delay)
    start = record.find(left, anchor.segment) - 1
    stop = record.find(left + span, anchor.segment, side="right") + 1
    oldest = max(anchor.segment.start, record.first)
    return max(min(start, trace.start), oldest), min(max(stop, trace.stop), anchor.segment.stop, record.total)
