"""A table of numbers, a column for each channel and maybe one for x: what CSV and binary bodies hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked, Faults, Partial
from app.ingest.fields import LARGEST, channel_name, check_channels, check_samples, unit
from app.ingest.json_columns import Axis, stepped
from app.ingest.query import STEPPED, listed, steps
from app.memory.samples import Floats, Origin, Samples
from app.problems import MOST_FAULTS, Fault, Problem, shown

X_NAMES = frozenset({"x", "t", "time"})
SMALL = {("i", 1), ("i", 2), ("u", 1), ("u", 2), ("f", 2), ("f", 4)}  # what float32 holds exactly
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length, as they were sent.

    names    one for each column; x, t or time is the x of all others
    units    one for each column, or None
    columns  (n,) each, numbers of any kind
    line     of the text in which the first row stands, if it is one
    base     what is to be added to x, for times that float64 does not hold
    """

    names: Sequence[str]
    units: Sequence[str | None]
    columns: Sequence[NDArray[np.generic]]
    line: int | None = None
    base: float = 0.0

    @property
    def x(self) -> int | None:
        """Which column is x."""
        found = [k for k, name in enumerate(self.names) if name.lower() in X_NAMES]
        if len(found) > 1:
            raise wrong("two columns of x, t and time are there; send one of them", "x")
        return found[0] if found else None


def table_samples(table: Table, asked: Asked, most: int) -> list[Samples]:
    """The samples of a table.

    most     samples
    Problem  bad names or units, too much, values that are not finite, an x that does not come out
    """
    k = table.x
    ys = [i for i in range(len(table.names)) if i != k]
    names = channel_names([table.names[i] for i in ys])
    check_channels(names, asked.limits.channels)
    n = len(table.columns[0])
    check_samples(n * len(ys), most)
    units = y_units(table, ys, asked)
    columns = Columns([floats(table.columns[i]) for i in ys], names, table.line)
    axis = stepped(fields(asked), n, asked.now) if k is None else columns.given(table, k, asked)
    columns.check_y(asked)
    made = [
        Samples(name, axis.base, axis.offsets, y, axis.origin, axis.step, y_unit, axis.unit)
        for name, y, y_unit in zip(names, columns.ys, units, strict=True)
    ]
    return columns.beside(made)


def channel_names(given: Sequence[str]) -> list[str]:
    if not given:
        raise wrong("there is no column but x; send at least one channel", "y")
    names = [channel_name(name) for name in given]
    if len(set(names)) < len(names):
        raise wrong("two columns have the same name; name each channel once", "channel")
    return names


def y_units(table: Table, ys: Sequence[int], asked: Asked) -> list[str | None]:
    """The unit of each channel: its own, or that of the query, which names one for all or one for each."""
    own = [unit(table.units[i], "unit") for i in ys]
    asked_for = listed(asked.query, "unit")
    if not asked_for:
        return own
    if len(asked_for) not in (1, len(ys)):
        raise Problem(
            "bad_unit", f"unit names {len(asked_for)} units for {len(ys)} channels; send one for each"
        )
    shared = [unit(text, "unit") for text in asked_for]
    return shared * len(ys) if len(shared) == 1 else shared


def fields(asked: Asked) -> dict[str, object]:
    return {**steps(asked.query), "x_unit": asked.query.get("x_unit"), "clock": asked.query.get("clock")}


def floats(column: NDArray[np.generic]) -> Floats:
    """The numbers as float32 where it holds them exactly, else as float64, in the order of this machine."""
    small = (column.dtype.kind, column.dtype.itemsize) in SMALL
    return column.astype(np.float32 if small else np.float64, copy=False)  # type: ignore[return-value]


class Columns:
    """The columns of y on their way to samples, and what is wrong with them."""

    def __init__(self, ys: list[Floats], names: Sequence[str], line: int | None) -> None:
        self.ys, self.names, self.line = ys, names, line
        self.faults = Faults()
        self.gaps = 0

    def given(self, table: Table, k: int, asked: Asked) -> Axis:
        """The x that a column gives; rows without a good one are refused, or dropped."""
        if any(name in asked.query for name in STEPPED):
            raise wrong("a column x is there beside t0, dt or rate; send one of them", "x")
        own = table.units[k] or asked.query.get("x_unit")
        x = table.columns[k].astype(np.float64, copy=False)
        good = np.abs(x) <= LARGEST
        if not good.all():
            self.drop(x, good)
            x = x[good]
            self.faults.check(asked, len(x))
        default = "s" if table.base else None
        return Axis(table.base, x, Origin.DATA, None, unit(own, "x_unit") or default)

    def drop(self, x: NDArray[np.float64], good: Flags) -> None:
        for row in np.flatnonzero(~good)[:MOST_FAULTS].tolist():
            self.blame(row, "x", float(x[row]), None)
        self.faults.count = int((~good).sum()) * len(self.ys)
        self.ys = [y[good] for y in self.ys]

    def check_y(self, asked: Asked) -> None:
        """Refuse infinite and huge values, or make gaps of them."""
        odd = [k for k, y in enumerate(self.ys) if not (np.abs(y) <= most(y)).all()]
        for k in odd:
            self.ys[k] = quiet(self.ys[k])
        bad = {k: mask for k in odd if (mask := beyond(self.ys[k])).any()}
        if not bad:
            return
        n = sum(int(mask.sum()) for mask in bad.values())
        rows = sorted(
            (row, k) for k, mask in bad.items() for row in np.flatnonzero(mask)[:MOST_FAULTS].tolist()
        )
        before = self.faults.count
        for row, k in rows[:MOST_FAULTS]:
            self.blame(row, "y", float(self.ys[k][row]), self.names[k])
        self.faults.count = before + n
        self.gaps = n
        self.faults.check(asked, sum(map(len, self.ys)) - n)
        for k, mask in bad.items():
            self.ys[k] = np.where(mask, self.ys[k].dtype.type(np.nan), self.ys[k])

    def blame(self, row: int, field: str, value: float, name: str | None) -> None:
        line = None if self.line is None else self.line + row
        huge = np.isfinite(value)
        where = field + (f" of channel {shown(name)}" if name else "")
        words = "is beyond 1e150" if huge else "is not a finite number"
        message = f"sample {row}{'' if line is None else f', line {line}'}: {where} {words}"
        code = "out_of_range" if huge else "not_finite"
        self.faults.add(
            Fault(code, field, row, name, line), message, "out_of_range" if huge else "invalid_sample"
        )

    def beside(self, made: list[Samples]) -> list[Samples]:
        if not self.faults.count:
            return made
        return Partial(made, self.faults.found, self.faults.count, self.gaps)


def most(y: Floats) -> float:
    return float(np.finfo(np.float32).max) if y.dtype == np.float32 else LARGEST


def quiet(y: Floats) -> Floats:
    """The same, where no NaN makes the processor complain any more."""
    with np.errstate(invalid="ignore"):
        return y + y.dtype.type(0)


def beyond(y: Floats) -> Flags:
    """Which values are infinite or too large; NaN, a gap, is not."""
    mask: Flags = np.abs(y) > most(y)
    return mask


def wrong(message: str, field: str) -> Problem:
    return Problem("invalid_sample", message, [Fault("format", field)])
