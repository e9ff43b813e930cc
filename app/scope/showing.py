"""What a tab makes of its samples and of its signals."""

from __future__ import annotations

from app.scope.acquisition import Acquisition
from app.scope.display import DISPLAY_MODES
from app.scope.plane import Axes
from app.scope.spectral import Spectral
from app.scope.spectrographic import Spectrographic


class Showing:
    """Acquisition and display.

    spectrum, xy, spectrogram  None: the screen shows something else
    """

    acquisition = Acquisition()
    spectrum: Spectral | None = None
    xy: Axes | None = None
    spectrogram: Spectrographic | None = None

    def show_plainly(self) -> None:
        """Show the signals over time, acquired as at first."""
        self.show_signal()
        self.acquisition = Acquisition()

    def show_spectrum(self, **knobs: str) -> None:
        """Show spectra, with these knobs; ValueError: there is no such position."""
        found = (self.spectrum or Spectral()).turned(**knobs)
        self.show_signal()
        self.spectrum = found

    def show_spectrogram(self, **knobs: str) -> None:
        """Show a spectrogram, with these knobs; ValueError: there is no such position."""
        found = (self.spectrogram or Spectrographic()).turned(**knobs)
        self.show_signal()
        self.spectrogram = found

    def show_xy(self, **axes: str) -> None:
        """Show one channel over another, `x` and `y`; ValueError: there is no such axis."""
        x, y = self.xy or ("", "")
        if not axes.keys() <= {"x", "y"}:
            raise ValueError(f"{', '.join(axes)[:64]}: an XY screen has x and y")
        self.show_signal()
        self.xy = (axes.get("x", x), axes.get("y", y))

    def show_signal(self) -> None:
        """Show the signals over time."""
        self.spectrum = self.xy = self.spectrogram = None

    def display(self, mode: str) -> None:
        """Display the signals in another way; ValueError: there is none of this name."""
        if mode not in DISPLAY_MODES:
            raise ValueError(f"{mode[:64]!r} is no display: {', '.join(DISPLAY_MODES)} are")
        ways = {"fft": self.show_spectrum, "xy": self.show_xy, "spectrogram": self.show_spectrogram}
        ways.get(mode, self.show_signal)()

    def acquire(self, mode: str | None = None, count: int | None = None) -> None:
        """Acquire in another mode, or other so many sweeps; ValueError: there is no such setting."""
        self.acquisition = self.acquisition.turned(mode, count)
