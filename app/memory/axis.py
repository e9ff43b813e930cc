"""The x axis of a record: what goes on, where a gap is, where x starts afresh, and when it is a figure."""

from __future__ import annotations

from collections import deque
from copy import copy, deepcopy
from math import inf, nan
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from app.memory.ring import Ints, Ring
from app.memory.samples import Float64s, Origin, Samples
from app.memory.segments import Segments, between, seconds
from app.memory.steps import ENOUGH, SURE, UNKNOWN, WINDOW, Limits, Steps, Window, measured

Flags = NDArray[np.bool_]

LONG = 32  # blocks with at least so many steps have limits of their own; shorter ones are walked one by one
PART = 1 << 16  # samples looked at together, so that they stay in the processor's cache
FAR = 1e290  # an origin so far away would spoil the offsets
SLACK = 0.05  # seconds by which a block without x may miss the clock and still go on ...
SHARE = 0.02  # ... or this share of the block
FIGURE = 10  # more than one back step in so many makes a figure, if there are three ...
NO_FIGURE = 50  # ... and fewer than one in so many ends it
JOINED = Limits(float_info.max, float_info.max)  # where it is told that there is no gap
CENTURIES = 1e9  # seconds; a longer block is anchored no earlier, so that its nanoseconds fit 64 bits


class Axis:
    """Takes the x of a record's samples in order of arrival; keeps offsets, segments and breaks.

    A back step begins a segment with the block's own base; a jump begins one with the base it had.
    More than a tenth of the last 256 steps going back makes a figure, which has no segments and no gaps,
    until fewer than a fiftieth do. Blocks that name their step, and those without x, are never part of one.
    """

    def __init__(self, room: Float64s) -> None:
        self.ring: Ring[Float64s] = Ring(room)
        self.segments = Segments()
        self.window = Window()
        self.origin = Origin.DATA
        self.base: float | int = 0.0
        self.last = nan  # offset of the newest sample; NaN: the next one begins a segment
        self.figure = False
        self._backs: deque[int] = deque()  # samples reached by a back step, among the recent ones
        self._counted = 0  # sample from which steps are counted
        self._step: float | None = None  # of the previous block
        self._declared = False  # whether the block being taken is known to be one over time
        self._gap: bool | None = None  # whether the next sample comes after a gap, where that is told
        self._own: float | int = 0.0  # base of the block being taken ...
        self._delta = 0.0  # ... and what its offsets lack to be offsets from the current base

    @property
    def x0(self) -> float:
        """The current base as x."""
        return seconds(self.base) if self.origin is Origin.CLOCK else float(self.base)

    def append(self, n: int, samples: Samples) -> float:
        """Take a block whose first sample gets number n; returns the x of that sample."""
        self._approach(n, samples)
        offsets = samples.offsets
        x = self.x0 + (self._delta + offsets.item(0))
        if len(offsets) == 1:
            self._walk(n, offsets.item(0), UNKNOWN)
            return x
        step = samples.step if samples.step and samples.step > 0 else None
        with np.errstate(over="ignore"):
            for at in range(0, len(offsets), PART):
                self._take(n + at, offsets[at : at + PART], step)
        return x

    def copy(self, room: Float64s, start: int, stop: int) -> Axis:
        """The axis of samples [start, stop) on storage of its own, to be read only."""
        twin = copy(self)
        twin.ring = self.ring.moved(room, start, stop)
        twin.segments = deepcopy(self.segments)
        return twin

    # where the block belongs

    def _approach(self, n: int, samples: Samples) -> None:
        """Relate the block to the current segment, or begin one."""
        origin, self._own = samples.origin, samples.base
        self._declared = samples.step is not None or origin is not Origin.DATA
        self._gap = samples.gap
        if origin is Origin.NEXT:
            origin, self._own = Origin.CLOCK, anchor(samples)
        if n == 0 or origin is not self.origin:
            self._start(n, origin)
        else:
            self._delta = between(self._own, self.base, origin)
            if samples.origin is Origin.NEXT:
                self._resume(n, samples)
            if not abs(self._delta) < FAR:
                self._start(n, origin)
        self._step = samples.step

    def _start(self, n: int, origin: Origin) -> None:
        """Begin a segment to which no step leads."""
        self.origin, self.figure, self.last = origin, False, nan
        self._backs.clear()
        self._counted = n
        self._restart(n)

    def _restart(self, n: int) -> None:
        """Begin a segment with the block's own base."""
        self.base, self._delta = self._own, 0.0
        self._begin(n)

    def _begin(self, n: int) -> None:
        self.segments.begin(n, self.base, self.origin)
        self.window.clear()

    def _resume(self, n: int, samples: Samples) -> None:
        """Let a block without x go on where the previous one ended, if the clock nearly agrees."""
        step = samples.step or 0.0
        end = self.last + (self._step or step)
        if abs(end - self._delta) <= max(SHARE * step * len(samples), SLACK):
            self._delta = end
        else:
            self.segments.mark(n)

    # one sample

    def _walk(self, n: int, raw: float, floor: Limits) -> None:
        """Take one sample; the limits are not narrower than the floor."""
        step = raw + self._delta - self.last
        if step < 0 or self.figure:
            self._turn(n, step)
        elif floor is UNKNOWN and not self._gap and self.window.allows(step):
            self.window.push(step)
        elif step >= 0:
            self._judge(n, step, floor)
        self.last = raw + self._delta  # the delta may have changed
        self.ring.put(n, self.last)

    def _judge(self, n: int, step: float, floor: Limits) -> None:
        """A forward step that may be a gap or a jump."""
        limits = self._limits(floor)
        if limits.jumped(step, self.x0 + self.last):
            self._jump(n)
            return
        if self._gap or step > limits.gap:
            self.segments.mark(n)
        self.window.push(step)

    def _limits(self, floor: Limits = UNKNOWN) -> Limits:
        """What is a gap or a jump by now; not narrower than the floor."""
        return JOINED if self._gap is False else self.window.limits().widened(floor)

    def _jump(self, n: int) -> None:
        self.segments.mark(n)
        self._begin(n)

    def _turn(self, n: int, step: float) -> None:
        """A back step, or any step of a figure."""
        if self._declared or self._gap:
            self._end_figure(n)
            return
        backs = self._backs
        if step < 0:
            backs.append(n)
        while backs and backs[0] <= n - WINDOW:
            backs.popleft()
        known = min(WINDOW, n - self._counted)
        if self.figure:
            if NO_FIGURE * len(backs) < known:
                self._end_figure(n)
        elif len(backs) >= 3 and FIGURE * len(backs) > known:
            self._begin_figure(n, n - known)
        else:
            self._restart(n)

    def _begin_figure(self, n: int, start: int) -> None:
        """Sample n makes a figure of all samples from start."""
        self._rebase(max(start, n - self.ring.capacity), n)
        self.segments.rewind(start)
        self.segments.begin(start, self.base, self.origin, figure=True)
        self.window.clear()
        self.figure = True

    def _end_figure(self, n: int) -> None:
        self.figure = False
        self._restart(n)

    def _rebase(self, start: int, stop: int) -> None:
        """Store samples [start, stop) as offsets from the current base."""
        while start < stop:
            segment = self.segments.at(start, start, stop)
            shift = between(segment.base, self.base, self.origin)
            if shift:
                self.ring.write(start, self.ring.read(start, segment.stop) + shift)
            start = segment.stop

    # many samples

    def _take(self, n: int, raw: Float64s, named: float | None) -> None:
        """Take samples; named is their step where the sender gave it, which has no gaps then."""
        first = raw.item(0) + self._delta - self.last
        steps = raw[1:] - raw[:-1] if named is None else np.full(min(len(raw) - 1, WINDOW), named)
        least, most = float(steps.min(initial=inf)), float(steps.max(initial=0.0))
        plain = not self.figure and not self._gap
        if plain and min(first, least) >= 0 and max(first, most) <= self._limits().calm:
            self.window.push(first)
            self.window.extend(steps)
            self._store(n, raw)
        else:
            self._sort(n, raw, named)

    def _sort(self, n: int, raw: Float64s, named: float | None) -> None:
        """Take samples among which something happens."""
        steps = raw[1:] - raw[:-1] if named is None else np.full(len(raw) - 1, named)
        floor = own_limits(steps, named)
        self._walk(n, raw.item(0), floor)
        self._gap = False if self._gap else self._gap
        limits = self._limits(floor)
        if named is not None and not self.figure:
            self.window.extend(steps)
            self._store(n + 1, raw[1:])
        elif len(steps) < LONG:
            for i, value in enumerate(raw[1:].tolist(), n + 1):
                self._walk(i, value, UNKNOWN)
        elif self.figure or steps.min() < 0:
            self._mix(n + 1, raw[1:], steps, limits)
        else:
            self._line(n + 1, raw[1:], steps, limits)

    def _store(self, n: int, raw: Float64s) -> None:
        if len(raw):
            offsets = raw + self._delta if self._delta else raw
            self.ring.write(n, offsets)
            self.last = offsets.item(-1)

    def _line(self, n: int, raw: Float64s, steps: Float64s, limits: Limits) -> None:
        """Take samples that are no figure; steps lead to each of them."""
        known = limits.jump < inf
        jumps = steps > limits.jump if known else sprung(steps, raw + (self.x0 + self._delta) - steps)
        begun = 0
        stored = 0
        for i in np.flatnonzero((steps < 0) | (steps > limits.gap) | jumps).tolist():
            if steps[i] < 0:
                self._store(n + stored, raw[stored:i])
                self._restart(n + i)
                begun, stored = i + 1, i
            elif jumps[i]:
                self._jump(n + i)
                begun = i + 1
            else:
                self.segments.mark(n + i)
        self._store(n + stored, raw[stored:])
        self.window.extend(steps[begun:])

    def _mix(self, n: int, raw: Float64s, steps: Float64s, limits: Limits) -> None:
        """Take samples that go back and forth; steps lead to each of them."""
        become, cease, known = self._history(n, steps < 0)
        at = 0
        while at < len(raw):
            event = following(cease if self.figure else become, at)
            if self.figure:
                self._store(n + at, raw[at:event])
            else:
                self._line(n + at, raw[at:event], steps[at:event], limits)
            if event < len(raw):
                self._toggle(n + event, int(known[event]))
                self._store(n + event, raw[event : event + 1])
            at = event + 1

    def _toggle(self, n: int, known: int) -> None:
        if self.figure:
            self._end_figure(n)
        else:
            self._begin_figure(n, n - known)

    def _history(self, n: int, back: Flags) -> tuple[Flags, Flags, Ints]:
        """For each sample: would it make a figure, would it end one, and how many steps say so."""
        before = [i for i in self._backs if i >= n - WINDOW]
        flags = np.zeros(WINDOW + len(back), np.int64)
        flags[[i - n + WINDOW for i in before]] = 1
        flags[WINDOW:] = back
        counts = np.concatenate(([0], np.cumsum(flags)))
        count = counts[WINDOW + 1 :] - counts[1 : len(back) + 1]
        known = np.minimum(WINDOW, np.arange(n, n + len(back)) - self._counted)
        self._backs = deque(before + (np.flatnonzero(back)[-WINDOW:] + n).tolist())
        return back & becomes(count, known), ceases(count, known), known


def anchor(samples: Samples) -> int:
    """Nanoseconds of a block's first sample, if its last one has just been taken."""
    span = (len(samples) - 1) * (samples.step or 0.0)
    return int(samples.base) - round(min(span, CENTURIES) * 1e9)


def own_limits(steps: Float64s, named: float | None) -> Limits:
    """The limits that a block brings along, so that a change of rate is not a shower of gaps."""
    if named is not None:
        return Steps(named, named, ENOUGH).limits()
    if len(steps) < LONG:
        return UNKNOWN
    return measured(steps[steps >= 0]).limits()


def sprung(steps: Float64s, before: Float64s) -> Flags:
    """Which steps are jumps where the usual step is not known; before: x before each."""
    flags: Flags = steps > SURE * np.maximum(np.abs(before), 1.0)
    return flags


def becomes(count: Ints, known: Ints) -> Flags:
    """Whether there are enough back steps among the known ones for a figure."""
    return (count >= 3) & (FIGURE * count > known)


def ceases(count: Ints, known: Ints) -> Flags:
    """Whether there are too few back steps among the known ones for a figure."""
    return NO_FIGURE * count < known


def following(flags: Flags, start: int) -> int:
    """The first true flag from start; their number if there is none."""
    found = int(flags[start:].argmax()) if start < len(flags) else 0
    return start + found if start < len(flags) and flags[start + found] else len(flags)
