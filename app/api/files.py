"""Samples that are read back as files: CSV, a NumPy array, an Arrow stream."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from app.api.export import Column, csv
from app.api.selection import Part, bad
from app.api.window import MOST_SAMPLES
from app.memory.record import Record
from app.memory.samples import Float64s
from app.problems import Problem

PIECE = 1 << 20  # bytes written at once
Write = Callable[[Sequence[Column]], Iterator[bytes]]


def column(record: Record, parts: Sequence[Part]) -> Column:
    """The samples of a channel that were asked for."""
    x = np.concatenate([part.x for part in parts]) if parts else np.empty(0)
    y = np.concatenate([part.y for part in parts]) if parts else np.empty(0)
    return Column(record.name, record.unit, record.x_unit, record.origin.value, x, y)


def written(name: str, columns: Sequence[Column]) -> Iterator[bytes]:
    """The file in pieces.

    Problem  too_many_points, or bad_parameter: such a file cannot hold these channels
    """
    n = sum(len(each.x) for each in columns)
    if n > MOST_SAMPLES:
        message = f"{n} samples, a file holds {MOST_SAMPLES}; ask for n= or points="
        raise Problem("too_many_points", message, details={"limit": "samples", "max": MOST_SAMPLES})
    return FILES[name][1](columns)


def rows(columns: Sequence[Column]) -> Iterator[bytes]:
    return csv(columns, {})


def npy(columns: Sequence[Column]) -> Iterator[bytes]:
    """An array with a row for each sample: `x`, and the channels by their names."""
    x = common(columns, "npy")
    array = np.empty(len(x), [("x", "<f8"), *((each.name, "<f8") for each in columns)])
    array["x"] = x
    for each in columns:
        array[each.name] = each.y
    file = io.BytesIO()
    plain = all(each.name.isascii() for each in columns)
    np.lib.format.write_array(file, array, (1, 0) if plain else (3, 0), allow_pickle=False)
    yield from pieces(file.getbuffer())


def arrow(columns: Sequence[Column]) -> Iterator[bytes]:
    """A table with the columns `x` and the channels by their names."""
    x = common(columns, "arrow")
    pyarrow = library()
    fields = [pyarrow.field("x", pyarrow.float64(), metadata={"unit": columns[0].x_unit if columns else ""})]
    fields += [pyarrow.field(each.name, pyarrow.float64(), metadata={"unit": each.unit}) for each in columns]
    table = pyarrow.Table.from_arrays(
        [pyarrow.array(values) for values in (x, *(each.y.astype(np.float64) for each in columns))],
        schema=pyarrow.schema(fields),
    )
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    yield from pieces(sink.getvalue())


def library() -> Any:
    """
    Problem  bad_parameter: it is not installed
    """
    try:
        return import_module("pyarrow")
    except ImportError:
        raise bad("Arrow needs pyarrow on the server", "ask for csv or npy", "format") from None


def common(columns: Sequence[Column], name: str) -> Float64s:
    """The x that all of the channels have.

    Problem  bad_parameter: they differ, or one has its name
    """
    x = columns[0].x if columns else np.empty(0)
    if any(each.name == "x" for each in columns):
        raise bad(f"a channel is named x, which {name} cannot hold beside the axis", "ask for csv", "format")
    if not all(np.array_equal(x, each.x) for each in columns):
        raise bad(
            f"the channels have samples at different x, which {name} cannot hold",
            "ask for one with channel=NAME, or for csv",
            "format",
        )
    return x


def pieces(data: Any) -> Iterator[bytes]:
    view = memoryview(data)
    for start in range(0, len(view), PIECE):
        yield bytes(view[start : start + PIECE])


# Name of a format -> media type, how it is written.
FILES: dict[str, tuple[str, Write]] = {
    "csv": ("text/csv; charset=utf-8", rows),
    "npy": ("application/x-npy", npy),
    "arrow": ("application/vnd.apache.arrow.stream", arrow),
}
