"""What a sender may wish for the x of a batch: that it never steps back, that the server's clock counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.ingest.batch import Asked
from app.ingest.json_columns import MOST_SECONDS
from app.memory.record import Record
from app.memory.samples import Float64s, Origin, Samples
from app.problems import Fault, Problem, shown


def heed(batch: list[Samples], asked: Asked, records: Mapping[str, Record]) -> None:
    """Change the batch as its query wishes.

    records  what is in memory
    Problem  invalid_sample: x steps back, or is no time
    """
    if asked.query.get("monotonic"):
        check_forward(batch, records)
    if asked.query.get("align"):
        batch[:] = aligned(batch, asked.now)


def check_forward(batch: list[Samples], records: Mapping[str, Record]) -> None:
    newest = {name: last(record) for name, record in records.items() if record.origin is Origin.DATA}
    counts: dict[str, int] = {}
    for samples in batch:
        if samples.origin is Origin.DATA:
            name, x = samples.channel, samples.base + samples.offsets
            back = np.flatnonzero(np.diff(x, prepend=newest.get(name, x[0])) < 0)
            if len(back):
                raise stepped_back(counts.get(name, 0) + int(back[0]), name, len(back))
            newest[name] = float(x[-1])
            counts[name] = counts.get(name, 0) + len(x)


def last(record: Record) -> float:
    x: Float64s = record.x(record.total - 1, record.total)
    return float(x[0])


def stepped_back(index: int, name: str, n: int) -> Problem:
    message = f"sample {index} of channel {shown(name)}: x steps back, and monotonic=strict forbids it"
    return Problem("invalid_sample", message, [Fault("not_monotonic", "x", index, name)], count=n)


def aligned(batch: list[Samples], now: int) -> list[Samples]:
    """The samples on the server's clock: the newest is taken now, the others as long before as they say.

    now  nanoseconds since 1970
    """
    told = [samples for samples in batch if samples.origin is Origin.DATA]
    if any(samples.x_unit not in (None, "s") for samples in told):
        message = "align=server needs x in seconds; leave x_unit out, or align"
        raise Problem("invalid_sample", message, [Fault("unit", "x_unit")])
    newest = max((float(samples.base + samples.offsets.max()) for samples in told), default=0.0)
    return [moved(samples, newest, now) if samples.origin is Origin.DATA else samples for samples in batch]


def moved(samples: Samples, newest: float, now: int) -> Samples:
    before = (samples.base - newest) + samples.offsets
    if before.min() < -MOST_SECONDS:
        raise Problem(
            "out_of_range", "x lies centuries before the newest; leave align out", [Fault("range", "x")]
        )
    return replace(samples, base=now, offsets=before, origin=Origin.CLOCK, x_unit="s")
