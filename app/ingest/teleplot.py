"""Teleplot's text: `name:value`, `name:time:value§unit|flags`, several a line or one below the other."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from app.ingest.batch import Asked, Faults, Steps, completed
from app.ingest.fields import channel_name, check_channels, check_samples, unit
from app.ingest.query import ticks
from app.ingest.readings import Readings, reading_samples
from app.ingest.text import LineError, check_odd, code_of, lines, number, numbers, parts, plain
from app.memory.samples import Samples
from app.problems import Fault, Problem

UNIT = "§".encode()
NOT_CUTS = bytes(set(range(256)) - set(b":\n"))
SOME = 400  # values


class Value(NamedTuple):
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

    Problem  lines that are none, values that are not numbers, no value at all
    """
    return completed(teleplot_steps(body, asked))


def teleplot_steps(body: bytes, asked: Asked) -> Steps[list[Samples]]:
    """The same in steps."""
    second = ticks(asked.query, "ms")
    text = plain(body, asked)
    read = Read()
    for start, part in parts(text):
        found = quick(part, second, asked)
        if found is not None:
            read.timed.extend(found)
            read.lines += len(found.y)
        else:
            check_odd(text)
            yield from careful(start, part, second, asked, read)
        read.check(asked)
        if len(part) < len(text):
            yield
    return read.samples(asked)


# many lines at once


def quick(text: bytes, second: int, asked: Asked) -> Readings | None:
    """The readings of lines that are all `name:time:value`; None when there is anything else."""
    n = text.count(b"\n") + 1
    if text.translate(None, NOT_CUTS) != (b"::\n" * n)[:-1]:
        return None
    parts = text.replace(b"\n", b":").split(b":")
    x, y = numbers(b",".join(parts[1::3])), numbers(b",".join(parts[2::3]))
    if x is None or y is None or not len(x) == len(y) == n or np.isnan(x + y).any():
        return None
    given = dict.fromkeys(parts[0::3])
    check_channels(map(str, given), asked.limits.channels)
    try:
        names = {raw: plain_name(raw) for raw in given}
    except (LineError, Problem):
        return None
    order = {name: k for k, name in enumerate(dict.fromkeys(names.values()))}
    of = {raw: order[name] for raw, name in names.items()}
    ids = np.fromiter(map(of.__getitem__, parts[0::3]), np.intp, n)
    return Readings(list(order), ids, x / second, y, "s")


def plain_name(raw: bytes) -> str:
    """The channel of a line that has neither unit nor flags.

    LineError, Problem  it is not such a line
    """
    if UNIT in raw or b"|" in raw or raw.strip(b" \t") != raw or raw[:1] == b"#":
        raise LineError("format", "", "a rarer line")
    return channel_name(raw.removeprefix(b">").decode())


# line by line


def careful(start: int, part: bytes, second: int, asked: Asked, read: Read) -> Steps[None]:
    """Read lines of which some are bad, or have units and flags; so many come before them."""
    for line, content in lines(part):
        try:
            read.add((yield from of_line(content, second)))
        except (LineError, Problem) as error:
            blame(read.faults, error, read.lines, start + line)
        read.lines += 1
        if read.lines % SOME == 0:
            read.check(asked)
            yield


def of_line(line: bytes, second: int) -> Steps[list[Value]]:
    """All values of a line."""
    coming, found = line_values(line, second), list[Value]()
    while some := list(islice(coming, SOME)):
        found += some
        if len(some) == SOME:
            yield
    return found


class Read:
    """What has been read.

    timed  values that have a time or nothing
    own    those with an x of their own
    lines  that hold something
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.timed, self.own = Part("s"), Part(None)
        self.lines = 0

    def add(self, values: list[Value]) -> None:
        """The values of a line."""
        part = self.timed if values[0].timed else self.own
        for value in values:
            part.add(value)

    def check(self, asked: Asked) -> None:
        """
        Problem  too_many_points, too_many_channels
        """
        check_samples(max(len(self.timed.ys) + len(self.own.ys), 1), asked.limits.samples)
        check_channels({**self.timed.order, **self.own.order}, asked.limits.channels)

    def samples(self, asked: Asked) -> list[Samples]:
        parts = [part.readings() for part in (self.timed, self.own) if part.ys]
        self.faults.check(asked, len(parts))
        check_samples(sum(len(part.ys) for part in (self.timed, self.own)), asked.limits.samples)
        made = [samples for part in parts for samples in reading_samples(part, asked)]
        return self.faults.beside(made)


class Part:
    """Values with the same unit of x, in the order in which they came."""

    def __init__(self, x_unit: str | None) -> None:
        self.x_unit = x_unit
        self.order: dict[str, int] = {}
        self.units: dict[str, str] = {}
        self.ids = array("q")
        self.xs, self.ys = array("d"), array("d")

    def add(self, value: Value) -> None:
        self.ids.append(self.order.setdefault(value.channel, len(self.order)))
        self.xs.append(value.x)
        self.ys.append(value.y)
        if value.unit is not None:
            self.units[value.channel] = value.unit

    def extend(self, found: Readings) -> None:
        order = np.array([self.order.setdefault(name, len(self.order)) for name in found.names], np.int64)
        self.ids.frombytes(order[found.ids].tobytes())
        self.xs.frombytes(found.x.tobytes())
        self.ys.frombytes(found.y.tobytes())

    def readings(self) -> Readings:
        columns = np.array(self.ids, np.intp), np.array(self.xs), np.array(self.ys)
        return Readings(list(self.order), *columns, self.x_unit, self.units)


def blame(faults: Faults, error: LineError | Problem, index: int, line: int) -> None:
    if isinstance(error, Problem):
        faults.add(Fault("name", "channel", index, None, line), f"line {line}: {error.message}", error.code)
    else:
        fault = Fault(error.code, error.field, index, None, line)
        faults.add(fault, f"line {line}: {error}", code_of(error))


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
