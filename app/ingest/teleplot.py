"""Teleplot's text: `name:value`, `name:time:value§unit|flags`, several a line or one below the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.ingest.batch import Asked, Faults
from app.ingest.fields import channel_name, unit
from app.ingest.query import ticks
from app.ingest.readings import Readings, reading_samples
from app.ingest.text import LineError, check_odd, code_of, lines, number, plain
from app.memory.samples import Samples
from app.problems import Fault, Problem

UNIT = "§".encode()


@dataclass(frozen=True, slots=True)
class Value:
    """One value; x is NaN when it came without.

    timed  x is a time since 1970, not an x of its own
    """

    channel: str
    x: float
    y: float
    unit: str | None
    timed: bool


def teleplot_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a telegram; times are milliseconds since 1970, other precisions by name.

    Problem  lines that are none, values that are not numbers
    """
    second = ticks(asked.query, "ms")
    faults, values = Faults(), list[Value]()
    whole = plain(body, asked)
    check_odd(whole)
    for index, (line, text) in enumerate(lines(whole)):
        try:
            values += line_values(text, second)
        except LineError as error:
            fault = Fault(error.code, error.field, index, None, line)
            faults.add(fault, f"line {line}: {error}", code_of(error))
        except Problem as problem:
            fault = Fault("name", "channel", index, None, line)
            faults.add(fault, f"line {line}: {problem.message}", problem.code)
    faults.check(asked, len(values))
    made = [reading_samples(readings(part), asked) for part in parted(values)]
    return faults.beside([samples for part in made for samples in part])


def parted(values: list[Value]) -> Iterator[list[Value]]:
    """The values that have a time or nothing, and those with an x of their own."""
    for timed in (True, False):
        part = [value for value in values if (value.timed or math.isnan(value.x)) is timed]
        if part:
            yield part


def readings(values: list[Value]) -> Readings:
    order: dict[str, int] = {}
    ids = np.array([order.setdefault(value.channel, len(order)) for value in values], np.intp)
    x = np.array([value.x for value in values], np.float64)
    y = np.array([value.y for value in values], np.float64)
    units = {value.channel: value.unit for value in values if value.unit is not None}
    x_unit = "s" if values[0].timed or math.isnan(values[0].x) else None
    return Readings(list(order), ids, x, y, x_unit, units)


def line_values(line: bytes, second: int) -> Iterator[Value]:
    """The values of a line: several stand behind each other with a semicolon between them.

    LineError  not such a line
    Problem    bad_channel_name, bad_unit
    """
    text, _, flags = line.removeprefix(b">").partition(b"|")
    text, _, unit_text = text.partition(UNIT)
    name, colon, rest = text.partition(b":")
    if not colon or not name:
        raise LineError("format", "", "not written as name:value or name:time:value")
    channel, of, crossed = drawn(name, unit_text, flags)
    for point in rest.rstrip(b";").split(b";"):
        yield value(channel, point.split(b":"), of, second, crossed=crossed)


@lru_cache(maxsize=1024)
def drawn(name: bytes, unit_text: bytes, flags: bytes) -> tuple[str, str | None, bool]:
    """The channel, its unit, and whether its values are x and y."""
    kinds = flags.lower().split(b",")
    if b"t" in kinds or b"3d" in kinds:
        raise LineError("not_a_number", "y", "texts and shapes cannot be drawn; send numbers")
    return channel_name(name.decode()), unit(unit_text.decode() or None, "unit"), b"xy" in kinds


def value(channel: str, parts: list[bytes], unit: str | None, second: int, *, crossed: bool) -> Value:
    """One value from its parts; crossed: x, y and maybe a time, which then is not needed."""
    if len(parts) > (3 if crossed else 2) or (crossed and len(parts) < 2):
        form = "name:x:y|xy" if crossed else "name:value or name:time:value"
        raise LineError("format", "", f"not written as {form}")
    if crossed:
        return Value(channel, number(parts[0], "x"), number(parts[1], "y"), unit, timed=False)
    if len(parts) == 1:
        return Value(channel, math.nan, number(parts[0], "y"), unit, timed=True)
    return Value(channel, number(parts[0], "x") / second, number(parts[1], "y"), unit, timed=True)
