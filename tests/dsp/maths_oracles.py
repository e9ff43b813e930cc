"""Slow, obvious twins of the maths: a sample at a time, in plain Python."""

import cmath
import math
from collections.abc import Sequence

NAN = math.nan


def connected(y: Sequence[float], breaks: Sequence[int], i: int) -> bool:
    """Whether a line goes from sample i - 1 to sample i."""
    return 0 < i < len(y) and i not in breaks and math.isfinite(y[i]) and math.isfinite(y[i - 1])


def pieces(y: Sequence[float], breaks: Sequence[int]) -> list[list[int]]:
    """The numbers of the samples of each piece."""
    found: list[list[int]] = []
    for i in range(len(y)):
        if connected(y, breaks, i):
            found[-1].append(i)
        elif math.isfinite(y[i]):
            found.append([i])
    return found


def slope(points: list[tuple[float, float]], k: int) -> float:
    """Slope at point k by the parabola through it and its neighbours, at an end by the line."""
    if len(points) == 1:
        return NAN
    if k in (0, len(points) - 1):
        (xa, ya), (xb, yb) = points[:2] if k == 0 else points[-2:]
        return (yb - ya) / (xb - xa)
    (xa, ya), (xb, yb), (xc, yc) = points[k - 1 : k + 2]
    return (
        ya * (xb - xc) / ((xa - xb) * (xa - xc))
        + yb * (1 / (xb - xa) + 1 / (xb - xc))
        + yc * (xb - xa) / ((xc - xa) * (xc - xb))
    )


def derivative(x: Sequence[float], y: Sequence[float], breaks: Sequence[int]) -> list[float]:
    found = [NAN] * len(y)
    for piece in pieces(y, breaks):
        places = sorted({x[i] for i in piece})
        at = {place: [y[i] for i in piece if x[i] == place] for place in places}
        points = [(place, sum(at[place]) / len(at[place])) for place in places]
        for i in piece:
            found[i] = slope(points, places.index(x[i]))
    return found


def integral(x: Sequence[float], y: Sequence[float], breaks: Sequence[int]) -> list[float]:
    found = [NAN] * len(y)
    for piece in pieces(y, breaks):
        total = 0.0
        for i in piece:
            if i > piece[0]:
                total += (y[i] + y[i - 1]) / 2 * (x[i] - x[i - 1])
            found[i] = total
    return found


def interpolated(x: Sequence[float], y: Sequence[float], breaks: Sequence[int], at: float) -> float:
    """The signal at one x; of several samples there the last."""
    for i in reversed(range(len(x))):
        if x[i] == at:
            return y[i]
    for i in range(1, len(x)):
        if x[i - 1] < at < x[i] and connected(y, breaks, i):
            return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1])
    return NAN


def butterworth(frequency: float, low: float, high: float, order: int, rate: float) -> float:
    """Gain of a band-pass, through the bilinear transform, by the formula for its magnitude.

    low 0 makes it a low-pass, high math.inf a high-pass
    """
    at, below = (math.tan(math.pi * each / rate) for each in (frequency, low))
    if math.isinf(high):
        place = below / at
    else:
        above = math.tan(math.pi * high / rate)
        place = (at**2 - below * above) / (at * (above - below)) if below else at / above
    return 1 / math.sqrt(1 + place ** (2 * order))


def transform(y: Sequence[float], weights: Sequence[float]) -> list[float]:
    """RMS amplitudes at the bins of the discrete Fourier transform, each by its sum."""
    n, average, gain = len(y), sum(y) / len(y), sum(weights)
    found = []
    for k in range(n // 2 + 1):
        turns = (cmath.exp(-2j * math.pi * k * i / n) for i in range(n))
        sides = 1 if k in (0, n / 2) else math.sqrt(2)
        total = sum((v - average) * w * turn for v, w, turn in zip(y, weights, turns, strict=True))
        found.append(sides * abs(total) / gain)
    return found
