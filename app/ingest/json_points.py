"""Points as JSON objects: one alone, or an array of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked, Limits, Point, Steps
from app.ingest.fields import (
    Column,
    channel,
    check_channels,
    check_samples,
    code_of,
    floats_of,
    is_number,
    kind,
    unit,
    what_is_wrong,
)
from app.memory.samples import Float64s, Origin, Samples
from app.problems import Fault, Problem, shown

EXPECTED = "Invalid data format. Expected JSON with keys 'x' and 'y'."
STEPPED = ("t0", "dt", "rate")
MANY = 2000  # points from which on their reading is several steps
NO_X = "send x with each point, or a block with dt or rate"
Fields = dict[str, object]


def point(fields: Fields, now: int) -> Point:
    """The single point, as the first version of this app took it; without x it is taken now.

    now  nanoseconds since 1970
    """
    y = alone(fields, "y")
    name = channel(fields.get("channel"))
    y_unit, x_unit = unit(fields.get("unit"), "unit"), unit(fields.get("x_unit"), "x_unit")
    if "x" in fields:
        x = alone(fields, "x")
        return Point([Samples(name, 0.0, np.array([x]), np.array([y]), Origin.DATA, None, y_unit, x_unit)])
    if any(field in fields for field in STEPPED):
        raise unreadable("y is one number beside t0, dt or rate; make y an array, or send x.")
    return Point([clocked(name, y, now, y_unit, x_unit)])


def clocked(name: str, y: float, now: int, y_unit: str | None, x_unit: str | None) -> Samples:
    """One sample whose x is the receive time."""
    x_unit = seconds(x_unit)
    return Samples(name, now, np.zeros(1), np.array([y]), Origin.CLOCK, None, y_unit, x_unit)


def seconds(x_unit: str | None) -> str:
    if x_unit not in (None, "s"):
        message = "x_unit: without x and t0, x is the server's time in s; leave x_unit out, or send x"
        raise Problem("invalid_sample", message, [Fault("unit", "x_unit")])
    return "s"


def alone(fields: Fields, field: str) -> float:
    """A number of a point that came alone: here a text that Python's float() reads is a number too."""
    value = fields.get(field, ...)
    if type(value) is str:
        value = read(value)
        if not isfinite(value):
            raise unreadable(f"{field} is not a finite number; send one.", Fault("not_finite", field))
    if is_number(value):
        return float(value)
    code, words = what_is_wrong(value)
    raise unreadable(f"{field} {words}; send a number such as 12.5.", Fault(code, field))


def read(text: str) -> float:
    """The number in a text; infinite when there is none."""
    try:
        return float(text)
    except ValueError:
        return inf


def unreadable(reason: str, fault: Fault | None = None, code: str = "invalid_sample") -> Problem:
    """The problem in the words of the first version of this app, and then what is wrong here."""
    return Problem(code_of(fault) if fault else code, f"{EXPECTED} {reason}", [fault] if fault else [])


def points(document: list[object], asked: Asked) -> Steps[list[Samples]]:
    """An array of points, of any channels, with x or (one of each channel at most) without."""
    check_samples(len(document), asked.limits.samples)
    table = yield from Table.of(document, asked.limits)
    made: list[Samples] = []
    for name in table.groups:
        made += table.samples(name, asked.now)
        if len(document) > MANY:
            yield
    return made


@dataclass(frozen=True, slots=True)
class Table:
    """An array of points as columns; NaN in x where a point has none."""

    points: list[Fields]
    x: Float64s
    y: Float64s
    groups: dict[str, NDArray[np.intp] | slice]  # channel: its sample numbers
    bare: bool  # no point has other fields than x and y

    @classmethod
    def of(cls, document: list[object], limits: Limits) -> Steps[Table]:
        made = [entry for entry in document if type(entry) is dict]
        if len(made) < len(document):
            raise not_objects(document)
        xs = Column([p.get("x", nan) for p in made], "x", hint="leave x out or send a number such as 12.5")
        ys = Column([p.get("y", ...) for p in made], "y")
        x, y = floats_of([xs, ys])
        if len(made) > MANY:
            yield
        bare = set(chain.from_iterable(made)) <= {"x", "y"}
        return cls(made, x, y, {"ch1": slice(None)} if bare else grouped(made, limits), bare)

    def samples(self, name: str, now: int) -> Iterator[Samples]:
        """The channel's samples in order of arrival: those with x, the one without, those with x."""
        where = self.groups[name]
        x, y = self.x[where], self.y[where]
        y_unit, x_unit = self.units(name)
        ends = [0, len(x)]
        for k in self.lone(name, x):
            ends = [0, k, k + 1, len(x)]
        for start, stop in pairwise(ends):
            if start < stop and np.isnan(x[start]):
                yield clocked(name, float(y[start]), now, y_unit, x_unit)
            elif start < stop:
                part = x[start:stop], y[start:stop]
                yield Samples(name, 0.0, *part, Origin.DATA, None, y_unit, x_unit)

    def lone(self, name: str, x: Float64s) -> list[int]:
        """Where the point without x is, if there is one."""
        without = np.flatnonzero(np.isnan(x))
        if len(without) > 1:
            index = int(np.arange(len(self.x))[self.groups[name]][without[1]])
            message = f"sample {index}: more than one point of channel {shown(name)} without x; {NO_X}"
            faults = [Fault("missing", "x", index, name)]
            raise Problem("invalid_sample", message, faults, count=len(without) - 1)
        return [int(k) for k in without]

    def units(self, name: str) -> tuple[str | None, str | None]:
        """The newest unit and x unit that the channel's points name."""
        if self.bare:
            return None, None
        where = range(len(self.points))
        numbers = np.arange(len(self.points))[self.groups[name]] if len(self.groups) > 1 else where
        mine = [self.points[int(i)] for i in numbers]
        return newest(mine, "unit"), newest(mine, "x_unit")


def newest(group: list[Fields], field: str) -> str | None:
    given = [unit(value, field) for p in group if (value := p.get(field)) is not None]
    return given[-1] if given else None


def grouped(made: list[Fields], limits: Limits) -> dict[str, NDArray[np.intp] | slice]:
    """The sample numbers of each channel, in order of the channels' first points."""
    names = [p.get("channel") for p in made]
    try:
        given = dict.fromkeys(names)
    except TypeError:  # an array or object as name
        raise bad_names(names) from None
    check_channels(map(str, given), limits.channels)
    try:
        known = {raw: channel(raw) for raw in given}
    except Problem:
        raise bad_names(names) from None
    order = {name: k for k, name in enumerate(dict.fromkeys(known.values()))}
    if len(order) == 1:
        return {name: slice(None) for name in order}
    numbers = np.array([order[known[raw]] for raw in names])
    return {name: np.flatnonzero(numbers == k) for name, k in order.items()}


def bad_names(names: list[object]) -> Problem:
    """The problem with the first name that is not one."""
    for index, raw in enumerate(names):
        try:
            channel(raw)
        except Problem as problem:
            return Problem(
                problem.code, f"sample {index}: {problem.message}", [Fault("name", "channel", index)]
            )
    raise ValueError("all names are good")


def not_objects(document: list[object]) -> Problem:
    wrong = [index for index, entry in enumerate(document) if type(entry) is not dict]
    message = f'sample {wrong[0]}: is {kind(document[wrong[0]])}, not an object; send {{"x": 1, "y": 2}}'
    return Problem(
        "invalid_sample", message, [Fault("not_an_object", "", i) for i in wrong[:100]], count=len(wrong)
    )
