"""Derived channels on a stopped screen: added to what it keeps, and taken out of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.memory.memory import Records
from app.memory.record import Record
from app.scope.autoset import SLOTS, Setup
from app.scope.capture import Capture
from app.scope.frame import Frame, Window, yt
from app.scope.numbers import derived
from app.scope.past import located
from app.scope.sweep import Anchor, shift


def completed(capture: Capture, names: Iterable[str], memory: Records, setup: Setup, rows: int) -> Capture:
    """The same with those of these channels that are derived, as far as their samples are still there.

    setup  where their vertical knobs begin
    rows   most points of a trace
    """
    kept = {record.name for record in capture.slots.values()}
    for name in sorted(set(names) - kept):
        record = memory.records.get(name)
        if record is not None and derived(record) and record.total > record.first:
            capture = joined(capture, record, setup, rows)
    return capture


def joined(capture: Capture, record: Record, setup: Setup, rows: int) -> Capture:
    """The same with what a record has in the window of the picture, in the last slot that is free."""
    glass = capture.frame
    lead = glass.held.get(glass.lead)
    free = [slot for slot in range(SLOTS) if slot not in capture.slots]
    if lead is None or not free:
        return capture
    own = located(record, lead.segment.x0 + lead.offset)
    anchor = Anchor(own, lead.offset + shift(own, lead.segment), lead.reference)
    window = Window(own, anchor.left(glass.span), glass.span)
    start, stop = window.samples(record)
    if stop <= start:
        return capture
    kept = record.copy(start, stop)
    channels = {**(glass.setup.channels or {}), record.name: setup.vertical(record.name)}
    glass = replace(
        glass,
        held={**glass.held, record.name: anchor},
        traces={**glass.traces, free[-1]: yt(kept, window, rows)} if plain(glass) else glass.traces,
        setup=replace(glass.setup, channels=channels),
    )
    return replace(capture, frame=glass, slots={**capture.slots, free[-1]: kept})


def plain(glass: Frame) -> bool:
    """Whether the traces of a picture are signals."""
    return glass.lines is None and glass.plane is None and glass.gram is None


def without(capture: Capture, name: str) -> Capture:
    """The same without a channel."""
    glass = capture.frame
    left = {slot: trace for slot, trace in glass.traces.items() if trace.channel != name}
    slots = {slot: record for slot, record in capture.slots.items() if record.name != name}
    return replace(capture, frame=replace(glass, traces=left), slots=slots)
