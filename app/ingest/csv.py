"""CSV: a header that names the channels, then a row for each sample."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import nan

import numpy as np

from app.ingest.batch import Asked, Faults, Partial, Steps, completed
from app.ingest.fields import check_channels, check_samples, unit
from app.ingest.query import bad, listed
from app.ingest.table import X_NAMES, Table, channel_names, table_samples
from app.ingest.text import (
    DIGITS,
    NUMBER,
    LineError,
    blocks,
    check_odd,
    code_of,
    lines,
    number,
    numbers,
    parts,
    plain,
)
from app.memory.samples import Float64s, Samples
from app.problems import Fault, Problem

NOT_CUTS = bytes(set(range(256)) - set(b",\n"))
TITLE = re.compile(r"(.*?)\s*(?:\[([^\]]*)\]|\(([^)]*)\))?")
LONGEST_TITLE = 512  # bytes; a longer name or unit is refused in any case, and would take long to read
WORDS = (b"nan", b"null", b"na")  # for a gap
GAPS = frozenset({b"", *WORDS})


@dataclass(frozen=True, slots=True)
class Head:
    """The columns of a text: names, units, and where the rows begin."""

    names: list[str]
    units: list[str | None]
    line: int

    @property
    def channels(self) -> int:
        return sum(name.lower() not in X_NAMES for name in self.names)

    def check(self) -> None:
        """
        Problem  bad names or units
        """
        channel_names([name for name in self.names if name.lower() not in X_NAMES])
        for text in self.units:
            unit(text, "unit")


def csv_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a CSV text; an empty cell is a gap.

    Problem  no header, rows of another length, cells that are not numbers
    """
    return completed(csv_steps(body, asked))


def csv_steps(body: bytes, asked: Asked) -> Steps[list[Samples]]:
    """The same in steps."""
    text = plain(body, asked)
    head, rows = headed(text, asked)
    head.check()
    n = rows.count(b"\n") + 1
    check_samples(n * head.channels, asked.limits.samples)
    read = Read(head)
    for start, part in parts(rows):
        found = quick(part, len(head.names), part.count(b"\n") + 1)
        if found is not None:
            read.parts.append(found)
        else:
            check_odd(rows)
            yield from careful(start, part, read)
        if len(part) < len(rows):
            yield
    return read.samples(asked)


def headed(text: bytes, asked: Asked) -> tuple[Head, bytes]:
    """The columns, and the rows with commas between their cells."""
    number_of, first = next(lines(text), (1, b""))
    cut = next((sign for sign in (b",", b";", b"\t") if sign in first), b",")
    if first.count(cut) > 2 * asked.limits.channels:
        check_channels(map(str, range(first.count(cut))), asked.limits.channels)
    if cut == b";":  # where the comma is the decimal point
        text = text.replace(b",", b".")
        first = first.replace(b",", b".")
    cells = [cell.strip().strip(b'"').strip() for cell in first.split(cut)]
    named = listed(asked.query, "channel")
    rows = text if cut == b"," else text.replace(cut, b",")
    if all(NUMBER.fullmatch(cell) for cell in cells):
        if not named:
            raise wrong("the first line holds numbers; begin with the names of the columns", number_of)
        return Head(named, [None] * len(named), number_of), after(rows, number_of - 1)
    if named:
        raise bad("channel is there beside a header; send one of them", "channel")
    titles = [title(cell) for cell in cells]
    rest = after(rows, number_of)
    if not rest.strip():
        raise no_row()
    return Head([name for name, _ in titles], [of for _, of in titles], number_of + 1), rest


def title(cell: bytes) -> tuple[str, str | None]:
    """Name and unit of a column, as in `ch1 [V]`."""
    if len(cell) > LONGEST_TITLE:
        raise wrong(f"the name of a column is longer than {LONGEST_TITLE} bytes", 1)
    found = TITLE.fullmatch(cell.decode("utf-8"))
    if found is None or not found[1]:
        raise wrong("a column has no name; begin with the names of all columns", 1)
    return found[1].strip(), (found[2] or found[3] or "").strip() or None


def after(text: bytes, n: int) -> bytes:
    """What follows the first n lines."""
    at = 0
    for _ in range(n):
        at = text.find(b"\n", at) + 1
        if not at:
            return b""
    return text[at:]


def quick(rows: bytes, k: int, n: int) -> Float64s | None:
    """The table of rows that hold nothing but numbers and gaps, k of them each; else None."""
    rows = bare(rows)
    if k == 1 and b"\n\n" in b"\n%b\n" % rows:
        return None
    if rows.translate(None, NOT_CUTS) != ((b"," * (k - 1) + b"\n") * n)[:-1]:
        return None
    found = numbers(without_words(rows.replace(b"\n", b",")))
    return None if found is None else found.reshape(n, k)


def bare(rows: bytes) -> bytes:
    """The rows without the quotes around cells, and without the spaces beside quotes and cuts."""
    rows = close(rows)
    if b'"' not in rows:
        return rows
    rows = b"\n%b\n" % rows
    for cut in (b",", b"\n"):
        rows = rows.replace(cut + b'"', cut).replace(b'"' + cut, cut)
    return close(rows[1:-1])


def close(rows: bytes) -> bytes:
    """The rows without the spaces beside cuts; of several elsewhere one is left."""
    while b"  " in rows:
        rows = rows.replace(b"  ", b" ")
    if b" " not in rows:
        return rows
    for cut in (b",", b"\n"):
        rows = rows.replace(cut + b" ", cut).replace(b" " + cut, cut)
    return rows.strip(b" ")


def without_words(cells: bytes) -> bytes:
    """Cells with commas between them, in which gaps are empty."""
    if not cells.translate(None, DIGITS):
        return cells
    cells = b",%b," % cells.lower()
    for word in WORDS * 2:  # of two that stand side by side one is found at a time
        cells = cells.replace(b",%b," % word, b",,")
    return cells[1:-1]


def careful(start: int, part: bytes, read: Read) -> Steps[None]:
    """Read rows of which some are bad, or are written in a rarer way; so many lines come before them."""
    for before, block in blocks(part):
        found = quick(block, len(read.head.names), block.count(b"\n") + 1)
        if found is None:
            read.rows(start + before, block)
        else:
            read.parts.append(found)
        yield


class Read:
    """What has been read, part by part.

    gaps  bad rows that became gaps
    """

    def __init__(self, head: Head) -> None:
        self.head = head
        self.faults = Faults()
        self.parts: list[Float64s] = [np.zeros((0, len(head.names)))]
        self.gaps = 0

    def rows(self, start: int, block: bytes) -> None:
        """Rows one by one; so many lines come before them."""
        head, made = self.head, list[list[float]]()
        before = sum(map(len, self.parts)) + self.faults.count - self.gaps
        bad = 0
        for index, (line, row) in enumerate(lines(block)):
            try:
                made.append(cells(row, head))
            except LineError as error:
                self.blame(error, before + index, start + line + head.line - 1)
                if head.channels == len(head.names):  # even steps: the others keep their x
                    made.append([nan] * head.channels)
                    bad += 1
        self.gaps += bad
        if made:
            self.parts.append(np.array(made))

    def samples(self, asked: Asked) -> list[Samples]:
        head, rows = self.head, np.concatenate(self.parts)
        self.faults.check(asked, len(rows) - self.gaps)
        if not len(rows):
            raise no_row()
        table = Table(head.names, head.units, list(rows.T), head.line)
        made = table_samples(table, asked, asked.limits.samples)
        if not self.faults.count:
            return made
        n = head.channels
        return Partial(made, self.faults.found, self.faults.count * n, self.gaps * n)

    def blame(self, error: LineError, index: int, line: int) -> None:
        fault = Fault(error.code, error.field, index, None, line)
        self.faults.add(fault, f"sample {index}, line {line}: {error}", code_of(error))


def cells(row: bytes, head: Head) -> list[float]:
    """The numbers of a row.

    LineError  too few, too many, or not numbers
    """
    n = row.count(b",") + 1
    if n != len(head.names):
        raise LineError("length", "", f"{n} cells where the header names {len(head.names)}")
    found = [cell.strip().strip(b'"').strip() for cell in row.split(b",")]
    return [
        float("nan") if cell.lower() in GAPS and name.lower() not in X_NAMES else number(cell, field(name))
        for cell, name in zip(found, head.names, strict=True)
    ]


def field(name: str) -> str:
    return "x" if name.lower() in X_NAMES else "y"


def no_row() -> Problem:
    return Problem("invalid_sample", "there is a header and no row; send at least one sample")


def wrong(message: str, line: int) -> Problem:
    return Problem("invalid_sample", f"line {line}: {message}", [Fault("header", "", line=line)])
