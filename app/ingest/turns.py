"""Long bodies: read one after the other, in steps between which everything else has its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.ingest.batch import Asked, Decode, Steps
from app.ingest.csv import csv_samples, csv_steps
from app.ingest.formats import NAMES
from app.ingest.intake import crowded
from app.ingest.json_body import json_samples, json_steps
from app.ingest.line_protocol import line_samples, line_steps
from app.ingest.ndjson import ndjson_samples, ndjson_steps
from app.ingest.receipt import refusal
from app.ingest.teleplot import teleplot_samples, teleplot_steps
from app.memory.samples import Samples
from app.problems import Problem

# What takes more than a few ms from so many bytes on, and how it is read then.
STEPS: dict[Decode, tuple[int, Callable[[bytes, Asked], Steps[list[Samples]]]]] = {
    json_samples: (64 << 10, json_steps),
    ndjson_samples: (16 << 10, ndjson_steps),
    csv_samples: (16 << 10, csv_steps),
    teleplot_samples: (16 << 10, teleplot_steps),
    line_samples: (16 << 10, line_steps),
}
BINARY = 1 << 20  # bytes from which on other bodies wait for their turn


class Turns:
    """Whose turn it is.

    most     bodies that may wait at once
    waiting  those that do, with the one that is read
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting = 0
        self.lock = asyncio.Lock()

    def needs(self, read: Decode, size: int) -> bool:
        """Whether a body of so many bytes is to wait for its turn."""
        return size > (STEPS[read][0] if read in STEPS else BINARY)

    async def read(self, read: Decode, body: bytes, asked: Asked) -> list[Samples]:
        """The samples of a body.

        Problem  overloaded: too many wait; else as of its decoder
        """
        if self.waiting >= self.most:
            raise crowded(self.most)
        self.waiting += 1
        try:
            async with self.lock:
                await asyncio.sleep(0)
                return await stepped(read, body, asked)
        except (Problem, MemoryError) as why:
            raise refusal(why, NAMES[read]) from None
        finally:
            self.waiting -= 1


async def stepped(read: Decode, body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a body, read in steps if that is known how."""
    if read not in STEPS:
        return read(body, asked)
    steps = STEPS[read][1](body, asked)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            found: list[Samples] = ended.value
            return found
        await asyncio.sleep(0)
