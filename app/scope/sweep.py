"""Where on its channels a screen lies: rolling with the newest sample, or held by an edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.memory.record import Record
from app.memory.segments import Segment, between
from app.scope.search import Searches
from app.scope.timebase import DIVISIONS, SLOWEST_SWEEP

LIVE = 10.0  # s; a channel that was silent for longer does not lead the screen
FIGURE_POINTS = (
    1000  # of a figure on the screen, the newest; what the first version of this application showed
)
AUTO_WAIT = 0.25  # s that a screen shorter than a period of its signal waits for the next edge
SURELY = 0.7  # the pace is an estimate; halfway to the next quicker timebase it decides nothing by chance
SCREENS_APART = 10  # channels whose x lies farther apart than this have no common x
SECONDS_APART = 2.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The point of a channel that is held at one place of the screen.

    offset     in the segment's own x
    reference  share of the screen left of it: 1 is the right border, 0.5 the centre
    """

    segment: Segment
    offset: float
    reference: float

    def left(self, span: float) -> float:
        """Offset at the left border of a screen of this span."""
        return self.offset - self.reference * span


def leading(records: Sequence[Record]) -> Record:
    """The lowest channel on the screen that still receives; `records` in screen order, not empty."""
    newest = max(record.updated for record in records)
    return next(record for record in records if record.updated >= newest - LIVE)


def shift(to: Segment, of: Segment) -> float:
    """What to add to offsets in `of` to have offsets in `to`; exact between two origins by the clock."""
    if to.origin is of.origin:
        return between(of.base, to.base, to.origin)
    return of.x0 - to.x0


def newest(record: Record) -> float:
    """Offset of the newest sample in its segment."""
    return float(record.offsets(record.total - 1, record.total)[0])


def share_x(one: Record, other: Record, span: float) -> bool:
    """Whether two channels lie on one x axis: their newest samples are as far apart as their arrivals.

    A channel that fell silent still shares the axis; one whose sender counts from another zero does not.
    """
    pace = one.pace() or other.pace() or 0.0
    apart = newest(one) - newest(other) - shift(one.segment(), other.segment())
    drift = apart - pace * (one.updated - other.updated)
    return abs(drift) <= max(SCREENS_APART * span, SECONDS_APART * abs(pace))


def anchors(records: Sequence[Record], span: float, searches: Searches) -> dict[str, Anchor]:
    """An anchor for each Y-T channel of the screen, in screen order; all on one x where they have one."""
    if not records:
        return {}
    lead = leading(records)
    peers = [record for record in records if share_x(lead, record, span)]
    at = edge(lead, span, searches)
    reference = 0.5
    if at is None:
        reference = 0.5 if all(alone(record) for record in records) else 1.0
        own = lead.segment()
        at = max(newest(peer) + shift(own, peer.segment()) for peer in peers)
    found = {}
    for record in records:
        own = record.segment()
        if record in peers:
            found[record.name] = Anchor(own, at + shift(own, lead.segment()), reference)
        else:
            found[record.name] = Anchor(own, newest(record) - span * (1 - reference), reference)
    return found


def alone(record: Record) -> bool:
    """Whether the newest sample is the only one of its segment: it is put into the middle, to be seen."""
    return record.total - record.segment().start == 1


def sweeps(record: Record, span: float) -> bool:
    """Whether the screen is fast enough to be held by an edge; slower ones roll."""
    pace = record.pace()
    return pace is not None and pace > 0 and span / DIVISIONS < SURELY * SLOWEST_SWEEP * pace


def edge(record: Record, span: float, searches: Searches) -> float | None:
    """Offset of the newest rising crossing of the middle with half a screen of samples after it.

    None where the screen rolls, or where there is no such edge within a screen and within AUTO_WAIT.
    """
    pace = record.pace()
    if pace is None or not sweeps(record, span):
        return None
    last = newest(record) - span / 2
    return searches.of(record).newest(last, last - max(span, AUTO_WAIT * pace))
