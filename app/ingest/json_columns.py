"""Columns as JSON arrays: y of one channel or of several, with x, or t0 and dt or rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.ingest.batch import Asked, Limits
from app.ingest.fields import (
    LARGEST,
    Column,
    channel,
    channel_name,
    check_channels,
    check_samples,
    floats_of,
    kind,
    number,
    unit,
)
from app.ingest.json_points import STEPPED, Fields, seconds
from app.memory.samples import Float64s, Origin, Samples
from app.problems import Fault, Problem, shown

MOST_SECONDS = 9e9  # of a clock: its nanoseconds fit 64 bits
GAP_HINT = "send a number such as 12.5, or null for a gap"


@dataclass(frozen=True, slots=True)
class Axis:
    """The x of a block: base + offset, or where the previous block ended."""

    base: float | int
    offsets: Float64s
    origin: Origin
    step: float | None
    unit: str | None


def columns(document: Fields, asked: Asked) -> list[Samples]:
    """A block of samples, the same x for all its channels."""
    ys = y_columns(document, asked.limits)
    n = length(document, ys)
    check_samples(n * len(ys), asked.limits.samples)
    units = y_units(document, list(ys))
    xs = x_columns(document)
    floats = floats_of([*xs, *ys.values()])
    axis = given(floats[0], document) if xs else stepped(document, n, asked.now)
    return [
        Samples(name, axis.base, axis.offsets, y, axis.origin, axis.step, units.get(name), axis.unit)
        for name, y in zip(ys, floats[len(xs) :], strict=True)
    ]


def y_columns(document: Fields, limits: Limits) -> dict[str, Column]:
    """The y of each channel."""
    if "channels" not in document:
        name = channel(document.get("channel"))
        return {name: y_column(name, document["y"], "y")}
    if "y" in document:
        raise wrong("y and channels are both there; send one of them", "y")
    given = document["channels"]
    if not isinstance(given, dict):
        raise wrong(f'channels is {kind(given)}; send an object such as {{"ch1": [1, 2]}}', "channels")
    if not given:
        raise wrong('channels is empty; send at least one, such as {"ch1": [1, 2]}', "channels")
    check_channels(given, limits.channels)
    made = {
        channel_name(key): y_column(channel_name(key), values, "channels") for key, values in given.items()
    }
    if len(made) < len(given):
        raise wrong("channels: two names are the same once normalised; send one of them", "channels")
    return made


def y_column(name: str, values: object, field: str) -> Column:
    if not isinstance(values, list):
        message = f"{field}: channel {shown(name)} is {kind(values)}; send an array of numbers"
        raise wrong(message, field, name)
    return Column(values, "y", name, gaps=True, hint=GAP_HINT)


def x_columns(document: Fields) -> list[Column]:
    """The column x, if there is one."""
    if "x" not in document:
        return []
    if any(field in document for field in STEPPED):
        raise wrong("x is there beside t0, dt or rate; send x, or t0 with dt or rate", "x")
    values = document["x"]
    if not isinstance(values, list):
        raise wrong(f"x is {kind(values)} beside a column y; send an array as long as y", "x")
    return [Column(values, "x")]


def length(document: Fields, ys: dict[str, Column]) -> int:
    """The one length that all columns have."""
    x = document.get("x")
    lengths = {"x": len(x)} if isinstance(x, list) else {}
    lengths |= {f"channel {shown(name)}": len(column.values) for name, column in ys.items()}
    first, n = next(iter(lengths.items()))
    for name, other in lengths.items():
        if other != n:
            raise wrong(f"{first} has {n} samples, {name} has {other}; send columns of equal length", "y")
    return n


def y_units(document: Fields, names: list[str]) -> dict[str, str | None]:
    """The unit of each channel that has one: its own, or the one for all."""
    shared = unit(document.get("unit"), "unit")
    units: dict[str, str | None] = {name: shared for name in names}
    own = document.get("units")
    if own is None:
        return units
    if not isinstance(own, dict):
        raise Problem("bad_unit", f'units is {kind(own)}; send an object such as {{"ch1": "V"}}')
    for key, value in own.items():
        if (name := channel_name(key)) not in units:
            raise Problem("bad_unit", f"units names channel {shown(name)}, which is not in this body")
        units[name] = unit(value, "units")
    return units


def given(x: Float64s, document: Fields) -> Axis:
    return Axis(0.0, x, Origin.DATA, None, unit(document.get("x_unit"), "x_unit"))


def stepped(document: Mapping[str, object], n: int, now: int) -> Axis:
    """The x of a block that names t0 and a step, only a step, or, as a single sample, nothing."""
    x_unit = unit(document.get("x_unit"), "x_unit")
    numbers = {field: number(document[field], field) for field in STEPPED if field in document}
    step = step_of(numbers)
    if step is None:
        if n > 1:
            raise wrong("more than one point without x, dt or rate; send one of them", "x")
        return Axis(now, np.zeros(1), Origin.CLOCK, None, seconds(x_unit))
    steps = np.arange(n, dtype=np.float64)
    offsets: Float64s = steps / numbers["rate"] if "rate" in numbers else steps * step
    if "t0" not in numbers:
        return Axis(now, offsets, Origin.NEXT, step, seconds(x_unit))
    if abs(numbers["t0"]) + float(offsets[-1]) > LARGEST:
        raise Problem(
            "out_of_range", "x of the last sample is beyond 1e150; send a smaller t0, dt or more rate"
        )
    if document.get("clock") is None:
        return Axis(numbers["t0"], offsets, Origin.DATA, step, x_unit or "s")
    return Axis(unix(document["clock"], numbers["t0"]), offsets, Origin.CLOCK, step, seconds(x_unit))


def unix(clock: object, t0: float) -> int:
    """Nanoseconds since 1970 of a t0 that is told by a clock."""
    if clock != "unix":
        raise wrong("clock is not unix; send clock=unix when t0 is Unix time in seconds", "clock")
    if abs(t0) > MOST_SECONDS:
        raise Problem("out_of_range", "t0 is no Unix time in seconds; leave clock out, or send the seconds")
    return round(t0 * 1e9)


def step_of(numbers: dict[str, float]) -> float | None:
    """dx between neighbours; None when neither dt nor rate is there."""
    if "dt" in numbers and "rate" in numbers:
        raise wrong("dt and rate are both there; send one of them", "dt")
    if "t0" in numbers and len(numbers) == 1:
        raise wrong("t0 is there without dt or rate; send one of them too", "t0")
    for field in ("dt", "rate"):
        if field in numbers and not numbers[field] > 0:
            raise wrong(f"{field} is not above 0; send a number such as 0.001", field)
    if "rate" in numbers:
        return in_range(1 / numbers["rate"], "rate")
    return numbers.get("dt")


def in_range(step: float, field: str) -> float:
    if not step <= LARGEST:
        raise Problem(
            "out_of_range", f"{field} makes a step beyond 1e150; send a sensible one", [Fault("range", field)]
        )
    return step


def wrong(message: str, field: str, name: str | None = None) -> Problem:
    return Problem("invalid_sample", message, [Fault("format", field, channel=name)])
