"""The memory of the instrument: a record for each channel, within one budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from app.memory.record import Placed as Placed
from app.memory.record import Record, Room, in_memory, rounded
from app.memory.samples import Samples

SAMPLE = 18  # bytes: x 8, y 8, pyramid 2
LEAST_PROBE, MOST_PROBE = 1e-6, 1e6  # factor by which what a probe sends is multiplied
LEAST = 1024  # samples that every channel gets, whatever the budget


class ChannelLimit(Exception):  # noqa: N818  it is a limit that is met, not a fault
    """A batch would make more channels than may be; nothing of it was stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"no more than {limit} channels")
        self.limit = limit


class Records(Protocol):
    """What readers need of a memory; see Memory."""

    @property
    def version(self) -> int: ...

    @property
    def accepted(self) -> int: ...

    @property
    def created(self) -> int: ...

    @property
    def records(self) -> Mapping[str, Record]: ...


class Memory:
    """All records by name, in order of creation.

    version   grows with each change
    accepted  samples ever taken
    created   records ever made

    points        most samples alive in a channel
    budget        bytes for the samples of all channels together
    max_channels  most channels

    durability  how much of it outlives the process: memory, nothing
    engine      what it is meant to be: memory, file or stream
    keeps       whether notes of batches are kept
    """

    durability = engine = "memory"
    keeps = False

    def __init__(self, points: int, budget: int = 1 << 30, max_channels: int = 256) -> None:
        self.version = 0
        self.accepted = 0
        self.records: dict[str, Record] = {}
        self.created = 0
        self.points = points
        self.budget = budget
        self.max_channels = max_channels

    def append(
        self,
        batch: Sequence[Samples],
        now: float,
        missing: int | None = None,
        note: bytes = b"",  # noqa: ARG002 - this memory keeps nothing
    ) -> list[Placed]:
        """Store a batch, all of it or nothing; now is Unix time in seconds.

        missing       requests of this sender that have not come, as it numbers them; a gap then
        note          what is to be kept with it, where anything is kept
        ChannelLimit  it would make a channel too many
        MemoryError   there is no room for it
        """
        new: dict[str, Samples] = {}
        for samples in batch:
            if samples.channel not in self.records:
                new.setdefault(samples.channel, samples)
        if new or missing or len(batch) > 1:
            self._reserve(batch, new)
        if missing is not None:
            for name in dict.fromkeys(samples.channel for samples in batch):
                self.records[name].miss(0 if name in new else missing)
        placed = [self.records[samples.channel].append(samples, now) for samples in batch]
        self.accepted += sum(block.stop - block.start for block in placed)
        self.version += 1
        return placed

    def delete(self, name: str) -> bool:
        """Forget a channel. False: there is no such channel."""
        if name not in self.records:
            return False
        del self.records[name]
        self._share(len(self.records))
        self.version += 1
        return True

    def clear(self) -> None:
        """Forget all channels."""
        self.records.clear()
        self.version += 1

    def say(self, name: str, **facts: str | float) -> bool:
        """Have facts of a channel known to all. False: there is no such channel.

        label  what people call it; the sender's name stays its key
        named  what unit people say it has; empty: what the sender says
        probe  by what all its values are multiplied, LEAST_PROBE to MOST_PROBE

        Problem  store_unavailable
        """
        record = self.records.get(name)
        if record is None:
            return False
        record.say(**facts)
        self.version += 1
        return True

    async def settled(self) -> None:
        """Wait until what was deleted or said is so for all: here it is at once.

        Problem  store_unavailable
        """

    def label(self, name: str, text: str) -> bool:
        """What people call a channel. False: there is no such channel."""
        return self.say(name, label=text)

    def _create(self, firsts: Sequence[Samples]) -> None:
        """A record for each of these samples, which are the first of their channels."""
        n = len(self.records) + len(firsts)
        self._allow(n)
        limit = self._share(n)
        for samples in firsts:
            narrow = samples.y.dtype == np.float32
            slot = self._slot()
            self.created += 1
            self.records[samples.channel] = Record(
                samples.channel, slot, self.points, limit, narrow=narrow, serial=self.created,
                room=self._room(self.created),
            )  # fmt: skip

    def _reserve(self, batch: Sequence[Samples], new: Mapping[str, Samples]) -> None:
        """Have room for all of a batch before any of it is stored.

        new  the first samples of each new channel, which is no more if there is no room
        """
        lengths: Counter[str] = Counter()
        created = self.created
        for samples in batch:
            lengths[samples.channel] += len(samples)
        try:
            if new:
                self._create(list(new.values()))
            for samples in batch:
                self.records[samples.channel].reserve(lengths[samples.channel], samples.y.dtype)
        except MemoryError:
            for name in new:
                self.records.pop(name, None)
            self.created = created
            self._share(len(self.records))
            raise

    def _allow(self, channels: int) -> None:
        if channels > self.max_channels:
            raise ChannelLimit(self.max_channels)

    def _room(self, serial: int) -> Room:  # noqa: ARG002 - here all have the same
        """What gives a record room."""
        return in_memory

    def _slot(self) -> int:
        taken = {record.slot for record in self.records.values()}
        return next(slot for slot in range(len(taken) + 1) if slot not in taken)

    def _share(self, channels: int) -> int:
        """Give each of so many channels its part of the budget; samples."""
        share = self.budget // stepped(max(1, channels)) // SAMPLE
        limit = min(rounded(self.points), max(LEAST, share // 16 * 16))
        for record in self.records.values():
            record.resize(limit)
        return limit


def stepped(n: int) -> int:
    """1, 2, 3, 4, 6, 8, 12, ... not below n: records are not moved for every new channel."""
    power = 1 << (n - 1).bit_length()
    return 3 * power // 4 if n <= 3 * power // 4 and power >= 4 else power
