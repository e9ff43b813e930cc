"""Numbers as they lie in memory: little endian, the channels of a sample side by side."""

from __future__ import annotations

import numpy as np

from app.ingest.batch import Asked
from app.ingest.query import bad, listed
from app.ingest.table import X_NAMES, Table, table_samples
from app.memory.samples import Samples
from app.problems import Problem

DTYPES = {"f4": "<f4", "float32": "<f4", "f8": "<f8", "float64": "<f8", "i2": "<i2", "int16": "<i2"}


def raw_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a body of bare numbers: dtype and channels are in the query.

    Problem  the bytes do not come out even, or are no samples
    """
    name = asked.query.get("dtype", "")
    if name not in DTYPES:
        raise bad("dtype is none of f4, f8, i2; send ?dtype=f4&rate=48000 with the numbers", "dtype")
    names = listed(asked.query, "channel") or ["ch1"]
    dtype = np.dtype(DTYPES[name])
    whole = dtype.itemsize * len(names)
    if not body:
        raise Problem("empty_body", "the body is empty; send numbers")
    if len(body) % whole:
        message = f"{len(body)} bytes are no whole number of samples of {whole} bytes; send all of each"
        raise Problem("invalid_sample", f"{message} (dtype {name}, {len(names)} channels)")
    if dtype != np.float64 and any(name.lower() in X_NAMES for name in names):
        raise bad("a column x needs dtype=f8; send that, or t0 and rate instead of x", "dtype")
    numbers = np.frombuffer(body, dtype).reshape(-1, len(names))
    table = Table(names, [None] * len(names), list(numbers.T))
    return table_samples(table, asked, asked.limits.binary)
