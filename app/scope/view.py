"""A view: the settings that decide what a screen shows, and the frame they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from app.dsp.measure import MEASUREMENTS
from app.memory.memory import Records
from app.memory.record import Record
from app.scope.acquisition import Acquisition
from app.scope.autoset import SLOTS, Setup
from app.scope.frame import ROWS, Frame, Lamp, Trace, Triggered, Window, xy, yt
from app.scope.numbers import derived
from app.scope.past import past
from app.scope.plane import Axes, told
from app.scope.search import Searches
from app.scope.spectral import Spectral
from app.scope.spectrographic import Spectrographic
from app.scope.sweep import Anchor, Held, Sweep, held, leading, sweeps
from app.scope.timebase import DIVISIONS

SINCE = "since."


def rounded(units_per_div: float) -> float:
    """The timebase to 12 significant digits, as a query has it."""
    return float(f"{units_per_div:.12g}")


@dataclass(frozen=True, slots=True)
class View:
    """Exactly the settings that decide a frame. Vertical knobs are none of them: they move axes.

    units_per_div  rounded; None: as the set-up has it
    on, off        channels that a person switched
    cleared        (channel, serial of its record, first sample shown), sorted
    measure        what is measured: `CHANNEL:name`, or `CHANNEL:name:OTHER`
    gate           the part of the screen that is measured, as shares; None: all of it
    epoch          statistics and averages begin afresh with a new one
    spectrum       None: the screen shows no spectra
    xy             the channels of an XY screen; None: it is none
    spectrogram    None: the screen shows none
    acquisition    what is made of many samples
    """

    units_per_div: float | None = None
    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    cleared: tuple[tuple[str, int, int], ...] = ()
    sweep: Sweep = field(default_factory=Sweep)
    measure: tuple[str, ...] = ()
    gate: tuple[float, float] | None = None
    epoch: int = 0
    spectrum: Spectral | None = None
    acquisition: Acquisition = field(default_factory=Acquisition)
    xy: Axes | None = None
    spectrogram: Spectrographic | None = None

    @property
    def display(self) -> str:
        """A key of DISPLAY_MODES."""
        if self.xy is not None:
            return "xy"
        if self.spectrogram is not None:
            return "spectrogram"
        return "yt" if self.spectrum is None else "fft"

    def query(self) -> str:
        """The view as the query of a link, always the same for the same view; empty for the default one."""
        found = [] if self.units_per_div is None else [("tb", f"{self.units_per_div:.12g}")]
        found += [("on", name) for name in sorted(self.on)] + [("off", name) for name in sorted(self.off)]
        found += [(f"{SINCE}{name}", f"{serial},{first}") for name, serial, first in self.cleared]
        marks = (("single", self.sweep.single), ("force", self.sweep.force))
        found += [(name, f"{mark[0]},{mark[1]}") for name, mark in marks if mark is not None]
        found += [("epoch", str(self.epoch))] if self.epoch else []
        return urlencode(found + self.told(), quote_via=quote)

    def told(self) -> list[tuple[str, str]]:
        """What is neither of a channel nor of a moment, as parameters of a link."""
        sweep = self.sweep
        found = sweep.trigger.told()
        found += [] if sweep.reference == Sweep().reference else [("ref", f"{sweep.reference:.6g}")]
        found += [("delay", f"{sweep.delay:.12g}")] if sweep.delay else []
        found += [] if sweep.at is None else [("at", repr(sweep.at))]
        found += self.acquisition.told()
        places = (("place", sweep.place), ("hit", sweep.hit))
        found += [(name, place.told()) for name, place in places if place is not None]
        found += [("m", item) for item in self.measure]
        found += [] if self.gate is None else [("gate", "{:.6g},{:.6g}".format(*self.gate))]
        found += [] if self.xy is None else told(self.xy)
        found += [] if self.spectrogram is None else self.spectrogram.told()
        return found + (self.spectrum.told() if self.spectrum is not None else [])

    def first(self, record: Record) -> int:
        """The oldest sample that is drawn of a channel; 0: all there are."""
        known = (
            first for name, serial, first in self.cleared if (name, serial) == (record.name, record.serial)
        )
        return next(known, 0)

    def used(self) -> frozenset[str]:
        """Channels of which it needs samples, besides those that are on anyway."""
        return self.on.union((self.sweep.trigger.source,), self.xy or (), *map(measured, self.measure))

    def named(self) -> frozenset[str]:
        """Channels that it says anything about."""
        return self.used() | self.off

    def lists(self, record: Record) -> bool:
        """Whether a channel is one of those to choose from: all, but derived ones only if they are named."""
        return not derived(record) or record.name in self.named()

    def draws(self, record: Record) -> bool:
        """Whether a channel is switched on."""
        return record.name in self.on or (record.slot < SLOTS and record.name not in self.off)


def shown(view: View, memory: Records) -> dict[int, Record]:
    """Channels that are on by slot: their own, or a free one (derived: the last); eight at the most."""
    drawn = [record for record in memory.records.values() if view.draws(record)]
    slots = {record.slot: record for record in drawn if record.slot < SLOTS}
    late = [record for record in drawn if record.slot >= SLOTS]
    for record in late[: SLOTS - len(slots)]:
        places = reversed(range(SLOTS)) if derived(record) else range(SLOTS)
        slots[next(slot for slot in places if slot not in slots)] = record
    return dict(sorted(slots.items()))


def measured(item: str) -> tuple[str, ...]:
    """The channels of a measurement: `CHANNEL:name`, or `CHANNEL:name:OTHER`."""
    name, _, last = item.rpartition(":")
    return (name,) if last in MEASUREMENTS else (name.rpartition(":")[0], last)


def frame(view: View, memory: Records, setup: Setup, searches: Searches, rows: int = ROWS) -> Frame:
    """What a view shows of a memory now.

    rows  most points of a trace, >= 16
    """
    units_per_div = setup.units_per_div if view.units_per_div is None else view.units_per_div
    slots = {slot: r for slot, r in shown(view, memory).items() if r.total > max(r.first, view.first(r))}
    span = DIVISIONS * units_per_div
    records = [r for r in slots.values() if not r.figure and r.instant is None]
    source = triggering(view.sweep, memory)
    if view.sweep.past:
        found = past(records, span, view.sweep, source or (leading(records) if records else None))
    else:
        found = held(records, span, searches, view.sweep, source)
    anchors = found.anchors | aligned(slots.values(), view.sweep, found, span)
    slots = {slot: record for slot, record in slots.items() if record.figure or record.name in anchors}
    made = Drawing(view, slots, anchors, units_per_div, setup, rows).frame()
    return replace(made, lead=made.lead or found.source, **said(view, made, found, memory, searches))


def aligned(records: Iterable[Record], sweep: Sweep, found: Held, span: float) -> dict[str, Anchor]:
    """Where the references are held: each with its own trigger where that of the screen stands."""
    share = sweep.reference - sweep.delay / span if found.event is None else found.event[1]
    moved = (sweep.reference - share) * span
    return {
        record.name: Anchor(record.segment(), record.instant + moved, sweep.reference)
        for record in records
        if record.instant is not None
    }


def triggering(sweep: Sweep, memory: Records) -> Record | None:
    """The channel that triggers, if it is named, or the one of a place in the past; None: there is none."""
    place = sweep.place or sweep.hit
    if place is None:
        found = memory.records.get(sweep.trigger.source)
    else:
        found = next((record for record in memory.records.values() if record.serial == place.serial), None)
    return found if found is not None and found.total > found.first else None


def said(view: View, made: Frame, found: Held, memory: Records, searches: Searches) -> dict[str, Any]:
    """What the trigger adds to a frame."""
    sweep, source = view.sweep, memory.records.get(found.source)
    lamp = "HISTORY" if found.history and memory.records else doing(sweep, made, found, source)
    if source is None:
        return {"lamp": lamp, "delay": sweep.delay, "history": found.history}
    search = searches.of(source, sweep.trigger)
    search.look_sometimes()
    x, share = found.event or (None, None)
    trigger = Triggered(
        source=source.name,
        x=x,
        share=share,
        marks=search.trigger.marks if search.trigger is not None else (),
        count=search.count,
        rate=search.rate(),
    )
    return {"lamp": lamp, "delay": sweep.delay, "history": found.history, "trigger": trigger}


def doing(sweep: Sweep, made: Frame, found: Held, source: Record | None) -> Lamp:
    """What the sweep does, in a word.

    source  the channel that triggers; None: there is none
    """
    if found.done:
        return "STOP"
    if found.waiting or not made.traces:
        return "WAIT"
    if found.event is not None:
        return "TRIG'D" if found.fresh else "WAIT"
    return "ROLL" if source is not None and sweep.rolls and not sweeps(source, made.span) else "AUTO"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Records on a screen: by slot, none of them empty, and where each Y-T channel is held, by name."""

    view: View
    slots: Mapping[int, Record]
    held: Mapping[str, Anchor]
    units_per_div: float
    setup: Setup
    rows: int

    @property
    def span(self) -> float:
        return DIVISIONS * self.units_per_div

    def frame(self) -> Frame:
        """All traces; the x axis is the first Y-T channel's, else the first figure's."""
        records = list(self.slots.values())
        lead = next((r for r in records if r.name in self.held), records[0] if records else None)
        left, reference = self.border(lead)
        return Frame(
            traces={slot: self.trace(record) for slot, record in self.slots.items()},
            span=self.span,
            left=left,
            reference=reference,
            lead="" if lead is None else lead.name,
            held=self.held,
            setup=self.setup,
            units_per_div=self.units_per_div,
            acquired=self.view.acquisition,
        )

    def trace(self, record: Record) -> Trace:
        """The line of one channel: Y-T where it is held somewhere, else its figure."""
        anchor = self.held.get(record.name)
        if record.figure or anchor is None:
            return xy(record, self.figure_ends(record.name), self.view.first(record))
        still = anchor.reference < 1
        window = Window(anchor.segment, anchor.left(self.span), self.span, self.view.first(record), still)
        return yt(record, window, self.rows, self.view.acquisition.detect)

    def figure_ends(self, name: str) -> tuple[float, float]:
        """x at the borders for a figure; the timebase is its scale while no Y-T trace needs it."""
        fitted = self.setup.figure(name)
        scale = fitted.units_per_div if self.held else self.units_per_div
        middle, half = -fitted.position * fitted.units_per_div, scale * DIVISIONS / 2
        return middle - half, middle + half

    def border(self, lead: Record | None) -> tuple[float, float]:
        """Absolute x at the left border, and the share of the screen left of the reference point."""
        if lead is None:
            return 0.0, 1.0
        anchor = self.held.get(lead.name)
        if anchor is None:
            return self.figure_ends(lead.name)[0], 0.5
        return anchor.segment.x0 + anchor.left(self.span), anchor.reference
