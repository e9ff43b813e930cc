"""The finder: the instants at which a trigger fires, in a stream of samples that comes in blocks."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from app.dsp.edges import Bools, Float64s, Floats, Ints, cubic_instants, gone, matches
from app.dsp.trigger import PulseWidth, Timeout, Trigger

Numbers = NDArray[np.int64]

KEPT = 3  # samples of the past: one before the step that the newest sample ends, its start and its end


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """When a trigger fires.

    numbers  (k,) first sample at or after the event; never falls
    x        (k,) interpolated instants, likewise
    """

    numbers: Numbers
    x: Float64s

    def __len__(self) -> int:
        return len(self.numbers)

    def only(self, which: Bools | Ints) -> Events:
        """Some of them."""
        return Events(self.numbers[which], self.x[which])


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples that follow one another, the newest ones there are.

    first   number of the first one
    x, y    (n,)
    breaks  positions of samples that begin after a gap, increasing
    """

    first: int
    x: Float64s
    y: Floats
    breaks: Ints

    @property
    def end(self) -> int:
        return self.first + len(self.x)

    def newest(self, n: int) -> Stretch:
        """Copies of the last n samples, or fewer."""
        start = max(0, len(self.x) - n)
        breaks = self.breaks[self.breaks >= start] - start
        return Stretch(self.first + start, self.x[start:].copy(), self.y[start:].copy(), breaks)

    def followed(self, x: Float64s, y: Floats, breaks: Ints) -> Stretch:
        """These samples and those that come next."""
        values = cast(Floats, np.concatenate((self.y, y)))
        breaks = np.concatenate((self.breaks, breaks + len(self.x)))
        return Stretch(self.first, np.concatenate((self.x, x)), values, breaks)


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """What the comparators of a trigger have found.

    numbers  (k,) first sample beyond the level, increasing
    levels   (k,) the level
    which    (k,) number of the comparator
    pieces   (k,) gaps and missing values before it
    """

    numbers: Numbers
    levels: Float64s
    which: Ints
    pieces: Ints

    def __len__(self) -> int:
        return len(self.numbers)

    def only(self, which: Bools | Ints) -> Crossings:
        """Some of them."""
        return Crossings(self.numbers[which], self.levels[which], self.which[which], self.pieces[which])


NO_EVENTS = Events(np.empty(0, np.int64), np.empty(0))
NO_CROSSINGS = Crossings(NO_EVENTS.numbers, NO_EVENTS.x, np.empty(0, np.intp), np.empty(0, np.intp))


def joined(parts: Sequence[Crossings]) -> Crossings:
    """Crossings in the order of their samples."""
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return parts[0] if parts else NO_CROSSINGS
    whole = Crossings(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.which for part in parts]),
        np.concatenate([part.pieces for part in parts]),
    )
    return whole.only(whole.numbers.argsort(kind="stable"))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is known after a block.

    found    the crossings that are new
    at       (k,) their instants
    stretch  the samples of the block and a few before it
    seen     offset up to which there are no other crossings
    """

    found: Crossings
    at: Float64s
    stretch: Stretch
    seen: float


def passed(borders: tuple[float, ...], before: Floats, at: Floats) -> Float64s:
    """(k,) which of one or two levels is passed from each value `before` to the one `at` the next sample."""
    return np.where(np.minimum(before, at) < borders[0], borders[0], borders[-1])


class Plain:
    """What fires at each crossing."""

    due: float | None = None

    def events(self, look: Look) -> Events:
        """The events that follow from a look."""
        return Events(look.found.numbers, look.at)


class Widths(Plain):
    """What fires at the end of a pulse of some width."""

    def __init__(self, trigger: PulseWidth) -> None:
        self._trigger = trigger
        self._begun: tuple[float, int] | None = None  # instant and piece of an edge that may begin a pulse

    def events(self, look: Look) -> Events:
        found, at = look.found, look.at
        if not len(found):
            return NO_EVENTS
        begun = self._begun
        self._begun = (float(at[-1]), int(found.pieces[-1])) if found.which[-1] == 0 else None
        ends = np.flatnonzero((found.which[1:] == 1) & (found.which[:-1] == 0)) + 1
        ends = ends[found.pieces[ends] == found.pieces[ends - 1]]
        starts = at[ends - 1]
        if begun is not None and found.which[0] == 1 and found.pieces[0] == begun[1]:
            ends, starts = np.insert(ends, 0, 0), np.insert(starts, 0, begun[0])
        ends = ends[self._trigger.meant(at[ends] - starts)]
        return Events(found.numbers[ends], at[ends])


class Silences(Plain):
    """What fires when no edge has come for a time."""

    def __init__(self, trigger: Timeout) -> None:
        self._time = trigger.time

    def events(self, look: Look) -> Events:
        at = look.at
        due = at + self._time if self.due is None else np.insert(at + self._time, 0, self.due)
        if not len(due):
            return NO_EVENTS
        over = due <= np.append(at[len(at) - len(due) + 1 :], look.seen)
        self.due = None if over[-1] else float(due[-1])
        fired = due[over]
        return Events(look.stretch.first + look.stretch.x.searchsorted(fired).astype(np.int64), fired)


def stage(trigger: Trigger) -> Plain:
    """What makes events of a trigger's crossings."""
    if isinstance(trigger, PulseWidth):
        return Widths(trigger)
    return Silences(trigger) if isinstance(trigger, Timeout) else Plain()


class Finder:
    """The instants at which a trigger fires in one record, however its samples are cut into blocks.

    It keeps no samples but the last three. What it finds at the newest sample comes with the next block,
    since its instant depends on the sample after it; `pending` tells it before.

    trigger  what is looked for
    holdoff  unit of x, >= 0: so long after an event there is no other one

    ValueError  a holdoff below 0
    """

    def __init__(self, trigger: Trigger, holdoff: float = 0.0) -> None:
        if not holdoff >= 0:
            raise ValueError(f"holdoff {holdoff} is not 0 or above")
        self.trigger = trigger
        self.holdoff = float(holdoff)
        self._comparators = trigger.comparators()
        self.restart()

    def restart(self) -> None:
        """Forget all that came: the next block begins a segment."""
        self._stretch: Stretch | None = None
        self._before = [np.empty(0, np.uint8)] * len(self._comparators)
        self._pieces = 0
        self._waiting = NO_CROSSINGS
        self._stage = stage(self.trigger)
        self._free = -math.inf  # offset from which on an event is accepted

    @property
    def due(self) -> float | None:
        """Offset at which a Timeout fires unless an edge comes; None when it has fired."""
        return self._stage.due

    @property
    def pending(self) -> Events:
        """What will have fired up to the newest sample if no other sample follows; not yet told by `feed`."""
        if self._stretch is None or not len(self._waiting):
            return NO_EVENTS
        twin = copy.copy(self)
        twin._stage = copy.copy(self._stage)
        return twin._told(self._stretch, self._waiting, float(self._stretch.x[-1]))

    def feed(self, start: int, x: Float64s, y: Floats, breaks: Sequence[int] | Ints = ()) -> Events:
        """The events of the samples from number `start` on, but for those that wait for the next sample.

        x, y    (n,) x increases within a segment; NaN in y is a missing value
        breaks  positions in x of samples that begin after a gap, increasing

        ValueError  the samples do not follow those of the last call; `restart` first
        """
        old = Stretch(start, x[:0], y[:0], np.empty(0, np.intp)) if self._stretch is None else self._stretch
        if old.end != start:
            raise ValueError(f"sample {start} does not follow sample {old.end - 1}")
        if not len(x):
            return NO_EVENTS
        stretch = old.followed(x, y, np.asarray(breaks, np.intp))
        found = joined((self._waiting, self._crossed(stretch, len(old.x))))
        self._stretch = stretch.newest(KEPT)
        whole = found.numbers < stretch.end - 1
        self._waiting = found.only(~whole)
        return self._told(stretch, found.only(whole), float(stretch.x[-2 if len(self._waiting) else -1]))

    def _crossed(self, stretch: Stretch, start: int) -> Crossings:
        """The crossings that end at the samples from position `start` on."""
        y = stretch.y[start:]
        resets = gone(y)
        if stretch.breaks.size:
            resets = np.union1d(resets, stretch.breaks[stretch.breaks >= start] - start)
        parts = []
        for number, comparator in enumerate(self._comparators):
            with np.errstate(over="ignore"):  # of a level beyond float32: no value reaches it
                zones = comparator.zones(y)
            at, self._before[number] = matches(zones, resets, comparator.pattern, self._before[number])
            if len(at):
                pieces = self._pieces + resets.searchsorted(at, "right")
                at = at + start
                levels = passed(comparator.borders, stretch.y[at - 1], stretch.y[at])
                parts.append(Crossings(at + stretch.first, levels, np.full(len(at), number), pieces))
        self._pieces += len(resets)
        return joined(parts)

    def _told(self, stretch: Stretch, found: Crossings, seen: float) -> Events:
        """The events that these crossings make, but for those in the holdoff."""
        at = found.numbers - stretch.first
        x = cubic_instants(stretch.x, stretch.y, found.levels, at, stretch.breaks) if len(at) else NO_EVENTS.x
        events = self._stage.events(Look(found, x, stretch, seen))
        if not self.holdoff or not len(events):
            return events
        accepted = spaced(events.x, self.holdoff, self._free)
        if len(accepted):
            self._free = float(events.x[accepted[-1]]) + self.holdoff
        return events.only(accepted)


def spaced(x: Float64s, holdoff: float, free: float) -> Ints:
    """Numbers of the events that are accepted: the first from offset `free` on, each next after a holdoff.

    x  (k,) never falls
    """
    first = int(x.searchsorted(free))
    following = x.searchsorted(x[first:] + holdoff)
    np.maximum(following, np.arange(first + 1, len(x) + 1), out=following)
    jumps: list[int] = following.tolist()
    accepted = []
    at = first
    while at < len(x):
        accepted.append(at)
        at = jumps[at - first]
    return np.array(accepted, np.intp)
