"""Measurements the slow and obvious way: a sample and an edge at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, sqrt

Sample = tuple[float, float]
Piece = list[Sample]
Between = Callable[[Piece, int, float], float]
BINS, HALF = 256, 115
SHARE = 0.05


@dataclass
class Edge:
    at: float
    rising: bool
    piece: int


def pieces(x: Sequence[float], y: Sequence[float], breaks: Sequence[int] = ()) -> list[Piece]:
    """The samples between gaps; a value that is not finite is a gap."""
    found: list[Piece] = [[]]
    begun = set(breaks)
    for n, (at, value) in enumerate(zip(x, y, strict=True)):
        if n in begun or not isfinite(value):
            found.append([])
        if isfinite(value):
            found[-1].append((float(at), float(value)))
    return [piece for piece in found if piece]


def states(values: list[float]) -> tuple[float, float]:
    """Base and top: the mean of the samples in the mode of the lower and of the upper bins."""
    low, high = min(values), max(values)
    if low == high:
        return low, high
    bins: list[list[float]] = [[] for _ in range(BINS)]
    for value in values:
        bins[min(BINS - 1, int((value - low) / (high - low) * BINS))].append(value)
    lower, upper = max(bins[:HALF], key=len), max(reversed(bins[-HALF:]), key=len)
    least = SHARE * len(values)
    base = sum(lower) / len(lower) if len(lower) >= least else low
    top = sum(upper) / len(upper) if len(upper) >= least else high
    return base, top


def linear(piece: Piece, n: int, level: float) -> float:
    """Where the line from sample n - 1 to n has the level."""
    (x0, y0), (x1, y1) = piece[n - 1], piece[n]
    return x0 + (level - y0) / (y1 - y0) * (x1 - x0)


def edges(parts: list[Piece], level: float, hysteresis: float, between: Between = linear) -> list[Edge]:
    """Changes of sides; the instant is the middle between the first crossing of the level and the last."""
    found = []
    for number, piece in enumerate(parts):
        side, crossed = 0, []
        for n, (_, y) in enumerate(piece):
            if n and (piece[n - 1][1] >= level) != (y >= level):
                crossed.append(n)
            now = 1 if y >= level + hysteresis else -1 if y <= level - hysteresis else 0
            if now and side == -now:
                first, last = (between(piece, crossed[k], level) for k in (0, -1))
                found.append(Edge((first + last) / 2, now == 1, number))
            if now:
                side, crossed = now, []
    return found


def mean(parts: list[Piece], value: Callable[[float], float]) -> float:
    """By the trapezoid rule; over the samples where they have no extent."""
    area = length = 0.0
    for piece in parts:
        for (x0, y0), (x1, y1) in pairwise(piece):
            area += (value(y0) + value(y1)) / 2 * (x1 - x0)
            length += x1 - x0
    if length > 0:
        return area / length
    values = [value(y) for piece in parts for _, y in piece]
    return sum(values) / len(values)


def cut(piece: Piece, begin: float, end: float, value: Callable[[float], float]) -> Piece:
    """The values from begin to end, with interpolated ones there."""
    found = []
    for (x0, y0), (x1, y1) in pairwise((x, value(y)) for x, y in piece):
        if x0 <= begin < x1:
            found.append((begin, y0 + (begin - x0) / (x1 - x0) * (y1 - y0)))
        if x0 < end <= x1:
            found.append((end, y0 + (end - x0) / (x1 - x0) * (y1 - y0)))
        if begin < x1 < end:
            found.append((x1, y1))
    return found


def mean_of_cycles(parts: list[Piece], found: list[Edge], value: Callable[[float], float]) -> float | None:
    """Over whole cycles of the direction that has more of them."""
    counts = {rising: len([c for c in cycles(found) if c[0].rising == rising]) for rising in (True, False)}
    rising = counts[True] >= counts[False]
    stretches = []
    for number, piece in enumerate(parts):
        mine = [edge.at for edge in found if edge.piece == number and edge.rising == rising]
        if len(mine) > 1:
            stretches.append(cut(piece, mine[0], mine[-1], value))
    return mean(stretches, lambda y: y) if stretches else None


def cycles(found: list[Edge]) -> list[tuple[Edge, Edge, Edge]]:
    triples = zip(found, found[1:], found[2:], strict=False)
    return [triple for triple in triples if triple[0].piece == triple[2].piece]


def average(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def widths(found: list[Edge], rising: bool) -> list[float]:
    pairs = pairwise(found)
    return [b.at - a.at for a, b in pairs if a.piece == b.piece and a.rising == rising]


def flanks(middle: list[Edge], lower: list[Edge], upper: list[Edge], rising: bool) -> list[float]:
    """Each from the last 10 % (90 %) before the middle to the first 90 % (10 %) after it."""
    near, far = (lower, upper) if rising else (upper, lower)
    found = []
    for edge in middle:
        if edge.rising != rising:
            continue
        same = [other for other in middle if other.piece == edge.piece]
        since = max([other.at for other in same if other.at < edge.at], default=float("-inf"))
        until = min([other.at for other in same if other.at > edge.at], default=float("inf"))
        begins = [
            e.at for e in near if e.piece == edge.piece and e.rising == rising and since <= e.at <= edge.at
        ]
        ends = [
            e.at for e in far if e.piece == edge.piece and e.rising == rising and edge.at <= e.at <= until
        ]
        if begins and ends:
            found.append(min(ends) - max(begins))
    return found


def beyond(parts: list[Piece], found: list[Edge], base: float, top: float, after: bool) -> float | None:
    """Overshoot (after) or preshoot: the farthest beyond the state in the half of the pulse at the edge."""
    rising = any(edge.rising for edge in found)
    reached = []
    for n, edge in enumerate(found):
        if edge.rising != rising:
            continue
        piece = parts[edge.piece]
        begin, end = (edge.at, piece[-1][0]) if after else (piece[0][0], edge.at)
        for other in found[max(0, n - 1) : n + 2]:
            if other.piece == edge.piece and after and other.at > edge.at:
                end = (edge.at + other.at) / 2
            if other.piece == edge.piece and not after and other.at < edge.at:
                begin = (edge.at + other.at) / 2
        inside = [y for x, y in piece if begin <= x <= end]
        upwards = rising == after
        reached += [y - top if upwards else base - y for y in inside]
    return 100 * max([0.0, *reached]) / (top - base) if found else None


def measured(
    x: Sequence[float],
    y: Sequence[float],
    breaks: Sequence[int] = (),
    levels: tuple[float, float] | None = None,
    between: Between = linear,
) -> dict[str, float | None]:
    """All measurements of one channel; None where they cannot be had.

    levels  base and top, if they are known
    """
    parts = pieces(x, y, breaks)
    values = [value for piece in parts for _, value in piece]
    base, top = levels or states(values)
    size = top - base
    middle, lower, upper = (
        edges(parts, base + share * size, near * size, between) if size else []
        for share, near in ((0.5, 0.1), (0.1, 0.025), (0.9, 0.025))
    )
    spans = [c.at - a.at for a, _, c in cycles(middle)]
    above = [b.at - a.at if a.rising else c.at - b.at for a, b, c in cycles(middle)]
    period, whole = average(spans), mean(parts, lambda value: value)
    square = mean_of_cycles(parts, middle, lambda value: value**2)
    return {
        "vpp": max(values) - min(values),
        "max": max(values),
        "min": min(values),
        "top": top,
        "base": base,
        "amplitude": size,
        "mean": whole,
        "cycle_mean": mean_of_cycles(parts, middle, lambda value: value),
        "rms": sqrt(mean(parts, lambda value: value**2)),
        "ac_rms": sqrt(mean(parts, lambda value: (value - whole) ** 2)),
        "cycle_rms": None if square is None else sqrt(square),
        "period": period,
        "frequency": 1 / period if period else None,
        "positive_width": average(widths(middle, True)),
        "negative_width": average(widths(middle, False)),
        "duty": 100 * sum(above) / sum(spans) if spans else None,
        "rise": average(flanks(middle, lower, upper, True)),
        "fall": average(flanks(middle, lower, upper, False)),
        "overshoot": beyond(parts, middle, base, top, True),
        "preshoot": beyond(parts, middle, base, top, False),
        "edges": len(middle),
    }


def delay(x: Sequence[float], first: Sequence[float], second: Sequence[float]) -> float:
    """The mean distance from each rising edge of the first to the nearest one of the second."""
    mine, others = (
        [e.at for e in edges(pieces(x, y), sum(states(list(y))) / 2, 0.1 * (max(y) - min(y))) if e.rising]
        for y in (first, second)
    )
    late = [min((other - at for other in others), key=abs) for at in mine]
    return sum(late) / len(late)
