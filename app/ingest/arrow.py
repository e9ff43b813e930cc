"""Arrow IPC streams: a table of numbers, a column for each channel. Needs pyarrow, which is an extra."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked
from app.ingest.fields import check_channels, check_samples
from app.ingest.query import TICKS
from app.ingest.table import X_NAMES, Table, table_samples
from app.memory.samples import Samples
from app.problems import Problem

if TYPE_CHECKING:
    import pyarrow

LACKING = (
    "Arrow streams need pyarrow on the server: pip install 'pyarrow>=16'; or send CSV, .npy or raw numbers"
)
BATCH, SCHEMA = 3, 1  # kinds of a message
HEADER_TYPE, HEADER, COMPRESSION = 1, 2, 3  # fields of Message and of RecordBatch
MOST_MESSAGES = 1000


def arrow_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of an Arrow stream.

    Problem  not such a stream, or no samples; unsupported_media_type: there is no pyarrow
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise Problem("unsupported_media_type", LACKING) from None
    check_messages(body)
    try:
        with pa.ipc.open_stream(body) as stream:
            check_schema(stream.schema, asked)
            batches = list(stream)
            for batch in batches:
                batch.validate(full=True)
            whole = pa.Table.from_batches(batches, stream.schema)
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
        raise bad(f"it cannot be read ({type(error).__name__})") from None
    check_samples(whole.num_rows * sum(not is_x(name) for name in whole.column_names), asked.limits.binary)
    return table_samples(table(whole), asked, asked.limits.binary)


def is_x(name: str) -> bool:
    return name.lower() in X_NAMES


def table(whole: pyarrow.Table) -> Table:
    """The columns as numbers; null is NaN, a time is x in seconds."""
    base, columns = 0.0, []
    for name, field in zip(whole.column_names, whole.schema, strict=True):
        column = whole.column(name)
        if str(field.type).startswith("timestamp"):
            base, values = times(column)
        else:
            values = column.to_numpy()
        columns.append(values)
    return Table(whole.column_names, [unit_of(field) for field in whole.schema], columns, base=base)


def times(column: pyarrow.ChunkedArray) -> tuple[float, NDArray[np.float64]]:
    """Whole seconds since 1970 of the first time, and what the others are later."""
    if column.null_count:
        raise bad("a time is null; send each row with its time")
    second, stamps = TICKS[column.type.unit], column.cast("int64").to_numpy()
    base = int(stamps[0]) // second if len(stamps) else 0
    return float(base), (stamps - base * second) / second


def unit_of(field: pyarrow.Field) -> str | None:
    """The unit in the column's metadata."""
    return (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace") or None


def check_schema(schema: pyarrow.Schema, asked: Asked) -> None:
    check_channels(schema.names, asked.limits.channels + 1)
    if len(set(schema.names)) < len(schema.names) or not schema.names:
        raise bad("each column needs a name of its own")
    for field in schema:
        kind = str(field.type)
        timed = is_x(field.name) and kind.startswith("timestamp")
        if not timed and kind not in NUMBERS:
            raise bad(f"a column is {kind[:32]}; send numbers")


NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {
    "halffloat",
    "float16",
    "float",
    "double",
}


def check_messages(body: bytes) -> None:
    """Refuse compressed columns, which could say that they are of any size, before anything is decoded."""
    at = 0
    for _ in range(MOST_MESSAGES):
        if at >= len(body):
            return
        try:
            at = checked(body, at)
        except (struct.error, IndexError, OverflowError):
            raise bad("it is cut off, or not an Arrow stream") from None
        if at < 0:
            return
    raise bad(f"more than {MOST_MESSAGES} parts; send longer ones")


def checked(body: bytes, at: int) -> int:
    """Where the message after the one at `at` begins; -1: that was the end."""
    mark, length = struct.unpack_from("<Ii", body, at)
    if mark != 0xFFFFFFFF or length < 0:
        raise bad("it does not begin as an Arrow stream")
    if not length:
        return -1
    message = at + 8 + struct.unpack_from("<I", body, at + 8)[0]
    kind_at, header_at = entry(body, message, HEADER_TYPE), entry(body, message, HEADER)
    kind = body[kind_at] if kind_at else 0
    if kind not in (SCHEMA, BATCH):
        raise bad("it holds more than a table of numbers")
    if kind == BATCH and header_at:
        header = header_at + struct.unpack_from("<I", body, header_at)[0]
        if entry(body, header, COMPRESSION):
            raise bad("its columns are compressed; send them as they are, or with Content-Encoding: gzip")
    size_at = entry(body, message, 3)
    size = struct.unpack_from("<q", body, size_at)[0] if size_at else 0
    end: int = at + 8 + length + size
    if size < 0 or end > len(body):
        raise bad("it is cut off")
    return end


def entry(body: bytes, at: int, field: int) -> int:
    """Where a field of the FlatBuffers table at `at` lies; 0: it is not there."""
    dispatch = at - struct.unpack_from("<i", body, at)[0]
    (size,) = struct.unpack_from("<H", body, dispatch)
    place = 4 + 2 * field
    offset = struct.unpack_from("<H", body, dispatch + place)[0] if place < size else 0
    return at + offset if offset else 0


def bad(message: str) -> Problem:
    return Problem("invalid_sample", f"not an Arrow stream of numbers: {message}")
