"""What was unpacked, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.ingest.encodings import Inflated


@dataclass
class Unpacked:
    """What pieces were unpacked, in their order: the iteration of the loop, how many bytes, of which body."""

    iteration: int = 0
    pieces: list[tuple[int, int, Inflated]] = field(default_factory=list)
