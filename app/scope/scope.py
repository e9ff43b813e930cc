"""The instrument of one tab: its knobs, and the frame they show of a memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import param

from app.memory.memory import Memory
from app.memory.record import Record
from app.scope.autoset import SLOTS, Setup
from app.scope.channel import Channel
from app.scope.frame import FIGURE_POINTS, ROWS, Frame, Lamp, Trace, Window, xy, yt
from app.scope.sweep import Anchor, anchors, sweeps
from app.scope.timebase import DIVISIONS, Timebase

KEPT_BYTES = 64 << 20  # of raw samples that a stopped screen keeps for itself
SAMPLE_BYTES = 16
TIMEBASE = "timebase"


@dataclass(frozen=True, slots=True)
class Capture:
    """What a stopped screen keeps: samples by slot, where each channel was held, whether all fitted."""

    slots: Mapping[int, Record]
    anchors: Mapping[str, Anchor]
    whole: bool


class Scope(param.Parameterized):  # type: ignore[misc]
    """One front panel. Knobs that nobody has touched follow the Setup that is passed in."""

    running = param.Boolean(
        default=True, doc="Run, or Stop: the picture stands still; the memory goes on filling."
    )
    timebase = param.ClassSelector(class_=Timebase, doc="The horizontal knob.")

    def __init__(self, rows: int = ROWS) -> None:
        super().__init__(timebase=Timebase())
        self.rows = rows
        self.channels: dict[str, Channel] = {}
        self.touched: set[str] = set()  # "timebase", "vertical:NAME", "on:NAME"
        self.cleared: dict[str, tuple[int, int]] = {}  # by channel: the record's serial, and its total then
        self.capture: Capture | None = None
        self._setup = Setup()
        self._held: Mapping[str, Anchor] = {}  # where the newest frame held its channels
        self._known: set[str] = set()  # channels that were there; a link may name others that are yet to come

    def channel(self, name: str) -> Channel:
        """The knobs of a channel, made when first asked for."""
        return self.channels.setdefault(name, Channel())

    def settle(self, memory: Memory) -> None:
        """Have knobs for the channels there are, and for no others that were there."""
        for record in memory.records.values():
            if f"on:{record.name}" not in self.touched:
                self.channel(record.name).on = record.slot < SLOTS
        for name in self._known - memory.records.keys():
            self.forget(name)
        self._known = set(memory.records)

    def follow(self, memory: Memory, setup: Setup) -> None:
        """Turn the knobs that nobody has touched to where the set-up has them."""
        self._setup = setup
        if TIMEBASE not in self.touched:
            self.timebase.units_per_div = setup.units_per_div
        for name in memory.records:
            if f"vertical:{name}" not in self.touched:
                found, knobs = setup.vertical(name), self.channel(name)
                if (found.units_per_div, found.position) != (knobs.units_per_div, knobs.position):
                    knobs.param.update(units_per_div=found.units_per_div, position=found.position)

    def forget(self, name: str) -> None:
        """Drop what was kept for a channel that is gone."""
        self.channels.pop(name, None)
        self.cleared.pop(name, None)
        self.touched -= {f"on:{name}", f"vertical:{name}"}

    def sweep_speed(self, units_per_div: float) -> None:
        """Turn the timebase to this many x units per division; ValueError beyond its range."""
        self.timebase.units_per_div = units_per_div
        self.touched.add(TIMEBASE)

    def scale(self, name: str, units_per_div: float) -> None:
        """Turn a channel's units/div; ValueError beyond its range. Zero stays where it is drawn,
        unless it is off the screen: then the middle of the screen stays."""
        knobs = self.channel(name)
        ratio = knobs.units_per_div / units_per_div
        position = knobs.position if abs(knobs.position) <= 4 else knobs.position * ratio
        knobs.param.update(units_per_div=units_per_div, position=position)
        self.touched.add(f"vertical:{name}")

    def move(self, name: str, position: float) -> None:
        """Put a channel's zero so many divisions above the centre; ValueError beyond its range."""
        self.channel(name).position = position
        self.touched.add(f"vertical:{name}")

    def switch(self, name: str, *, on: bool) -> None:
        """Draw a channel, or not."""
        self.channel(name).on = on
        self.touched.add(f"on:{name}")

    def autoset(self) -> None:
        """Let go of every knob: the screen follows the signal again."""
        self.touched.clear()

    def clear(self, memory: Memory) -> None:
        """Empty this screen: samples received until now are not drawn here any more."""
        self.cleared = {name: (record.serial, record.total) for name, record in memory.records.items()}
        if self.capture is not None:
            self.capture = Capture({}, {}, whole=True)

    def stop(self, memory: Memory) -> None:
        """Hold the picture as it was last drawn, and keep the samples it shows."""
        shown = {slot: record for slot, record in self.shown(memory).items() if self.drawable(record)}
        held = anchors([r for r in shown.values() if not r.figure], self.timebase.span) | {
            name: anchor for name, anchor in self._held.items() if self.alive(memory, name, anchor)
        }
        self.capture = kept(shown, held, self.timebase.span)
        self.running = False

    def alive(self, memory: Memory, name: str, anchor: Anchor) -> bool:
        """Whether an anchor of the last frame still holds, and samples are left of what it showed."""
        record = memory.records.get(name)
        return record is not None and not record.figure and anchor.segment.stop > record.first

    def run(self) -> None:
        """Go on with the newest samples."""
        self.capture = None
        self.running = True

    def shown(self, memory: Memory) -> dict[int, Record]:
        """Channels that are on by slot: their own, or the first free one; eight at the most."""
        slots: dict[int, Record] = {}
        late = []
        for record in memory.records.values():
            if not self.channel(record.name).on:
                continue
            if record.slot < SLOTS:
                slots[record.slot] = record
            else:
                late.append(record)
        free = (slot for slot in range(SLOTS) if slot not in slots)
        slots.update(zip(free, late, strict=False))
        return dict(sorted(slots.items()))

    def frame(self, memory: Memory) -> Frame:
        """What this tab's screen shows now, from the memory or, stopped, from what it kept."""
        if self.capture is not None:
            records = {s: r for s, r in self.capture.slots.items() if self.channel(r.name).on}
            held = self.capture.anchors
        else:
            records = {slot: r for slot, r in self.shown(memory).items() if self.drawable(r)}
            held = anchors([r for r in records.values() if not r.figure], self.timebase.span)
        self._held = held
        traces = {slot: self.trace(record, held) for slot, record in records.items()}
        return self.framed(traces, list(records.values()), held)

    def drawable(self, record: Record) -> bool:
        """Whether the channel has samples that this tab has not cleared."""
        return record.total > self.first(record)

    def first(self, record: Record) -> int:
        """The oldest sample that this tab draws of a channel."""
        serial, total = self.cleared.get(record.name, (0, 0))
        return max(record.first, total) if serial == record.serial else record.first

    def source(self, memory: Memory, name: str) -> Record | None:
        """The record that the screen shows of a channel: the memory's, or the one that was kept."""
        if self.capture is None:
            return memory.records.get(name)
        return next((record for record in self.capture.slots.values() if record.name == name), None)

    def trace(self, record: Record, held: Mapping[str, Anchor]) -> Trace:
        """The line of one channel: Y-T where it is held somewhere, else its figure."""
        if record.figure or record.name not in held:
            return xy(record, self.figure_ends(record.name, alone=not held), self.first(record))
        anchor, span = held[record.name], self.timebase.span
        window = Window(anchor.segment, anchor.left(span), span, self.first(record))
        return yt(record, window, self.rows)

    def figure_ends(self, name: str, *, alone: bool) -> tuple[float, float]:
        """x at the borders for a figure; the horizontal knob is its scale while no Y-T trace needs it."""
        fitted = self._setup.figure(name)
        scale = float(self.timebase.units_per_div) if alone else fitted.units_per_div
        middle = -fitted.position * fitted.units_per_div
        half = scale * DIVISIONS / 2
        return middle - half, middle + half

    def framed(self, traces: dict[int, Trace], records: list[Record], held: Mapping[str, Anchor]) -> Frame:
        """The frame around the traces: its x axis is the first Y-T channel's, else the first figure's."""
        span = self.timebase.span
        lead = next((r for r in records if r.name in held), records[0] if records else None)
        if lead is None:
            return Frame(span=span, lamp=self.lamp(None, 1.0))
        if lead.name not in held:
            left = self.figure_ends(lead.name, alone=not held)[0]
            return Frame(traces, span, left, 0.5, lead.name, self.lamp(lead, 0.5))
        anchor = held[lead.name]
        left = anchor.segment.x0 + anchor.left(span)
        return Frame(traces, span, left, anchor.reference, lead.name, self.lamp(lead, anchor.reference))

    def lamp(self, lead: Record | None, reference: float) -> Lamp:
        """What the sweep does, in a word.

        reference  share of the screen left of the reference point
        """
        if not self.running:
            return "STOP"
        if lead is None:
            return "WAIT"
        if lead.figure:
            return "AUTO"
        if not sweeps(lead, self.timebase.span):
            return "ROLL"
        return "TRIG'D" if reference < 1 else "AUTO"


def kept(slots: Mapping[int, Record], held: Mapping[str, Anchor], span: float) -> Capture:
    """Copies of the samples on a screen; where they exceed KEPT_BYTES, the newest of each channel."""
    ranges = {slot: on_screen(record, held.get(record.name), span) for slot, record in slots.items()}
    wanted = sum(stop - start for start, stop in ranges.values()) * SAMPLE_BYTES
    share = min(1.0, KEPT_BYTES / max(wanted, 1))
    copies = {
        slot: slots[slot].copy(stop - int((stop - start) * share), stop)
        for slot, (start, stop) in ranges.items()
    }
    return Capture(copies, dict(held), share == 1.0)


def on_screen(record: Record, anchor: Anchor | None, span: float) -> tuple[int, int]:
    """Sample numbers that a screen shows of a channel, half open; without an anchor it is a figure."""
    if anchor is None:
        return max(record.first, record.total - FIGURE_POINTS), record.total
    return Window(anchor.segment, anchor.left(span), span).samples(record)
