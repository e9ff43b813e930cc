"""What a panel shows of spectra, in words and figures."""

from __future__ import annotations

import math

from app.dsp.spectrum import Peak
from app.dsp.windows import FLOOR
from app.memory.memory import Records
from app.scope import timebase
from app.scope.channel import DIVISIONS
from app.scope.frame import Frame, Trace
from app.scope.lines import Lines
from app.units import engineering, plain

DIGITS = 4
BOTTOM, APART = 0.2 - DIVISIONS / 2, 0.4  # divisions: markers stand one above the other


def spectrum(frame: Frame, memory: Records) -> dict[str, object] | None:
    """The knobs of the spectra of a screen as they are, and what they resolve; None: it shows signals.

    peaks     the highest lines, by slot in turn
    averaged  spectra that are in the average by now
    """
    lines = frame.lines
    if lines is None:
        return None
    setting = lines.setting
    said: dict[str, object] = {
        "window": setting.window,
        "scale": setting.scale,
        "average": setting.average,
        "count": setting.count,
        "why": lines.why,
    }
    return said | resolved(lines) | {"peaks": peaks(frame, lines, memory)}


def resolved(lines: Lines) -> dict[str, object]:
    """What the leading spectrum resolves, and the axis that it gives: 1/x of a division and in the centre."""
    if lines.lead is None:
        none = {"rbw": "---", "nyquist": "---", "rate": "---", "div": None, "centre": None}
        return none | {"resampled": False, "averaged": 0}
    found, unit = lines.found[lines.lead], lines.x_unit
    return {
        "div": plain(lines.right / timebase.DIVISIONS, unit),
        "centre": plain(lines.right / 2, unit),
        "rbw": engineering(found.rbw, unit, DIGITS),
        "nyquist": engineering(found.nyquist, unit, DIGITS),
        "rate": engineering(found.rate, f"Sa{unit.removeprefix('1')}" if unit != "Hz" else "Sa/s", DIGITS),
        "resampled": any(each.resampled for each in lines.found.values()),
        "averaged": found.count,
    }


def peaks(frame: Frame, lines: Lines, memory: Records) -> list[dict[str, object]]:
    """The highest lines."""
    found = []
    for slot, peak in lines.peaks:
        trace = frame.traces[slot]
        record = memory.records.get(trace.channel)
        x_unit = trace.units[0] if trace.units else ""
        found.append(
            {
                "slot": slot,
                "label": trace.channel if record is None else record.label,
                "frequency": engineering(peak.frequency, x_unit, DIGITS),
                "amplitude": amplitude(peak, lines.setting.scale, trace),
            }
        )
    return found


def amplitude(peak: Peak, scale: str, trace: Trace) -> str:
    """The height of a line."""
    unit = trace.units[1] if trace.units else ""
    if scale == "linear":
        own = unit.removesuffix("RMS").rstrip()
        return f"{engineering(peak.amplitude, own, DIGITS)} RMS"
    return f"{20 * math.log10(max(peak.amplitude, FLOOR)):.1f} {unit.partition(' ')[0]}"


def ground(number: int | str, place: int) -> list[object]:
    """The marker of a spectrum: divisions above the centre, and its text.

    place  how many markers are below it: a spectrum has no zero, they stand at the bottom
    """
    return [round(BOTTOM + APART * place, 6), f"{number}▸"]
