"""Windows for a spectrum, and what they make of a line between two bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.dsp.pieces import Float64s

FLOOR = 1e-20  # what no amplitude is drawn below: -400 dB


def decibels(amplitude: Float64s) -> Float64s:
    """20 lg of an RMS amplitude; -400 for 0."""
    return 20 * np.log10(np.maximum(amplitude, FLOOR))


@dataclass(frozen=True, slots=True)
class Window:
    """An entry of WINDOWS.

    Hann and Hamming have 2 cosine terms, Blackman-Harris 4, flat-top 5; all are periodic.

    label  as on the front panel
    use    what it is good for
    name   its name in scipy.signal.windows
    reach  share of the highest bin below which its side lobes, or the rounding of float32, look like lines
    """

    label: str
    use: str
    name: str
    reach: float = 1e-7

    def of(self, n: int) -> Float64s:
        """The window's n values; read-only."""
        return weights(self.name, n)


@lru_cache(maxsize=8)
def weights(name: str, n: int) -> Float64s:
    from scipy.signal import windows  # costs 1.5 s and 80 MB: not before the first spectrum

    found: Float64s = windows.get_window(name, n, fftbins=True)
    found.setflags(write=False)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Lobe:
    """The top of a window's main lobe.

    offset  (k,) bins, from a line to the highest bin: its own place in -0.5..0.5
    vertex  (k,) bins, increasing: where the parabola through the logarithms of that bin and its neighbours
            has its vertex
    height  (k,) the highest bin as a share of the line's amplitude
    """

    offset: Float64s
    vertex: Float64s
    height: Float64s


@lru_cache(maxsize=8)
def lobe(name: str) -> Lobe:
    shape = weights(name, 1024)
    offset = np.linspace(-0.5, 0.5, 101)
    bins = np.array([-1.0, 0.0, 1.0])[:, None] - offset
    turns = np.arange(1024) / 1024
    heights = np.abs(np.exp(-2j * np.pi * bins[..., None] * turns) @ shape) / shape.sum()
    return Lobe(offset, vertices(*decibels(heights)), heights[1])


def vertices(before: Float64s, at: Float64s, after: Float64s) -> Float64s:
    """Places, in -0.5..0.5, of the vertices of parabolas through three values each."""
    return (before - after) / (2 * (before - 2 * at + after))


WINDOWS: dict[str, Window] = {
    "rectangular": Window("Rectangular", "transients; the narrowest lines", "boxcar"),
    "hann": Window("Hann", "general use", "hann"),
    "hamming": Window("Hamming", "lines close to each other", "hamming", 1e-2),
    "blackman-harris": Window("Blackman-Harris", "small lines beside large ones", "blackmanharris", 5e-5),
    "flat-top": Window("Flat-top", "exact amplitudes", "flattop", 5e-5),
}
