"""What is refused when memory runs short, so that the kernel need not end the process."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Collection

from app.problems import Problem
from app.system.footprint import Footprint, trim

EVERY = 1.0  # s between two looks
CROWDED, FULL, SHORT = 0.75, 0.80, 0.90  # of the limit: no new channels; no samples; viewers have to go
RELIEF = 0.03  # of the limit, below a threshold: so far has memory to fall before it is over
COLLECTED_EVERY = 10.0  # s, at the least, between two collections of garbage: each stops everything
RETRY_AFTER = 5  # s
LEVELS = ("nothing refused", "new channels refused", "samples refused", "viewers sent away")
TEXTS = (
    "",
    "Memory is short: new channels are refused.",
    "Memory is short: samples are refused.",
    "Memory is short: samples are refused, viewers are sent away.",
)


PROCESS = 250 << 20  # bytes of the process without samples, a few panels open
SAMPLES = 0.7  # of the limit, less that: so much samples may take, or memory would be short for good
LEAST_SAMPLES = 16 << 20

log = logging.getLogger(__name__)


def affordable(footprint: Footprint, wanted: int) -> int:
    """Bytes that samples may take of those that they want."""
    most = max(LEAST_SAMPLES, int(SAMPLES * footprint.limit) - PROCESS)
    if not footprint.limit or wanted <= most:
        return wanted
    log.warning("samples get %d MB instead of %d: there are %d MB of memory in all",
                most >> 20, wanted >> 20, footprint.limit >> 20)  # fmt: skip
    return most


class Overload:
    """How short memory is.

    shed   called once a look while memory is shortest
    level  into LEVELS
    """

    def __init__(
        self,
        footprint: Footprint,
        shed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.footprint, self.shed, self.clock = footprint, shed, clock
        self.level = 0
        self._collected = float("-inf")

    @property
    def state(self) -> int:
        """0: all is well, 1: some or all samples are refused, 2: viewers have to go."""
        return (0, 1, 1, 2)[self.level]

    @property
    def text(self) -> str:
        """What people have to know."""
        return TEXTS[self.level]

    def calm(self) -> bool:
        """Whether samples are taken."""
        return self.level < 2

    def look(self) -> None:
        """See how much memory is used, and do what helps."""
        if not self.footprint.limit:
            return
        share = self.footprint.used() / self.footprint.limit
        reached = sum(share >= threshold for threshold in (CROWDED, FULL, SHORT))
        held = sum(share >= threshold - RELIEF for threshold in (CROWDED, FULL, SHORT))
        before, self.level = self.level, max(reached, min(self.level, held))
        if self.level != before:
            log.warning("memory at %.0f %% of its limit: %s", 100 * share, LEVELS[self.level],
                        extra={"event": "overload"})  # fmt: skip
        if reached == 3:
            self.relieve()

    def relieve(self) -> None:
        """Give memory back, and have somebody go."""
        if self.clock() - self._collected >= COLLECTED_EVERY:
            self._collected = self.clock()
            gc.collect()
            trim()
        self.shed()

    def check(self, channels: Collection[str]) -> None:
        """
        channels  that are new
        Problem   overloaded
        """
        if self.level > 1 or (self.level and channels):
            message = f"memory is short, {LEVELS[self.level]}; send again after Retry-After"
            details = {"limit": "memory", "max": self.footprint.limit, "retry_after_ms": RETRY_AFTER * 1000}
            raise Problem("overloaded", message, headers={"Retry-After": str(RETRY_AFTER)}, details=details)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(EVERY)
