"""How blocks of samples become the bytes of a recording: Arrow's stream, or a table as text.

A row is a sample: `channel`, `n`, `x`, `y`, `time`, `clock`, `gap`, `unit`, `x_unit`. What is cut off after a
whole block can be read.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from app.store.block import Block, Flags, Int64s
from app.store.cells import cell, texts

NAMES = ("channel", "n", "x", "y", "time", "clock", "gap", "unit", "x_unit")
ROWS = 1 << 12  # of a table written as text at once: the loop need not wait longer for its turn
SECOND = 1_000_000_000  # ns
NEAR = 1e-3  # s; x by the clock that is further from its time has left what a time can be


class Writer(Protocol):
    """
    most  samples that should be written at once
    """

    most: int

    def begin(self) -> bytes:
        """What stands before the first block."""

    def block(self, blocks: Sequence[Block]) -> bytes:
        """A whole number of rows."""

    def end(self) -> bytes:
        """What stands after the last one."""


class Table:
    """CSV. Times to the nanosecond, also as x where the clock gives it; a name is never a formula."""

    most = 1 << 14

    def begin(self) -> bytes:
        return (",".join(NAMES) + "\n").encode()

    def block(self, blocks: Sequence[Block]) -> bytes:
        parts = [each.part(at, at + ROWS) for each in blocks for at in range(0, len(each), ROWS)]
        return b"".join(map(rows, parts))

    def end(self) -> bytes:
        return b""


def rows(block: Block) -> bytes:
    channel, unit, x_unit = (cell(text).encode() for text in (block.channel, block.unit, block.x_unit))
    times, x = iso(block.time), texts(block.x)
    exact = block.clock & (block.time >= 0) & (np.abs(block.time / SECOND - block.x) < NEAR)
    for i in np.flatnonzero(exact).tolist():
        x[i] = b"%d.%09d" % divmod(int(block.time[i]), SECOND)
    told = texts(block.n), x, texts(block.y), times, flags(block.clock), flags(block.gap)
    head, tail = channel + b",", b"," + unit + b"," + x_unit + b"\n"
    return head + (tail + head).join(map(b",".join, zip(*told, strict=True))) + tail


def flags(values: Flags) -> list[bytes]:
    """1 where it is so, else 0."""
    return [b"1" if value else b"0" for value in values.tolist()]


def iso(time: Int64s) -> list[bytes]:
    """`2026-11-30T12:00:00.123456789Z` each; what stands before the point is made once a second."""
    seconds, which = np.unique(time // SECOND, return_inverse=True)
    heads = [f"{text}.".encode() for text in np.datetime_as_string(seconds.view("M8[s]"), unit="s").tolist()]
    parts = texts(time % SECOND + SECOND)
    return [heads[i] + part[1:] + b"Z" for i, part in zip(which.tolist(), parts, strict=True)]


class Arrow:
    """An IPC stream, a record batch for each block; needs pyarrow.

    Source  https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
    """

    most = 1 << 16

    def __init__(self) -> None:
        self._sink = io.BytesIO()
        self._words: dict[str, dict[str, int]] = {"channel": {}, "unit": {}, "x_unit": {}}
        self._stream: Any = None

    @cached_property
    def schema(self) -> Any:
        return schema(import_module("pyarrow"))  # late, as that takes a second: in a thread

    def begin(self) -> bytes:
        """The schema, and a batch of nothing, with which it comes."""
        arrow = import_module("pyarrow")
        options = arrow.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        self._stream = arrow.ipc.new_stream(self._sink, self.schema, options=options)
        self._stream.write_batch(arrow.RecordBatch.from_pylist([], schema=self.schema))
        return self._taken()

    def block(self, blocks: Sequence[Block]) -> bytes:
        self._stream.write_batch(self.batch(blocks))
        return self._taken()

    def batch(self, blocks: Sequence[Block]) -> Any:
        """The rows of blocks."""
        arrow = import_module("pyarrow")
        columns = {
            name: np.concatenate([getattr(each, name) for each in blocks])
            for name in ("n", "x", "y", "time", "clock", "gap")
        }
        columns["time"] = columns["time"].view("M8[ns]")
        made = [
            self._words_of(name, blocks) if name in self._words else arrow.array(columns[name], field.type)
            for name, field in zip(NAMES, self.schema, strict=True)
        ]
        return arrow.RecordBatch.from_arrays(made, schema=self.schema)

    def _words_of(self, name: str, blocks: Sequence[Block]) -> Any:
        """A column of words, each written once."""
        known = self._words[name]
        numbers = [known.setdefault(getattr(each, name), len(known)) for each in blocks]
        indices = np.repeat(np.array(numbers, np.int32), [len(each) for each in blocks])
        arrow = import_module("pyarrow")
        return arrow.DictionaryArray.from_arrays(indices, arrow.array(list(known), "string"))

    def end(self) -> bytes:
        self._stream.close()
        return self._taken()

    def _taken(self) -> bytes:
        data = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return data


def schema(arrow: Any) -> Any:
    word = arrow.dictionary(arrow.int32(), arrow.string())
    time = arrow.timestamp("ns", tz="UTC")
    number, flag = arrow.float64(), arrow.bool_()
    types = (word, arrow.int64(), number, number, time, flag, flag, word, word)
    return arrow.schema(list(zip(NAMES, types, strict=True)))


def there(format: str) -> bool:
    """Whether recordings of a format can be written here."""
    return format in WRITERS and (format != "arrow" or find_spec("pyarrow") is not None)


WRITERS: dict[str, Callable[[], Writer]] = {"arrow": Arrow, "csv": Table}
