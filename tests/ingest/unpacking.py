"""What was unpacked, and when."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Unpacked:
    """What pieces were unpacked, in their order: the iteration of the loop, and how many bytes they had."""

    iteration: int = 0
    pieces: list[tuple[int, int]] = field(default_factory=list)
