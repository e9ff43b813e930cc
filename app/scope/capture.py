"""What a stopped screen keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.memory.memory import Memory
from app.memory.record import Record
from app.scope.frame import Frame

KEPT_BYTES = 64 << 20  # of raw samples that a stopped screen keeps for itself
SAMPLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Capture:
    """What a stopped screen keeps: its frame, the samples by slot, and whether all of them fitted."""

    frame: Frame
    slots: Mapping[int, Record]
    whole: bool


def captured(glass: Frame, memory: Memory) -> Capture:
    """Copies of the samples on a screen; where they exceed KEPT_BYTES, the newest of each channel."""
    wanted = sum(trace.stop - trace.start for trace in glass.traces.values()) * SAMPLE_BYTES
    share = min(1.0, KEPT_BYTES / max(wanted, 1))
    copies = {}
    for slot, trace in glass.traces.items():
        record = memory.records.get(trace.channel)
        if record is not None and record.serial == trace.serial:
            start = trace.stop - int((trace.stop - trace.start) * share)
            copies[slot] = record.copy(start, trace.stop)
    return Capture(replace(glass, lamp="STOP"), copies, share == 1.0)
