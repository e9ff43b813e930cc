"""What a server takes while it runs: memory, processor, files; written down as it goes."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.faults.places import App
from tests.faults.slope import Slope, slope

EVERY = 1.0  # s; one look in each, at any time in it
BLOCK = 300.0  # s that are drawn together: longer than garbage, pings and sessions take to come round
HOUR = 3600.0
MB = 1e6
FEWEST = 120  # samples for which a slope is told


@dataclass
class Samples:
    """One row each time: s, MB in all, MB that are the process's own, s of processor time, files."""

    rows: list[tuple[float, float, float, float, int]] = field(default_factory=list)

    def column(self, k: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([row[k] for row in self.rows], np.float64)

    def slope(self, k: int) -> Slope | None:
        """MB an hour; None: too few samples."""
        if len(self.rows) < FEWEST:
            return None
        block = round(min(BLOCK / EVERY, len(self.rows) / 6))
        return slope(self.column(0) / HOUR, self.column(k), block)

    def grows(self, most: float) -> bool:
        """Whether memory grows by more than so many MB an hour, with 95 % confidence."""
        found = self.slope(1)
        return found is not None and found.low > most

    def lines(self) -> Iterator[str]:
        if not self.rows:
            yield "no samples"
            return
        seconds = self.rows[-1][0] - self.rows[0][0]
        for k, what in ((1, "resident memory"), (2, "of it the process's own (RssAnon)")):
            values = self.column(k)
            told = self.slope(k)
            yield (
                f"{what}: {values[0]:.1f} MB at first, {values[-1]:.1f} in the end, {values.min():.1f} to "
                f"{values.max():.1f}; slope {told or 'not told'} MB/h (95 %, {seconds / 60:.1f} min, "
                f"{len(values)} samples)"
            )
        files, busy = self.column(4), (self.rows[-1][3] - self.rows[0][3]) / max(seconds, 1e-9)
        yield f"files {files[0]:.0f} at first, {files[-1]:.0f} in the end; {100 * busy:.0f} % of a core"


def moments(rng: random.Random) -> Iterator[float]:
    """When to look, in seconds: once in each EVERY.

    A server gives memory back in steady steps. Looks as steady as those drift along from one to the next,
    which reads as growth for hours.
    """
    n = 0
    while True:
        yield (n + rng.random()) * EVERY
        n += 1


class Sampler:
    """Looks now and then, until cancelled."""

    def __init__(self, app: App, path: Path) -> None:
        self.app, self.path = app, path
        self.found = Samples()

    async def run(self) -> None:
        began = time.monotonic()
        with self.path.open("w", buffering=1) as file:
            for moment in moments(random.Random(self.path.name)):
                await asyncio.sleep(began + moment - time.monotonic())
                row = (time.monotonic() - began, *memory(self.app), self.app.cpu(), self.app.files())
                self.found.rows.append(row)
                print(*(f"{value:.3f}" for value in row), sep=",", file=file)


def memory(app: App) -> tuple[float, float]:
    """MB: all that is resident, and what is the process's own."""
    assert app.process is not None
    status = Path(f"/proc/{app.process.pid}/status").read_text()
    found = dict(re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB$", status, re.MULTILINE))
    return int(found["VmRSS"]) * 1024 / MB, int(found["RssAnon"]) * 1024 / MB
