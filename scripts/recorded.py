"""Recordings of the scope as something to send: tables with a row for each sample."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Iterator, Sequence
from datetime import datetime

from sources import Block, SourceError
from waves import encoded

HEAD = ["channel", "n", "x", "y", "time", "clock", "gap", "unit", "x_unit"]
MOST = 5000  # rows of a POST
FORMULA = "=+-@\t\r"  # before such a sign the scope has put a mark


def is_recording(path: str) -> bool:
    """Whether a file begins as a recording does."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return next(csv.reader(file), []) == HEAD
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def recording_blocks(path: str) -> Iterator[Block]:
    """A recording, channel by channel as they were written, with the x that each sample has.

    SourceError  it is none, or is damaged
    """
    try:
        size = os.path.getsize(path) or 1
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            yield from grouped(rows, size)
    except (csv.Error, ValueError, IndexError) as error:
        raise SourceError(f"{path} is no recording that can be read here: {error}") from None


def grouped(rows: Iterator[Sequence[str]], size: int) -> Iterator[Block]:
    """
    size  of the file, bytes
    """
    began, read = None, 0
    while lines := list(itertools.islice(rows, MOST)):
        for (channel, unit, x_unit), part in itertools.groupby(lines, lambda row: (row[0], *row[7:9])):
            own = list(part)
            read += sum(len(cell) + 1 for row in own for cell in row)
            last = seconds(own[-1][4])
            began = seconds(own[0][4]) if began is None else began
            body = told(bare(channel), bare(unit), bare(x_unit), own)
            yield Block(body, len(own), max(last - began, 0.0), min(read / size, 1.0))


def told(channel: str, unit: str, x_unit: str, rows: Sequence[Sequence[str]]) -> bytes:
    """The JSON of rows of one channel."""
    block: dict[str, object] = {
        "x": [float(row[2]) for row in rows],
        "channels": {channel: [float(row[3]) if row[3] else None for row in rows]},
    }
    block |= {"units": {channel: unit}} if unit else {}
    return encoded(block | ({"x_unit": x_unit} if x_unit else {}))


def seconds(time: str) -> float:
    """Unix seconds; nanoseconds are more than this needs."""
    return datetime.fromisoformat(time[:26] + "+00:00").timestamp()


def bare(text: str) -> str:
    """A text without the mark that keeps a spreadsheet from working it out."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text
