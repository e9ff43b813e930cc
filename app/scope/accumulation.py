"""Many sweeps of a view as one picture: their average, or the envelope of them.

Sweeps are laid over one another by the interpolated instants of the trigger, on a grid of at most 16,384
points. What they come to is a small record of its own for each channel, from which the screen is drawn, and
measured, and kept when it is stopped. Only sweeps with an event enter: of others the amplitude would shrink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from app.dsp.gathering import Extremes, Mean
from app.memory.memory import Records
from app.memory.record import Record, rounded
from app.memory.samples import Origin, Samples
from app.memory.segments import Segment
from app.scope.acquisition import Acquisition
from app.scope.frame import BORDERS, ROWS, Float64s, Frame, Ints, Lamp, Window
from app.scope.resampling import columns, extent, line
from app.scope.search import Searches
from app.scope.sweep import Anchor, laid, marked, newest, share_x, shift
from app.scope.view import Drawing, View, shown

AT_FIRST, AT_ONCE = 256, 64  # sweeps taken in at most, the newest: when it begins, and at each look then
BUDGET = 262_144  # points of all channels taken in at each look; at first four times as many


class Gathered(Protocol):
    """What the sweeps of one channel came to."""

    def add(self, record: Record, window: Window) -> None:
        """Take in a sweep."""

    def points(self) -> tuple[Float64s, Float64s]:
        """Places in the window as shares of it, and y there; NaN where there is nothing."""


class Average:
    """The mean of the sweeps of a channel."""

    def __init__(self, record: Record, window: Window, setting: Acquisition, _rows: int) -> None:
        self.n = columns(record, window)
        self._mean = Mean(self.n, setting.count)

    def add(self, record: Record, window: Window) -> None:
        self._mean.add(line(record, window, self.n))

    def points(self) -> tuple[Float64s, Float64s]:
        return (np.arange(self.n) + 0.5) / self.n, self._mean.values


class Envelope:
    """The lowest and the highest of the sweeps of a channel in each column of the screen."""

    def __init__(self, _record: Record, _window: Window, setting: Acquisition, rows: int) -> None:
        self.n = (rows - BORDERS) // 2
        self._extremes = Extremes(self.n, setting.count)

    def add(self, record: Record, window: Window) -> None:
        self._extremes.add(*extent(record, window, self.n))

    def points(self) -> tuple[Float64s, Float64s]:
        """Two at each place, so that neighbours are joined at the top and at the bottom in turn."""
        y = np.stack((self._extremes.low, self._extremes.high), axis=1)
        y[1::2] = y[1::2, ::-1]
        return np.repeat((np.arange(self.n) + 0.5) / self.n, 2), y.reshape(-1)


GATHERED: dict[str, type[Average] | type[Envelope]] = {"average": Average, "envelope": Envelope}


@dataclass(frozen=True, slots=True)
class Events:
    """Instants of the trigger: sample numbers and offsets in the newest segment, both increasing."""

    numbers: Ints
    offsets: Float64s


class Accumulation:
    """Of one view; begins afresh when anything changes that it depends on.

    count  sweeps that are in it, no more than wanted
    """

    def __init__(self) -> None:
        self.count = 0
        self._key: object = None
        self._seen = -1  # sample number of the newest event that is in it
        self._at = 0.0  # its offset
        self._channels: dict[str, tuple[object, Gathered]] = {}

    def shown(self, made: Frame, view: View, memory: Records, searches: Searches, rows: int = ROWS) -> Frame:
        """The frame with what the sweeps until now came to; as it is while it runs freely, or of the past."""
        lead = memory.records.get(made.trigger.source)
        if not view.acquisition.many or view.sweep.past or lead is None or lead.figure:
            return made
        key = lead.serial, made.span, view
        if key != self._key:
            self.__init__()  # type: ignore[misc]
            self._key = key
        slots = {
            slot: record
            for slot, record in shown(view, memory).items()
            if not record.figure and record.total > record.first and share_x(lead, record, made.span)
        }
        self._take(Taking(lead, list(slots.values()), made.span, view, rows), searches)
        if made.trigger.x is None or self._seen < lead.segment().start:
            return waiting(made, view)
        return self._drawn(made, view, lead, slots, rows)

    def _take(self, taking: Taking, searches: Searches) -> None:
        """Take in the sweeps that are complete by now."""
        events = taking.events(searches, self._seen, self.count)
        for number, offset in zip(events.numbers.tolist(), events.offsets.tolist(), strict=True):
            for record in taking.records:
                self._add(taking, record, offset)
            self._seen, self._at = number, offset
        self.count = min(self.count + len(events.numbers), taking.view.acquisition.count)

    def _add(self, taking: Taking, record: Record, offset: float) -> None:
        window, setting = taking.window(record, offset), taking.view.acquisition
        key = record.serial, record.probe
        kept = self._channels.get(record.name)
        if kept is None or kept[0] != key:
            kept = key, GATHERED[setting.mode](record, window, setting, taking.rows)
            self._channels[record.name] = kept
        kept[1].add(record, window)

    def _drawn(self, made: Frame, view: View, lead: Record, slots: dict[int, Record], rows: int) -> Frame:
        """The frame with records of what was gathered in place of its channels."""
        sweep, span = view.sweep, made.span
        where = laid(list(slots.values()), lead, self._at + sweep.delay, sweep.reference, span)
        kept = {name: gathered for name, (_, gathered) in self._channels.items()}
        records = {
            slot: recorded(record, kept[record.name], where[record.name], span)
            for slot, record in slots.items()
            if record.name in kept
        }
        anchors = {record.name: anchored(where[record.name], record.segment()) for record in records.values()}
        plain = View(acquisition=view.acquisition, sweep=sweep)
        drawn = Drawing(plain, records, anchors, made.units_per_div, made.setup, rows).frame()
        trigger = replace(made.trigger, x=lead.segment().x0 + self._at)
        return replace(
            made,
            traces=dict(sorted({**made.traces, **drawn.traces}.items())),
            held={**made.held, **anchors},
            left=drawn.left if drawn.lead == made.lead else made.left,
            records={record.name: record for record in records.values()},
            sweeps=self.count,
            lamp=lamp(made, view, self.count),
            trigger=trigger,
        )


@dataclass(frozen=True, slots=True)
class Taking:
    """Sweeps to be taken in: of these records, which share the x of the one that triggers."""

    lead: Record
    records: Sequence[Record]
    span: float
    view: View
    rows: int

    def window(self, record: Record, event: float) -> Window:
        """What the sweep of an event shows of a record."""
        own, sweep = record.segment(), self.view.sweep
        left = event + shift(own, self.lead.segment()) + sweep.delay - sweep.reference * self.span
        return Window(own, left, self.span, self.view.first(record), held=True)

    def events(self, searches: Searches, seen: int, count: int) -> Events:
        """Events after sample `seen` whose sweeps are complete: the newest; of a single sweep the first ones.

        count  sweeps that have been taken in
        """
        sweep, wanted = self.view.sweep, self.view.acquisition.count
        since = marked(self.lead, sweep.single)
        after = max(seen, self.view.first(self.lead) - 1, -1 if since is None else since - 1)
        found = searches.of(self.lead, sweep.trigger).between(after, self.until())
        if since is not None:
            part = slice(0, min(self.most(begun=count > 0), wanted - count))
        else:
            most = self.most(begun=seen >= 0)
            part = slice(-(most if seen >= 0 else min(most, wanted)), None)
        return Events(found[0][part], found[1][part])

    def until(self) -> float:
        """Offset up to which the sweeps of events are complete; a channel far behind is not waited for."""
        own, end = self.lead.segment(), newest(self.lead)
        ends = [newest(record) + shift(own, record.segment()) for record in self.records]
        reached = min((x for x in ends if x >= end - self.span), default=end)
        return min(reached, end) - (1 - self.view.sweep.reference) * self.span - self.view.sweep.delay

    def most(self, *, begun: bool) -> int:
        """Sweeps that may be taken in at one look."""
        points = sum(columns(record, self.window(record, newest(self.lead))) for record in self.records)
        budget, limit = (BUDGET, AT_ONCE) if begun else (4 * BUDGET, AT_FIRST)
        return max(1, min(limit, budget // max(points, 1)))


def waiting(made: Frame, view: View) -> Frame:
    """A frame without anything gathered; a single one is done only when all of its sweeps are there."""
    lamp: Lamp = "WAIT" if view.sweep.single is not None and made.lamp == "STOP" else made.lamp
    return replace(made, lamp=lamp, sweeps=0)


def lamp(made: Frame, view: View, count: int) -> Lamp:
    """What the sweep does: a single one stops when all of its sweeps are there."""
    if view.sweep.single is None:
        return made.lamp
    return "STOP" if count >= view.acquisition.count else "TRIG'D"


def recorded(record: Record, gathered: Gathered, anchor: Anchor, span: float) -> Record:
    """What was gathered of a channel as a record of its own, at the place of the newest sweep."""
    places, y = gathered.points()
    segment = anchor.segment
    samples = Samples(
        record.name,
        segment.base,
        anchor.left(span) + places * span,
        y / record.probe,
        segment.origin if segment.origin is Origin.CLOCK else Origin.DATA,
        unit=record.unit,
        x_unit=record.x_unit,
    )
    made = Record(record.name, record.slot, len(y), rounded(len(y)), serial=record.serial)
    made.append(samples, record.updated)
    made.label, made.probe, made.named = record.label, record.probe, record.named
    return made


def anchored(anchor: Anchor, own: Segment) -> Anchor:
    """The same place in the segment of another record."""
    return replace(anchor, segment=own, offset=anchor.offset + shift(own, anchor.segment))
