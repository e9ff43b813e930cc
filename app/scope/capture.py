"""What a stopped screen keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.memory.memory import Memory
from app.memory.record import Record
from app.scope.frame import Frame
from app.scope.glass import Glass
from app.scope.surroundings import parts

KEPT_BYTES = 64 << 20  # of raw samples that a stopped screen keeps for itself
SAMPLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Capture:
    """What a stopped screen keeps: its frame, the samples by slot, and whether all of them fitted."""

    frame: Frame
    slots: Mapping[int, Record]
    whole: bool


def captured(glass: Frame, memory: Memory, knobs: Glass | None = None) -> Capture:
    """Copies of the samples on a screen, and around it; where they exceed KEPT_BYTES, the newest of each."""
    kept = parts(glass, memory, knobs or Glass())
    wanted = sum(stop - start for _, start, stop in kept.values()) * SAMPLE_BYTES
    share = min(1.0, KEPT_BYTES / max(wanted, 1))
    copies = {
        slot: record.copy(stop - int((stop - start) * share), stop)
        for slot, (record, start, stop) in kept.items()
    }
    return Capture(replace(glass, lamp="STOP"), copies, share == 1.0)
