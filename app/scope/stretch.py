"""The samples behind a trace, at full rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.memory.record import Record
from app.memory.samples import Float64s, Floats
from app.memory.segments import Segment
from app.scope.frame import Frame, Ints, Trace

Source = Callable[[str], Record | None]
Gate = tuple[float, float]
SLACK = 1e-9  # of a screen: what rounding does to a border


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples [start, stop) of one segment of a record; of a figure they are in no order of x."""

    record: Record
    segment: Segment
    start: int
    stop: int
    figure: bool = False

    @property
    def n(self) -> int:
        return self.stop - self.start

    @property
    def offsets(self) -> Float64s:
        """(n,) from the base of the segment."""
        return self.record.offsets(self.start, self.stop)

    @property
    def y(self) -> Floats:
        return self.record.y(self.start, self.stop)

    @property
    def breaks(self) -> Ints:
        """Positions of the samples that begin after a gap."""
        return self.record.gap_starts(self.start + 1, self.stop) - self.start

    def newest(self, most: int) -> Stretch:
        """The newest of these samples."""
        start = max(self.start, self.stop - most)
        return Stretch(self.record, self.segment, start, self.stop, self.figure)


def stretch(frame: Frame, trace: Trace, source: Source, gate: Gate | None = None) -> Stretch | None:
    """The samples of a trace between the borders of its screen that are still there.

    source  the record of a channel, where the frame has none of its own
    gate    only this part of the screen, as shares of it
    returns None: the record is gone
    """
    record = frame.records.get(trace.channel) or source(trace.channel)
    if record is None or record.serial != trace.serial or record.total <= record.first:
        return None
    anchor = frame.held.get(trace.channel)
    if anchor is None:
        return figure(record, trace)
    first, last = gate or (0.0, 1.0)
    border, slack = anchor.left(frame.span), SLACK * frame.span
    start = record.find(border + first * frame.span - slack, anchor.segment)
    stop = record.find(border + last * frame.span + slack, anchor.segment, side="right")
    start = max(start, trace.start, record.first)
    return Stretch(record, anchor.segment, start, max(start, min(stop, trace.stop, record.total)))


def figure(record: Record, trace: Trace) -> Stretch:
    """The samples of a figure."""
    start = max(trace.start, record.first)
    stop = max(start, min(trace.stop, record.total))
    return Stretch(record, record.segment(max(start, min(stop, record.total) - 1)), start, stop, figure=True)
