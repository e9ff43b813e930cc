"""InfluxDB's line protocol: `measurement,tag=a field=1.5 1700000000000000000`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import orjson
from numpy.typing import NDArray

from app.ingest.batch import Asked, Faults, Steps, completed
from app.ingest.fields import channel_name, check_channels, check_samples
from app.ingest.query import ticks
from app.ingest.readings import MISSING, Ints, Readings, reading_samples
from app.ingest.text import LineError, blocks, check_odd, code_of, lines, number, numbers, parts, plain
from app.memory.samples import Float64s, Samples
from app.problems import Fault, Problem

NOT_BLANKS = bytes(set(range(256)) - set(b" \n"))
NOT_CUTS = bytes(set(range(256)) - set(b"=,"))
LINE = re.compile(rb'((?:\\.|[^\\ ])++) +((?:"(?:\\.|[^"\\])*+"|\\.|[^\\" ])++)(?: +(-?[0-9]{1,19}))?')
PART = re.compile(rb"((?:\\.|[^\\,=])++)(?:=((?:\\.|[^\\,=])++))?(?:,|$)")
FIELD = re.compile(rb'((?:\\.|[^\\,=])++)=("(?:\\.|[^"\\])*+"|[^,"]++)(?:,|$)')
TEXT = re.compile(rb',[^\s,="\\]+="[^"\\\n]*"(?=[, \n]|$)')  # a field that is a text, after another one ...
TEXT_FIRST = re.compile(rb' [^\s,="\\]+="[^"\\\n]*",')  # ... or before one
QUOTED_KEY = re.compile(rb'^[^ \n]*"', re.MULTILINE)
ESCAPED = re.compile(r"\\([,= \\])")
WHOLE = re.compile(rb"-?[0-9]+[iu]")
ODD = re.compile(rb"[.eE+][^,]*[iu],")  # a fraction that is marked as an integer


def line_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of lines: channel `measurement.field`, then `/value` for each tag by its key.

    Problem  lines that are none, values that are not numbers; a text as value is left out
    """
    return completed(line_steps(body, asked))


def line_steps(body: bytes, asked: Asked) -> Steps[list[Samples]]:
    """The same in steps."""
    text = plain(body, asked)
    second = ticks(asked.query, "ns")
    read = Read()
    for start, part in parts(text):
        found = quick(part, second, asked)
        if found is not None:
            read.add(found, part.count(b"\n") + 1)
        else:
            check_odd(text)
            yield from careful(start, part, second, asked, read)
        read.check(asked)
        if len(part) < len(text):
            yield
    return read.samples(second, asked)


# many lines at once


def quick(text: bytes, second: int, asked: Asked) -> Readings | None:
    """The readings of plain lines, all with a time or all without; None when there is anything else."""
    if b'"' in text and not QUOTED_KEY.search(text):
        text = TEXT_FIRST.sub(b" ", TEXT.sub(b"", text))
    if any(sign in text for sign in (b"\\", b'"', b"#", b"\t")):
        return None
    n = text.count(b"\n") + 1
    cuts = text.translate(None, NOT_BLANKS)
    width = 3 if cuts == (b"  \n" * n)[:-1] else 2 if cuts == (b" \n" * n)[:-1] else 0
    if not width:
        return None
    parts = text.replace(b"\n", b" ").split(b" ")
    stamps = whole(parts[2::3]) if width == 3 else None
    if width == 3 and stamps is None:
        return None
    return paired(parts[0::width], parts[1::width], stamps, second, asked)


def paired(
    keys: list[bytes], sets: list[bytes], stamps: Ints | None, second: int, asked: Asked
) -> Readings | None:
    joined = b",".join(sets)
    n = joined.count(b"=")
    check_samples(max(n, 1), asked.limits.samples)
    if not n or joined.translate(None, NOT_CUTS) != (b"=," * n)[:-1]:
        return None
    cells = joined.replace(b"=", b",").split(b",")
    y = None if b"" in cells else values(cells[1::2])
    if y is None:
        return None
    of = np.arange(len(keys))
    if n > len(keys):
        of = np.repeat(of, [fields.count(b"=") for fields in sets])
    named = channels(keys, cells[0::2], of, asked)
    if named is None:
        return None
    x = np.full(len(keys), MISSING) if stamps is None else stamps
    return Readings(*named, x[of], y, "s", second=second)


def values(cells: list[bytes]) -> Float64s | None:
    """Values that are numbers or marked integers."""
    text = b",".join(cells)
    if b"i" in text or b"u" in text:
        ended = text + b","
        if ODD.search(ended):
            return None
        text = ended.replace(b"i,", b",").replace(b"u,", b",")[:-1]
    found = numbers(text)
    return None if found is None or np.isnan(found).any() else found


def whole(cells: list[bytes]) -> Ints | None:
    """Integers of 64 bits."""
    text = b",".join(cells)
    if text.translate(None, b"0123456789-,"):
        return None
    try:
        found = np.array(orjson.loads(b"[%b]" % text), np.int64)
    except (orjson.JSONDecodeError, OverflowError):
        return None
    return None if len(found) != len(cells) or (found == MISSING).any() else found


def channels(
    keys: list[bytes], fields: list[bytes], of: NDArray[np.intp], asked: Asked
) -> tuple[Sequence[str], NDArray[np.intp]] | None:
    """The channels' names, and which of them each value is of; None when one of them is not plain.

    of  the line of each value
    """
    series = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    names = {field: k for k, field in enumerate(dict.fromkeys(fields))}
    for many in (series, names):
        check_channels([str(k) for k in many.values()], asked.limits.channels)
    line_series = np.fromiter(map(series.__getitem__, keys), np.intp, len(keys))
    pairs = line_series[of] * len(names) + np.fromiter(map(names.__getitem__, fields), np.intp, len(fields))
    listed = [(key, field) for key in series for field in names]
    order: dict[str, int] = {}
    ids = np.zeros(len(listed), np.intp)
    try:
        for pair in in_order(pairs, len(listed)):
            ids[pair] = order.setdefault(named(*listed[pair]), len(order))
    except (LineError, Problem):
        return None
    return list(order), ids[pairs]


def in_order(numbers: NDArray[np.intp], most: int) -> list[int]:
    """The numbers below `most` that are there, each once, in the order in which they first come."""
    first = np.full(most, -1)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    used = np.flatnonzero(first >= 0)
    return [int(k) for k in used[np.argsort(first[used])]]


# names


@lru_cache(maxsize=1024)
def named(key: bytes, field: bytes) -> str:
    """The channel of a field.

    LineError  the measurement, its tags or the field are not well written
    Problem    bad_channel_name
    """
    measurement, tags = series_of(key)
    return channel_name("/".join([f"{measurement}.{unescaped(field)}", *tags]))


@lru_cache(maxsize=1024)
def series_of(key: bytes) -> tuple[str, tuple[str, ...]]:
    """The measurement and the values of its tags, in the order of their keys."""
    parts = list(PART.finditer(key))
    if not parts or sum(len(part[0]) for part in parts) != len(key) or key.endswith(b","):
        raise LineError("format", "tags", "the measurement and its tags cannot be read")
    if parts[0][2] is not None or any(part[2] is None for part in parts[1:]):
        raise LineError("format", "tags", "a tag is not written as name=value")
    tags = sorted((unescaped(part[1]), unescaped(part[2])) for part in parts[1:])
    return unescaped(parts[0][1]), tuple(value for _, value in tags)


def unescaped(text: bytes) -> str:
    if not text:
        raise LineError("format", "", "a name is empty")
    plain = text.decode("utf-8")
    return ESCAPED.sub(r"\1", plain) if "\\" in plain else plain


# line by line


def careful(start: int, part: bytes, second: int, asked: Asked, read: Read) -> Steps[None]:
    """Read lines of which some are bad, or are written in a rarer way; so many come before them."""
    for before, block in blocks(part):
        found = quick(block, second, asked)
        if found is None:
            read.lines(start + before, block)
        else:
            read.add(found, block.count(b"\n") + 1)
        read.check(asked)
        yield


class Read:
    """What has been read, part by part.

    order   the channels in the order in which they came
    n       lines that hold something
    values  in them
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.order: dict[str, int] = {}
        self.n = self.values = 0
        self.ids: list[NDArray[np.intp]] = [np.zeros(0, np.intp)]
        self.stamps: list[Ints] = [np.zeros(0, np.int64)]
        self.ys: list[Float64s] = [np.zeros(0)]

    def add(self, found: Readings, n: int) -> None:
        """Readings of so many lines."""
        order = np.array([self.order.setdefault(name, len(self.order)) for name in found.names], np.intp)
        self.keep(order[found.ids], found.x.astype(np.int64, copy=False), found.y)
        self.n += n

    def keep(self, ids: NDArray[np.intp], stamps: Ints, ys: Float64s) -> None:
        self.values += len(ids)
        self.ids.append(ids)
        self.stamps.append(stamps)
        self.ys.append(ys)

    def lines(self, start: int, block: bytes) -> None:
        """Lines one by one; so many come before them."""
        ids, stamps, ys = list[int](), list[int](), list[float]()
        for line, content in lines(block):
            try:
                stamp, found = parsed(content)
                for name, y in found:
                    ids.append(self.order.setdefault(name, len(self.order)))
                    stamps.append(stamp)
                    ys.append(y)
            except (LineError, Problem) as error:
                blame(self.faults, error, self.n, start + line)
            self.n += 1
        self.keep(np.array(ids, np.intp), np.array(stamps, np.int64), np.array(ys, np.float64))

    def check(self, asked: Asked) -> None:
        """
        Problem  too_many_points, too_many_channels
        """
        check_samples(max(self.values, 1), asked.limits.samples)
        check_channels(self.order, asked.limits.channels)

    def samples(self, second: int, asked: Asked) -> list[Samples]:
        self.faults.check(asked, self.values)
        columns = np.concatenate(self.ids), np.concatenate(self.stamps), np.concatenate(self.ys)
        found = Readings(list(self.order), *columns, "s", second=second)
        return self.faults.beside(reading_samples(found, asked))


def blame(faults: Faults, error: LineError | Problem, index: int, line: int) -> None:
    if isinstance(error, Problem):
        faults.add(Fault("name", "channel", index, None, line), f"line {line}: {error.message}", error.code)
    else:
        fault = Fault(error.code, error.field, index, None, line)
        faults.add(fault, f"line {line}: {error}", code_of(error))


def parsed(line: bytes) -> tuple[int, list[tuple[str, float]]]:
    """The time of a line, if it has one, and its channels with their values."""
    found = LINE.fullmatch(line)
    if found is None:
        raise LineError("format", "", "not written as measurement,tag=a field=1.5 time")
    stamp = MISSING if found[3] is None else int(found[3])
    if found[3] is not None and not MISSING < stamp < -MISSING:
        raise LineError("out_of_range", "x", "the time does not fit 64 bits")
    fields = list(FIELD.finditer(found[2]))
    if sum(len(field[0]) for field in fields) != len(found[2]) or found[2].endswith(b","):
        raise LineError("format", "fields", "the fields are not written as name=1.5,name=2")
    readings = [
        (named(found[1], field[1]), value(field[2])) for field in fields if not field[2].startswith(b'"')
    ]
    return stamp, readings


def value(cell: bytes) -> float:
    """The number of a field.

    LineError  true, false, or anything else
    """
    return number(cell[:-1] if WHOLE.fullmatch(cell) else cell, "y")
