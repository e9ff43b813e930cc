"""A record: the newest samples of one channel, with what is known about their x and their arrival."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.envelope import Columns
from app.memory.arrivals import SPACING, Arrivals
from app.memory.axis import Axis
from app.memory.columns import Stretch
from app.memory.pyramid import CHUNK, FACTOR, Pyramid
from app.memory.ring import Ints, Ring, Side
from app.memory.samples import Float64s, Floats, Origin, Samples
from app.memory.segments import Segment
from app.memory.steps import Steps

FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
START = 4096  # samples for which a new record has room
GROWTH = 16  # it grows by this factor when full
FACTS = {"label", "named", "probe"}
MOST_LOST = (1 << 53) - 1  # requests; also a number of JSON
LAZY = 8192  # samples that may wait for the pyramid


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a block landed: its sample numbers, half open, and the x of the first (CLOCK: Unix seconds)."""

    channel: str
    start: int
    stop: int
    x0: float


Room = Callable[[int, "np.dtype[np.floating]"], tuple[Float64s, Floats]]


def in_memory(capacity: int, dtype: np.dtype[np.floating]) -> tuple[Float64s, Floats]:
    """Room for the offsets and the values of so many samples."""
    return np.empty(capacity), np.empty(capacity, dtype)


class Record:
    """Samples by absolute number: `first` is the oldest alive, `total` the next to come.

    points    most samples alive
    limit     most samples that memory is there for, a multiple of 16; `resize` changes it
    serial    tells a record from a later one of the same name; copies keep it
    lost      requests of its senders that are missing; None: they do not number them
    instant   of a reference, the offset that stands where a live trigger does; None: it is none
    room      gives it room for samples
    narrow    whether its values have 4 bytes, as they were sent, and not 8

    Besides its samples it has facts that all share: `label`, what people call it; `probe`, by which every
    value is multiplied as it is read; `named`, the unit that people say it has, whatever the sender says.
    """

    def __init__(
        self,
        name: str,
        slot: int,
        points: int,
        limit: int,
        *,
        narrow: bool = False,
        serial: int = 0,
        room: Room = in_memory,
    ) -> None:
        self.serial = serial
        self.name = name
        self.label = name
        self.slot = slot
        self.probe = 1.0
        self.named = ""
        self._unit = self._x_unit = ""
        self.total = 0
        self.first = 0
        self.updated = 0.0
        self.instant: float | None = None
        self.lost: int | None = None
        self._points = points
        self._limit = limit
        self._arrivals = Arrivals()
        self._room = room
        self.narrow = narrow
        offsets, values = room(min(START, limit), FLOAT32 if narrow else FLOAT64)
        self._axis = Axis(offsets)
        self._y: Ring[Floats] = Ring(values)
        self._pyramid = Pyramid(len(values), values.dtype, 0)

    # writing

    def append(self, samples: Samples, now: float) -> Placed:
        """Take a block; of more than fit, the newest stay."""
        y = samples.y
        start, n = self.total, len(y)
        stop = start + n
        self.reserve(n, y.dtype)
        x0 = self._axis.append(start, samples)
        self.total = stop
        self.first = max(self.first, stop - min(self._points, self._y.capacity))
        self._store(start, y)
        self._note(samples, now)
        return Placed(self.name, start, stop, x0)

    def miss(self, n: int) -> None:
        """So many requests are missing before the next sample; -1: one that was missing comes now."""
        self.lost = min(max(0, (self.lost or 0) + n), MOST_LOST)
        if n > 0:
            self.gap()

    def gap(self) -> None:
        """Nobody knows what is missing before the next sample."""
        if self.total and not self.figure:
            self._axis.segments.mark(self.total)

    def reserve(self, n: int, dtype: np.dtype[np.floating]) -> None:
        """Have room for so many more samples of this type, as far as there may be.

        MemoryError  there is none; all samples are as they were
        """
        if self.narrow and dtype != FLOAT32:
            self.settle(self._y.capacity, widen=True)
        stop = self.total + n
        if stop - self.first > self._y.capacity < self._limit:
            self._move(min(self._limit, max(GROWTH * self._y.capacity, rounded(stop - self.first))))

    def _store(self, start: int, y: Floats) -> None:
        if len(y) == 1:
            self._y.put(start, y.item(0))
            if self.total - self._pyramid.built >= LAZY:
                self._build(self.total)
            return
        for at in range(max(0, len(y) - self._y.capacity), len(y), CHUNK):
            self._y.write(start + at, y[at : at + CHUNK])
            done = min(start + at + CHUNK, self.total)
            if done - self._pyramid.built >= LAZY:
                self._build(done)

    def _build(self, total: int) -> None:
        self._pyramid.build(self._axis.ring, self._y, self.first, total)

    def _note(self, samples: Samples, now: float) -> None:
        """What else an append tells."""
        axis = self._axis
        if samples.unit is not None:
            self._unit = samples.unit
        if samples.x_unit is not None and axis.origin is Origin.DATA:
            self._x_unit = samples.x_unit
        self.noted(now)

    def noted(self, now: float) -> None:
        """Samples have arrived."""
        axis = self._axis
        self.updated = now
        axis.segments.prune(self.first)
        if not self._arrivals.due - SPACING <= now < self._arrivals.due:
            self._arrivals.mark(now, self.total, axis.x0 + axis.last, axis.segments.starts[-1])

    def resize(self, limit: int) -> None:
        """Change the room there is; what no longer fits is given up, the oldest first."""
        self._limit = limit
        if self._y.capacity > limit:
            self._move(limit)

    def allow(self, points: int) -> None:
        """Change how many samples may be alive; what is too many is given up, the oldest first."""
        self._points = points
        self.first = max(self.first, self.total - min(points, self._y.capacity))

    def _move(self, capacity: int) -> None:
        self.first = max(self.first, self.total - min(self._points, capacity))
        self.settle(capacity)

    def settle(self, capacity: int, *, widen: bool = False) -> None:
        """Have what lives in new room, if there is any."""
        narrow = self.narrow and not widen
        axis, alive, dtype = self._axis, (self.first, self.total), FLOAT32 if narrow else FLOAT64
        pyramid = Pyramid(capacity, dtype, self.first)  # first: who takes room has to move into it
        offsets, values = self._room(capacity, dtype)
        made = axis.ring.moved(offsets, *alive), self._y.moved(values, *alive)
        (axis.ring, self._y), self._pyramid, self.narrow = made, pyramid, narrow

    def say(self, **facts: str | float) -> None:
        """Have facts of it known to all: `label`, `named`, `probe`."""
        for fact in FACTS & facts.keys():
            setattr(self, fact, facts[fact])

    # reading

    @property
    def capacity(self) -> int:
        return self._y.capacity

    @property
    def figure(self) -> bool:
        return self._axis.figure

    @property
    def origin(self) -> Origin:
        """Of the newest segment: DATA or CLOCK."""
        return self._axis.origin

    @property
    def unit(self) -> str:
        """What people say, for good; else what the sender said last."""
        return self.named or self._unit

    @property
    def x_unit(self) -> str:
        """What the sender says; seconds while the server's clock gives x."""
        return "s" if self.origin is Origin.CLOCK else self._x_unit

    @property
    def gaps(self) -> int:
        """Gaps and jumps since the channel began."""
        return self._axis.segments.gaps

    @property
    def nbytes(self) -> int:
        return self._axis.ring.nbytes + self._y.nbytes + self._pyramid.nbytes

    def y(self, start: int, stop: int) -> Floats:
        """The values of what lives of [start, stop): a view good until the next append, or a copy."""
        return self._probed(self._y.read(*self._alive(start, stop)))

    def values(self, numbers: Ints) -> Floats:
        """The values of living samples with these numbers."""
        return self._probed(self._y.at(numbers))

    def offsets(self, start: int, stop: int) -> Float64s:
        """The offsets from the base of their segment; likewise."""
        return self._axis.ring.read(*self._alive(start, stop))

    def x(self, start: int, stop: int) -> Float64s:
        """x as float64 (CLOCK: Unix seconds), also across segments."""
        start, stop = self._alive(start, stop)
        if start == stop:
            return np.empty(0)
        return self._axis.segments.bases(start, stop) + self._axis.ring.read(start, stop)

    def segment(self, n: int | None = None) -> Segment:
        """The segment that holds sample n, clipped to what lives; None: the newest."""
        return self._axis.segments.at(self.total - 1 if n is None else n, self.first, self.total)

    def runs_after(self, n: int) -> int:
        """How many segments are newer than that of sample n."""
        return self._axis.segments.after(n)

    def run(self, back: int) -> Segment | None:
        """The segment that is so many before the newest one; None: it is not there any more."""
        n = self._axis.segments.start(back)
        own = None if n is None else self.segment(n)
        return own if own is not None and own.stop > self.first else None

    def instants(self, numbers: Ints) -> tuple[Float64s, Float64s]:
        """Base, as x, and offset of living samples with these numbers, which do not fall."""
        return self._axis.segments.bases_at(numbers), self._axis.ring.at(numbers)

    def find(self, offset: float, segment: Segment, side: Side = "left") -> int:
        """The first sample of a segment with at least (right: more than) this offset; else its stop."""
        start, stop = self._alive(segment.start, segment.stop)
        return self._axis.ring.search(offset, start, stop, side)

    def gap_starts(self, start: int, stop: int) -> Ints:
        """Samples in [start, stop) that no line may reach from the left: after gaps, starts of segments."""
        return self._axis.segments.inside(*self._alive(start, stop))

    def columns(self, start: int, stop: int, left: float, width: float, n: int) -> Columns:
        """The envelope of samples [start, stop) of one segment, no figure, in n columns.

        left, width  of the first column, as offsets from the segment's base
        returns      the columns that hold samples; of long stretches, an extreme may stand a quarter of a
                     column from its place, but none is lost
        """
        start, stop = self._alive(start, stop)
        alive = self.first, self.total
        stretch = Stretch(self._axis.ring, self._y, self._pyramid, start, stop, alive)
        found = stretch.columns(left, width, n)
        if self.probe == 1:
            return found
        return replace(found, low=found.low * self.probe, high=found.high * self.probe)

    def copy(self, start: int, stop: int) -> Record:
        """What lives of [start, stop) as a record of its own, under the same numbers, to be read only."""
        start, stop = self._alive(start, stop)
        capacity = rounded(max(stop - start, 1))
        twin = copy(self)
        twin._axis = self._axis.copy(np.empty(capacity), start, stop)
        twin._y = self._y.moved(np.empty(capacity, self._y.data.dtype), start, stop)
        twin._pyramid = Pyramid(capacity, self._y.data.dtype, start)
        twin.first, twin.total = start, stop
        return twin

    def every(self, stride: int, most: int) -> tuple[Float64s, Floats]:
        """Offsets and values of every so-many-th sample of the newest segment, the newest `most` of them."""
        start = max(self.segment().start, self.total - stride * most)
        numbers = np.arange(start, self.total, stride)
        return self._axis.ring.at(numbers), self.values(numbers)

    def steps(self) -> Steps:
        """The recent steps of the newest segment; a figure has none."""
        return self._axis.window.steps()

    def rate(self, now: float) -> float:
        """Samples a second over the last five seconds of the wall clock; 0 if none came."""
        return self._arrivals.rate(now, self.total)

    def pace(self) -> float | None:
        """How far x runs in a second of the wall clock; None while unknown and for figures."""
        if self.figure:
            return None
        return 1.0 if self.origin is Origin.CLOCK else self._arrivals.pace()

    def _probed(self, values: Floats) -> Floats:
        """Values as they were sent, at the tip of the probe; float32 has no room for any factor."""
        return values if self.probe == 1 else np.multiply(values, self.probe, dtype=np.float64)

    def _alive(self, start: int, stop: int) -> tuple[int, int]:
        start = min(max(start, self.first), self.total)
        return start, min(max(stop, start), self.total)


def rounded(n: int) -> int:
    """Up to whole buckets of the pyramid."""
    return -(-n // FACTOR) * FACTOR
