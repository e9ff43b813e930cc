"""Samples on their way into a recording, or out of one: some of one channel, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.memory.record import Record
from app.memory.samples import Float64s, Origin, Samples

Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]
FURTHEST = 9_223_372_036_000_000_000  # ns since 1970, either way; int64 ends within the second


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Samples of one channel in order of arrival; all arrays (n,).

    n      numbers of the samples: one that is left out is missing in the recording
    x      as the channel has it; Unix seconds where the server's clock gave it
    y      NaN: a gap that was sent
    time   when each came, ns since 1970; where the clock gives x it is that very x, up to FURTHEST,
           else it is estimated
    clock  whether the server's clock gave x
    gap    whether no line leads to this sample: after a gap, and where x starts afresh
    """

    channel: str
    unit: str
    x_unit: str
    n: Int64s
    x: Float64s
    y: Float64s
    time: Int64s
    clock: Flags
    gap: Flags

    def __len__(self) -> int:
        return len(self.n)

    def called(self, channel: str, unit: str, x_unit: str) -> Block:
        return replace(self, channel=channel, unit=unit, x_unit=x_unit)

    def part(self, start: int, stop: int) -> Block:
        part = slice(start, stop)
        return replace(
            self, n=self.n[part], x=self.x[part], y=self.y[part],
            time=self.time[part], clock=self.clock[part], gap=self.gap[part],
        )  # fmt: skip


def taken(record: Record, start: int, stop: int, came: tuple[int, int]) -> Block:
    """A copy of living samples [start, stop).

    came  between which times they came, ns since 1970
    """
    n = np.arange(start, stop, dtype=np.int64)
    time = np.linspace(came[0], came[1], stop - start + 1)[1:].astype(np.int64)
    clock, gap = np.zeros(stop - start, np.bool_), np.zeros(stop - start, np.bool_)
    at = start
    while at < stop:
        own = record.segment(at)
        part = slice(at - start, min(own.stop, stop) - start)
        if own.origin is Origin.CLOCK:
            clock[part] = True
            base, offsets = int(own.base), np.rint(record.offsets(at, min(own.stop, stop)) * 1e9)
            ends = max(-FURTHEST, -FURTHEST - base), min(FURTHEST, FURTHEST - base)
            time[part] = base + offsets.clip(*ends).astype(np.int64)
        at = own.stop
    gap[record.gap_starts(start, stop) - start] = True
    x, y = record.x(start, stop).copy(), np.array(record.y(start, stop), np.float64)
    return Block(record.name, record.unit, record.x_unit, n, x, y, time, clock, gap)


def samples(block: Block, channel: str, *, afresh: bool = False) -> Iterator[Samples]:
    """What a probe would have to send for a channel to have these samples.

    The clock's are kept to the nanosecond; a run by the clock and one by the sender's x are two, as are
    those before and after a gap.

    afresh  whether no line leads to the first sample, whatever the block says
    """
    turns = np.flatnonzero((block.clock[1:] != block.clock[:-1]) | block.gap[1:]) + 1
    for start, stop in pairwise([0, *turns.tolist(), len(block)]):
        yield run(block.part(start, stop), channel, gap=bool(block.gap[start]) or (afresh and start == 0))


def run(block: Block, channel: str, *, gap: bool) -> Samples:
    unit, x_unit = block.unit or None, block.x_unit or None
    if block.clock[0]:
        base = int(block.time[0])
        return Samples(channel, base, (block.time - base) / 1e9, block.y, Origin.CLOCK, None, unit, "s", gap)
    first = float(block.x[0])
    return Samples(channel, first, block.x - first, block.y, Origin.DATA, None, unit, x_unit, gap)
