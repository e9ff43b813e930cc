"""A frame counted as it goes over the wire, and what of it viewers already have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.scope.frame import Frame, Kind, Trace

Float64s = NDArray[np.float64]
Float32s = NDArray[np.float32]
Uint32s = NDArray[np.uint32]
Words = Mapping[str, object]
Kept = Mapping[int, tuple[int, int]]

NEAR, FAR = 16, 64  # times its height: so far from zero a trace gets a y0, and so far from its y0 a new one
ROOM = 100  # float32 holds 2^-100 to 2^100 with room to spare; what is beyond is scaled
UNKNOWN: Words = {
    "label": "", "unit": "", "x_unit": "", "clock": False, "limits": [-4.0, 4.0], "ground": [0.0, ""],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Zero and unit of a column."""

    zero: float = 0.0
    scale: float = 1.0

    def offsets(self, values: Float64s) -> Float64s:
        return values - self.zero if self.zero else values

    def column(self, offsets: Float64s) -> Float32s:
        """Offsets from zero, as they go over the wire."""
        return (offsets if self.scale == 1 else offsets / self.scale).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One trace, counted.

    about  what stays from frame to frame while points come and go
    ends   x at the left and at the right border, from about["x0"]
    x      (n,) float64, offsets from about["x0"]
    y      (n,) float32, the column
    """

    trace: Trace
    about: dict[str, object]
    ends: tuple[float, float]
    x: Float64s
    y: Float32s
    dots: Uint32s
    of_x: Origin
    of_y: Origin


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame of one view, ready for the wire.

    at        Unix seconds at which the newest sample in it arrived; None: there is none
    readouts  by name, JSON-able
    base      id of the picture that viewers had before it
    kept      by slot: points of the base that go on the left, and those after them that stay; None: this
              picture does not go on from the base
    told      readouts that the base did not have
    news      whether it shows anything that the base did not
    """

    id: int
    view: int
    at: float | None
    lead: str
    lines: Mapping[int, Line]
    readouts: Words
    base: int | None = None
    kept: Kept | None = None
    told: Words | None = None
    news: bool = True


def picture(
    frame: Frame, legend: Mapping[int, Words], readouts: Words, *, id: int, view: int, at: float | None,
    last: Picture | None = None,
) -> Picture:  # fmt: skip
    """The frame, to follow the last picture of its view.

    legend  by slot: label, unit, x_unit, clock, limits [bottom, top], ground [divisions, text]
    """
    before = last.lines if last is not None else {}
    lines = {
        slot: lined(slot, trace, legend.get(slot, UNKNOWN), before.get(slot))
        for slot, trace in frame.traces.items()
    }
    if last is None:
        return Picture(id, view, at, frame.lead, lines, readouts)
    told = changed(last.readouts, readouts)
    kept = overlaps(last.lines, lines) if frame.lead == last.lead and told is not None else None
    news = bool(told) or kept is None or any(moved(before[s], lines[s], k) for s, k in kept.items())
    return Picture(id, view, at, frame.lead, lines, readouts, last.id, kept, told, news)


def lined(slot: int, trace: Trace, words: Words, last: Line | None) -> Line:
    """A trace counted from where its last one was, if that is exact enough."""
    if last is not None and last.trace is trace:
        of_x, of_y, x, y, dots = last.of_x, last.of_y, last.x, last.y, last.dots
    else:
        kept = last if last is not None and last.trace.serial == trace.serial else None
        of_x = across(trace, kept.of_x if kept else None)
        of_y = origin(*extremes(trace.y), kept.of_y if kept else None)
        x, y = of_x.offsets(trace.x), of_y.column(of_y.offsets(trace.y))
        dots = trace.dots.astype(np.uint32)
    about = {
        "slot": slot, "channel": trace.channel, "kind": trace.kind.value,
        "x0": trace.x0 + of_x.zero, "y0": of_y.zero, "near": trace.near, **words,
    }  # fmt: skip
    if of_x.scale != 1 or of_y.scale != 1:
        about["scale"] = [of_x.scale, of_y.scale]
    ends = (trace.ends[0] - of_x.zero, trace.ends[1] - of_x.zero)
    return Line(trace, about, ends, x, y, dots, of_x, of_y)


def across(trace: Trace, last: Origin | None) -> Origin:
    """The origin of x; all but figures bring their own."""
    if trace.kind is Kind.XY:
        return origin(*extremes(trace.x), last)
    most = float(max(abs(trace.x[0]), abs(trace.x[-1]))) if len(trace.x) else 0.0
    return Origin(0.0, unit(most))


def origin(low: float, high: float, last: Origin | None = None) -> Origin:
    """Where to count from so that float32 is exact enough: as the last time, or zero, where that will do.

    low, high  of the values; NaN where there are none
    """
    if not low <= high:
        return last or Origin()
    height = high - low
    if last is not None and max(high - last.zero, last.zero - low) <= FAR * height:
        zero = last.zero
    else:
        zero = 0.0 if max(high, -low) <= NEAR * height else low + height / 2
    return Origin(zero, unit(max(high - zero, zero - low)))


def unit(most: float) -> float:
    """The power of two to count in: 1 unless float32 has no room for values up to this one."""
    exponent = math.frexp(most)[1]
    return 1.0 if most == 0 or abs(exponent) <= ROOM else 2.0 ** max(exponent // ROOM * ROOM, -10 * ROOM)


def extremes(values: Float64s) -> tuple[float, float]:
    """Lowest and highest value; NaN where there is none."""
    if not len(values):
        return math.nan, math.nan
    return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))


def overlaps(old: Mapping[int, Line], new: Mapping[int, Line]) -> Kept | None:
    """By slot: points that go on the left, and those that stay; None where not only points have changed."""
    if list(old) != list(new):
        return None
    for slot, line in new.items():
        if old[slot].trace.serial != line.trace.serial or old[slot].about != line.about:
            return None
        if line.trace.image is not old[slot].trace.image:
            return None
    return {slot: overlap(old[slot], line) for slot, line in new.items()}


def overlap(old: Line, new: Line) -> tuple[int, int]:
    """Points of the old line that go on its left, and those after them that stay, bit for bit."""
    if old.trace is new.trace:
        return 0, len(new.x)
    drop = gone(old, new)
    most = min(len(old.x) - drop, len(new.x))
    if drop < 0 or most <= 0:
        return 0, 0
    same = old.x[drop : drop + most] == new.x[:most]
    same &= old.y[drop : drop + most].view(np.uint32) == new.y[:most].view(np.uint32)
    keep = int(same.argmin())
    if same[keep]:
        return drop, most
    return drop, keep - 1 if keep > 0 and new.x[keep - 1] == new.x[keep] else keep  # pairs stay together


def gone(old: Line, new: Line) -> int:
    """Points of the old line that lie left of the new one's first."""
    if new.trace.kind is not Kind.XY:
        return int(old.x.searchsorted(new.x[0])) if len(new.x) else len(old.x)
    return new.trace.start - old.trace.start


def moved(old: Line, new: Line, kept: tuple[int, int]) -> bool:
    """Whether anything of a line has changed."""
    if old.trace is new.trace:
        return False
    same = kept == (0, len(new.x)) and len(old.x) == len(new.x) and old.ends == new.ends
    return not (same and np.array_equal(old.dots, new.dots))


def changed(old: Words, new: Words) -> Words | None:
    """The readouts that are not as they were; None if one has gone."""
    if old is new:
        return {}
    if old.keys() - new.keys():
        return None
    return {name: value for name, value in new.items() if name not in old or old[name] != value}
