"""The instrument of one tab: its knobs, and the frame they show of a memory."""

from __future__ import annotations

from collections.abc import Mapping

import param

from app.memory.memory import Records
from app.memory.record import Record
from app.scope.accumulation import Accumulation
from app.scope.autoset import SLOTS, Setup
from app.scope.capture import Capture, captured, redrawn
from app.scope.channel import Channel
from app.scope.display import displayed
from app.scope.frame import ROWS, Frame, Trace
from app.scope.glass import Glass
from app.scope.look import Look
from app.scope.measuring import measurable
from app.scope.numbers import derived, own, staying
from app.scope.place import Back
from app.scope.search import Searches
from app.scope.showing import Showing
from app.scope.sweep import Mark, Sweep, leading
from app.scope.timebase import Timebase
from app.scope.trigger import Trigger, Triggering
from app.scope.view import Drawing, View, frame, rounded, shown

TIMEBASE = "timebase"
MOST_MEASURED = 8


class Scope(Showing, param.Parameterized):  # type: ignore[misc]
    """One front panel. Knobs that nobody has touched follow the Setup that is passed in."""

    running = param.Boolean(
        default=True, doc="Run, or Stop: the picture stands still; the memory goes on filling."
    )
    timebase = param.ClassSelector(class_=Timebase, doc="The horizontal knobs.")
    trigger = param.ClassSelector(class_=Trigger, doc="The trigger knobs.")
    glass = param.ClassSelector(class_=Glass, doc="Persistence and the zoom window.")

    def __init__(self, rows: int = ROWS) -> None:
        super().__init__(timebase=Timebase(), trigger=Trigger(), glass=Glass())
        self.rows = rows
        self.channels: dict[str, Channel] = {}
        self.touched: set[str] = set()  # "timebase", "vertical:NAME", "on:NAME"
        self.cleared: dict[str, tuple[int, int]] = {}  # by channel: the record's serial, and its total then
        self.single: Mark | None = None
        self.force: Mark | None = None
        self.back = Back()
        self.items: list[str] = []  # what is measured
        self.gate: tuple[float, float] | None = None
        self.epoch = 0
        self.look = Look()
        self.capture: Capture | None = None
        self.pin: int | None = None  # that is held
        self._setup = Setup()
        self._usual: dict[str, bool] = {}  # channels that are there: on while nobody has switched them?

    def channel(self, name: str) -> Channel:
        """The knobs of a channel, made when first asked for."""
        return self.channels.setdefault(name, Channel())

    def settle(self, memory: Records) -> None:
        """Have knobs for the channels there are, and for no others that were there."""
        usual = {r.name: r.slot < SLOTS for r in memory.records.values() if not derived(r)}
        for name, on in usual.items():
            if f"on:{name}" not in self.touched:
                self.channel(name).on = on
        for name in self._usual.keys() - usual.keys():  # a link may name others that are yet to come
            self.forget(name)
        self._usual = usual

    def follow(self, memory: Records, setup: Setup) -> None:
        """Turn the knobs that nobody has touched to where the set-up has them."""
        self._setup = setup = setup.alone(on=self.xy is not None)
        if TIMEBASE not in self.touched:
            self.timebase.units_per_div = setup.units_per_div
        for name in own(memory.records, self.channels):
            if f"vertical:{name}" not in self.touched:
                found, knobs = setup.vertical(name), self.channel(name)
                if (found.units_per_div, found.position) != (knobs.units_per_div, knobs.position):
                    knobs.param.update(units_per_div=found.units_per_div, position=found.position)
                knobs.inverted = knobs.ac = False

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
        if units_per_div == 0:
            raise ValueError("units/div is above zero")
        ratio = knobs.units_per_div / units_per_div
        position = knobs.position if abs(knobs.position) <= 4 else knobs.position * ratio
        knobs.param.update(units_per_div=units_per_div, position=position)
        self.touched.add(f"vertical:{name}")

    def move(self, name: str, position: float) -> None:
        """Put a channel's zero so many divisions above the centre; ValueError beyond its range."""
        self.channel(name).position = position
        self.touched.add(f"vertical:{name}")

    def invert(self, name: str, *, on: bool) -> None:
        """Draw a channel upside down, or not."""
        self.channel(name).inverted = on
        self.touched.add(f"vertical:{name}")

    def couple(self, name: str, *, ac: bool, mean: float = 0.0) -> None:
        """Take the mean of a channel's trace off what is drawn, or not."""
        self.channel(name).couple(ac=ac, mean=mean)
        self.touched.add(f"vertical:{name}")

    def switch(self, name: str, *, on: bool) -> None:
        """Draw a channel, or not."""
        self.channel(name).on = on
        self.touched.add(f"on:{name}")

    def delay(self, x: float) -> None:
        """Have the reference point so far after the trigger; ValueError beyond its range."""
        self.timebase.delay = x

    def refer(self, share: float) -> None:
        """Have the reference point there on the screen, 0 to 1 from the left; ValueError beyond."""
        self.timebase.reference = share

    def look_back(self, at: float | None) -> None:
        """Show the past, with absolute x `at` in the middle, or None: what is live."""
        self.back = Back() if at is None else self.back.to(at)

    def arm(self, memory: Records) -> None:
        """Take one sweep: the first one from now on."""
        self.single, self.force = self._newest(memory), None

    def arm_not(self) -> None:
        """Take no single sweep any more."""
        self.single = self.force = None

    def force_one(self, memory: Records) -> None:
        """Show a sweep at the newest sample, without an event."""
        self.force = self._newest(memory)

    def _newest(self, memory: Records) -> Mark | None:
        """The newest sample of the channel that triggers."""
        record = memory.records.get(self.trigger.source)
        shown = [record for record in self.shown(memory).values() if not record.figure]
        record = record or (leading(shown) if shown else None)
        return None if record is None else (record.serial, record.total - 1)

    def measure(self, item: str, *, on: bool) -> None:
        """Measure something, such as `ch1:frequency`, or not; ValueError: it cannot be measured."""
        if on and item not in self.items:
            if not measurable(item):
                raise ValueError(f"{item[:64]!r} is nothing that can be measured")
            if len(self.items) >= MOST_MEASURED:
                raise ValueError(f"no more than {MOST_MEASURED} measurements")
            self.items.append(item)
        elif not on and item in self.items:
            self.items.remove(item)

    def measure_between(self, first: float | None, last: float | None) -> None:
        """Measure this part of the screen only, given as shares; ValueError: it is none."""
        if first is None or last is None:
            self.gate = None
        elif 0 <= first < last <= 1:
            self.gate = (first, last)
        else:
            raise ValueError(f"{first} to {last} is no part of a screen")

    def autoset(self) -> None:
        """Let go of every knob of the screen: it follows the signal again."""
        self.touched = staying(self.touched)
        self.trigger = Trigger()
        self.timebase.param.update(delay=0.0, reference=0.5)
        self.single = self.force = None
        self.look_back(None)
        self.glass.plain()

    @property
    def following(self) -> bool:
        """Whether every knob that `autoset` lets go of has been let go."""
        free = (self.touched, self.trigger.setting()) == (staying(self.touched), Triggering())
        still = (self.timebase.delay, self.timebase.reference, self.single) == (0.0, 0.5, None)
        return free and still and self.back == Back() and not self.glass.main

    def default(self) -> None:
        """Have everything as it was when the page was opened."""
        self.autoset()
        self.touched.clear()
        self.items.clear()
        self.gate = None
        self.show_plainly()
        self.glass.persistence = 0.0
        self.look = Look()
        for knobs in self.channels.values():
            knobs.colour = 0

    def clear(self, memory: Records) -> None:
        """Empty this screen: samples received until now are not drawn here any more."""
        records = own(memory.records, self.channels)
        self.cleared = {name: (record.serial, record.total) for name, record in records.items()}
        if self.capture is not None:
            self.capture = Capture(self._redrawn({}, self.capture.frame), {}, whole=True)

    def forget_cleared(self, frame: Frame) -> None:
        """Let go of a clearing for the channels of which this frame would show nothing more without it."""
        for trace in frame.traces.values():
            serial, first = self.cleared.get(trace.channel, (trace.serial, trace.start))
            if serial != trace.serial or first < trace.start:
                del self.cleared[trace.channel]

    def view(self) -> View:
        """The settings of this tab that decide its frame; what is as it would be anyway is not in it."""
        switched = {name for name in self.channels if f"on:{name}" in self.touched}
        on = {name for name in switched if self.channel(name).on}
        cleared = ((name, *what) for name, what in self.cleared.items() if self.channel(name).on)
        return View(
            rounded(self.timebase.units_per_div) if TIMEBASE in self.touched else None,
            frozenset(name for name in on if not self._usual.get(name, False)),
            frozenset(name for name in switched - on if self._usual.get(name, True)),
            tuple(sorted(cleared)),
            Sweep(
                self.trigger.setting(),
                rounded(self.timebase.reference),
                rounded(self.timebase.delay),
                self.back.at,
                self.single,
                self.force,
                self.back.place,
                self.back.hit,
                not self.acquisition.many,
            ),
            tuple(self.items),
            self.gate,
            self.epoch,
            self.spectrum,
            self.acquisition,
            self.xy,
            self.spectrogram,
        )

    def shown(self, memory: Records) -> dict[int, Record]:
        """Channels that are on by slot: their own, or the first free one; eight at the most."""
        return shown(self.view(), memory)

    def stop(self, memory: Records, glass: Frame | None, searches: Searches) -> None:
        """Hold a picture, and keep the samples it shows.

        glass  the frame that was on the glass; None: the one that it would show now
        """
        glass = glass or self.frame(memory, searches)
        self.hold(memory, captured(glass, memory, self.glass))

    def hold(self, memory: Records, capture: Capture) -> None:
        """Hold a picture that is kept already."""
        self.follow(memory, capture.frame.setup)
        self.capture, self.running, self.pin = capture, False, None

    def run(self) -> None:
        """Go on with the newest samples."""
        self.arm_not()
        self.capture = self.pin = None
        self.running = True

    def frame(self, memory: Records, searches: Searches) -> Frame:
        """What this tab's screen shows now; stopped, the picture it holds until a knob changes that."""
        if self.capture is None:
            view = self.view()
            live = frame(view, memory, self._setup, searches, self.rows)
            live = Accumulation().shown(live, view, memory, searches, self.rows)
            return displayed(live, view, memory.records.get, rows=self.rows).frame
        self.capture = self.capture.agreed(memory)
        self.follow(memory, self._setup)
        glass = self.capture.frame
        same = (glass.units_per_div, glass.delay) == (self._units_per_div(), rounded(self.timebase.delay))
        same &= (None if glass.lines is None else glass.lines.setting) == self.spectrum
        same &= glass.acquired == self.acquisition
        same &= self.xy is None and glass.plane is None
        same &= (None if glass.gram is None else glass.gram.setting) == self.spectrogram
        if same and all(map(self._on, glass.signals.values())):
            return glass
        again = self._redrawn(self.capture.slots, glass)
        return displayed(again, self.view(), lambda name: self.source(memory, name), rows=self.rows).frame

    def source(self, memory: Records, name: str) -> Record | None:
        """The record that the screen shows of a channel: what was kept, or the memory's while nothing is."""
        if self.capture is None or not self.capture.frame.signals:
            return memory.records.get(name)
        return next((record for record in self.capture.slots.values() if record.name == name), None)

    def _units_per_div(self) -> float:
        return rounded(self.timebase.units_per_div)

    def _on(self, what: Trace | Record) -> bool:
        name = what.channel if isinstance(what, Trace) else what.name
        return bool(self.channel(name).on)

    def _redrawn(self, kept: Mapping[int, Record], glass: Frame) -> Frame:
        """The held picture with the knobs as they are now, of what was kept of it."""
        slots = {slot: record for slot, record in kept.items() if self._on(record)}
        view = View(acquisition=self.acquisition)
        drawing = Drawing(view, slots, {}, self._units_per_div(), self._setup, self.rows)
        return redrawn(glass, drawing, self.timebase.delay)
