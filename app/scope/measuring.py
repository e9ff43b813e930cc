"""What is measured of a screen: readings of the samples behind its traces, and their statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from app.dsp.measure import MEASUREMENTS, Pair, Reading, Statistics
from app.dsp.waveform import Waveform
from app.scope.coupling import means
from app.scope.frame import Frame, Trace
from app.scope.stretch import Gate, Source, Stretch, stretch
from app.scope.sweep import Anchor, shift
from app.scope.view import View

LIMIT = 262_144  # samples of a channel that are measured at most, the newest
LONGEST_ITEM = 600  # characters
OFF = "its channel is not on the screen"
OTHER_OFF = "its second channel is not on the screen"
FIGURE = "needs x that increases"
APART = "needs two channels on the same x"
OF_FIGURES = ("vpp", "max", "min", "top", "base", "amplitude", "mean", "rms", "ac_rms")
ROUNDING = 1e-12  # of the greatest value: a mean that is less is zero
HAIR = 1e-3  # of a screen: channels with one x are held this near to each other


@dataclass(frozen=True, slots=True)
class Item:
    """What is measured: `CHANNEL:name`, or `CHANNEL:name:OTHER`.

    ValueError  it is nothing that can be measured
    """

    channel: str
    name: str
    other: str = ""

    @classmethod
    def of(cls, text: str) -> Item:
        channel, _, name = text.rpartition(":")
        if channel and name in MEASUREMENTS and not isinstance(MEASUREMENTS[name], Pair):
            return cls(channel, name)
        other, (channel, _, name) = name, channel.rpartition(":")
        if channel and other and isinstance(MEASUREMENTS.get(name), Pair):
            return cls(channel, name, other)
        raise ValueError(f"{text[:64]!r} is nothing that can be measured")

    def __str__(self) -> str:
        return ":".join(part for part in (self.channel, self.name, self.other) if part)


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading.

    unit    as people know it: V, s, Hz, %, deg; empty for a number
    note    what it is of, if not of all samples on the screen
    probes  the factors that its channels had; None: they were not on the screen
    """

    item: Item
    reading: Reading
    unit: str
    note: str | None = None
    statistics: Statistics = field(default_factory=Statistics)
    probes: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The readings of one frame.

    event  what they are of: an event of the trigger, or the samples on the screen
    means  of the traces by channel, for those who take them off
    """

    frame: Frame
    measure: tuple[str, ...] = ()
    gate: Gate | None = None
    epoch: int = 0
    taken: tuple[Taken, ...] = ()
    event: tuple[object, ...] = ()
    means: Mapping[str, float] = field(default_factory=dict)

    def before(self, now: Taken) -> Taken:
        """An item with what it came to until now; nothing, if its channels had other probe factors."""
        last = next((taken for taken in self.taken if taken.item == now.item), None)
        if last is None or (None not in (last.probes, now.probes) and last.probes != now.probes):
            return now
        return replace(now, statistics=last.statistics, probes=now.probes or last.probes)


def measured(frame: Frame, view: View, source: Source, kept: Measured | None = None) -> Measured:
    """The readings that a view wants of its frame, of samples at full rate.

    source  the record of a channel
    kept    the readings before: the same ones come back for the same frame, and their statistics go on where
            gate and epoch are the same, by one value for each new event of the trigger or, where the screen
            runs freely, for each reading of other samples
    """
    wanted = (view.measure, view.gate, view.epoch)
    if kept is not None and kept.frame is frame and (kept.measure, kept.gate, kept.epoch) == wanted:
        return kept
    mean = means(frame, {} if kept is None else kept.means)
    if not view.measure:
        return Measured(frame, *wanted, means=mean)
    if kept is not None and (kept.gate, kept.epoch) != (view.gate, view.epoch):
        kept = None
    now = event(frame)
    waves = Waves(frame, source, view.gate)
    taken = [waves.taken(Item.of(text)) for text in view.measure]
    if kept is not None:
        taken = [kept.before(each) for each in taken]
    same = kept is not None and kept.event == now
    taken = [each if same and each.statistics.count else counted(each) for each in taken]
    return Measured(frame, *wanted, tuple(taken), now, mean)


def counted(taken: Taken) -> Taken:
    """A reading whose value has gone into the statistics of its item."""
    return replace(taken, statistics=taken.statistics.with_(taken.reading.value))


def event(frame: Frame) -> tuple[object, ...]:
    """What a frame shows: the event of the trigger or, if it runs freely, the samples."""
    if frame.trigger.x is not None:
        return frame.trigger.source, frame.trigger.x
    return tuple((trace.serial, trace.start, trace.stop) for trace in frame.traces.values())


@dataclass(frozen=True, slots=True)
class Wave:
    """The samples of one channel on a screen, as a waveform with offsets in their segment."""

    stretch: Stretch
    waveform: Waveform
    anchor: Anchor | None
    note: str | None

    def unit(self, kind: str) -> str:
        """As people know it, of the unit of a reading."""
        record = self.stretch.record
        return unit_of(kind, record.unit, record.x_unit)


class Waves:
    """The waveforms of one frame by channel, made when first asked for.

    gate  only this part of the screen, as shares of it
    """

    def __init__(self, frame: Frame, source: Source, gate: Gate | None = None) -> None:
        self._frame, self._source, self._gate = frame, source, gate
        self._traces = {trace.channel: trace for trace in frame.signals.values()}
        self._waves: dict[str, Wave | None] = {}

    def of(self, name: str) -> Wave | None:
        """The waveform of a channel; None: it is not on the screen."""
        if name not in self._waves:
            self._waves[name] = self._wave(self._traces[name]) if name in self._traces else None
        return self._waves[name]

    def _wave(self, trace: Trace) -> Wave | None:
        whole = stretch(self._frame, trace, self._source, self._gate)
        if whole is None:
            return None
        part, note = whole.newest(LIMIT), f"of the newest {LIMIT:,} samples".replace(",", "\u00a0")
        x = np.zeros(part.n) if part.figure else part.offsets
        waveform = Waveform(x, part.y, () if part.figure else part.breaks)
        return Wave(part, waveform, self._frame.held.get(trace.channel), note if part.n < whole.n else None)

    def taken(self, item: Item) -> Taken:
        """The reading of an item, without statistics."""
        waves = [self.of(name) for name in (item.channel, item.other) if name]
        probes = tuple(wave.stretch.record.probe for wave in waves if wave is not None)
        return replace(self._taken(item), probes=probes if len(probes) == len(waves) else None)

    def _taken(self, item: Item) -> Taken:
        measurement, wave = MEASUREMENTS[item.name], self.of(item.channel)
        if wave is None:
            return Taken(item, Reading(None, measurement.unit, OFF), unit_of(measurement.unit, "", ""))
        unit = wave.unit(measurement.unit)
        if wave.stretch.figure and item.name not in OF_FIGURES:
            return Taken(item, Reading(None, measurement.unit, FIGURE), unit)
        if not isinstance(measurement, Pair):
            return Taken(item, settled(measurement.of(wave.waveform), wave.waveform), unit, wave.note)
        second, why = self._second(wave, item.other)
        reading = Reading(None, measurement.unit, why) if why else measurement.of(wave.waveform, second)
        return Taken(item, reading, unit, wave.note)

    def _second(self, first: Wave, name: str) -> tuple[Waveform | None, str | None]:
        """The waveform of another channel on the x of the first, or why there is none."""
        second = self.of(name)
        if second is None:
            return None, OTHER_OFF
        if first.anchor is None or second.anchor is None:
            return None, FIGURE
        moved = shift(first.stretch.segment, second.stretch.segment)
        apart = second.anchor.offset + moved - first.anchor.offset
        rounding = 2 * float(np.spacing(abs(first.stretch.segment.x0)))
        if not abs(apart) <= HAIR * self._frame.span + rounding:
            return None, APART
        found = second.waveform
        return (found if not moved else Waveform(found.x + moved, found.y, found.breaks)), None


def settled(reading: Reading, waveform: Waveform) -> Reading:
    """A reading with what is nothing but rounding taken for zero."""
    if reading.value is None or reading.unit != "y":
        return reading
    most = max(abs(waveform.low), abs(waveform.high))
    return replace(reading, value=0.0) if abs(reading.value) < ROUNDING * most else reading


def measurable(item: str) -> bool:
    """Whether an item names a channel and a measurement, and another channel where there are two."""
    name, _, last = item.rpartition(":")
    if name and last in MEASUREMENTS and not isinstance(MEASUREMENTS[last], Pair):
        return len(item) <= LONGEST_ITEM
    name, _, kind = name.rpartition(":")
    return bool(name and last) and isinstance(MEASUREMENTS.get(kind), Pair) and len(item) <= LONGEST_ITEM


def of_one() -> list[str]:
    """The measurements of one waveform."""
    return [name for name, each in MEASUREMENTS.items() if not isinstance(each, Pair)]


def unit_of(kind: str, y_unit: str, x_unit: str) -> str:
    """The unit of a reading, as people know it."""
    if kind == "1/x":
        return inverse(x_unit)
    return {"y": y_unit, "x": x_unit}.get(kind, kind)


def inverse(x_unit: str) -> str:
    """Of a frequency."""
    return "Hz" if x_unit == "s" else f"1/{x_unit}" if x_unit else ""
