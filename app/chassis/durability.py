"""How long samples last: with the process, in a folder beyond it, or in a stream that several share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from prometheus_client.core import Metric

from app.config import Config
from app.figures import Values, counted, labelled
from app.ingest.redis_memory import SharedMemory
from app.ingest.sequences import Sequences
from app.memory.durable import Durable
from app.memory.memory import Memory
from app.memory.shelf import Taken

if TYPE_CHECKING:
    from app.ingest.redis_bus import RedisBus

RINGS = "rings"  # folder in SCOPE_DATA
PATIENCE, STEP = 10.0, 0.05  # s for the process before this one to let go of its folder
LOOK, TRY = 1.0, 10.0  # s between two looks for trouble, and two tries to end it


def memory(config: Config, sequences: Sequences, budget: int) -> Memory:
    """The memory of this process.

    sequences  what is kept beside the samples
    budget     bytes for all samples
    Taken    another process writes to its folder, and goes on doing so
    OSError  the folder cannot be written to
    """
    size = config.scope_points, budget, config.max_channels
    if config.redis is not None:
        return SharedMemory(*size)
    if config.data is None:
        return Memory(*size)
    late = time.monotonic() + PATIENCE
    while True:
        try:
            return Durable(config.data / RINGS, *size, guest=sequences)
        except Taken:
            if time.monotonic() > late:
                raise
            time.sleep(STEP)


def alone(config: Config) -> bool:
    """Whether a process has to wait for its memory until the one before it has ended."""
    return config.data is not None and config.redis is None


def stream(
    config: Config, memory: Memory, sequences: Sequences, notices: MutableMapping[str, str]
) -> RedisBus | None:
    """The way to the memory by a stream that several processes share, if there is one."""
    if config.redis is None or not isinstance(memory, SharedMemory):
        return None
    from app.ingest.redis_bus import RedisBus  # here, as its library is there for those who want it

    return RedisBus(config.redis, memory, sequences, notices)


class Keeping:
    """Sees to it that samples are kept, and says so where they are not.

    notices  what all who look have to know
    """

    def __init__(self, memory: Memory, notices: MutableMapping[str, str]) -> None:
        self.durable = memory if isinstance(memory, Durable) else None
        self.notices = notices
        if self.durable is not None:
            self.tell(self.durable)

    async def run(self) -> None:
        """Look after it until cancelled."""
        tried = time.monotonic()
        while self.durable is not None:
            await asyncio.sleep(LOOK)
            if self.durable.trouble and time.monotonic() - tried > TRY:
                tried = time.monotonic()
                self.durable.tend()
            self.tell(self.durable)

    def tell(self, durable: Durable) -> None:
        if durable.trouble:
            self.notices["durability"] = f"{durable.trouble[:1].upper()}{durable.trouble[1:]}."
        else:
            self.notices.pop("durability", None)

    def close(self) -> None:
        """Keep all of it, for the process after this one."""
        if self.durable is not None:
            self.durable.close()

    def collect(self) -> Iterator[Metric]:
        durable = self.durable
        kept: Values = {("file",): int(durable is not None and not durable.trouble)}
        yield labelled("osc_store_durable", "whether samples outlive the process", ("engine",), kept)
        damaged: Values = {(): durable.dropped if durable is not None else 0}
        yield counted("osc_store_damaged_samples", "samples found damaged at the start", (), damaged)
