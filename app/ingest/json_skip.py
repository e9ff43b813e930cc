"""JSON of which only a part is good: what remains when the bad samples are taken out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked, Faults, Partial, Steps, completed
from app.ingest.fields import Column, Ints, channel, check_samples, is_number, unit, wrong_samples
from app.ingest.json_columns import columns, length, x_columns, y_columns
from app.ingest.json_points import MANY, Fields, points
from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem

NONE = np.zeros(0, np.intp)


def some_points(document: Sequence[object], asked: Asked) -> Steps[list[Samples]]:
    """The samples of the good points of an array."""
    faults = Faults()
    good = yield from good_points(document, faults, None)
    faults.check(asked, len(good))
    return faults.beside((yield from points(good, asked)))


def good_points(
    document: Sequence[object], faults: Faults, lines: Sequence[int] | None
) -> Steps[list[object]]:
    """The good ones; what is wrong with the others is added to the faults.

    lines  where each point stands
    """
    good: list[object] = []
    lone: set[str] = set()
    for index, entry in enumerate(document, 1):
        if sound(entry, lone):
            good.append(entry)
        else:
            blame(entry, index - 1, faults, None if lines is None else lines[index - 1])
        if index % MANY == 0:
            yield
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
        completed(points([entry], Asked(0)))
        problem = Problem("invalid_sample", "x is missing for a second time", [Fault("missing", "x")])
    except Problem as found:
        problem = found
    first = problem.faults[0] if problem.faults else Fault(problem.code, "")
    words = problem.message.removeprefix("sample 0: ")
    where = f"sample {index}" if line is None else f"line {line}"
    faults.add(Fault(first.code, first.field, index, first.channel, line), f"{where}: {words}", problem.code)


def some_columns(document: Fields, asked: Asked) -> Steps[list[Samples]]:
    """The samples of columns without their bad values: in y they become gaps, in x the row is left out."""
    ys = y_columns(document, asked.limits)
    n = length(document, ys)
    check_samples(n * len(ys), asked.limits.samples)
    rows, gaps = np.zeros(n, np.bool_), 0
    xs = x_columns(document)
    for column in xs:
        rows[column.wrong()] = True
    cleaned: dict[str, list[object]] = {}
    for name, column in ys.items():
        if n > MANY:
            yield
        wrong = column.wrong()
        gaps += len(wrong) - int(rows[wrong].sum())
        cleaned[name] = without(column, wrong, rows)
    rejected = gaps + int(rows.sum()) * len(ys)
    if not rejected:
        return columns(document, asked)
    problem = wrong_samples([*xs, *ys.values()])
    if rejected >= n * len(ys):
        raise problem
    kept = {key: value for key, value in document.items() if key not in ("x", "y", "channel")}
    given = {"x": without(xs[0], NONE, rows)} if xs else {}
    return Partial(columns({**kept, **given, "channels": cleaned}, asked), problem.faults, rejected, gaps)


def without(column: Column, gaps: Ints, rows: NDArray[np.bool_]) -> list[object]:
    """The values of a column, None for gaps, without rows."""
    values = list(column.values)
    for k in gaps.tolist():
        values[k] = None
    return list(compress(values, (~rows).tolist())) if rows.any() else values
