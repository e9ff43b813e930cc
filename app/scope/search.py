"""The trigger search of a channel: where its signal crosses the trigger level, found once for all views."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass

import numpy as np

from app.dsp.edges import Float64s, Ints, Slope, crossings, instants
from app.memory.record import Record
from app.memory.segments import Segment
from app.scope.timebase import DIVISIONS, SLOWEST_SWEEP

SEARCHED = 100_000  # samples looked through at once, the newest there are
LOOKS = (1024, 16_384, SEARCHED)  # samples of a direct look, as long as it finds nothing
KEPT = 65_536  # newest hits
OFTEN = 16  # times the level is looked for anew while as much of the signal comes
RECENT = 1.5 * DIVISIONS * SLOWEST_SWEEP  # s; the level is between the extremes of so much of the signal
HYSTERESIS = 0.025  # of the peak-to-peak value, as automatic hysteresis
DRIFT = 0.05  # of the peak-to-peak value: how far an extreme may go before the level follows


@dataclass(frozen=True, slots=True)
class Level:
    """The automatic trigger level: the middle between two extremes.

    low, high  unit of y, low < high
    """

    low: float
    high: float

    @property
    def middle(self) -> float:
        return self.low / 2 + self.high / 2

    @property
    def hysteresis(self) -> float:
        return HYSTERESIS * (self.high - self.low)

    def fits(self, low: float, high: float) -> bool:
        """Whether the signal still has nearly these extremes."""
        most = DRIFT * min(self.high - self.low, high - low)
        return abs(low - self.low) <= most and abs(high - self.high) <= most

    def crossed(self, values: Float64s) -> Ints:
        """Numbers of the values at which the signal rises to the level."""
        return crossings(values, self.middle, Slope.RISING, self.hysteresis)

    def last(self, values: Float64s) -> float:
        """The last value that is beyond the level, far enough below it, or NaN; there is one at least."""
        for part in (values[-64:], values):
            beyond = (part >= self.middle) | (part <= self.middle - self.hysteresis) | np.isnan(part)
            at = np.flatnonzero(beyond)
            if len(at):
                break
        return float(part[at[-1]])


class Search:
    """The rising crossings of the middle of one record, by sample number.

    Every sample of the newest segment is looked at once. Where more than SEARCHED are new, and after a change
    of the level, the newest SEARCHED are looked at, and what lies before them only when it is asked for.
    """

    def __init__(self, record: Record) -> None:
        self.level: Level | None = None  # None: there is nothing to cross
        self._due = -math.inf  # offset from which on the level is looked for anew
        self._record = weakref.ref(record)
        self._restart(0)

    def _restart(self, start: int) -> None:
        """Begin afresh with sample `start`."""
        self._since = start  # no hit is missing from here on
        self._seen = start  # ... up to here
        self._before = math.nan  # stands for the samples seen: what `last` says of them
        self._numbers = np.empty(0, np.int64)
        self._offsets = np.empty(0)

    def look(self) -> None:
        """Take in the samples that are new."""
        record = self._record()
        if record is None or record.total == self._seen:
            return
        own = record.segment()
        if own.start >= self._seen:
            self.level = None
        self._relevel(record, own)
        newest = max(own.start, record.total - SEARCHED)
        if newest > self._seen or self.level is None:
            self._restart(newest)
        if self.level is not None:
            self._scan(record, self.level, own)
        self._seen = record.total

    def _relevel(self, record: Record, own: Segment) -> None:
        """Have the level in the middle of the recent extremes; what was found at another one is forgotten."""
        last = float(record.offsets(record.total - 1, record.total)[0])
        if self.level is not None and last < self._due:
            return
        recent = RECENT * (record.pace() or 0.0)
        self._due = last + recent / OFTEN
        low, high = extremes(record, own, last, recent)
        if not low < high:
            self.level = None
        elif self.level is None or not self.level.fits(low, high):
            self.level = Level(low, high)
            self._restart(0)

    def _scan(self, record: Record, level: Level, own: Segment) -> None:
        """Look through samples [seen, total), with the one before them for the instant of a crossing."""
        start = max(self._seen - 1, own.start)
        values = np.array(record.y(start, record.total), np.float64)
        first, values[0] = values[0], self._before if start < self._seen else values[0]
        at = level.crossed(values)
        self._before = level.last(np.concatenate(([self._before], values)))
        values[0] = first
        found = instants(record.offsets(start, record.total), values, level.middle, at)
        self._numbers = np.concatenate((self._numbers, start + at))
        self._offsets = np.concatenate((self._offsets, found))
        if len(found) and len(self._offsets) > KEPT:
            self._numbers, self._offsets = self._numbers[-KEPT:], self._offsets[-KEPT:]
            self._since = int(self._numbers[0])

    def newest(self, at: float, since: float) -> float | None:
        """Offset in the newest segment of the newest crossing at or before `at`, and not before `since`.

        What the kept hits do not cover is looked at directly, the SEARCHED samples up to `at`.
        """
        record = self._record()
        self.look()
        if record is None or self.level is None:
            return None
        own = record.segment()
        hit = int(self._offsets.searchsorted(at, "right")) - 1
        if hit >= 0:
            offset = float(self._offsets[hit])
            return offset if offset >= since and self._numbers[hit] > own.start else None
        if record.find(since, own) >= self._since:
            return None
        return earlier(record, own, self.level, at, since)


class Searches:
    """The searches of all records; those of records that are gone go with them."""

    def __init__(self) -> None:
        self._searches: weakref.WeakKeyDictionary[Record, Search] = weakref.WeakKeyDictionary()

    def of(self, record: Record) -> Search:
        """The search of a record, which looks at its samples when it is asked."""
        search = self._searches.get(record)
        if search is None:
            search = self._searches[record] = Search(record)
        return search

    def __len__(self) -> int:
        return len(self._searches)


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


def earlier(record: Record, own: Segment, level: Level, at: float, since: float) -> float | None:
    """Offset of the newest crossing from `since` to `at`, among the SEARCHED samples before `at` at most."""
    start = max(record.find(since, own) - 1, own.start)
    stop = min(record.find(at, own, "right") + 1, record.total)
    for n in LOOKS:
        begin = max(start, stop - n)
        values = np.asarray(record.y(begin, stop), np.float64)
        last = level.crossed(values)[-2:]  # one may be beyond `at`
        found = instants(record.offsets(begin, stop), values, level.middle, last)
        found = found[(since <= found) & (found <= at)]
        if len(found):
            return float(found[-1])
        if begin == start:
            break
    return None
