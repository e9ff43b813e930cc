"""What is said of a batch that is stored, and why one is not."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from app.ingest.answer import exhausted
from app.ingest.batch import Partial
from app.memory.memory import ChannelLimit
from app.memory.record import Placed
from app.memory.samples import Origin, Samples
from app.problems import Problem, told


def outcome(accepted: int, n: int | None, durability: str, *, duplicate: bool) -> dict[str, object]:
    """What is said of every batch; n is its number, if it has one."""
    number = {} if n is None else {"seq": n}
    return {
        "status": "success",
        "accepted": accepted,
        **number,
        "duplicate": duplicate,
        "durability": durability,
    }


def receipt(batch: Sequence[Samples], placed: Sequence[Placed], n: int | None, durability: str) -> bytes:
    """The answer to a batch; where the server chose the x of a block, it says which."""
    answer = outcome(sum(map(len, batch)), n, durability, duplicate=False)
    if isinstance(batch, Partial):
        answer["accepted"] = sum(map(len, batch)) - batch.gaps
        rejected = {"rejected": batch.rejected, "error_count": batch.rejected}
        answer |= {"status": "partial", **rejected, "errors": [told(fault) for fault in batch.faults]}
    if batch[0].origin is Origin.NEXT and placed:
        answer |= {"x0": placed[0].x0, "dt": batch[0].step}
    return orjson.dumps(answer)


def refusal(why: ChannelLimit | Problem | MemoryError, kind: str) -> Problem:
    """What the sender of a body of this format hears."""
    if isinstance(why, ChannelLimit):
        problem = crowded(why)
    else:
        problem = why if isinstance(why, Problem) else exhausted()
    problem.format = kind
    return problem


def crowded(limit: ChannelLimit) -> Problem:
    most = limit.limit
    message = f"this would be channel {most + 1} or more; delete one of the {most} first"
    return Problem("channel_limit", message, details={"limit": "channels", "max": most})
