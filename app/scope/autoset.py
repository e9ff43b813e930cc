"""The set-up that fits the signal, followed by every screen that nobody has touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.edges import period
from app.memory.record import Record
from app.memory.samples import Floats
from app.scope import channel, timebase
from app.scope.channel import Vertical as Vertical
from app.scope.numbers import DERIVED, LETTERS, derived
from app.scope.sweep import FIGURE_POINTS, leading, newest
from app.units import at_least, at_most

SLOTS = 8
POINTS = 1000  # newest samples that a signal without a period shows
LOOKED_AT = 8192  # samples searched for a period: the newest, then every 16th and every 256th of more of them
STRIDES = (1, 16, 256)
LOWER, HIGHER = (2, 1.0), 0.1  # bands and band of a derived channel, over the others, and bands between two
TRENDS = 4  # so much higher begin those of another kind
PERIODS = (1.5, 7.0)  # on the screen before the timebase changes; a new one shows 2 to 5
FILL = 0.75  # of its band that a trace may take when it is placed
FLAT = 1e-9  # of the value: what varies by less is a constant
OVERFLOW, UNDERFLOW = 1.0, 0.25  # of its band: beyond these it is placed anew


@dataclass(frozen=True, slots=True)
class Setup:
    """Knob positions that fit: one timebase, vertical knobs by channel, horizontal ones of figures.

    single   vertical knobs of each channel as if it had the screen for itself
    singled  whether it is those that count
    """

    units_per_div: float = 1.0
    channels: dict[str, Vertical] | None = None
    figures: dict[str, Vertical] | None = None
    single: dict[str, Vertical] | None = None
    singled: bool = False

    def vertical(self, name: str) -> Vertical:
        return ((self.single if self.singled else self.channels) or {}).get(name, Vertical())

    def figure(self, name: str) -> Vertical:
        return (self.figures or {}).get(name, Vertical())

    def alone(self, *, on: bool = True) -> Setup:
        """The same with each channel in the middle of the screen, or in its part of it."""
        return self if self.singled == on else replace(self, singled=on)


class Autoset:
    """One for the process: keeps a Setup near the signal, with hysteresis so that nothing flutters."""

    def __init__(self) -> None:
        self.setup = Setup()
        self._seen: object = None

    def update(self, records: Iterable[Record], version: int, wanted: frozenset[str] = frozenset()) -> Setup:
        """The set-up for the channels as they are now; the same object while it fits.

        wanted  channels beyond the first eight that are on some screen
        """
        if (version, wanted) != self._seen:
            found = fitted(self.setup, [r for r in records if r.slot < SLOTS or r.name in wanted])
            self._seen = (version, wanted)
            if found != self.setup:
                self.setup = found
        return self.setup


def fitted(old: Setup, records: Sequence[Record]) -> Setup:
    """The set-up for these channels, as near to the old one as fits."""
    if not records:
        return Setup()
    records = sorted(records, key=lambda record: record.slot)
    figures = {
        r.name: placed((old.figures or {}).get(r.name), extremes(r.x(*figure_range(r))), 1, 0)
        for r in records
        if r.figure
    }
    traces = [record for record in records if not record.figure]
    traces = [record for record in traces if not derived(record)] or traces
    if traces:
        scale = horizontal(old.units_per_div, leading(traces))
    else:
        scale = figures[records[0].name].units_per_div
    bands = min(sum(not derived(record) for record in records), SLOTS)
    seen = {record.name: extent(record, scale) for record in records}
    places = [over(r) if derived(r) else (bands, band % bands) for band, r in enumerate(records)]
    verticals = {
        name: placed((old.channels or {}).get(name), each, *place)
        for (name, each), place in zip(seen.items(), places, strict=True)
    }
    single = {name: placed((old.single or {}).get(name), each, 1, 0) for name, each in seen.items()}
    return Setup(scale, verticals, figures, single)


def over(record: Record) -> tuple[int, float]:
    """The place of a derived channel: below the centre, each a little higher so that markers can be told."""
    place = record.slot - DERIVED + TRENDS * list(LETTERS).index(record.name[0])
    return LOWER[0], LOWER[1] - HIGHER * (place % (2 * TRENDS))


def horizontal(old: float, record: Record) -> float:
    """Units/div that show 2 to 5 periods or, without a period, the newest 500 to 1000 samples."""
    start = max(record.segment().start, record.first, record.total - POINTS)
    x = record.offsets(start, record.total)
    if x[-1] == x[0]:
        return 1.0
    found = repetition(record)
    if found is not None:
        on_screen = timebase.DIVISIONS * old / found
        return old if PERIODS[0] <= on_screen <= PERIODS[1] else at_least(found / 5)
    size = float(x[-1] - x[0])
    if len(x) < POINTS:
        return at_least(size / timebase.DIVISIONS)
    return old if 0.4 * size <= old * timebase.DIVISIONS <= 1.1 * size else at_most(size / timebase.DIVISIONS)


def repetition(record: Record) -> float | None:
    """The period of a channel, looked for among its newest samples, then among ever more of them."""
    for stride in STRIDES:
        found = period(*record.every(stride, LOOKED_AT))
        if found is not None or stride * LOOKED_AT >= record.total - record.segment().start:
            return found
    return None


def extent(record: Record, units_per_div: float) -> tuple[float, float]:
    """Lowest and highest y of the newest two screens; of the figure's points for a figure."""
    if record.figure:
        return extremes(record.y(*figure_range(record)))
    own = record.segment()
    span = timebase.DIVISIONS * units_per_div
    left = newest(record) - 2 * span
    found = record.columns(record.find(left, own), record.total, left, 3 * span, 1)
    if not len(found.index):  # x so large that a screen is nothing beside it
        return extremes(record.y(record.total - 1, record.total))
    return float(found.low[0]), float(found.high[0])


def figure_range(record: Record) -> tuple[int, int]:
    start = max(record.total - FIGURE_POINTS, record.first, record.segment().start)
    return start, record.total


def extremes(values: Floats) -> tuple[float, float]:
    """Lowest and highest value; NaN where there is none."""
    return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))


def placed(old: Vertical | None, seen: tuple[float, float], bands: int, band: float) -> Vertical:
    """Scale and position that put what was seen into its band of the screen, the topmost being band 0.

    old   kept while the trace stays inside its band and is not lost in it
    seen  lowest and highest y, NaN where there is none
    """
    low, high = seen
    if not (np.isfinite(low) and np.isfinite(high)):
        return old or Vertical()
    height = channel.DIVISIONS / bands
    centre = channel.DIVISIONS / 2 - height * (band + 0.5)
    if old is not None and fits(old, seen, centre, height):
        return old
    constant = high - low <= FLAT * max(abs(low), abs(high))
    size = 2 * abs(low) if constant else high - low  # of a constant, zero is to be on the screen, too
    scale = at_least(size / (FILL * height)) if size > 0 else 1.0
    middle = (low + high) / 2 / scale
    if abs(middle) < height / (2 if constant else 8):
        middle = 0.0
    return Vertical(scale, round(centre - middle, 1))


def fits(old: Vertical, seen: tuple[float, float], centre: float, height: float) -> bool:
    """Whether the trace is inside its band and takes enough of it."""
    low, high = (value / old.units_per_div + old.position - centre for value in seen)
    inside = max(abs(low), abs(high)) <= OVERFLOW * height / 2
    constant = seen[1] - seen[0] <= FLAT * max(abs(seen[0]), abs(seen[1]))
    return inside and (constant or high - low >= UNDERFLOW * height)
