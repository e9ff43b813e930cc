"""Samples that are read back as files: CSV, a NumPy array, an Arrow stream."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from app.api.export import Column, csv
from app.api.screen import SAMPLE
from app.api.selection import Part, Span, Wanted, bad
from app.api.window import MOST_SAMPLES
from app.memory.record import Record
from app.memory.samples import Float64s
from app.problems import Problem

PIECE = 1 << 20  # bytes written at once
MOST_PLAIN = 65_000  # bytes of what is said of an array in the first version of its format
ALIGNED = 64  # bytes: where the rows begin
Write = Callable[[Sequence[Column]], Iterator[bytes]]


def column(record: Record, parts: Sequence[Part]) -> Column:
    """The samples of a channel that were asked for."""
    x = np.concatenate([part.x for part in parts]) if parts else np.empty(0)
    y = np.concatenate([part.y for part in parts]) if parts else np.empty(0)
    return Column(record.name, record.unit, record.x_unit, record.origin.value, x, y)


def size(spans: Sequence[Span], wanted: Wanted) -> int:
    """Bytes that the samples of a file take until it is read.

    Problem  too_many_points
    """
    given = [wanted.given(each.n) for each in spans]
    if sum(given) > MOST_SAMPLES:
        message = f"{sum(given)} samples, a file holds {MOST_SAMPLES}; ask for n= or points="
        raise Problem("too_many_points", message, details={"limit": "samples", "max": MOST_SAMPLES})
    thinned = (each.n - n for each, n in zip(spans, given, strict=True))  # of one channel after the other
    return SAMPLE * (sum(given) + max(thinned, default=0))


def written(name: str, columns: Sequence[Column]) -> Iterator[bytes]:
    """The file in pieces.

    Problem  bad_parameter: such a file cannot hold these channels; comes with the first piece
    """
    return FILES[name][1](columns)


def rows(columns: Sequence[Column]) -> Iterator[bytes]:
    return csv(columns, {})


def npy(columns: Sequence[Column]) -> Iterator[bytes]:
    """An array with a row for each sample: `x`, and the channels by their names."""
    x = common(columns, "npy")
    kind = np.dtype([("x", "<f8"), *((each.name, "<f8") for each in columns)])
    yield head(kind, len(x))
    for part in pieces(len(x), kind.itemsize):
        array = np.empty(len(x[part]), kind)
        array["x"] = x[part]
        for each in columns:
            array[each.name] = each.y[part]
        yield array.tobytes()


def head(kind: np.dtype[np.void], n: int) -> bytes:
    """What stands before the n rows of such an array.

    Source  NumPy, numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    told = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (n,)}
    words = repr(told).encode()
    plain = words.isascii() and len(words) <= MOST_PLAIN
    begin, length = np.lib.format.magic(*((1, 0) if plain else (3, 0))), "<H" if plain else "<I"
    words += b" " * (-(len(begin) + struct.calcsize(length) + len(words) + 1) % ALIGNED) + b"\n"
    return begin + struct.pack(length, len(words)) + words


def arrow(columns: Sequence[Column]) -> Iterator[bytes]:
    """A table with the columns `x` and the channels by their names."""
    x = common(columns, "arrow")
    pyarrow = library()
    fields = [pyarrow.field("x", pyarrow.float64(), metadata={"unit": columns[0].x_unit if columns else ""})]
    fields += [pyarrow.field(each.name, pyarrow.float64(), metadata={"unit": each.unit}) for each in columns]
    schema, sink = pyarrow.schema(fields), io.BytesIO()
    with pyarrow.ipc.new_stream(sink, schema) as stream:
        for part in pieces(len(x), 8 * len(fields)):
            values = [x[part], *(each.y[part].astype(np.float64) for each in columns)]
            stream.write_batch(
                pyarrow.RecordBatch.from_arrays(list(map(pyarrow.array, values)), schema=schema)
            )
            yield taken(sink)
    yield taken(sink)


def taken(sink: io.BytesIO) -> bytes:
    """What has been written since it was taken last."""
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data


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


def pieces(n: int, size: int) -> Iterator[slice]:
    """Which of n rows of so many bytes are written at once."""
    step = max(1, PIECE // size)
    return (slice(start, start + step) for start in range(0, n, step))


# Name of a format -> media type, how it is written.
FILES: dict[str, tuple[str, Write]] = {
    "csv": ("text/csv; charset=utf-8", rows),
    "npy": ("application/x-npy", npy),
    "arrow": ("application/vnd.apache.arrow.stream", arrow),
}
