"""Whether a screen of the past is about to lose what it shows."""

from __future__ import annotations

from app.memory.record import Record
from app.scope.derived import Sources
from app.scope.frame import Frame, Trace

SOON = 2.0  # s


def leaving(made: Frame, memory: Sources, now: float) -> bool:
    """Whether some of the samples on a screen will have left the memory soon, or have left already.

    now  Unix seconds
    """
    pairs = ((trace, memory.records.get(trace.channel)) for trace in made.signals.values())
    return any(
        trace.start < oldest(record, memory.points, now)
        for trace, record in pairs
        if record is not None and shows(trace, record)
    )


def shows(trace: Trace, record: Record) -> bool:
    """Whether a trace is of these samples; a figure is always of the newest ones."""
    return trace.serial == record.serial and trace.start < trace.stop and not record.figure


def oldest(record: Record, points: int, now: float) -> float:
    """The number of the oldest sample that will be there soon, at the rate at which they come.

    points  most samples alive, which is known by the record itself when it has lost some
    """
    room = record.total - record.first if record.first else points
    return record.total + SOON * record.rate(now) - room
