"""What people are told while samples cannot be kept beyond the process."""

from __future__ import annotations


def trouble(error: Exception) -> str:
    """Half a sentence with its reason, and what follows from it."""
    return f"{reason(error)}: new samples are in memory only, and a restart would lose them"


def reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is no memory"
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
