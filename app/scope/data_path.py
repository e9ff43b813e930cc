"""What is known of the way of a channel's samples to here: gaps, losses, how far its clock is from ours."""

from __future__ import annotations

from app.memory.arrivals import EPOCH
from app.memory.record import Record
from app.memory.samples import Origin

UNKNOWN = "-"
Path = dict[str, object]


def skew(record: Record) -> float | None:
    """s by which the newest x was ahead of our clock when it came; None: x is no time since 1970."""
    if record.origin is not Origin.DATA or record.total == record.first or record.instant is not None:
        return None
    x = float(record.x(record.total - 1, record.total)[0])
    return x - record.updated if EPOCH[0] < x < EPOCH[1] else None


def dated(record: Record) -> bool:
    """Whether x is the time of day: of our clock, or in seconds since 1970 as the sender has it."""
    if record.origin is Origin.CLOCK:
        return True
    known = record.total > record.first and record.x_unit == "s"
    return known and EPOCH[0] < record.segment().x0 < EPOCH[1]


def ahead(seconds: float) -> str:
    """A difference of clocks as it reads, as exactly as it is worth while."""
    if abs(seconds) < 9.9995:
        return f"{seconds:+.3f} s"
    if abs(seconds) < 600:
        return f"{seconds:+.1f} s"
    return f"{seconds / 3600:+.2f} h"


def data_path(record: Record) -> Path:
    """What people are told of it.

    lost  requests that never came, which is known only where the sender numbers them
    skew  empty: x is no time since 1970
    """
    found = skew(record)
    return {
        "gaps": str(record.gaps),
        "lost": UNKNOWN if record.lost is None else str(record.lost),
        "skew": "" if found is None else ahead(found),
    }
