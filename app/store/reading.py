"""Recordings as they are read back: block by block, and up to where they are whole."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.memory.memory import MOST_PROBE
from app.store.block import FURTHEST, Block, Int64s
from app.store.cells import FORMULA
from app.store.disk import said
from app.store.writing import NAMES

LINES = 1 << 12  # of a table read at once
MOST = 1 << 16  # rows of a table that are a group
LARGEST_X = 2e150  # a sum of two of a sender's numbers
LARGEST_Y = 1e150 * MOST_PROBE  # a sender's number at the tip of a probe
EARLIEST, LATEST = -FURTHEST - 10**6, FURTHEST + 10**6  # ns; near there times are rounded
LOOKED = 1 << 16  # bytes looked through at once for the end of the last line
Groups = Iterator[list[Block]]


class Unreadable(Exception):  # noqa: N818  it is what became of the file
    """This is no recording, or what reads it is not installed."""


def blocks(path: Path, format: str) -> Groups:
    """What was written together, group by group.

    Unreadable         also if it holds what no recording can
    FileNotFoundError  it is gone
    """
    try:
        for group in READERS[format](path):
            for each in group:
                check(each)
            yield group
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(said(error) if error.errno else str(error)[:200]) from None


def check(block: Block) -> None:
    """
    Unreadable  a sample is none that a memory can have had
    """
    if not (np.abs(block.x) <= LARGEST_X).all():
        raise Unreadable("an x is not a finite number, or too large")
    if (np.abs(block.y) > LARGEST_Y).any():
        raise Unreadable("a y is infinite, or too large")
    if ((block.time < EARLIEST) | (block.time > LATEST)).any():
        raise Unreadable("a time is none, or beyond the years 1677 to 2262")


# a table as text


def table(path: Path) -> Groups:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())) != NAMES:
                raise Unreadable("it does not begin as a recording")
            yield from gathered(pieces(rows))
    except (ValueError, IndexError, OverflowError, csv.Error) as error:
        raise Unreadable(f"a line cannot be read: {error}") from None


def pieces(rows: Iterator[list[str]]) -> Iterator[Block]:
    while lines := list(islice(rows, LINES)):
        for _, part in groupby(lines, lambda row: (row[0], *row[7:])):
            yield block(list(part))


def gathered(pieces: Iterator[Block]) -> Groups:
    """Pieces as they were written together: a channel that comes again after others begins a group."""
    group: list[Block] = []
    before: set[str] = set()  # channels in the group ...
    n = 0  # ... and rows
    for piece in pieces:
        again = piece.channel in before and piece.channel != group[-1].channel
        if again or n + len(piece) > MOST:
            yield group
            group, before, n = [], set(), 0
        group.append(piece)
        before.add(piece.channel)
        n += len(piece)
    if group:
        yield group


def block(rows: Sequence[Sequence[str]]) -> Block:
    """Rows of the same channel and units."""
    channel, *_, unit, x_unit = rows[0]
    _, n, x, y, time, clock, gap, *_ = zip(*rows, strict=True)
    return Block(
        bare(channel),
        bare(unit),
        bare(x_unit),
        np.array(n, np.int64),
        np.array(x, np.float64),
        np.array([each or "nan" for each in y], np.float64),
        nanoseconds([each.removesuffix("Z") for each in time]),
        np.array([each == "1" for each in clock], np.bool_),
        np.array([each == "1" for each in gap], np.bool_),
    )


def nanoseconds(texts: Sequence[str]) -> Int64s:
    """Times, ns since 1970.

    ValueError  one is none, or not within 64 bits
    """
    found: Int64s = np.array(texts, "M8[ns]").view(np.int64)
    if (np.array(texts, "M8[us]").view(np.int64) != found // 1000).any():  # NumPy lets them overflow
        raise ValueError("a time is none, or beyond the years 1677 to 2262")
    return found


def bare(text: str) -> str:
    """A text without what keeps it from being a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text


def whole_table(path: Path) -> tuple[int, int]:
    """Bytes up to the end of the last whole line, and the rows in them."""
    lines = whole = size = 0
    with path.open("rb") as file:
        while data := file.read(LOOKED):
            lines += data.count(b"\n")
            if b"\n" in data:
                whole = size + data.rindex(b"\n") + 1
            size += len(data)
    return whole, max(lines - 1, 0)


# an Arrow stream


def stream(path: Path) -> Groups:
    arrow = library()
    amiss = arrow.ArrowException, ValueError, TypeError, AttributeError, LookupError, SystemError
    try:
        with arrow.OSFile(str(path)) as file, arrow.ipc.open_stream(file) as reader:
            for batch in reader:
                if batch.num_rows:
                    batch.validate(full=True)
                    if any(column.null_count for column in batch.columns):
                        raise Unreadable("a cell is empty")
                    yield parts(batch)
    except amiss as error:
        raise Unreadable(str(error)[:200]) from None


def parts(batch: Any) -> list[Block]:
    """The blocks of a record batch: where channel or units change, another begins."""
    words = {name: batch.column(name) for name in ("channel", "unit", "x_unit")}
    codes = np.stack([column.indices.to_numpy() for column in words.values()])
    turns = np.flatnonzero((codes[:, 1:] != codes[:, :-1]).any(axis=0)) + 1
    named = [column.dictionary.to_pylist() for column in words.values()]
    n, x, y, clock, gap = (
        batch.column(name).to_numpy(zero_copy_only=False) for name in ("n", "x", "y", "clock", "gap")
    )
    time = batch.column("time").cast("int64").to_numpy()
    whole = Block("", "", "", n, x, y, time, clock, gap)
    cuts = [0, *turns.tolist(), len(whole)] if len(whole) else []
    found = []
    for start, stop in pairwise(cuts):
        called = [each[code] for each, code in zip(named, codes[:, start], strict=True)]
        found.append(whole.part(start, stop).called(*called))
    return found


def whole_stream(path: Path) -> tuple[int, int]:
    """Bytes up to the end of the last whole record batch, and the rows in them."""
    arrow, whole, rows = library(), 0, 0
    if path.stat().st_size == 0:
        return 0, 0
    amiss = contextlib.suppress(StopIteration, OSError, arrow.ArrowException, LookupError)
    with arrow.memory_map(str(path)) as file:
        reader = arrow.ipc.MessageReader.open_stream(file)
        with amiss:
            while (message := reader.read_next_message()) is not None:
                whole = file.tell() if message.type == "record batch" else whole
        file.seek(0)
        with amiss:
            for batch in arrow.ipc.open_stream(file):
                rows += batch.num_rows
    return whole, rows


def library() -> Any:
    """
    Unreadable  it is not installed
    """
    try:
        return import_module("pyarrow")
    except ImportError:
        raise Unreadable("Arrow needs pyarrow on the server") from None


READERS: dict[str, Callable[[Path], Groups]] = {"arrow": stream, "csv": table}
WHOLE: dict[str, Callable[[Path], tuple[int, int]]] = {"arrow": whole_stream, "csv": whole_table}
