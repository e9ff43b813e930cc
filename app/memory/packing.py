"""A batch as bytes: how it lies in a journal or travels in a stream, exactly as it was decoded.

Layout, little-endian: length of the head and of the note (4 bytes each); the head, a JSON list
`[now, missing, [channel, base, origin, n, step, unit, x unit, kinds], ...]`; the note; then the offsets and
the values of each block, each from a multiple of 8 bytes on. Kinds are letters: `=` where offset i is i
times the step, else `x`; then `d` or `f` for values of 8 or 4 bytes; then, where it is told, `g` for a gap
before the first sample or `j` for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError  # noqa: N812  it is a class

import numpy as np
import orjson

from app.memory.samples import Float64s, Floats, Origin, Samples

LENGTHS = Struct("<II")
ALIGNED = 8
FEW = 64  # values that are quicker copied than looked at in place
GAPS = {None: "", True: "g", False: "j"}
PADDING = [bytes(n) for n in range(ALIGNED)]

Buffer = bytes | memoryview


class Unreadable(ValueError):  # noqa: N818  it is what the bytes are
    """These bytes are not a batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A batch, with all that an append is told.

    now      Unix s
    missing  requests of its sender that have not come; None: it does not number them
    note     whatever was to be kept with it
    """

    batch: list[Samples]
    now: float
    missing: int | None
    note: bytes


def packed(batch: Sequence[Samples], now: float, missing: int | None, note: bytes) -> list[Buffer]:
    """The bytes of a batch, in pieces; all but the last have a length that is a multiple of 8."""
    blocks: list[list[object]] = []
    arrays: list[Floats] = []
    for samples in batch:
        even = samples.step is not None and regular(samples, samples.step)
        narrow = samples.y.dtype == np.float32
        kinds = ("=" if even else "x") + ("f" if narrow else "d") + GAPS[samples.gap]
        blocks.append(
            [
                samples.channel, samples.base, samples.origin, len(samples), samples.step,
                samples.unit, samples.x_unit, kinds,
            ]
        )  # fmt: skip
        arrays += [samples.y] if even else [samples.offsets, samples.y]
    head = orjson.dumps([now, missing, *blocks], option=orjson.OPT_SERIALIZE_NUMPY)
    first = LENGTHS.pack(len(head), len(note)) + head + note
    pieces: list[Buffer] = [first + PADDING[-len(first) % ALIGNED]]
    for array in arrays:
        raw = array.tobytes() if len(array) < FEW else np.ascontiguousarray(array).data.cast("B")
        pieces += [raw, PADDING[-len(raw) % ALIGNED]] if len(raw) % ALIGNED else [raw]
    return [b"".join(pieces)] if len(arrays) <= 2 and len(arrays[-1]) < FEW else pieces


def unpacked(data: Buffer) -> Entry:
    """The batch whose bytes these are; its arrays are views of them.

    Unreadable  they are no batch
    """
    try:
        long, more = LENGTHS.unpack_from(data)
        at = LENGTHS.size + long
        now, missing, *blocks = orjson.loads(data[LENGTHS.size : at])
        note = bytes(data[at : at + more])
        at = aligned(at + more)
        batch = []
        for block in blocks:
            samples, at = unpacked_block(data, at, *block)
            batch.append(samples)
    except (ValueError, TypeError, LookupError, StructError) as error:
        raise Unreadable(str(error)[:100]) from None
    return Entry(batch, now, missing, note)


def unpacked_block(
    data: Buffer,
    at: int,
    channel: str,
    base: float | int,
    origin: str,
    n: int,
    step: float | None,
    unit: str | None,
    x_unit: str | None,
    kinds: str,
) -> tuple[Samples, int]:
    """A block that begins there, and where it ends."""
    offsets = None
    if kinds[0] != "=":
        offsets = np.frombuffer(data, np.float64, n, at)
        at = aligned(at + offsets.nbytes)
    y: Floats
    y = np.frombuffer(data, np.float32, n, at) if kinds[1] == "f" else np.frombuffer(data, np.float64, n, at)
    if offsets is None:
        offsets = even_offsets(n, step or 0.0)
    whence = Origin(origin)
    base = float(base) if whence is Origin.DATA else base
    gap = {"g": True, "j": False}.get(kinds[2:])
    return Samples(channel, base, offsets, y, whence, step, unit, x_unit, gap), aligned(at + y.nbytes)


def regular(samples: Samples, step: float) -> bool:
    """Whether the offsets follow from the step, to the last bit."""
    n, offsets = len(samples), samples.offsets
    if offsets.item(-1) != (n - 1) * step or offsets.item(0) != 0.0:
        return False
    return bool(np.array_equal(offsets, even_offsets(n, step)))


def even_offsets(n: int, step: float) -> Float64s:
    return np.arange(n, dtype=np.float64) * step


def aligned(at: int) -> int:
    return -(-at // ALIGNED) * ALIGNED
