"""What became of the bodies that were sent, counted since the process began."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.figures import Buckets
from app.ingest.batch import Partial
from app.ingest.bus import Done
from app.ingest.receipt import refusal
from app.memory.arrivals import EPOCH
from app.memory.memory import ChannelLimit
from app.memory.samples import Origin, Samples
from app.problems import Problem

ANY = "any"  # the format of what was not read
REPLAY = "replay"  # of what comes from a recording
STORED = "stored"
SKEWS = (-3600.0, -60.0, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 60.0, 3600.0)  # s


@dataclass(frozen=True)
class Counts:
    """By format and result (stored, rejected, duplicate), or by code: received is the sum of the three.

    batches   bodies, and blocks of long ones
    samples   of those that were read; of a body that cannot be read nobody knows how many it had
    sizes     bytes, as they were decoded
    refusals  by the code of the problem
    appended  s that the store took for a batch
    skews     s that the first x of a batch was ahead of the clock, where it is a time
    """

    batches: Counter[tuple[str, ...]] = field(default_factory=Counter)
    samples: Counter[tuple[str, ...]] = field(default_factory=Counter)
    sizes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, ...]] = field(default_factory=Counter)
    appended: Buckets = field(default_factory=Buckets)
    skews: Buckets = field(default_factory=lambda: Buckets(SKEWS))

    def put(self, kind: str, batch: Sequence[Samples], size: int, seconds: float) -> None:
        """A body of this format is in memory.

        seconds  that the store took for it
        """
        self.appended.note(seconds)
        n, rejected = told(batch)
        self.batches[kind, STORED] += 1
        self.sizes[(kind,)] += size
        self.samples[kind, STORED] += n
        if rejected:
            self.samples[kind, "rejected"] += rejected

    def unstored(self, kind: str, batch: Sequence[Samples]) -> None:
        """A body was read, and the store has not taken it; `refused` is told why, if somebody sent it."""
        self.samples[kind, "rejected"] += sum(told(batch))

    def lost(self, why: ChannelLimit | Problem | MemoryError, kind: str, batch: Sequence[Samples]) -> Problem:
        """The same, and what its sender hears."""
        self.unstored(kind, batch)
        return refusal(why, kind)

    def ended(
        self, kind: str, batch: Sequence[Samples], size: int, began: float, done: asyncio.Future[Done]
    ) -> None:
        """A body that was on its way to the store is there, or is not; one that was there is a duplicate.

        began  by `time.perf_counter`
        """
        seconds = time.perf_counter() - began
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Problem):
            error.format = kind
        if done.cancelled() or error is not None:
            self.appended.note(seconds)
            self.unstored(kind, batch)
        elif done.result() is None:
            self.appended.note(seconds)
        else:
            self.put(kind, batch, size, seconds)

    def repeated(self, kind: str, batch: Sequence[Samples]) -> None:
        """A body of this format came again, and is in memory already."""
        n, rejected = told(batch)
        self.batches[kind, "duplicate"] += 1
        self.samples[kind, "duplicate"] += n
        if rejected:
            self.samples[kind, "rejected"] += rejected

    def refused(self, problem: Problem) -> None:
        """A body was not taken."""
        self.batches[problem.format or ANY, "rejected"] += 1
        self.refusals[(problem.code,)] += 1

    def timed(self, batch: Sequence[Samples], now: float) -> None:
        """Compare the sender's clock with ours, if its x is one.

        now  Unix s
        """
        first = batch[0]
        if first.origin is Origin.DATA:
            x = first.base + first.offsets.item(0)
            if EPOCH[0] < x < EPOCH[1]:
                self.skews.note(x - now)


def told(batch: Sequence[Samples]) -> tuple[int, int]:
    """Samples of a batch, and how many its body had beside them that cannot be samples."""
    gaps, rejected = (batch.gaps, batch.rejected) if isinstance(batch, Partial) else (0, 0)
    return sum(map(len, batch)) - gaps, rejected
