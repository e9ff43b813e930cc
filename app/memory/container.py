"""Facts and arrays as one string of bytes that knows whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from struct import error as StructError  # noqa: N812  it is a class
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from app.memory.packing import ALIGNED, aligned

HEAD = Struct("<8sQQ")  # magic, bytes after the head, checksum of them
LENGTH = Struct("<Q")
DTYPES = ("float64", "float32", "int64", "uint64", "int8", "uint8")

Array = NDArray[Any]


class Broken(ValueError):  # noqa: N818  it is what the bytes are
    """These bytes are not such a container, or not all of one."""


def contained(magic: bytes, facts: object, arrays: Mapping[str, Array]) -> bytes:
    """
    magic   8 bytes: what it is, and its version
    facts   whatever is JSON
    """
    listed = [[name, str(array.dtype), len(array)] for name, array in arrays.items()]
    head = orjson.dumps([facts, listed], option=orjson.OPT_SERIALIZE_NUMPY)
    pieces = [LENGTH.pack(len(head)), head, bytes(-len(head) % ALIGNED)]
    for array in arrays.values():
        raw = array.tobytes()
        pieces += [raw, bytes(-len(raw) % ALIGNED)]
    body = b"".join(pieces)
    return HEAD.pack(magic, len(body), xxh3_64_intdigest(body)) + body


def content(magic: bytes, data: bytes | memoryview) -> tuple[Any, dict[str, Array]]:
    """Facts and arrays; the arrays are copies.

    Broken  it is something else, or damaged
    """
    try:
        found, length, checksum = HEAD.unpack_from(data)
        body = memoryview(data)[HEAD.size : HEAD.size + length]
        if found != magic or len(body) != length or xxh3_64_intdigest(body) != checksum:
            raise Broken("another magic, or a checksum that does not fit")
        (size,) = LENGTH.unpack_from(body)
        facts, listed = orjson.loads(body[LENGTH.size : LENGTH.size + size])
        at, arrays = LENGTH.size + aligned(size), {}
        for name, dtype, n in listed:
            if dtype not in DTYPES:
                raise Broken(f"no numbers of {dtype}")
            arrays[name] = np.frombuffer(body, dtype, n, at).copy()
            at += aligned(arrays[name].nbytes)
    except (ValueError, TypeError, StructError) as error:
        raise Broken(str(error)[:100]) from None
    return facts, arrays
