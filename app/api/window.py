"""The samples of a screen's window: which channels, where they are, and copies of them."""

from __future__ import annotations

import asyncio

import numpy as np

from app.api.export import Column
from app.api.selection import bad
from app.memory.memory import Records
from app.memory.record import Record
from app.memory.samples import Float64s, Floats
from app.problems import Problem, shown
from app.scope.frame import Frame, Kind, Trace

MOST_SAMPLES = 5_000_000  # in a file
PART = 1 << 18  # samples copied between two turns of the event loop
NEAR = 1e-9  # of a screen: what rounding does to x


def chosen(glass: Frame, names: str | None, memory: Records, listed: str = "GET /channels") -> list[Trace]:
    """The traces of these channels, comma-separated; all where none is named.

    listed   what lists the channels there are
    Problem  unknown_channel, or bad_parameter: it is not on this screen
    """
    traces = {trace.channel: trace for trace in glass.traces.values()}
    if names is None:
        return list(traces.values())
    if names in traces:  # an expression may have commas
        return [traces[names]]
    found = []
    for name in dict.fromkeys(part.strip() for part in names.split(",")):
        if name not in traces and name not in memory.records:
            raise Problem("unknown_channel", f"no channel {shown(name)}; {listed} lists them")
        if name not in traces:
            raise bad(f"{shown(name)} is not on this screen", "switch it on with on=NAME", "channels")
        found.append(traces[name])
    return found


def source(memory: Records, glass: Frame, trace: Trace) -> Record | None:
    """The record whose samples a trace shows; None: there are only the points that are drawn."""
    record = glass.records.get(trace.channel) or memory.records.get(trace.channel)
    own = record is not None and record.serial == trace.serial and trace.kind in (Kind.YT, Kind.XY)
    image = record is not None and record.serial == trace.serial and trace.image is not None
    return record if (own and trace.units is None) or image else None


def size(trace: Trace, record: Record | None) -> int:
    return len(trace.x) if record is None else trace.stop - trace.start


def too_many(n: int) -> Problem:
    message = (
        f"the screen shows {n} samples, a file holds {MOST_SAMPLES}; "
        "name fewer channels, turn tb down, or ask for rate=drawn"
    )
    return Problem("too_many_points", message, details={"limit": MOST_SAMPLES, "count": n})


async def column(memory: Records, trace: Trace, record: Record | None) -> Column:
    """The samples of a trace that lie within the screen; without a record the points that are drawn."""
    known = record or memory.records.get(trace.channel)
    if record is None:
        lasting = np.isfinite(trace.y)
        x: Float64s = trace.x0 + trace.x[lasting]
        y: Floats = trace.y[lasting]
    else:
        x, y = await copied(record, trace.start, trace.stop)
    if trace.kind is not Kind.XY:
        inside = on_screen(trace, x)
        x, y = x[inside], y[inside]
    about = ("", "", "data") if known is None else (known.unit, known.x_unit, known.origin.value)
    if trace.units is not None and record is None:
        about = (trace.units[1], trace.units[0], "data")
    return Column(trace.channel, *about, x, y)


async def copied(record: Record, start: int, stop: int) -> tuple[Float64s, Floats]:
    """x and y of samples [start, stop), but of those that have left the record meanwhile."""
    x = np.empty(stop - start)
    y: Floats = np.empty(stop - start, record.y(start, start).dtype)
    lost = 0
    for at in range(start, stop, PART):
        end = min(at + PART, stop)
        part = record.x(at, end)
        x[end - start - len(part) : end - start] = part
        y[end - start - len(part) : end - start] = record.y(at, end)
        if len(part) < end - at:
            lost = end - start - len(part)
        await asyncio.sleep(0)
    return x[lost:], y[lost:]


def on_screen(trace: Trace, x: Float64s) -> slice:
    """Which of these x, which increase, lie between the borders."""
    left, right = (trace.x0 + end for end in trace.ends)
    slack = NEAR * (right - left) + 2 * float(np.spacing(max(abs(left), abs(right))))
    return slice(int(x.searchsorted(left - slack)), int(x.searchsorted(right + slack, "right")))
