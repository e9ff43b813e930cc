"""What a decoder is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from app.memory.samples import Samples
from app.problems import MOST_FAULTS, Fault, Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request may hold.

    samples  of a text
    binary   samples of a binary body
    """

    samples: int = 100_000
    channels: int = 64
    depth: int = 16
    binary: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says beside its body.

    now    nanoseconds since 1970, the time of receipt
    query  the parameters of its address
    """

    now: int
    limits: Limits = field(default_factory=Limits)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def skips(self) -> bool:
        """Whether the good samples of a batch are to be stored although others are bad."""
        return self.query.get("on_error") == "skip"


class Point(list[Samples]):
    """One sample sent alone: its answer is the shortest one."""


class Partial(list[Samples]):
    """The good samples of a batch of which some were bad.

    faults    what was wrong, the first hundred
    rejected  samples that were bad
    gaps      of those, how many are gaps now, so that the others keep their x
    """

    def __init__(
        self, samples: Iterable[Samples], faults: Sequence[Fault], rejected: int, gaps: int = 0
    ) -> None:
        super().__init__(samples)
        self.faults, self.rejected, self.gaps = faults, rejected, gaps


class Faults:
    """What is found wrong in a batch: the first hundred, how many, and the words for the first."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.count = 0
        self.code = self.message = ""

    def add(self, fault: Fault, message: str, code: str = "invalid_sample") -> None:
        self.count += 1
        if self.count == 1:
            self.code, self.message = code, message
        if self.count <= MOST_FAULTS:
            self.found.append(fault)

    def problem(self) -> Problem:
        return Problem(self.code, self.message, self.found, count=self.count)

    def check(self, asked: Asked, good: int) -> None:
        """Refuse the batch if there are faults and it may not be stored in part, or nothing good is in it."""
        if self.count and not (asked.skips and good):
            raise self.problem()

    def beside(self, samples: list[Samples]) -> list[Samples]:
        """The samples, with the faults if there are any."""
        return Partial(samples, self.found, self.count) if self.count else samples


Decode: TypeAlias = Callable[[bytes, Asked], list[Samples]]
T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]  # work that others may interrupt between its steps of a few ms


def completed(steps: Steps[T]) -> T:
    """What comes of steps that are taken one after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            found: T = ended.value
            return found
