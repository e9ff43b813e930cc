"""Display of spectra, as a view has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.dsp.spectrum import AVERAGES, SCALES
from app.dsp.windows import WINDOWS

MOST_AVERAGED = 65_536
KNOBS = {"window": tuple(WINDOWS), "scale": tuple(SCALES), "average": ("none", *AVERAGES)}


@dataclass(frozen=True, slots=True)
class Spectral:
    """How a screen shows spectra.

    window, scale  keys of WINDOWS and SCALES
    average        none, or a key of AVERAGES, over `count` spectra
    """

    window: str = "hann"
    scale: str = "dBV"
    average: str = "none"
    count: int = 8

    def told(self) -> list[tuple[str, str]]:
        """As parameters of a link."""
        usual = Spectral()
        named = [(name, str(getattr(self, name))) for name in ("window", "scale", "average", "count")]
        changed = [(f"fft.{name}", text) for name, text in named if text != str(getattr(usual, name))]
        return [("display", "fft"), *changed]

    def turned(self, **knobs: str) -> Spectral:
        """The same with other knobs; ValueError: there is no such position."""
        found = self
        for name, value in knobs.items():
            if (
                name == "count"
                and value.isascii()
                and value.isdigit()
                and 2 <= int(value[:6]) <= MOST_AVERAGED
            ):
                found = replace(found, count=int(value))
            elif value in KNOBS.get(name, ()):
                found = replace(found, **{name: value})  # type: ignore[arg-type]
            else:
                raise ValueError(f"{name[:64]}={value[:64]} is nothing that a spectrum has")
        return found
