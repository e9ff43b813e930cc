"""All that a memory holds as one word, so that a single byte that changed is seen."""

from __future__ import annotations

import hashlib
import pickle

from app.memory.memory import Memory


def digest(memory: Memory) -> str:
    """Of every record with all it is made of: samples, segments, pyramids, totals and facts."""
    state = memory.version, memory.accepted, memory.created, list(memory.records.items())
    return hashlib.sha256(pickle.dumps(state)).hexdigest()
