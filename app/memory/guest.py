"""What is kept with the samples: a guest, whose words the memory does not understand."""

from __future__ import annotations

from typing import Protocol


class Guest(Protocol):
    """What is kept with the samples, and understood by others alone."""

    def packed(self) -> bytes:
        """All of it."""

    def restore(self, beside: bytes, notes: list[bytes]) -> None:
        """Know it again: what was packed once, and the notes of batches that were stored after that."""


class Nobody:
    """No guest."""

    def packed(self) -> bytes:
        return b""

    def restore(self, beside: bytes, notes: list[bytes]) -> None:
        pass
