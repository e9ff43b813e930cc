"""The trigger search of a channel: where its trigger fires, found once for all views."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass

import numpy as np

from app.dsp.edges import Float64s, Ints
from app.dsp.finder import Finder
from app.dsp.trigger import Trigger
from app.memory.record import Record
from app.memory.segments import Segment
from app.scope.timebase import DIVISIONS, SLOWEST_SWEEP
from app.scope.trigger import Triggering

SEARCHED = 100_000  # samples looked through when a search begins, the newest there are
BEHIND = 1_000_000  # samples that are looked through to catch up; of more, the newest SEARCHED
BLOCK = 65_536  # samples looked through at once
LOOKS = (1024, 16_384, SEARCHED)  # samples of a direct look, as long as it finds nothing
KEPT = 65_536  # newest hits
OFTEN = 16  # times the level is looked for anew while as much of the signal comes
RECENT = 1.5 * DIVISIONS * SLOWEST_SWEEP  # s; the level is between the extremes of so much of the signal
DRIFT = 0.05  # of the peak-to-peak value: how far an extreme may go before the level follows
RATED = 100  # newest hits whose mean distance is the trigger rate


@dataclass(frozen=True, slots=True)
class Level:
    """Two extremes of a signal, to which a trigger is fitted.

    low, high  unit of y, low <= high
    """

    low: float
    high: float

    def fits(self, low: float, high: float) -> bool:
        """Whether the signal still has nearly these extremes."""
        most = DRIFT * min(self.high - self.low, high - low)
        return abs(low - self.low) <= most and abs(high - self.high) <= most


class Hits:
    """Numbers and offsets of the newest events, in two columns that are moved now and then."""

    def __init__(self) -> None:
        self._x = np.empty(2 * KEPT)
        self._numbers = np.empty(2 * KEPT, np.int64)
        self._n = 0

    def clear(self) -> None:
        self._n = 0

    def add(self, numbers: Ints, offsets: Float64s) -> bool:
        """Take in events; whether others had to go."""
        if len(numbers) > KEPT:
            self.clear()
            self.add(numbers[-KEPT:], offsets[-KEPT:])
            return True
        crowded = self._n + len(numbers) > 2 * KEPT
        if crowded:
            kept = KEPT
            self._numbers[:kept] = self._numbers[self._n - kept : self._n].copy()
            self._x[:kept] = self._x[self._n - kept : self._n].copy()
            self._n = kept
        stop = self._n + len(numbers)
        self._numbers[self._n : stop], self._x[self._n : stop] = numbers, offsets
        self._n = stop
        return crowded

    @property
    def numbers(self) -> Ints:
        return self._numbers[: self._n]

    @property
    def offsets(self) -> Float64s:
        return self._x[: self._n]


class Search:
    """The events of one trigger on one record, by sample number.

    Every sample of the newest segment is looked at once. When a search begins, when BEHIND are new, and after
    a change of the level, the newest SEARCHED are looked at, and those before them only when asked for.

    trigger  fitted to the signal; None: there is nothing to trigger on
    count    events ever found
    """

    def __init__(self, record: Record, setting: Triggering) -> None:
        self.trigger: Trigger | None = None
        self.level: Level | None = None
        self.count = 0
        self.setting = setting
        self._counted = -1  # events up to this sample are in the count
        self._due = -math.inf  # offset from which on the level is looked for anew
        self._record = weakref.ref(record)
        self._segment, self._reached = -1, -math.inf  # start of the segment that was looked at, and how far
        self._hits = Hits()
        self._finder: Finder | None = None
        self._restart(0)

    def _restart(self, start: int) -> None:
        """Begin afresh with sample `start`."""
        self._since = start  # no hit is missing from here on
        self._seen = start  # ... up to here
        self._hits.clear()
        self._finder = None if self.trigger is None else Finder(self.trigger, self.setting.holdoff)

    def look(self) -> None:
        """Take in the samples that are new."""
        record = self._record()
        if record is None or record.total == self._seen:
            return
        own = record.segment()
        if own.start >= self._seen:
            self._due = -math.inf
            self._restart(own.start)
        self._fit(record, own)
        if record.total - self._seen > BEHIND or self._seen < max(own.start, record.first):
            self._restart(max(own.start, record.first, record.total - SEARCHED))
        if self._finder is not None:
            self._scan(record, self._finder)
        self._seen, self._segment = record.total, own.start
        self._reached = float(record.offsets(record.total - 1, record.total)[0])

    def look_sometimes(self) -> None:
        """Take in what is new, if it is more than a moment: for the count of events."""
        record = self._record()
        if record is not None and (
            self._behind(record) or record.offsets(record.total - 1, record.total)[0] >= self._due
        ):
            self.look()

    def _behind(self, record: Record, at: float = -math.inf) -> bool:
        """Whether events up to this offset may be missing; what is newer need not be looked at yet."""
        return at >= self._reached or self._segment != record.segment().start

    def _fit(self, record: Record, own: Segment) -> None:
        """Have the trigger fit the recent extremes; what was found by another one is forgotten."""
        last = float(record.offsets(record.total - 1, record.total)[0])
        if last < self._due or (self.setting.fixed and self.trigger is not None):
            return
        recent = RECENT * (record.pace() or 0.0)
        self._due = last + recent / OFTEN
        low, high = extremes(record, own, last, recent)
        fits = self.level is not None and self.level.fits(low, high)
        if self.setting.fixed or (low < high and not fits):
            self._use(Level(low, high), record, own)

    def _use(self, level: Level, record: Record, own: Segment) -> None:
        self.level, self.trigger = level, self.setting.fitted(level.low, level.high)
        self._restart(max(own.start, record.first, record.total - SEARCHED))

    def _scan(self, record: Record, finder: Finder) -> None:
        """Look through samples [seen, total)."""
        for start in range(self._seen, record.total, BLOCK):
            stop = min(start + BLOCK, record.total)
            breaks = record.gap_starts(start, stop) - start
            found = finder.feed(start, record.offsets(start, stop), record.y(start, stop), breaks)
            if not len(found):
                continue
            self.count += int(len(found) - found.numbers.searchsorted(self._counted, "right"))
            self._counted = max(self._counted, int(found.numbers[-1]))
            if self._hits.add(found.numbers, found.x):
                self._since = int(self._hits.numbers[0])

    def newest(self, at: float, since: float) -> float | None:
        """Offset in the newest segment of the newest event at or before `at`, and not before `since`.

        What the kept hits do not cover is looked at directly, the SEARCHED samples up to `at`.
        """
        record = self._record()
        if record is not None and self._behind(record, at):
            self.look()
        if record is None or self.trigger is None:
            return None
        own = record.segment()
        hit = int(self._hits.offsets.searchsorted(at, "right")) - 1
        if hit >= 0:
            offset = float(self._hits.offsets[hit])
            return offset if offset >= since and self._hits.numbers[hit] > own.start else None
        if record.find(since, own) >= self._since:
            return None
        return earlier(record, own, self.trigger, at, since)

    def between(self, number: int, at: float) -> tuple[Ints, Float64s]:
        """Numbers and offsets of the events after sample `number` and up to offset `at`, as far as kept."""
        record = self._record()
        if record is None:
            return self._hits.numbers[:0], self._hits.offsets[:0]
        if self._behind(record, at):
            self.look()
        after = max(number, record.segment().start)
        part = slice(
            int(self._hits.numbers.searchsorted(after, "right")),
            int(self._hits.offsets.searchsorted(at, "right")),
        )
        return self._hits.numbers[part], self._hits.offsets[part]

    def first(self, number: int, until: float) -> float | None:
        """Offset of the first event at sample `number` or later, and not after `until`."""
        self.look()
        hits = self._hits
        at = int(hits.numbers.searchsorted(number))
        if at == len(hits.numbers) or hits.offsets[at] > until:
            return None
        return float(hits.offsets[at])

    def rate(self) -> float:
        """Events in a unit of x, lately; 0 where there are not two."""
        recent = self._hits.offsets[-RATED:]
        if len(recent) < 2 or recent[-1] <= recent[0]:
            return 0.0
        return (len(recent) - 1) / float(recent[-1] - recent[0])


class Searches:
    """The searches of all records by trigger; those of records that are gone go with them."""

    MOST = 64  # triggers of one record: of more, those not asked for lately begin afresh

    def __init__(self) -> None:
        self._searches: weakref.WeakKeyDictionary[Record, dict[tuple[float, Triggering], Search]] = (
            weakref.WeakKeyDictionary()
        )

    def of(self, record: Record, setting: Triggering = Triggering()) -> Search:  # noqa: B008  it is frozen
        """The search of a record for a trigger, which looks at its samples when it is asked.

        What was found with another probe factor has other levels: it is another search.
        """
        own = self._searches.setdefault(record, {})
        key = record.probe, setting.searched()
        search = own.pop(key, None) or Search(record, key[1])
        own[key] = search
        if len(own) > self.MOST:
            del own[next(iter(own))]
        return search

    def __len__(self) -> int:
        return sum(map(len, self._searches.values()))


def extremes(record: Record, own: Segment, last: float, recent: float) -> tuple[float, float]:
    """Lowest and highest y of the newest segment from offset last - recent on; NaN where there is none.

    last    offset of the newest sample
    recent  0: of the newest SEARCHED samples
    """
    start = record.find(last - recent, own) if recent > 0 else max(own.start, record.total - SEARCHED)
    if record.total - start <= LOOKS[0]:
        values = record.y(start, record.total)
        return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    left = float(record.offsets(start, start + 1)[0])
    found = record.columns(start, record.total, left, 2 * (last - left) or 1.0, 1)
    return (float(found.low[0]), float(found.high[0])) if len(found.low) else (math.nan, math.nan)


def earlier(record: Record, own: Segment, trigger: Trigger, at: float, since: float) -> float | None:
    """Offset of the newest event from `since` to `at`, among the SEARCHED samples before `at` at most."""
    start = max(record.find(since, own) - 1, own.start)
    stop = min(record.find(at, own, "right") + 2, record.total)
    for n in LOOKS:
        begin = max(start, stop - n)
        breaks = record.gap_starts(begin, stop) - begin
        found = Finder(trigger).feed(begin, record.offsets(begin, stop), record.y(begin, stop), breaks).x
        found = found[(since <= found) & (found <= at)]
        if len(found):
            return float(found[-1])
        if begin == start:
            break
    return None
