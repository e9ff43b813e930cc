"""The waves that send_data.py makes."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

DUTY = 0.1  # of the pulses
TURN = 2 * math.pi


def encoded(block: dict[str, object]) -> bytes:
    return json.dumps(block, separators=(",", ":")).encode()


def sine(phase: float) -> float:
    return math.sin(TURN * phase)


def square(phase: float) -> float:
    return 1.0 if phase % 1 < 0.5 else -1.0


def triangle(phase: float) -> float:
    return 1 - 4 * abs((phase + 0.25) % 1 - 0.5)


def chirp(phase: float) -> float:
    """A sweep over 20 periods of the lowest frequency, up to ten times that."""
    t = phase % 20
    return math.sin(TURN * (t + 9 * t * t / 40))


def pulses(phase: float) -> float:
    """Short pulses up from the lower level."""
    return 1.0 if phase % 1 < DUTY else -1.0


def noise(_: float) -> float:
    return random.gauss(0, 1)


def lissajous(phase: float) -> float:
    """The y of the figure; its x is a sine of two thirds of the frequency."""
    return math.sin(TURN * phase)


WAVES: dict[str, Callable[[float], float]] = {
    "sine": sine,
    "square": square,
    "triangle": triangle,
    "chirp": chirp,
    "pulses": pulses,
    "noise": noise,
    "lissajous": lissajous,
}


@dataclass(frozen=True)
class Signal:
    """What to send: the wave of each channel, one shifted against the next.

    frequency  Hz
    rate       samples/s of each channel
    """

    wave: str
    frequency: float
    amplitude: float
    mean: float
    rate: float
    channels: int
    unit: str | None

    def body(self, start: int, n: int) -> bytes:
        """The JSON of samples start to start + n, which join those before without a gap."""
        block: dict[str, object] = {
            "channels": {f"ch{k + 1}": self.y(k, start, n) for k in range(self.channels)}
        }
        if self.wave == "lissajous":
            block["x"] = self.values(sine, 2 / 3, 0.0, range(start, start + n))
        else:
            block |= {"t0": start / self.rate, "rate": self.rate}
        if self.unit is not None:
            block["unit"] = self.unit
        return encoded(block)

    def y(self, channel: int, start: int, n: int) -> list[float]:
        return self.values(WAVES[self.wave], 1, channel / self.channels, range(start, start + n))

    def values(
        self, shape: Callable[[float], float], ratio: float, shift: float, numbers: range
    ) -> list[float]:
        step = self.frequency * ratio / self.rate
        return [round(self.mean + self.amplitude * shape(i * step + shift), 9) for i in numbers]
