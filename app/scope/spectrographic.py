"""Display of a spectrogram, as a view has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.dsp.spectrum import SCALES
from app.dsp.windows import WINDOWS

LONGEST_NAME = 600
KNOBS = {"window": tuple(WINDOWS), "scale": tuple(scale for scale in SCALES if scale != "linear")}


@dataclass(frozen=True, slots=True)
class Spectrographic:
    """How a screen shows a spectrogram.

    channel        it is of; empty: of the one that leads the screen
    window, scale  keys of WINDOWS and, colours being decibels, SCALES
    """

    channel: str = ""
    window: str = "hann"
    scale: str = "dBV"

    def told(self) -> list[tuple[str, str]]:
        """As parameters of a link."""
        usual, names = Spectrographic(), ("channel", "window", "scale")
        changed = [
            (name, getattr(self, name)) for name in names if getattr(self, name) != getattr(usual, name)
        ]
        return [("display", "spectrogram"), *((f"sg.{name}", str(value)) for name, value in changed)]

    def turned(self, **knobs: str) -> Spectrographic:
        """The same with other knobs; ValueError: there is no such position."""
        for name, value in knobs.items():
            if not (name == "channel" and len(value) <= LONGEST_NAME) and value not in KNOBS.get(name, ()):
                raise ValueError(f"{name[:64]}={value[:64]} is nothing that a spectrogram has")
        return replace(self, **knobs)
