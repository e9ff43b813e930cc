"""Samples of a screen as files: CSV with a row for each x, and NPZ with two arrays for each channel."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from app.memory.samples import Float64s, Floats
from app.store.cells import cell, texts

Ints = NDArray[np.intp]

ROWS = 1 << 13  # samples written at once
BYTES = 1 << 21  # of an array written at once
DATE = (1980, 1, 1, 0, 0, 0)  # of a member of an archive: the earliest that there is


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Samples of one channel.

    origin  of x: `data` or `clock` (x is Unix seconds)
    x, y    (n,); NaN in y is a gap that was sent
    """

    name: str
    unit: str
    x_unit: str
    origin: str
    x: Float64s
    y: Floats

    @property
    def ordered(self) -> bool:
        """Whether x never goes back, as it does in a figure."""
        return bool((self.x[1:] >= self.x[:-1]).all())


Write = Callable[[Sequence[Column], Mapping[str, object]], Iterator[bytes]]


# CSV


def csv(columns: Sequence[Column], _about: Mapping[str, object]) -> Iterator[bytes]:
    """The file in pieces: a row for each x, with empty cells where a channel has no sample.

    Samples of one channel with equal x have rows of their own. Figures come last, in order of arrival.
    """
    yield header(columns)
    ordered = [column.ordered for column in columns]
    yield from merged([column if fits else None for column, fits in zip(columns, ordered, strict=True)])
    for number, column in enumerate(columns):
        if not ordered[number]:
            yield from alone(column, number, len(columns))


def header(columns: Sequence[Column]) -> bytes:
    """`x [s],ch1 [V],...`; x has a unit where all channels agree on it."""
    units = {column.x_unit for column in columns}
    names = [titled("x", units.pop() if len(units) == 1 else "")]
    names += [titled(column.name, column.unit) for column in columns]
    return (",".join(map(cell, names)) + "\n").encode()


def titled(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def merged(columns: Sequence[Column | None]) -> Iterator[bytes]:
    """Rows of the columns that are there, in order of x."""
    heads = [0] * len(columns)
    lengths = [0 if column is None else len(column.x) for column in columns]
    rows = usual = max(1, ROWS // max(1, len(columns)))
    while heads != lengths:
        stops = reached(columns, heads, rows)
        if stops == heads:  # more samples than that have the same x
            rows *= 2
            continue
        yield block(columns, heads, stops)
        heads, rows = stops, usual


def reached(columns: Sequence[Column | None], heads: list[int], rows: int) -> list[int]:
    """Up to where all columns can be written: not more than so many rows of any, no equal x on both sides."""
    there = [column for column in columns if column is not None]
    ahead = [column.x[head + rows - 1] for column, head in zip(columns, heads, strict=True)
             if column is not None and head + rows < len(column.x)]  # fmt: skip
    if not there or not ahead:
        return [0 if column is None else len(column.x) for column in columns]
    cut = min(ahead)
    return [0 if column is None else int(column.x.searchsorted(cut)) for column in columns]


def block(columns: Sequence[Column | None], heads: list[int], stops: list[int]) -> bytes:
    """Samples [head, stop) of each column as rows."""
    parts = [np.empty(0) if column is None else column.x[head:stop]
             for column, head, stop in zip(columns, heads, stops, strict=True)]  # fmt: skip
    x, number = np.concatenate(parts), np.concatenate([occurrence(part) for part in parts])
    order = np.lexsort((number, x))
    x, number = x[order], number[order]
    new = np.concatenate(([True], (x[1:] != x[:-1]) | (number[1:] != number[:-1])))
    row = np.empty(len(x), np.intp)
    row[order] = np.cumsum(new) - 1
    cells, done = [], 0
    for column, head, stop in zip(columns, heads, stops, strict=True):
        own = np.full(int(new.sum()), b"", object)
        if column is not None and stop > head:
            own[row[done : done + stop - head]] = texts(column.y[head:stop])
            done += stop - head
        cells.append(own.tolist())
    return lines(texts(x[new]), cells)


def alone(column: Column, number: int, n: int) -> Iterator[bytes]:
    """Rows of one column, number so-and-so of n, as its samples came."""
    for start in range(0, len(column.x), ROWS):
        x, y = texts(column.x[start : start + ROWS]), texts(column.y[start : start + ROWS])
        yield lines(x, [y if i == number else [b""] * len(x) for i in range(n)])


def occurrence(x: Float64s) -> Ints:
    """How many of the values before each, which do not decrease, are equal to it."""
    n = np.arange(len(x))
    begins = np.concatenate(([True], x[1:] != x[:-1]))[: len(x)]
    found: Ints = n - np.maximum.accumulate(np.where(begins, n, 0))
    return found


def lines(x: list[bytes], cells: Sequence[list[bytes]]) -> bytes:
    return b"\n".join(map(b",".join, zip(x, *cells, strict=True))) + b"\n" if x else b""


# NPZ


class Sink:
    """What an archive writes, until it is taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing: it is taken."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def npz(columns: Sequence[Column], about: Mapping[str, object]) -> Iterator[bytes]:
    """The file in pieces: `NAME.x` and `NAME.y` for each channel, and `meta`, a JSON text.

    A slash in a name is %2F there, so that no tool takes it for a folder.
    """
    sink = Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as archive:
        told = orjson.dumps({**about, "channels": [told_of(column) for column in columns]}).decode()
        arrays: list[tuple[str, NDArray[np.generic]]] = [("meta", np.array(told))]
        for column in columns:
            arrays += [(f"{key(column)}.x", column.x), (f"{key(column)}.y", column.y)]
        for name, array in arrays:
            for _ in member(archive, name, array):
                yield sink.take()
    yield sink.take()


def member(archive: zipfile.ZipFile, name: str, array: NDArray[np.generic]) -> Iterator[None]:
    """Write an array as one member, a piece at a time."""
    flat = np.ascontiguousarray(array).reshape(-1)
    with archive.open(zipfile.ZipInfo(f"{name}.npy", DATE), "w", force_zip64=array.nbytes > 1 << 30) as out:
        np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(array))
        step = max(1, BYTES // array.itemsize)
        for start in range(0, len(flat), step):
            out.write(flat[start : start + step].tobytes())
            yield


def key(column: Column) -> str:
    return column.name.replace("/", "%2F")


def told_of(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "key": key(column),
        "unit": column.unit,
        "x_unit": column.x_unit,
        "origin": column.origin,
        "samples": len(column.x),
    }
