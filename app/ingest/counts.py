"""What became of the bodies that were sent, counted since the process began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.ingest.batch import Partial
from app.memory.samples import Samples

ANY = "any"  # the format of what was not read


@dataclass(frozen=True)
class Counts:
    """By format and result (stored, rejected, duplicate), by code, by status.

    answers   by HTTP status
    batches   bodies
    samples   of those that were read; of a body that is refused as a whole nobody knows how many it had
    sizes     bytes, as they were decoded
    refusals  by the code of the problem
    """

    answers: Counter[int] = field(default_factory=Counter)
    batches: Counter[tuple[str, ...]] = field(default_factory=Counter)
    samples: Counter[tuple[str, ...]] = field(default_factory=Counter)
    sizes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def stored(self, kind: str, batch: Sequence[Samples], size: int) -> None:
        """A body of this format is in memory."""
        gaps = rejected = 0
        if isinstance(batch, Partial):
            gaps, rejected = batch.gaps, batch.rejected
        self.batches[kind, "stored"] += 1
        self.sizes[(kind,)] += size
        self.samples[kind, "stored"] += sum(map(len, batch)) - gaps
        if rejected:
            self.samples[kind, "rejected"] += rejected
