"""What a decoder is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from app.memory.samples import Samples


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request may hold."""

    samples: int = 100_000
    channels: int = 64
    depth: int = 16


class Point(list[Samples]):
    """One sample sent alone: its answer is the shortest one."""


Decode: TypeAlias = Callable[[bytes, int, Limits], list[Samples]]
