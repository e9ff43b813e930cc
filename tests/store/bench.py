"""A memory, and recordings of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.memory.memory import Memory
from app.store.block import Block
from app.store.entry import Entry
from app.store.reading import blocks
from app.store.recordings import Recordings
from tests.scope.signals import NOW, send


class Bench:
    """A memory, and the recordings of one process."""

    def __init__(
        self, folder: Path | None, points: int = 100_000, largest: int = 1 << 30, most: int = 9
    ) -> None:
        self.memory, self.notices = Memory(points), {"other": "stays"}
        self.recordings = Recordings(
            folder, lambda: self.memory.records, most=most, largest=largest, notices=self.notices
        )

    def send(self, name: str, start: int, n: int) -> None:
        x = np.arange(start, start + n, dtype=np.float64)
        send(self.memory, name, x, np.sin(x), NOW)

    async def start(self, format: str = "csv", *channels: str) -> int:
        entry = self.recordings.start(format, channels, NOW)
        await self.recordings.begun(entry.id)
        return entry.id

    async def until(self, condition: Callable[[Entry], bool], id: int = 1) -> Entry:
        for _ in range(2000):
            entry = self.recordings.get(id)
            if entry is not None and condition(entry):
                return entry
            await asyncio.sleep(0.005)
        raise TimeoutError(self.recordings.get(id))

    def read(self, id: int = 1) -> dict[str, Block]:
        """What a recording holds, each channel as one block."""
        entry = self.recordings.get(id)
        assert entry is not None
        found: dict[str, list[Block]] = {}
        for group in blocks(self.recordings.file(id, entry.format), entry.format):
            for block in group:
                found.setdefault(block.channel, []).append(block)
        return {name: joined(parts) for name, parts in found.items()}


def joined(parts: list[Block]) -> Block:
    names = ("n", "x", "y", "time", "clock", "gap")
    columns = [np.concatenate([getattr(each, name) for each in parts]) for name in names]
    return Block(parts[0].channel, parts[0].unit, parts[0].x_unit, *columns)  # type: ignore[arg-type]
