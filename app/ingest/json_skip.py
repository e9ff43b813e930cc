"""JSON of which only a part is good: what remains when the bad samples are taken out."""

from __future__ import annotations

from collections.abc import Sequence

from app.ingest.batch import Asked, Faults, Limits, Partial
from app.ingest.fields import Column, channel, is_number, unit, wrong_samples
from app.ingest.json_columns import columns, x_columns, y_columns
from app.ingest.json_points import Fields, points
from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem


def some_points(document: Sequence[object], asked: Asked) -> list[Samples]:
    """The samples of the good points of an array."""
    faults = Faults()
    good = good_points(document, faults, None)
    faults.check(asked, len(good))
    return faults.beside(points(good, asked.now, asked.limits))


def good_points(document: Sequence[object], faults: Faults, lines: Sequence[int] | None) -> list[object]:
    """The good ones; what is wrong with the others is added to the faults.

    lines  where each point stands
    """
    good: list[object] = []
    lone: set[str] = set()
    for index, entry in enumerate(document):
        if sound(entry, lone):
            good.append(entry)
        else:
            blame(entry, index, faults, None if lines is None else lines[index])
    return good


def sound(entry: object, lone: set[str]) -> bool:
    """Whether a point can be stored; of each channel one may come without x, and is noted then."""
    if not isinstance(entry, dict) or not is_number(entry.get("y")):
        return False
    try:
        name = channel(entry.get("channel"))
        unit(entry.get("unit"), "unit"), unit(entry.get("x_unit"), "x_unit")
    except Problem:
        return False
    if "x" in entry:
        return is_number(entry["x"])
    if name in lone or entry.get("x_unit") not in (None, "s"):
        return False
    lone.add(name)
    return True


def blame(entry: object, index: int, faults: Faults, line: int | None) -> None:
    """Add what is wrong with a point; past the first hundred only that something is."""
    if faults.count >= MOST_FAULTS:
        faults.count += 1
        return
    try:
        points([entry], 0, Limits())
        problem = Problem("invalid_sample", "x is missing for a second time", [Fault("missing", "x")])
    except Problem as found:
        problem = found
    first = problem.faults[0] if problem.faults else Fault(problem.code, "")
    words = problem.message.removeprefix("sample 0: ")
    where = f"sample {index}" if line is None else f"line {line}"
    faults.add(Fault(first.code, first.field, index, first.channel, line), f"{where}: {words}", problem.code)


def some_columns(document: Fields, asked: Asked) -> list[Samples]:
    """The samples of columns without their bad values: in y they become gaps, in x the row is left out."""
    xs, ys = x_columns(document), y_columns(document)
    rows = {index for column in xs for index in column.wrong()}
    bad_ys = {name: set(column.wrong()) - rows for name, column in ys.items()}
    gaps = sum(map(len, bad_ys.values()))
    rejected = gaps + len(rows) * len(ys)
    if not rejected:
        return columns(document, asked.now, asked.limits)
    problem = wrong_samples([*xs, *ys.values()])
    if rejected >= sum(len(column.values) for column in ys.values()):
        raise problem
    cleaned = document | {"channels": {name: without(c, bad_ys[name], rows) for name, c in ys.items()}}
    cleaned.pop("y", None)
    cleaned.pop("channel", None)
    if xs:
        cleaned["x"] = without(xs[0], set(), rows)
    return Partial(columns(cleaned, asked.now, asked.limits), problem.faults, rejected, gaps)


def without(column: Column, gaps: set[int], rows: set[int]) -> list[object]:
    """The values of a column, None for gaps, without rows."""
    return [None if i in gaps else value for i, value in enumerate(column.values) if i not in rows]
