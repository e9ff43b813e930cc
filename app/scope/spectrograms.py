"""The screen as the spectrogram of one of its channels: time across, frequency up, level as colour."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.dsp.spectrogram import LARGEST, SHORTEST, Spectrogram, length, spectrogram
from app.dsp.spectrum import SCALES
from app.scope.frame import Frame, Kind, Trace
from app.scope.measuring import inverse
from app.scope.raster import Gram, Raster
from app.scope.spectra import FIGURE, NO_TRACE, NONE, TOO_LARGE, top, y_unit
from app.scope.spectrographic import Spectrographic
from app.scope.stretch import Source, Stretch, stretch

EDGE = 2  # mean steps: so near to the border samples reach to it
RANGE = 80.0  # dB from the darkest colour to the brightest
AWAY = "that channel is not on the screen"


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """A spectrogram.

    frame  with its image for a trace
    of     the frame that it was made of
    """

    frame: Frame
    of: Frame


def pictured(frame: Frame, setting: Spectrographic, source: Source, kept: Pictured | None = None) -> Pictured:
    """The spectrogram of the samples between the borders of the screen, of the newest million of them.

    kept  the one before: the colours stay where they fit
    """
    if kept is not None and (kept.frame.gram is None or kept.frame.gram.setting != setting):
        kept = None
    if kept is not None and frame in (kept.of, kept.frame):
        return kept
    slot = chosen(frame, setting.channel)
    if slot is None:
        return without(frame, Gram(setting, why=AWAY if setting.channel else NO_TRACE))
    trace = frame.traces[slot]
    part = stretch(frame, trace, source)
    if part is None or part.figure:
        return without(frame, Gram(setting, trace.channel, why=NO_TRACE if part is None else FIGURE))
    found = looked(frame, trace, part, setting)
    if found.why is not None:
        return without(frame, Gram(setting, trace.channel, why=found.why))
    high = brightest(found)
    if not high < math.inf:
        return without(frame, Gram(setting, trace.channel, why=TOO_LARGE))
    last = kept.frame.gram if kept is not None else None
    same = last is not None and last.channel == trace.channel and last.why is None
    high = top(high, last.high if same and last is not None else None)
    unit = y_unit(setting.scale, part.record.unit)
    image = Raster.of(SCALES[setting.scale].of(found.amplitude), high - RANGE, high, unit)
    x_unit = part.record.x_unit
    gram = Gram(
        setting, trace.channel, found.rate / found.n, found.rate / 2, inverse(x_unit), high - RANGE, high,
        unit, found.looked_at, found.resampled,
    )  # fmt: skip
    line = carrier(frame, trace, found, image, (x_unit, inverse(x_unit)))
    return Pictured(replace(frame, traces={slot: line}, beside=frame.traces, gram=gram), frame)


def chosen(frame: Frame, name: str) -> int | None:
    """The slot of the channel that is meant: the one that leads the screen, if none is named."""
    wanted = name or frame.lead
    return next((slot for slot, trace in frame.traces.items() if trace.channel == wanted), None)


def without(frame: Frame, gram: Gram) -> Pictured:
    """A screen that cannot show one, and says why."""
    return Pictured(replace(frame, traces={}, beside=frame.traces, gram=gram), frame)


def looked(frame: Frame, trace: Trace, part: Stretch, setting: Spectrographic) -> Spectrogram:
    """The spectrogram, x counted from the left border."""
    left = frame.held[trace.channel].left(frame.span)
    newest = beyond(part.newest(LARGEST), left, left + frame.span)
    return spectrogram(newest.offsets - left, newest.y, 0.0, frame.span, setting.window, newest.breaks)


def beyond(part: Stretch, left: float, right: float) -> Stretch:
    """The samples with half a window more on each side where they reach to the border of the screen: windows
    there need not lie aside."""
    record, segment, n = part.record, part.segment, part.n
    if n < SHORTEST:
        return part
    first, last = (float(record.offsets(at, at + 1)[0]) for at in (part.start, part.stop - 1))
    near, more = EDGE * (last - first) / (n - 1), length(n) // 2
    start = part.start - more if first - left <= near else part.start
    stop = part.stop + more if right - last <= near else part.stop
    oldest, newest = max(segment.start, record.first), min(segment.stop, record.total)
    return Stretch(record, segment, max(start, oldest), min(stop, newest))


def brightest(found: Spectrogram) -> float:
    """The highest level there is, in dB."""
    highest = np.fmax.reduce(found.amplitude, axis=None)
    return float(SCALES["dB"].of(np.array([highest if highest == highest else 0.0]))[0])


def carrier(frame: Frame, trace: Trace, found: Spectrogram, image: Raster, units: tuple[str, str]) -> Trace:
    """A trace over the same x without a line, which has the image; its y is frequency."""
    return replace(
        trace, kind=Kind.IMAGE, x0=trace.x0 + trace.ends[0], x=found.x, y=np.full(len(found.x), np.nan),
        dots=NONE, ends=(0.0, frame.span), limits=(0.0, found.rate / 2), units=units, image=image,
    )  # fmt: skip
