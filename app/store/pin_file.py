"""The bytes of a pin: magic, version, lengths and a checksum, a header in JSON, and the arrays as they are.

Nothing of a file is believed before its checksum fits, and it can make nothing but the shapes of a pin.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import xxhash

from app.memory.record import Record
from app.scope.capture import Capture
from app.scope.frame import Trace
from app.store.kept import Damaged, Newer
from app.store.shapes import Array, made, told

MAGIC = b"SCOPEPIN"
VERSION = 1
HEAD = struct.Struct("<8sIIQ16s")  # magic, version, sizes of header and arrays, checksum of both
ALIGNED = 8
DTYPES = frozenset(("<f8", "<f4", "<i8", "|i1", "|u1", "|b1"))
KEPT = 1 << 55  # serials of records that come from files begin here: no record of a running process has one
SERIALS = 32  # bits


def written(id: int, time: float, note: str, query: str, capture: Capture) -> list[bytes]:
    """A pin as pieces of a file."""
    arrays: list[Array] = []
    frame, slots = told(capture.frame, arrays), told(capture.slots, arrays)
    about = {"id": id, "time": time, "note": note, "query": query, "whole": capture.whole}
    blocks = [plain(array) for array in arrays]
    layout = [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays]
    header = padded(orjson.dumps({**about, "frame": frame, "slots": slots, "arrays": layout}))
    sum_of = xxhash.xxh3_128(header)
    for block in blocks:
        sum_of.update(block)
    head = HEAD.pack(MAGIC, VERSION, len(header), sum(map(len, blocks)), sum_of.digest())
    return [head, header, *blocks]


def plain(array: Array) -> bytes:
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return padded(little.tobytes())


def padded(block: bytes) -> bytes:
    return block + b" " * (-len(block) % ALIGNED)


def read(id: int, data: bytes) -> Mapping[str, Any]:
    """`time`, `note`, `query` and `capture` of a pin.

    Damaged, Newer
    """
    try:
        words, arrays = opened(data)
        frame, slots = made(words["frame"], arrays), made(words["slots"], arrays)
        capture = renumbered(id, Capture(frame, slots, bool(words["whole"])))
        plain = {"time": float, "note": str, "query": str}
        return {name: kind(words[name]) for name, kind in plain.items()} | {"capture": capture}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


def opened(data: bytes) -> tuple[dict[str, Any], list[Array]]:
    """The header and the arrays."""
    if len(data) < HEAD.size or not data.startswith(MAGIC):
        raise Damaged("it is no pin")
    _, version, header, size, digest = HEAD.unpack_from(data)
    if version > VERSION:
        raise Newer(f"version {version} wrote it, and this is version {VERSION}")
    body = memoryview(data)[HEAD.size :]
    if len(body) != header + size or xxhash.xxh3_128(body).digest() != digest:
        raise Damaged("its checksum does not fit")
    words = orjson.loads(body[:header])
    return words, arrays_of(words["arrays"], body[header:])


def arrays_of(layout: Sequence[Sequence[Any]], body: memoryview) -> list[Array]:
    found, at = [], 0
    for dtype, shape in layout:
        if dtype not in DTYPES:
            raise ValueError(f"there are no arrays of {dtype!r}")
        kind = np.dtype(dtype)
        n = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(body, kind, n, at).reshape(shape)
        found.append(array.astype(kind.newbyteorder("="), copy=True))
        at += n * kind.itemsize
        at += -at % ALIGNED
    return found


def renumbered(id: int, capture: Capture) -> Capture:
    """The same with serials that no record of this process has; those of a pin are always the same."""
    for record in capture.slots.values():
        record.serial = kept(id, record.serial)
    frame = capture.frame
    traces = {slot: renamed(id, trace) for slot, trace in frame.traces.items()}
    beside = {slot: renamed(id, trace) for slot, trace in frame.beside.items()}
    records = {name: also(id, record) for name, record in frame.records.items()}
    return replace(capture, frame=replace(frame, traces=traces, beside=beside, records=records))


def renamed(id: int, trace: Trace) -> Trace:
    return replace(trace, serial=kept(id, trace.serial))


def also(id: int, record: Record) -> Record:
    record.serial = kept(id, record.serial)
    return record


def kept(id: int, serial: int) -> int:
    return serial if serial >= KEPT else KEPT + (id << SERIALS) + serial
