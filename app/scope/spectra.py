"""The screen as spectra: the same frame with traces over frequency."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.spectrum import LARGEST, SCALES, Averaging, Spectrum, spectrum
from app.scope.channel import DIVISIONS
from app.scope.frame import ROWS, Float64s, Frame, Kind, Trace
from app.scope.lines import Lines, Resolved
from app.scope.measuring import inverse
from app.scope.spectral import Spectral
from app.scope.stretch import Source, Stretch, stretch
from app.scope.view import View
from app.units import at_least

DECIBELS = 10.0  # in a division
STAYS = 3.0  # dB by which the highest line may fall below the next lower top before the axis follows
LOWEST = -300.0  # dB, of a top: what is below is rounding
FILL = 7.0  # divisions that the highest line takes at most when a linear axis is chosen ...
SMALL = 2.4  # ... and at least before the axis follows
SAME = 0.01  # of the Nyquist frequency: one that moves by less does not move the border
NONE = np.empty(0, np.intp)
NO_TRACE = "needs a channel on the screen"
FIGURE = "a figure has no spectrum"
TOO_LARGE = "its values are too large for a spectrum"


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The spectrum of one channel.

    shown      serial of the record and its probe factor, the samples, and their unit
    averaging  None: there is none
    """

    shown: tuple[int, float, int, int, str]
    averaging: Averaging | None
    resolved: Resolved
    trace: Trace

    @property
    def units(self) -> tuple[str, str]:
        """Of frequency and amplitude."""
        return self.trace.units or ("", "")


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """The spectra of one frame.

    frame    it, with spectra for traces
    of       the frame that they were made of
    setting  what they were made with, as was epoch
    lines    by slot
    axes     by unit of the amplitude: dB at the top, or units/div
    """

    frame: Frame
    of: Frame
    setting: Spectral
    epoch: int
    lines: Mapping[int, Line]
    axes: Mapping[str, float]

    @property
    def right(self) -> float:
        """Frequency at the right border; 0 where there is no spectrum."""
        return 0.0 if self.frame.lines is None else self.frame.lines.right


def spectra(
    frame: Frame, view: View, source: Source, kept: Spectra | None = None, rows: int = ROWS
) -> Spectra:
    """The spectra of the samples on a screen, the newest 65,536 of each channel.

    source  the record of a channel
    kept    the spectra before: averages go on, and the axes stay where they fit
    rows    points of a trace at most
    """
    setting = view.spectrum or Spectral()
    if kept is not None and (kept.setting, kept.epoch) != (setting, view.epoch):
        kept = None
    if kept is not None and frame in (kept.of, kept.frame):
        return kept
    lines, why = lined(frame, source, setting, {} if kept is None else kept.lines, rows)
    axes = chosen(lines, setting, {} if kept is None else kept.axes)
    said = replace(told(frame, lines, setting, 0.0 if kept is None else kept.right), why=why)
    lines = {
        slot: replace(line, trace=placed(line.trace, setting, said.right, axes[line.units[1]]))
        for slot, line in lines.items()
    }
    traces = {slot: line.trace for slot, line in lines.items()}
    return Spectra(replace(frame, traces=traces, lines=said), frame, setting, view.epoch, lines, axes)


def lined(
    frame: Frame, source: Source, setting: Spectral, before: Mapping[int, Line], rows: int
) -> tuple[dict[int, Line], str | None]:
    """The spectra of all channels that have one, by slot, and why there is none at all."""
    lines, whys = {}, []
    for slot, trace in frame.traces.items():
        found = line(frame, trace, source, setting, before.get(slot), rows)
        if isinstance(found, Line):
            lines[slot] = found
        else:
            whys.append(found)
    return lines, None if lines else next(iter(whys), NO_TRACE)


def line(
    frame: Frame, trace: Trace, source: Source, setting: Spectral, before: Line | None, rows: int
) -> Line | str:
    """The spectrum of a trace, or why there is none."""
    part = stretch(frame, trace, source)
    if part is None or part.figure:
        return NO_TRACE if part is None else FIGURE
    shown = trace.serial, part.record.probe, part.start, part.stop, part.record.unit
    if before is not None and before.shown == shown:
        return before
    part = part.newest(LARGEST)
    found = spectrum(part.offsets, part.y, setting.window, part.breaks)
    if found.why is not None:
        return found.why
    if not (found.amplitude.max() < math.inf and found.rate < math.inf):
        return TOO_LARGE
    same = before is not None and before.shown[:2] == shown[:2]
    averaging = averaged(setting, found, before.averaging if before is not None and same else None)
    if averaging is None or averaging.result is None:
        return Line(shown, None, Resolved.of(found, 1), traced(trace, part, found, setting, rows))
    found = averaging.result
    resolved = Resolved.of(found, averaging.count)
    return Line(shown, averaging, resolved, traced(trace, part, found, setting, rows))


def averaged(setting: Spectral, newest: Spectrum, before: Averaging | None) -> Averaging | None:
    """The average with the newest spectrum in it; None: none is wanted."""
    if setting.average == "none":
        return None
    return (before or Averaging(setting.average, setting.count)).with_(newest)


def traced(trace: Trace, part: Stretch, found: Spectrum, setting: Spectral, rows: int) -> Trace:
    """A spectrum as a trace, its axes still to be chosen; it keeps the samples of the trace that it is of."""
    x, y = peaked(found, rows)
    units = inverse(part.record.x_unit), y_unit(setting.scale, part.record.unit)
    return replace(
        trace,
        kind=Kind.SPECTRUM,
        x0=0.0,
        x=x,
        y=SCALES[setting.scale].of(y),
        dots=NONE,
        limits=None,
        units=units,
    )


def y_unit(scale: str, unit: str) -> str:
    """The unit of an amplitude; dBV are of volts, or of what is not said to be anything else."""
    return SCALES["dB" if scale == "dBV" and unit not in ("V", "") else scale].unit(unit)


def peaked(found: Spectrum, rows: int) -> tuple[Float64s, Float64s]:
    """Frequency and amplitude of at most so many columns, of each its highest bin: no line is lost."""
    n = len(found.amplitude)
    size = -(-n // rows)
    if size == 1:
        return found.frequency, found.amplitude
    columns = -(-n // size)
    y = np.zeros(columns * size)
    y[:n] = found.amplitude
    x: Float64s = np.arange(columns, dtype=np.float64) * (size * found.rbw) + (size - 1) / 2 * found.rbw
    return x, y.reshape(columns, size).max(axis=1)


def told(frame: Frame, lines: Mapping[int, Line], setting: Spectral, last: float) -> Lines:
    """What is said of spectra; the leading channel's give the axis, or those of the first that has some.

    last  frequency at the right border until now
    """
    found = {slot: line.resolved for slot, line in lines.items()}
    slots = [slot for slot, line in lines.items() if line.trace.channel == frame.lead] or list(lines)
    if not slots:
        return Lines(setting, found)
    right = found[slots[0]].nyquist
    right = last if abs(right - last) <= SAME * right else right
    return Lines(setting, found, slots[0], right, lines[slots[0]].units[0])


def chosen(lines: Mapping[int, Line], setting: Spectral, old: Mapping[str, float]) -> dict[str, float]:
    """An axis for each unit on the screen, as it was where that fits the highest line."""
    highest: dict[str, float] = {}
    for each in lines.values():
        unit = each.units[1]
        highest[unit] = max(highest.get(unit, -math.inf), float(each.trace.y.max()))
    choose = units_per_div if setting.scale == "linear" else top
    return {unit: choose(most, old.get(unit)) for unit, most in highest.items()}


def top(highest: float, old: float | None) -> float:
    """dB at the top of the screen: the next ten above the highest line."""
    if old is not None and old - DECIBELS - STAYS <= highest < old:
        return old
    return max(DECIBELS * (math.floor(highest / DECIBELS) + 1), LOWEST)


def units_per_div(highest: float, old: float | None) -> float:
    """Units/div of a linear axis."""
    if old is not None and SMALL * old <= highest <= DIVISIONS * old:
        return old
    return at_least(highest / FILL) if highest > 0 else old or 1.0


def placed(trace: Trace, setting: Spectral, right: float, axis: float) -> Trace:
    """A trace on its axes; the same one where it is there already."""
    limits = (0.0, DIVISIONS * axis) if setting.scale == "linear" else (axis - DIVISIONS * DECIBELS, axis)
    if (trace.limits, trace.ends) == (limits, (0.0, right)):
        return trace
    return replace(trace, limits=limits, ends=(0.0, right))
