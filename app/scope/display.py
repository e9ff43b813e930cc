"""What a screen makes of its signals: it draws them over time, one against another, or their frequencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.scope.frame import ROWS, Frame
from app.scope.spectra import Spectra, spectra
from app.scope.spectrograms import Pictured, pictured
from app.scope.spectrographic import Spectrographic
from app.scope.stretch import Source
from app.scope.view import View
from app.scope.xy import crossed


class Displayed(Protocol):
    """What became of a frame, and whatever is to be kept for the next one."""

    @property
    def frame(self) -> Frame: ...


Make = Callable[[Frame, View, Source, Displayed | None, int], Displayed]


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A frame that leaves nothing to keep."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to display.

    make  of a frame of signals: view, source of the records, what was displayed before, most points of a line
    rare  whether it takes so long that a few frames in a second are enough
    """

    label: str
    make: Make
    rare: bool = False


def signals(frame: Frame, _view: View, _source: Source, _kept: Displayed | None, _rows: int) -> Displayed:
    return Plain(frame)


def plane(frame: Frame, view: View, source: Source, _kept: Displayed | None, rows: int) -> Displayed:
    return Plain(crossed(frame, view.xy or ("", ""), source, rows))


def lines(frame: Frame, view: View, source: Source, kept: Displayed | None, rows: int) -> Displayed:
    return spectra(frame, view, source, kept if isinstance(kept, Spectra) else None, rows)


def image(frame: Frame, view: View, source: Source, kept: Displayed | None, _rows: int) -> Displayed:
    setting = view.spectrogram or Spectrographic()
    return pictured(frame, setting, source, kept if isinstance(kept, Pictured) else None)


DISPLAY_MODES: dict[str, Mode] = {
    "yt": Mode("Y-T", signals),
    "xy": Mode("XY", plane),
    "fft": Mode("FFT", lines, rare=True),
    "spectrogram": Mode("Spectrogram", image, rare=True),
}


def displayed(
    frame: Frame, view: View, source: Source, kept: Displayed | None = None, rows: int = ROWS
) -> Displayed:
    """The frame as its view displays it.

    source  the record of a channel
    kept    what was displayed before: averages of spectra go on
    """
    return DISPLAY_MODES[view.display].make(frame, view, source, kept, rows)
