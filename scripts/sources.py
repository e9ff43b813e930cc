"""What send_data.py can send besides waves: WAV and CSV files, lines of numbers, this machine's load."""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
import queue
import re
import sys
import threading
import time
import wave
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from waves import encoded

MOST_SAMPLES = 50_000  # numbers in one POST when nobody says how many
POSTS = 20  # POSTs/s, likewise
LATEST = 0.05  # s that a line may wait for others
SAMPLE = 4096  # characters of a CSV file by which its separator is known
X_NAMES = ("x", "t", "time")
TITLE = re.compile(r"(?P<name>.*?)\s*\[(?P<unit>[^\]]*)\]")  # of a column with a unit
CODES = {1: "B", 2: "h", 4: "i"}  # of whole numbers, by their bytes


class SourceError(Exception):
    """What is to be sent cannot be read, in words."""


# files


@dataclass(frozen=True)
class Block:
    """Samples for one POST.

    n      samples of each channel
    until  s from the beginning to the end of these samples
    share  of the whole that is done with them; None: nobody knows
    query  of the address
    """

    body: bytes
    n: int
    until: float = 0.0
    share: float | None = None
    query: dict[str, str] = field(default_factory=dict)


def wav_blocks(path: str, unit: str | None) -> Iterator[Block]:
    """A WAV file; full scale is 1.

    SourceError  it is none
    """
    try:
        with wave.open(path, "rb") as file:
            yield from played(file, unit)
    except (wave.Error, EOFError, KeyError) as error:
        raise SourceError(f"{path} is no WAV file that can be read here: {error}") from None


def played(file: wave.Wave_read, unit: str | None) -> Iterator[Block]:
    channels, rate, whole = file.getnchannels(), file.getframerate(), file.getnframes()
    names = ["left", "right"] if channels == 2 else [f"ch{k + 1}" for k in range(channels)]
    fixed = {"dtype": "f4", "rate": str(rate), "channel": ",".join(names), "x_unit": "s"}
    fixed |= {"unit": unit} if unit else {}
    n = max(1, min(rate // POSTS, MOST_SAMPLES // channels))
    start = 0
    while frames := file.readframes(n):
        values = scaled(frames, file.getsampwidth())
        stop = start + len(values) // channels
        query = fixed | {"t0": repr(start / rate)}
        yield Block(values.tobytes(), stop - start, stop / rate, stop / whole, query)
        start = stop


def scaled(frames: bytes, width: int) -> array[float]:
    """PCM samples of so many bytes as float32 between -1 and 1, little endian."""
    if width == 3:
        wide = bytearray(len(frames) // 3 * 4)
        for k in range(3):
            wide[k + 1 :: 4] = frames[k::3]
        frames, width = bytes(wide), 4
    values = array(CODES[width], frames)
    if sys.byteorder == "big":
        values.byteswap()
    zero, scale = (128, 1 / 128) if width == 1 else (0, 1 / (1 << (8 * width - 1)))
    made = array("f", ((value - zero) * scale for value in values))
    if sys.byteorder == "big":
        made.byteswap()
    return made


def csv_blocks(path: str, rate: float, unit: str | None) -> Iterator[Block]:
    """A CSV file: columns are channels, one named x, t or time is x; without it rows come at a rate.

    SourceError  it is none
    """
    try:
        size = os.path.getsize(path) or 1
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, dialect(file.read(SAMPLE)))
            file.seek(0)
            yield from tabled(Table.of(rows, rate, unit), size)
    except (csv.Error, UnicodeDecodeError, ValueError) as error:
        raise SourceError(f"{path} is no CSV file that can be read here: {error}") from None


def dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text, ",;\t")
    except csv.Error:
        return csv.excel  # a single column has no separator


@dataclass
class Table:
    """Rows of a CSV file.

    names  of its columns
    x      which column is x; None: rows come at the rate
    units  of columns whose heads have one, such as `temp [degC]`
    """

    names: list[str]
    rows: Iterator[Sequence[str]]
    rate: float
    unit: str | None
    x: int | None = None
    units: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterator[Sequence[str]], rate: float, unit: str | None) -> Table:
        first = next(rows, [])
        heads = [titled(cell.strip()) for cell in first]
        names = [name or f"ch{k + 1}" for k, (name, _) in enumerate(heads)]
        units = {name: unit for name, (_, unit) in zip(names, heads, strict=True) if unit}
        if all(map(is_number, first)):
            names, rows = [f"ch{k + 1}" for k in range(len(first))], itertools.chain([first], rows)
        x = next((k for k, name in enumerate(names) if name.lower() in X_NAMES), None)
        return cls(names, rows, rate, unit, x, units)

    def body(self, start: int, columns: Sequence[Sequence[float | None]]) -> bytes:
        """The JSON of some rows, of which the first has this number."""
        channels = {name: columns[k] for k, name in enumerate(self.names) if k != self.x}
        block: dict[str, object] = {"channels": channels}
        block |= {"t0": start / self.rate, "rate": self.rate} if self.x is None else {"x": columns[self.x]}
        units = {name: unit for name, unit in self.units.items() if name in channels}
        block |= {"units": units} if units else {}
        if self.x is not None and (x_unit := self.units.get(self.names[self.x])):
            block["x_unit"] = x_unit
        return encoded(block | ({"unit": self.unit} if self.unit else {}))


def titled(cell: str) -> tuple[str, str]:
    """Name and unit in the head of a column."""
    found = TITLE.fullmatch(cell)
    return (found["name"], found["unit"].strip()) if found else (cell, "")


def tabled(table: Table, size: int) -> Iterator[Block]:
    """
    size  of the file, bytes
    """
    start, read, zero = 0, 0, 0.0
    each = max(1, int(min(table.rate / POSTS, MOST_SAMPLES / max(1, len(table.names)))))
    while part := [row for row in itertools.islice(table.rows, each) if row]:
        columns = [[number(cell) for cell in column] for column in zip(*part, strict=True)]
        body = table.body(start, columns)
        x = None if table.x is None else columns[table.x]
        zero = (x[0] or 0.0) if x is not None and not start else zero
        start += len(part)
        read += sum(len(cell) + 1 for row in part for cell in row)
        until = start / table.rate if x is None else (x[-1] or 0.0) - zero
        yield Block(body, len(part), until, min(1.0, read / size))


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def number(cell: str) -> float | None:
    """The number in a cell; nothing for a gap."""
    value = float(cell) if cell.strip() else None
    return value if value is None or math.isfinite(value) else None


# lines


def line_blocks(lines: TextIO, unit: str | None, clock: Callable[[], float] = time.time) -> Iterator[Block]:
    """Lines as they come, `name value`, `value`, or CSV without x; each has the time at which it came.

    clock  Unix seconds
    """
    waiting: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            waiting.put((clock(), line))
        waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    names: list[str] = []
    while (first := waiting.get()) is not None:
        came = [first, *others(waiting)]
        points = [point for at, line in came if line.strip() for point in understood(line, at, names)]
        if points:
            points = [point | ({"unit": unit} if unit else {}) for point in points]
            yield Block(json.dumps(points, separators=(",", ":")).encode(), len(points))


def others(waiting: queue.SimpleQueue[tuple[float, str] | None]) -> Iterator[tuple[float, str]]:
    """What comes within a moment."""
    end = time.monotonic() + LATEST
    for _ in range(MOST_SAMPLES // 10):
        try:
            item = waiting.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return
        if item is None:
            waiting.put(None)
            return
        yield item


def understood(line: str, at: float, names: list[str]) -> list[dict[str, object]]:
    """The points of a line; one that holds none is told of and left out.

    names  of the columns, if the lines are CSV with a header, which is noted here
    """
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) == 1:
        *name, text = line.rsplit(None, 1)
        cells, called = [text], [name[0].strip()] if name else ["ch1"]
    elif not any(map(is_number, cells)):
        names[:] = cells
        return []
    else:
        called = names if len(names) == len(cells) else [f"ch{k + 1}" for k in range(len(cells))]
    values = {name: float(cell) for name, cell in zip(called, cells, strict=True) if is_number(cell)}
    points = {name: value for name, value in values.items() if math.isfinite(value)}
    if not points:
        print(f"Left out, as it holds no number: {line.strip()[:60]!r}", file=sys.stderr, flush=True)
    return [{"x": at, "x_unit": "s", "channel": name, "y": value} for name, value in points.items()]


# this machine


def system_blocks(rate: float, clock: Callable[[], float] = time.time) -> Iterator[Block]:
    """How busy processor and memory are, %, so many times a second.

    clock        Unix seconds
    SourceError  there is no /proc
    """
    try:
        before = ticks()
        for n in itertools.count(1):
            time.sleep(1 / rate)
            now = ticks()
            busy, whole = (after - first for after, first in zip(now, before, strict=True))
            before = now
            values = {"cpu": 100 * busy / whole if whole else 0.0, "memory": memory()}
            columns = {name: [round(value, 3)] for name, value in values.items()}
            yield Block(
                encoded({"x": [clock()], "x_unit": "s", "channels": columns, "unit": "%"}), 1, n / rate
            )
    except OSError as error:
        raise SourceError(f"this machine does not tell its load: {error}") from None


def ticks() -> tuple[int, int]:
    """How long the processors have been busy, and how long they have been there."""
    values = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(values) - values[3] - values[4], sum(values)


def memory() -> float:
    """How much of the memory is in use, %."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) for words in lines}
    return 100 * (1 - sizes["MemAvailable"] / sizes["MemTotal"])
