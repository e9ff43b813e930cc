"""NumPy's own file format: an array of one dimension, of two, or of named columns. Never objects."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from app.ingest.batch import Asked
from app.ingest.query import listed
from app.ingest.table import Table, table_samples
from app.memory.samples import Samples
from app.problems import Problem

MAGIC = b"\x93NUMPY"
LONGEST = 10_000  # bytes of a header
KIND = r"'[<>|=](?:f[248]|[iu][1248])'"
HEADER = re.compile(
    rf"\{{'descr': ({KIND}|\[.*\]), 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), ?\}}\s*"
)
FIELD = re.compile(rf"\('([^'\\]+)', ({KIND})\)(?:, )?")
MOST_DIGITS = 9


def npy_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a .npy file: rows are samples, columns are channels.

    Problem  not such a file, not numbers, or no samples
    """
    if body[:6] != MAGIC or len(body) < 12 or body[6] not in (1, 2, 3):
        raise bad("the body does not begin as a .npy file of version 1 to 3")
    wide = body[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(body[8:start], "little")
    header = HEADER.fullmatch(body[start : start + min(length, LONGEST)].decode("latin-1"))
    if header is None:
        raise bad("the header is not that of an array of numbers; objects are never unpickled")
    data = body[start + length :]
    shape = shape_of(header[3])
    if header[1].startswith("["):
        return named(data, header[1][1:-1], shape, asked)
    array = values(data, np.dtype(header[1].strip("'")), shape)
    if array.ndim == 2 and header[2] == "True":
        array = array.reshape(-1).reshape(shape, order="F")
    columns = list(array.T) if array.ndim == 2 else [array]
    names = listed(asked.query, "channel") or [f"ch{k + 1}" for k in range(len(columns))]
    if len(names) != len(columns):
        raise bad(f"channel names {len(names)} channels, the array has {len(columns)} columns")
    return table_samples(Table(names, [None] * len(names), columns), asked, asked.limits.binary)


def shape_of(text: str) -> tuple[int, ...]:
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    if not 1 <= len(numbers) <= 2 or any(not n.isdigit() or len(n) > MOST_DIGITS for n in numbers):
        raise bad("the array has neither one nor two dimensions; rows are samples, columns are channels")
    return tuple(map(int, numbers))


def values(data: bytes, dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> NDArray[np.generic]:
    """The array; one of two dimensions in the order of the file."""
    n = int(np.prod(shape, dtype=object))
    if len(data) != n * dtype.itemsize:
        raise bad(f"the array wants {n * dtype.itemsize} bytes, {len(data)} are there")
    return np.frombuffer(data, dtype).reshape(shape)


def named(data: bytes, text: str, shape: tuple[int, ...], asked: Asked) -> list[Samples]:
    """The samples of an array with named columns."""
    found = FIELD.findall(text)
    if not found or len(FIELD.sub("", text)):
        raise bad("the columns of the array are not all plain numbers; send named numbers, or one kind")
    names = [name for name, _ in found]
    if len(shape) != 1 or len(set(names)) < len(names):
        raise bad("an array with named columns has one dimension, and each name once")
    array = values(data, np.dtype([(name, kind.strip("'")) for name, kind in found]), shape)
    table = Table(names, [None] * len(names), [array[name] for name in names])
    return table_samples(table, asked, asked.limits.binary)


def bad(message: str) -> Problem:
    return Problem("invalid_sample", f"not a NumPy array that can be read: {message}")
