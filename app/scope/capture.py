"""What a stopped screen keeps: its picture, and the samples that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.memory.memory import Records
from app.memory.record import Record
from app.scope.frame import Frame, Kind, Trace
from app.scope.glass import Glass
from app.scope.surroundings import parts
from app.scope.view import Drawing, rounded

KEPT_BYTES = 64 << 20  # of raw samples that a stopped screen keeps for itself
SAMPLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Capture:
    """What a stopped screen keeps: its frame, the samples by slot, and whether all of them fitted."""

    frame: Frame
    slots: Mapping[int, Record]
    whole: bool

    def agreed(self, memory: Records) -> Capture:
        """The same with what people say of its channels by now: the probe factor, and the unit."""
        glass = self.frame
        for slot, kept in self.slots.items():
            live = memory.records.get(kept.name)
            if live is None or live.serial != kept.serial:
                continue
            kept.named = live.named
            if live.probe != kept.probe:
                glass = magnified(glass, slot, live.probe / kept.probe)
                kept.probe = live.probe
        return self if glass is self.frame else replace(self, frame=glass)


def magnified(glass: Frame, slot: int, ratio: float) -> Frame:
    """A picture with one trace and its trigger levels multiplied; spectra have to be made anew."""
    trace = glass.traces.get(slot)
    if trace is None:
        return glass
    if trace.kind in (Kind.SPECTRUM, Kind.IMAGE):
        return replace(glass, lines=None, gram=None)
    trigger = glass.trigger
    if trigger.source == trace.channel:
        trigger = replace(trigger, marks=tuple(mark * ratio for mark in trigger.marks))
    traces: dict[int, Trace] = {**glass.traces, slot: replace(trace, y=trace.y * ratio)}
    return replace(glass, traces=traces, trigger=trigger)


def captured(glass: Frame, memory: Records, knobs: Glass | None = None) -> Capture:
    """Copies of the samples on a screen, and around it; where they exceed KEPT_BYTES, the newest of each."""
    kept = parts(glass, memory, knobs or Glass())
    wanted = sum(stop - start for _, start, stop in kept.values()) * SAMPLE_BYTES
    share = min(1.0, KEPT_BYTES / max(wanted, 1))
    copies = {
        slot: record.copy(stop - int((stop - start) * share), stop)
        for slot, (record, start, stop) in kept.items()
    }
    return Capture(replace(glass, lamp="STOP"), copies, share == 1.0)


def redrawn(glass: Frame, drawing: Drawing, delay: float) -> Frame:
    """A held picture with other knobs.

    drawing  what was kept of it, and the knobs; where each channel is held, the picture knows
    delay    x from the trigger to the reference point
    """
    names, moved = {record.name for record in drawing.slots.values()}, delay - glass.delay
    held = {
        name: replace(anchor, offset=anchor.offset + moved)
        for name, anchor in glass.held.items()
        if name in names
    }
    made = replace(drawing, held=held).frame()
    trigger = glass.trigger
    if trigger.share is not None:
        share = 0.5 + (trigger.share - 0.5) * glass.span / made.span - moved / made.span
        trigger = replace(trigger, share=share)
    lead = made.lead or glass.lead  # the x axis keeps its unit on a screen that was emptied
    return replace(made, lamp="STOP", trigger=trigger, lead=lead, delay=rounded(delay), sweeps=glass.sweeps)
