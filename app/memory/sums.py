"""Checksums of a record's samples, block by block: what a machine that failed did not write is found out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64

from app.memory.record import Record
from app.memory.state import UNSETTLED

BLOCK = 4096  # samples

Array = NDArray[np.uint64]


class Sums:
    """The sums of a record's full blocks, and, apart, of what comes after them.

    blocks  of the full ones by number: block k holds samples [k * BLOCK, (k + 1) * BLOCK)
    """

    def __init__(self) -> None:
        self.blocks: dict[int, int] = {}
        self._narrow = False

    def taken(self, record: Record) -> Array:
        """The sums of all that is settled of what lives: start, stop and sum of each, one after the other."""
        if record.narrow != self._narrow:
            self.blocks.clear()  # its values have been written anew, in other bytes
            self._narrow = record.narrow
        settled = max(record.first, record.total - UNSETTLED)
        first, last = -(-record.first // BLOCK), settled // BLOCK
        for k in [k for k in self.blocks if not first <= k < last]:
            del self.blocks[k]
        for k in range(max(first, max(self.blocks, default=first - 1) + 1), last):
            self.blocks[k] = checksum(record, k * BLOCK, (k + 1) * BLOCK)
        found = [(k * BLOCK, (k + 1) * BLOCK, value) for k, value in self.blocks.items()]
        ends = [(record.first, min(first * BLOCK, settled)), (max(last * BLOCK, record.first), settled)]
        found += [(a, b, checksum(record, a, b)) for a, b in dict.fromkeys(ends) if a < b]
        return np.array(found, np.uint64).reshape(-1)


def checksum(record: Record, start: int, stop: int) -> int:
    """Of the offsets and the values that lie in the rings."""
    made = xxh3_64(record._axis.ring.read(start, stop).data)
    made.update(record._y.read(start, stop).data)
    return made.intdigest()


def damaged(record: Record, sums: Array, *, narrow: bool) -> Iterator[tuple[int, int]]:
    """The blocks, as far as they live, that are not what they were when their sums were taken.

    sums    as `Sums.taken` gave them; a block that lives in part only cannot be judged, and passes
    narrow  whether the record's values had 4 bytes then; if they have 8 by now, nothing can be judged
    """
    if narrow != record.narrow:
        return
    for start, stop, value in sums.reshape(-1, 3).tolist():
        if start >= record.first and checksum(record, start, stop) != value:
            yield start, stop


def blank(record: Record, start: int, stop: int) -> None:
    """Make a gap of samples that cannot be believed: no values, and the x of the sample before."""
    before = record._axis.ring.item(start - 1) if start > record.first else record._axis.ring.item(stop)
    record._axis.ring.write(start, np.full(stop - start, before))
    record._y.write(start, np.full(stop - start, np.nan))
    record._pyramid.built = min(record._pyramid.built, start)
