"""What is told of the spectra on a screen besides their traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from app.dsp.spectrum import Peak, Spectrum, peaks
from app.scope.spectral import Spectral

MOST_PEAKS = 5


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one spectrum resolves, in 1/x, and its highest lines.

    resampled  whether its samples were not evenly spaced
    count      spectra that are in the average
    """

    rbw: float
    nyquist: float
    rate: float
    resampled: bool
    count: int
    peaks: Sequence[Peak]

    @classmethod
    def of(cls, found: Spectrum, count: int) -> Resolved:
        lines = peaks(found, MOST_PEAKS)
        return cls(found.rbw, found.nyquist, found.rate, found.resampled, count, lines)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The spectra of one screen.

    setting  what they were made with
    found    by slot; channels that have none are not in it
    lead     slot of the one that gives the axis; None: there is none
    right    frequency at the right border
    x_unit   of a frequency
    why      why there is no spectrum at all; None when there is one
    """

    setting: Spectral
    found: Mapping[int, Resolved]
    lead: int | None = None
    right: float = 0.0
    x_unit: str = ""
    why: str | None = None

    @property
    def peaks(self) -> list[tuple[int, Peak]]:
        """Slots and their highest lines: the highest of each, then the next ones."""
        each = [[(slot, peak) for peak in found.peaks] for slot, found in self.found.items()]
        turns = chain.from_iterable(zip_longest(*each))
        return [peak for peak in turns if peak is not None][:MOST_PEAKS]
