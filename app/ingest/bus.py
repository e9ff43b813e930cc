"""The way from a decoded batch to the memory: at once within a process, or by a stream that several share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.ingest.sequences import Numbered, Sequences
from app.memory.memory import Memory
from app.memory.record import Placed
from app.memory.samples import Samples


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a batch is known again.

    content  fingerprint
    plain    whether it is answered like a single point
    """

    request: Numbered
    content: bytes
    plain: bool


@dataclass(slots=True, eq=False)
class Series:
    """The blocks of a long body: once one is not stored, none after it is.

    broken  whether one was not
    """

    broken: bool = False


Done = list[Placed] | None  # where a batch landed; None: it was stored before


class Bus(Protocol):
    """What a receiver hands its batches to.

    durability  what an answer promises: memory, file or stream
    """

    @property
    def durability(self) -> str: ...

    def known(self, request: Numbered, content: bytes) -> bool | None:
        """Whether the request is known to be stored, and then whether it is answered like a single point.

        Problem  seq_conflict
        """

    def put(
        self, batch: Sequence[Samples], now: float, mark: Mark | Series | None = None
    ) -> Done | asyncio.Future[Done]:
        """Store a batch, all of it or nothing, and not if its mark says that it is stored already.

        now           Unix s
        mark          of a numbered request; of a block, its series
        ChannelLimit  it would make a channel too many
        Problem       seq_conflict, store_unavailable; also what the future may hold
        """


class Local:
    """The memory of this process: what is put is there when the call returns."""

    def __init__(self, memory: Memory, sequences: Sequences) -> None:
        self.memory, self.sequences = memory, sequences

    @property
    def durability(self) -> str:
        return self.memory.durability

    def known(self, request: Numbered, content: bytes) -> bool | None:
        return self.sequences.known(request, content)

    def put(self, batch: Sequence[Samples], now: float, mark: Mark | Series | None = None) -> Done:
        if not isinstance(mark, Mark):
            return self.memory.append(batch, now)
        request = mark.request
        note = request.packed(mark.content, plain=mark.plain) if self.memory.keeps else b""
        placed = self.memory.append(batch, now, self.sequences.missing(request), note)
        self.sequences.note(request, mark.content, plain=mark.plain)
        return placed
