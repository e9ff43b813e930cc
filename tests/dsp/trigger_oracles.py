"""Slow and obvious twins of the triggers: the whole signal, a sample at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isnan

from app.dsp.edges import Slope
from app.dsp.trigger import Condition, Edge, Polarity, PulseWidth, Runt, Timeout, Trigger, Way, WindowTrigger

Found = list[tuple[int, float]]  # sample number and instant


@dataclass(frozen=True)
class Signal:
    x: Sequence[float]
    y: Sequence[float]
    breaks: Collection[int] = ()

    def gap(self, n: int) -> bool:
        """Whether what came before sample n is forgotten."""
        return n in self.breaks or isnan(self.y[n])


def crossed(signal: Signal, level: float, hysteresis: float, slope: Slope) -> list[tuple[int, str]]:
    """Sample number and direction of each edge."""
    risen, fallen, found = False, False, []
    for n, value in enumerate(signal.y):
        if signal.gap(n):
            risen, fallen = False, False
        if risen and value >= level:
            found.append((n, "rising"))
        if fallen and value <= level:
            found.append((n, "falling"))
        risen = value < level and (risen or value <= level - hysteresis)
        fallen = value > level and (fallen or value >= level + hysteresis)
    return [edge for edge in found if slope in (edge[1], Slope.EITHER)]


def instant(signal: Signal, n: int, level: float) -> float:
    """Where the line from sample n - 1 to sample n, a cubic if it can be, has the level."""
    x, y = signal.x, signal.y
    if y[n] == y[n - 1]:
        return x[n]
    line = x[n - 1] + min(max((level - y[n - 1]) / (y[n] - y[n - 1]), 0), 1) * (x[n] - x[n - 1])
    if n < 2 or n + 1 >= len(x) or signal.gap(n + 1) or n - 1 in signal.breaks or isnan(y[n - 2]):
        return line
    xs, ys = x[n - 2 : n + 2], y[n - 2 : n + 2]
    if len(set(xs)) < 4 or cornered(xs, ys):
        return line
    spots = [xs[1] + (xs[2] - xs[1]) * k / 200 for k in range(201)]
    heights = [lagrange(xs, ys, spot) for spot in spots]
    up = ys[2] > ys[1]
    if any((after > before) != up for before, after in pairwise(heights)):
        return line
    low, high = xs[1], xs[2]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (lagrange(xs, ys, middle) >= level) == up else (middle, high)
    return (low + high) / 2


def lagrange(xs: Sequence[float], ys: Sequence[float], at: float) -> float:
    """The cubic through four points."""
    whole = 0.0
    for i in range(4):
        part = ys[i]
        for j in range(4):
            if j != i:
                part *= (at - xs[j]) / (xs[i] - xs[j])
        whole += part
    return whole


def cornered(xs: Sequence[float], ys: Sequence[float]) -> bool:
    """Whether the third difference at the mean spacing is nearly as much as the step."""
    third = 6 * sum(
        ys[i] / ((xs[i] - xs[j]) * (xs[i] - xs[k]) * (xs[i] - xs[m]))
        for i, j, k, m in ((0, 1, 2, 3), (1, 0, 2, 3), (2, 0, 1, 3), (3, 0, 1, 2))
    )
    slope = (ys[2] - ys[1]) / (xs[2] - xs[1])
    return abs(third) * ((xs[3] - xs[0]) / 3) ** 2 > 0.9 * abs(slope)


def edges(signal: Signal, trigger: Edge | Timeout) -> Found:
    found = crossed(signal, trigger.level, trigger.hysteresis, trigger.slope)
    return [(n, instant(signal, n, trigger.level)) for n, _ in found]


def pulses(signal: Signal, trigger: PulseWidth) -> Found:
    first = "rising" if trigger.polarity is Polarity.POSITIVE else "falling"
    found: Found = []
    begun = None
    edges = {n: way for n, way in crossed(signal, trigger.level, trigger.hysteresis, Slope.EITHER)}
    for n in range(len(signal.y)):
        if signal.gap(n):
            begun = None
        if n not in edges:
            continue
        at = instant(signal, n, trigger.level)
        if edges[n] != first and begun is not None and meant(trigger, at - begun):
            found.append((n, at))
        begun = at if edges[n] == first else None
    return found


def meant(trigger: PulseWidth, width: float) -> bool:
    low, high = trigger.low_width, trigger.high_width
    return {
        Condition.SHORTER: width < high,
        Condition.LONGER: width > low,
        Condition.WITHIN: low <= width <= high,
        Condition.OUTSIDE: width < low or width > high,
    }[trigger.condition]


def windows(signal: Signal, trigger: WindowTrigger) -> Found:
    low, high, retreat = trigger.low, trigger.high, trigger.hysteresis
    armed, found = False, []
    for n, value in enumerate(signal.y):
        if signal.gap(n):
            armed = False
        inside = low <= value <= high
        if trigger.way is Way.ENTER:
            fires, arms = inside, value <= low - retreat or value >= high + retreat
        else:
            fires, arms = value < low or value > high, low + retreat <= value <= high - retreat
        if fires and armed:
            before = signal.y[n - 1]
            border = low if min(value, before) < low else high
            found.append((n, instant(signal, n, border)))
        armed = not fires and (armed or arms)
    return found


def runts(signal: Signal, trigger: Runt) -> Found:
    sign = 1 if trigger.polarity is Polarity.POSITIVE else -1
    near, far = sorted((sign * trigger.low, sign * trigger.high))
    state, found = "unknown", []  # unknown, rest, pulse, full
    for n, raw in enumerate(signal.y):
        value = sign * raw
        if signal.gap(n):
            state = "unknown"
        if value <= near:
            if state == "pulse":
                found.append((n, instant(signal, n, sign * near)))
            state = "rest"
        elif value >= far:
            state = "full"
        elif value >= near + trigger.hysteresis and state == "rest":
            state = "pulse"
    return found


def silences(signal: Signal, trigger: Timeout) -> Found:
    instants = [at for _, at in edges(signal, trigger)]
    found = []
    for k, at in enumerate(instants):
        due = at + trigger.time
        if due <= (instants[k + 1] if k + 1 < len(instants) else inf):
            found += [(n, due) for n, x in enumerate(signal.x) if x >= due][:1]
    return found


def events(signal: Signal, trigger: Trigger, holdoff: float = 0.0) -> Found:
    """All that a trigger finds."""
    twins = {Edge: edges, PulseWidth: pulses, WindowTrigger: windows, Runt: runts, Timeout: silences}
    found: Found = []
    for n, at in twins[type(trigger)](signal, trigger):  # type: ignore[operator]
        if not found or at >= found[-1][1] + holdoff:
            found.append((n, at))
    return found
