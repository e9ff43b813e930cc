"""Where on its channels a screen of the past lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.memory.record import Record
from app.memory.segments import Segment
from app.scope.place import Place
from app.scope.sweep import Anchor, Held, Sweep, shift

SEGMENTS = 1000  # looked through for a place


def past(records: Sequence[Record], span: float, sweep: Sweep, source: Record | None) -> Held:
    """Anchors of a screen of the past.

    records  in screen order
    source   the channel that triggers, or the one that the place is in; None: it is gone
    """
    if source is None:
        return Held({}, history=True)
    middle = centre(source, sweep, span)
    if middle is None:
        return Held({}, source.name, history=True)
    reference = 0.5 if sweep.hit is None else sweep.reference
    own, offset = middle[0], middle[1] + (reference - 0.5) * span
    if sweep.at is None:
        found = {record.name: beside(record, source, own, offset, reference) for record in records}
    else:
        places = ((record.name, at_x(record, sweep.at, span, reference)) for record in records)
        found = {name: anchor for name, anchor in places if not anchor.segment.figure}
    return Held(found, source.name, event(source, sweep, Anchor(own, offset, reference), span), history=True)


def event(source: Record, sweep: Sweep, anchor: Anchor, span: float) -> tuple[float, float] | None:
    """Absolute x of the event of the past, and where it is as a share of the screen; None: it is gone.

    anchor  of the source
    """
    found = None if sweep.hit is None else sweep.hit.found(source)
    if found is None or found[0].start != anchor.segment.start:
        return None
    own, offset = found
    return own.x0 + offset, anchor.reference + (offset - anchor.offset) / span


def centre(record: Record, sweep: Sweep, span: float) -> tuple[Segment, float] | None:
    """The segment and the offset in the middle of a screen of the past; None: that is not there any more.

    record  the one that the place is in
    """
    if sweep.at is not None:
        own = located(record, sweep.at)
        return None if own.figure else (own, sweep.at - own.x0)
    place = sweep.place or sweep.hit
    found = None if place is None else place.found(record)
    if found is None or found[0].figure:
        return None
    own, offset = found
    return own, offset if sweep.place else offset + sweep.delay + (0.5 - sweep.reference) * span


def stepped(record: Record, sweep: Sweep, span: float, by: float) -> Place | None:
    """The place so far in x from the middle of a screen of the past; None: that is not there any more."""
    found = centre(record, sweep, span)
    return None if found is None else walked(record, found[0], found[1] + by)


def walked(record: Record, own: Segment, offset: float) -> Place:
    """The place at an offset of a segment; beyond its ends, at the nearest sample of the next one."""
    n = record.find(offset, own)
    if n == own.stop < record.total:
        return Place(record.serial, n)
    n = min(n, own.stop - 1)
    dx = offset - float(record.offsets(n, n + 1)[0])
    if n == own.start > record.first and dx < 0:
        return Place(record.serial, n - 1)
    return Place(record.serial, n, dx)


def beside(record: Record, lead: Record, own: Segment, offset: float, reference: float) -> Anchor:
    """Where a channel is held beside the one that has a place in this segment, at this offset.

    Of several runs with the same x it is the one that is as many runs old, else the newest.
    """
    if record is lead:
        return Anchor(own, offset, reference)
    for each in runs(record, lead.runs_after(own.start)):
        at = offset + shift(each, own)
        if covers(record, each, at):
            return Anchor(each, at, reference)
    each = located(record, own.x0 + offset)
    return Anchor(each, offset + shift(each, own), reference)


def runs(record: Record, back: int) -> Iterator[Segment]:
    """The segment that is so many before the newest, then all others from the newest on."""
    same = record.run(back)
    if same is not None:
        yield same
    own = record.segment()
    for _ in range(SEGMENTS):
        yield own
        if own.start <= record.first:
            return
        own = record.segment(own.start - 1)


def covers(record: Record, own: Segment, offset: float) -> bool:
    """Whether the samples of a segment reach from before this offset to beyond it."""
    if own.figure or own.stop <= own.start:
        return False
    first, last = record.offsets(own.start, own.start + 1), record.offsets(own.stop - 1, own.stop)
    return bool(first[0] <= offset <= last[0])


def at_x(record: Record, at: float, span: float, reference: float) -> Anchor:
    """Where a channel is held with absolute x `at` in the middle of the screen."""
    own = located(record, at)
    return Anchor(own, at - own.x0 + (reference - 0.5) * span, reference)


def located(record: Record, at: float) -> Segment:
    """The newest segment that begins at x `at` or before; the newest of all if there is none."""
    own = newest_one = record.segment()
    for _ in range(SEGMENTS):
        if own.x0 + float(record.offsets(own.start, own.start + 1)[0]) <= at or own.start <= record.first:
            break
        own = record.segment(own.start - 1)
    else:
        return newest_one
    return own
