"""Where on its channels a screen lies: rolling with the newest sample, or held by an edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.memory.record import Record
from app.memory.segments import Segment, between
from app.scope.place import Place
from app.scope.search import Search, Searches
from app.scope.timebase import DIVISIONS, SLOWEST_SWEEP
from app.scope.trigger import NORMAL, Triggering

LIVE = 10.0  # s; a channel that was silent for longer does not lead the screen
FIGURE_POINTS = (
    1000  # of a figure on the screen, the newest; what the first version of this application showed
)
AUTO_WAIT = 0.25  # s that a screen shorter than a period of its signal waits for the next edge
PATIENCE = 2.0  # s, likewise of a screen that never rolls
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


Mark = tuple[int, int]  # the serial of a record, and a sample number


@dataclass(frozen=True, slots=True)
class Sweep:
    """How a view sweeps.

    reference  share of the screen left of the reference point
    delay      x from the trigger to it
    at         absolute x of the middle of the screen, in the past
    place      a sample there, likewise
    hit        an event; without the two it is at the reference point, as a live one is
    single     armed for the first event from this sample on
    force      a sweep that needs no event, at this sample
    rolls      whether a slow screen follows the newest sample instead of looking for events
    """

    trigger: Triggering = field(default_factory=Triggering)
    reference: float = 0.5
    delay: float = 0.0
    at: float | None = None
    single: Mark | None = None
    force: Mark | None = None
    place: Place | None = None
    hit: Place | None = None
    rolls: bool = True

    @property
    def past(self) -> bool:
        """Whether it is not live."""
        return not (self.at is None and self.place is None and self.hit is None)

    @property
    def waits(self) -> bool:
        """Whether nothing is shown without an event."""
        return self.trigger.mode == NORMAL or self.single is not None


@dataclass(frozen=True, slots=True)
class Held:
    """Where channels are held, by name.

    source   the channel that triggers; empty: none is looked for
    event    absolute x of the event that is shown, and where that is as a share of the screen
    waiting  there is none yet, and nothing is shown without
    done     a single sweep has been taken
    fresh    the event is a new one: not forced, not older than a screen and AUTO_WAIT
    """

    anchors: dict[str, Anchor]
    source: str = ""
    event: tuple[float, float] | None = None
    waiting: bool = False
    done: bool = False
    history: bool = False
    fresh: bool = True


class Caught(NamedTuple):
    """The event that a screen shows.

    at     its offset; None: there is none
    done   it is the one that a single sweep was armed for
    fresh  as of Held
    """

    at: float | None
    done: bool = False
    fresh: bool = True


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
    """An anchor for each Y-T channel of a screen by the default sweep."""
    return held(records, span, searches).anchors


def held(
    records: Sequence[Record],
    span: float,
    searches: Searches,
    sweep: Sweep = Sweep(),
    source: Record | None = None,
) -> Held:
    """Where the Y-T channels of a screen are held; all on one x where they have one.

    records  in screen order
    source   the channel that triggers; None: the one that leads the screen
    """
    if not records:
        return Held({})
    lead = source if source is not None and source.total > source.first else leading(records)
    hit, done, fresh = caught(lead, span, searches, sweep)
    if hit is None and sweep.waits:
        return Held({}, lead.name, waiting=True)
    reference = sweep.reference
    at = None if hit is None else hit + sweep.delay
    if at is None:
        reference = 0.5 if all(alone(record) for record in records) else 1.0
        own = lead.segment()
        peers = [record for record in records if share_x(lead, record, span)] or [lead]
        at = max(newest(peer) + shift(own, peer.segment()) for peer in peers) + min(sweep.delay, 0.0)
    found = laid(records, lead, at, reference, span)
    event = None if hit is None else (lead.segment().x0 + hit, sweep.reference - sweep.delay / span)
    return Held(found, lead.name, event, done=done, fresh=fresh)


def laid(
    records: Sequence[Record], lead: Record, at: float, reference: float, span: float
) -> dict[str, Anchor]:
    """Anchors of all channels, where the leading one is held at this offset."""
    found = {}
    for record in records:
        own = record.segment()
        if record is lead or share_x(lead, record, span):
            found[record.name] = Anchor(own, at + shift(own, lead.segment()), reference)
        else:
            found[record.name] = Anchor(own, newest(record) - span * (1 - reference), reference)
    return found


def caught(lead: Record, span: float, searches: Searches, sweep: Sweep) -> Caught:
    """The event that the screen shows."""
    search = searches.of(lead, sweep.trigger)
    last = newest(lead) - (1 - sweep.reference) * span - sweep.delay
    since = marked(lead, sweep.single)
    if since is not None:
        hit, forced = search.first(since, last), offset_of(lead, sweep.force)
        if hit is None and forced is not None and forced <= last:
            hit = forced
        if hit is not None:
            return Caught(hit, done=True)
        last = min(last, float(lead.offsets(since - 1, since)[0])) if since > lead.first else -math.inf
    pace = lead.pace()
    if sweep.waits:
        late = math.inf if pace is None else max(span, AUTO_WAIT * pace)
        kept = kept_sweep(lead, search, last, sweep.force, late)
        return kept._replace(fresh=kept.fresh and since is None)
    if not sweep.rolls:
        return Caught(search.newest(last, last - max(span, PATIENCE * (pace or 0.0))))
    if pace is None or not sweeps(lead, span):
        return Caught(None)
    return Caught(search.newest(last, last - max(span, AUTO_WAIT * pace)))


def kept_sweep(lead: Record, search: Search, last: float, force: Mark | None, late: float) -> Caught:
    """The newest event, or the forced sweep that came after it: it stays until the next one.

    last  offset at or before which it is
    late  so long before that, it says that nothing triggers
    """
    hit, forced = search.newest(last, -math.inf), offset_of(lead, force)
    if forced is not None and forced <= last and (hit is None or hit < forced):
        return Caught(forced, fresh=False)
    return Caught(hit, fresh=hit is not None and hit >= last - late)


def marked(record: Record, mark: Mark | None) -> int | None:
    """The sample of a mark, if it is one of this record."""
    return mark[1] if mark is not None and mark[0] == record.serial else None


def offset_of(record: Record, mark: Mark | None) -> float | None:
    """Where a marked sample lies in the newest segment; None: it is not there, or not yet."""
    n = marked(record, mark)
    if n is None or not max(record.segment().start, record.first) <= n < record.total:
        return None
    return float(record.offsets(n, n + 1)[0])


def alone(record: Record) -> bool:
    """Whether the newest sample is the only one of its segment: it is put into the middle, to be seen."""
    return record.total - record.segment().start == 1


def sweeps(record: Record, span: float) -> bool:
    """Whether the screen is fast enough to be held by an edge; slower ones roll."""
    pace = record.pace()
    return pace is not None and pace > 0 and span / DIVISIONS < SURELY * SLOWEST_SWEEP * pace
