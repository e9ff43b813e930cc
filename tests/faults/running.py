"""A run of one fault: how often, from which seed, where its files are; and what came of it."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benches.table import percentile
from tests.faults.checker import Breach, Sight, check
from tests.faults.driver import Seen
from tests.faults.history import History
from tests.faults.places import App
from tests.faults.values import Values

HEAD = "| fault | times | acknowledged | samples | lost | twice | back after, p50 / max | more | verdict |"
RULE = "| --- " * HEAD.count(" | ") + "| --- |"
LOST = {"lost", "torn", "hole"}


@dataclass
class Run:
    """
    n       times that the fault happens
    timed   limits in seconds are judged: the machine is not busy with other things
    long    as much as the table of faults asks for, and not only to see that it works
    folder  for all files
    app     that is there already, where one will do for several runs
    until   monotonic time after which it does not happen any more
    """

    name: str
    seed: int
    n: int
    folder: Path
    timed: bool = True
    long: bool = True
    app: App | None = None
    until: float = float("inf")
    rng: random.Random = field(init=False)
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.name} {self.seed}")
        self.history = History(self.folder / f"history-{self.name.replace(' ', '-')}.jsonl")

    def rounds(self) -> Iterator[int]:
        """0, 1, ... as often as it is to happen, fewer if the time is over."""
        for k in range(self.n):
            if time.monotonic() > self.until and k:
                self.n = k
                return
            yield k

    def part(self, name: str, n: int, of: int = 1) -> Run:
        """A part of it with a history of its own.

        of  so many parts are still to come, which share the time
        """
        now = time.monotonic()
        part = Run(f"{self.name} {name}", self.seed, n, self.folder, self.timed, self.long)
        part.until = now + (self.until - now) / of
        return part

    @property
    def again(self) -> str:
        """The command that does the same once more."""
        return f"scripts/faults {self.name} --seed {self.seed} --times {self.n}"


@dataclass
class Result:
    """What came of a run.

    back   s until samples were taken again, each time
    more   other figures
    wrong  what is not as it must be
    """

    what: str
    times: int
    acknowledged: int | None = None
    samples: int = 0
    lost: int = 0
    twice: int = 0
    back: list[float] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def require(self, holds: object, text: str) -> None:
        if not holds:
            self.wrong.append(text)

    def within(self, run: Run, seconds: Sequence[float], limit: float, what: str) -> None:
        """A limit in seconds on all of them."""
        if run.timed and seconds:
            self.require(max(seconds) <= limit, f"{what}: {max(seconds):.2f} s, and may take {limit:g}")

    def judge(
        self,
        run: Run,
        stored: Mapping[str, Values],
        breaches: Sequence[Breach] = (),
        sights: Mapping[str, Sight] | None = None,
        since: float = 0.0,
    ) -> None:
        """Have the checker look at it."""
        run.history.close()
        found = [*breaches, *check(run.history, stored, sights, since)]
        self.acknowledged = (self.acknowledged or 0) + run.history.acknowledged
        self.samples += run.history.samples
        self.lost += sum(breach.n for breach in found if breach.rule in LOST)
        self.twice += sum(breach.n for breach in found if breach.rule == "twice")
        self.wrong += map(str, found)
        self.require(run.history.acknowledged, "nothing was acknowledged")

    def heard(self, seen: Seen) -> None:
        """Note what senders heard."""
        self.more.append(f"{seen.again} sent again, {seen.duplicates} of them stored already")
        self.require(not seen.unexpected(), f"answers {seen.unexpected()}")

    def line(self, name: str) -> str:
        back = f"{percentile(self.back, 0.5):.2f} / {max(self.back):.2f} s" if self.back else "-"
        if self.acknowledged is None:
            judged = ["-"] * 4
        else:
            judged = [f"{n:,}" for n in (self.acknowledged, self.samples, self.lost, self.twice)]
        verdict = "FAILED" if self.wrong else "ok"
        cells = [
            f"{name}: {self.what}",
            f"{self.times:,}",
            *judged,
            back,
            "; ".join(self.more) or "-",
            verdict,
        ]
        return f"| {' | '.join(cells)} |"


Driver = Callable[[Run], Awaitable[Result]]


@dataclass(frozen=True)
class Fault:
    """
    few, many  times in a short and in a long run
    each       s that one time may take; `base` for what is around it
    """

    driver: Driver
    few: int
    many: int
    each: float = 40.0
    base: float = 120.0

    async def happen(self, run: Run) -> Result:
        """Bounded in time; whatever goes wrong is in the result."""
        longest = self.base + self.each * run.n
        try:
            async with asyncio.timeout(longest) as limit:
                result = await self.driver(run)
                result.times = min(result.times, run.n)
                return result
        except Exception as error:  # a server that does not come back is a finding, not the end of the table
            run.history.close()
            late = f"not over after {longest:.0f} s: " if limit.expired() else ""
            return Result(run.name, run.n, wrong=[f"{late}{type(error).__name__}: {error}"])


@contextmanager
def folder_for(name: str) -> Iterator[Path]:
    """A folder that is gone afterwards unless it is marked `keep`."""
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{name}-"))
    yield folder
    if not (folder / "keep").exists():
        shutil.rmtree(folder, ignore_errors=True)


def told(run: Run, result: Result) -> str:
    """Where to look when something is wrong; the files are kept."""
    (run.folder / "keep").touch()
    lines = [f"{run.name} went wrong with seed {run.seed}; history: {run.history.path}"]
    return "\n".join([*lines, *(f"  {wrong}" for wrong in result.wrong), f"again: {run.again}"])
