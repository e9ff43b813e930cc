"""One channel against another: the samples of the screen as points of a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.alignment import Signal, aligned
from app.scope.autoset import Vertical
from app.scope.frame import ROWS, Float64s, Frame, Ints, Kind, Trace, dots, parted
from app.scope.plane import Axes, Plane
from app.scope.stretch import Source, Stretch, stretch
from app.scope.timebase import DIVISIONS

LIMIT = 131_072  # samples of each channel that are looked at, the newest on the screen
TWO = "XY needs two channels on the screen"
WAITS = "waits for a trigger"
APART = "the two channels have no samples at the same x on this screen"


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Pairs of values (n,), the numbers of those that no line may reach from the pair before, and a step.

    every  only each so-many-th pair is there
    """

    x: Float64s
    y: Float64s
    breaks: Ints
    every: int


def crossed(frame: Frame, axes: Axes, source: Source, rows: int = ROWS) -> Frame:
    """The frame with one line: the second channel over the first.

    The samples between the borders of the screen are paired at the same place on the screen, those of the
    rarer channel by interpolation, see `aligned`. Both axes are as the vertical knobs of their channels say,
    x ten divisions wide; knobs that nobody has turned have each channel in the middle.

    source  the record of a channel
    rows    points at most; of more pairs, every so-many-th is one
    """
    setup = frame.setup.alone()
    chosen = named(frame, axes)
    why = missing(frame, chosen)
    if why is not None:
        return replace(frame, traces={}, beside=frame.traces, plane=Plane(*chosen, why=why), setup=setup)
    slots = {trace.channel: slot for slot, trace in frame.traces.items()}
    x, y = (frame.traces[slots[name]] for name in chosen)
    points = paired(frame, x, y, source, rows)
    if points is None:
        return replace(frame, traces={}, beside=frame.traces, plane=Plane(*chosen, why=APART), setup=setup)
    units = tuple("" if record is None else record.unit for record in map(source, chosen))
    line = drawn(y, points, ends(setup.vertical(chosen[0])), (units[0], units[1]))
    plane = Plane(*chosen, every=points.every)
    return replace(frame, traces={slots[chosen[1]]: line}, beside=frame.traces, plane=plane, setup=setup)


def named(frame: Frame, axes: Axes) -> Axes:
    """The channels that are meant: those that are named, else the first and the next one on the screen."""
    names = [trace.channel for trace in frame.traces.values() if trace.kind is Kind.YT]
    x = axes[0] or next((name for name in names if name != axes[1]), "")
    return x, axes[1] or next((name for name in names if name != x), "")


def missing(frame: Frame, axes: Axes) -> str | None:
    """Why there is nothing to draw; None: there may be."""
    if not frame.traces and frame.lamp == "WAIT" and frame.trigger.source:
        return WAITS
    kinds = {trace.channel: trace.kind for trace in frame.traces.values()}
    for name in axes:
        if not name:
            return TWO
        if name not in kinds:
            return f"{name} is not on the screen"
        if kinds[name] is not Kind.YT:
            return f"{name} is a figure already: Y-T shows it"
    return None


def paired(frame: Frame, x: Trace, y: Trace, source: Source, rows: int) -> Points | None:
    """The values of two channels at the same places of the screen; None: they share none."""
    parts = [stretch(frame, trace, source) for trace in (x, y)]
    found = [placed(frame, part.newest(LIMIT)) for part in parts if part is not None and part.n]
    if len(found) < 2:
        return None
    _, (across, up), breaks = aligned(found)
    whole = np.isfinite(across) & np.isfinite(up)
    if not whole.any():
        return None
    lost = np.flatnonzero(~whole)
    cuts = np.union1d(breaks, lost) - np.searchsorted(lost, np.union1d(breaks, lost))
    return thinned(across[whole], up[whole], cuts, rows)


def placed(frame: Frame, part: Stretch) -> Signal:
    """Samples by their place on the screen, from its left border on."""
    left = frame.held[part.record.name].left(frame.span)
    return Signal(part.offsets - left, part.y, part.breaks)


def thinned(x: Float64s, y: Float64s, breaks: Ints, rows: int) -> Points:
    """Pairs of which no more are left than there is room for, together with the breaks between them."""
    every = max(1, math.ceil(len(x) / rows))
    while True:
        left = x[::every]
        cuts = np.unique(-(-breaks // every))
        cuts = cuts[(cuts > 0) & (cuts < len(left))]
        if len(left) + len(cuts) <= rows:
            return Points(left, y[::every], cuts, every)
        every += 1


def drawn(trace: Trace, points: Points, borders: tuple[float, float], units: tuple[str, str]) -> Trace:
    """The line; it keeps the samples of the trace that gives y."""
    x, y = parted(points.x, points.y, points.breaks)
    return replace(
        trace, kind=Kind.XY, x0=0.0, x=x, y=y, dots=dots(x, y), ends=borders, limits=None, units=units
    )


def ends(vertical: Vertical, mean: float = 0.0) -> tuple[float, float]:
    """x at the left and at the right border, as the vertical knobs of its channel have them.

    mean  of the channel, which is taken for its zero with AC coupling
    """
    zero = mean if vertical.ac else 0.0
    scale = -vertical.units_per_div if vertical.inverted else vertical.units_per_div
    half = DIVISIONS / 2
    return zero + (-half - vertical.position) * scale, zero + (half - vertical.position) * scale
