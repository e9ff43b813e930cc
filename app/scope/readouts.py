"""What a panel shows of a view in figures and words, as plain dictionaries for a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from app.memory.memory import Records
from app.memory.record import Record
from app.scope import channel
from app.scope.acquisition_readouts import acquisition, plane
from app.scope.autoset import Vertical
from app.scope.data_path import data_path, dated
from app.scope.frame import Frame, Kind
from app.scope.measurement_readouts import DIM, measurements
from app.scope.measuring import Measured, measured
from app.scope.numbers import DERIVED, number
from app.scope.palette import TRACES
from app.scope.scope import TIMEBASE, Scope
from app.scope.spectrogram_readouts import spectrogram
from app.scope.spectrum_readouts import ground, spectrum
from app.scope.trigger_readouts import lamp, trigger
from app.scope.view import View
from app.scope.xy import ends as sides
from app.units import calibrated, engineering, plain

State = dict[str, object]
Source = Callable[[str], Record | None]
RESOLVED = 1000  # parts of a screen that a figure on the x axis tells apart
MOST_DIGITS = 15
WIDE, FINE = (
    1.5,
    1.0,
)  # px, of a line: without a graphics card the wider one takes eight times as long to draw
FADED = 0.45  # of a reference
MANY = 700  # points of a Y-T trace from which on its line is fine
EDGE = channel.DIVISIONS / 2 - 0.2  # divisions: how far from the centre a ground marker can be read


def readouts(
    frame: Frame, view: View, memory: Records, now: float, source: Source | None = None,
    taken: Measured | None = None,
) -> State:  # fmt: skip
    """What is the same for everybody who watches this view.

    now     Unix seconds
    source  where the frame's records are, by name, if not in the memory
    taken   the readings of the frame; not given: they are taken, without statistics
    """
    if taken is None:
        taken = measured(frame, view, source or memory.records.get)
    lead = (source or memory.records.get)(frame.lead) or memory.records.get(frame.lead)
    drawn = {trace.channel: slot for slot, trace in frame.traces.items()}
    return {
        "lamp": lamp(frame, view, memory, now),
        "timebase": plain(frame.units_per_div, lead.x_unit if lead is not None else ""),
        "rate": engineering(memory.records.get(lead.name, lead).rate(now), "Sa/s") if lead else "---",
        "samples": f"{memory.accepted:,}".replace(",", "\u2009"),
        "axis": axis(frame, lead),
        "retained": retained(frame, memory.records.get(frame.lead)),
        "window": [frame.left, frame.span],
        "trigger": trigger(frame, view, memory),
        "acquisition": acquisition(frame, view),
        "display": view.display,
        "xy": plane(frame),
        "spectrum": spectrum(frame, memory),
        "spectrogram": spectrogram(frame),
        "measurements": measurements(taken, frame, memory),
        "channels": [
            box(record, drawn.get(record.name, record.slot), now)
            | {"on": switched_on(view, record)}
            | {"mean": taken.means.get(record.name, 0.0)}
            | knobs(record, frame.setup.vertical(record.name))
            for record in memory.records.values()
            if view.lists(record)
        ],
    }


def box(record: Record, slot: int, now: float) -> State:
    """One channel box; the slot is where the channel is drawn, or would be."""
    newest = float(record.y(record.total - 1, record.total)[-1]) if record.total > record.first else math.nan
    return {
        "name": record.name,
        "label": record.label,
        "number": number(record),
        "color": TRACES[slot % len(TRACES)] if slot < DERIVED else DIM,
        "value": engineering(newest, record.unit, 4),
        "rate": engineering(record.rate(now), "Sa/s"),
        "total": record.total,
        "figure": record.figure,
        "probe": f"{record.probe:.6g}x",
        "unit": record.unit,
        **data_path(record),
    }


def knobs(record: Record, vertical: Vertical) -> State:
    """Vertical knobs as they read; units/div that are no step of 1-2-5 are marked."""
    uncalibrated = "" if calibrated(vertical.units_per_div) else ">"
    return {
        "units": uncalibrated + plain(vertical.units_per_div, record.unit),
        "position": f"{vertical.position:.2f}",
        "inverted": vertical.inverted,
        "ac": vertical.ac,
    }


def switched_on(view: View, record: Record) -> bool:
    """Whether a view draws a channel, if there is a slot for it."""
    return record.name in view.on or (record.slot < len(TRACES) and record.name not in view.off)


def axis(frame: Frame, lead: Record | None) -> State:
    """x at the left, the centre and the right of the screen, from the trigger on if it shows an event.

    The browser writes the time of day itself.
    """
    if frame.lines is not None and frame.lines.lead is not None:
        right, unit = frame.lines.right, frame.lines.x_unit
        return {"clock": False, "at": [located(right * share, right, unit) for share in (0.0, 0.5, 1.0)]}
    if frame.plane is not None:
        line = next(iter(frame.traces.values()), None)
        if line is None or line.units is None:
            return {"clock": False, "at": ["", "", ""]}
        return {"clock": False, "at": edges(line.ends, line.units[0])}
    if lead is None or frame.lines is not None or not frame.signals:
        return {"clock": False, "at": ["", "", ""]}
    if frame.trigger.share is not None:
        after = [frame.span * (share - frame.trigger.share) for share in (0.0, 0.5, 1.0)]
        return {"clock": False, "at": [located(x, frame.span, lead.x_unit) for x in after]}
    at = [frame.left + frame.span * share for share in (0.0, 0.5, 1.0)]
    if dated(lead):
        return {"clock": True, "at": at, "span": frame.span}
    return {"clock": False, "at": [located(x, frame.span, lead.x_unit) for x in at]}


def retained(frame: Frame, lead: Record | None) -> State | None:
    """Sample numbers of the leading channel: all that is retained of it, and what the screen shows."""
    trace = next((trace for trace in frame.signals.values() if lead and trace.serial == lead.serial), None)
    if lead is None or trace is None or frame.lines is not None or frame.records:
        return None
    return {"first": lead.first, "total": lead.total, "start": trace.start, "stop": trace.stop}


def edges(borders: tuple[float, float], unit: str) -> list[str]:
    """x at the left, the centre and the right of an XY screen."""
    left, right = borders
    return [located(x, abs(right - left), unit) for x in (left, (left + right) / 2, right)]


def located(x: float, span: float, unit: str) -> str:
    """x with as many digits as tell apart a thousandth of the screen."""
    resolution = span / RESOLVED
    if abs(x) < resolution:
        return f"0 {unit}".rstrip()
    digits = 1 + math.floor(math.log10(abs(x))) - math.floor(math.log10(resolution))
    return engineering(x, unit, min(max(digits, 3), MOST_DIGITS))


def legend(frame: Frame, memory: Records) -> dict[int, State]:
    """What belongs to each trace besides its points, by slot; vertical knobs by the frame's set-up."""
    return legend_by(frame, memory.records.get, memory, frame.setup.vertical)


def legend_by(
    frame: Frame,
    source: Source,
    memory: Records,
    vertical: Callable[[str], Vertical],
    means: Mapping[str, float] | None = None,
) -> dict[int, State]:
    """The same with other knobs, or for kept records: their units, but the name a channel has now.

    means  of the traces by channel, where they are to be taken off
    """
    found: dict[int, State] = {}
    for slot, trace in frame.traces.items():
        record = source(trace.channel)
        if record is None:
            continue
        x_unit, unit = trace.units or (record.x_unit, record.unit)
        found[slot] = {
            "label": memory.records.get(trace.channel, record).label,
            "unit": unit,
            "x_unit": x_unit,
            "clock": (trace.units is None or trace.image is not None) and dated(record),
            "width": FINE if trace.kind is not Kind.XY and len(trace.x) > MANY else WIDE,
            "alpha": FADED if record.instant is not None else 1.0,
        }
        if frame.plane is not None:
            across = source(frame.plane.x)
            if across is not None:
                mean = (means or {}).get(frame.plane.x, 0.0)
                found[slot]["across"] = [frame.plane.x, *sides(vertical(frame.plane.x), mean)]
        if trace.limits is None:
            mean = (means or {}).get(trace.channel, 0.0)
            found[slot] |= scales(record, vertical(trace.channel), mean)
        else:
            found[slot] |= {"limits": list(trace.limits), "ground": ground(number(record), len(found) - 1)}
    return found


def scales(record: Record, vertical: Vertical, mean: float = 0.0) -> State:
    """y at the bottom and at the top of the screen, and the ground marker: divisions up, text.

    mean  of the trace, which is taken for its zero with AC coupling
    """
    zero = mean if vertical.ac else 0.0
    half, scale, position = channel.DIVISIONS / 2, vertical.units_per_div, vertical.position
    scale = -scale if vertical.inverted else scale
    sign = "▸" if abs(position) <= half else "▴" if position > 0 else "▾"
    return {
        "limits": [zero + (-half - position) * scale, zero + (half - position) * scale],
        "ground": [min(max(position, -EDGE), EDGE), f"{number(record)}{sign}"],
    }


def verticals(
    scope: Scope, source: Source, *, turned: bool = True, means: Mapping[str, float] | None = None
) -> dict[str, State]:
    """Vertical knobs by channel: how they read, and what they do to the axis.

    turned  those only that a person has turned; the others are as the frame's set-up has them
    means   of the traces; live, the browser takes them off itself
    """
    found = {}
    for name, knob in scope.channels.items():
        record = source(name)
        if record is not None and (not turned or f"vertical:{name}" in scope.touched):
            vertical, mean = knob.vertical(), (means or {}).get(name, 0.0)
            found[name] = knobs(record, vertical) | scales(record, vertical, mean)
            found[name]["sides"] = sides(vertical, mean)
    return found


def timebase(scope: Scope, lead: Record | None) -> str | None:
    """The timebase as it reads; None while nobody has turned it, then it is as the frame has it."""
    if scope.running and TIMEBASE not in scope.touched:
        return None
    return plain(float(scope.timebase.units_per_div), lead.x_unit if lead is not None else "")
