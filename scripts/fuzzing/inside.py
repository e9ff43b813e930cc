"""Cases in this process: decoded, looked at and stored."""

from __future__ import annotations

import traceback

import numpy as np

from app.ingest.batch import Limits, Partial
from app.ingest.encodings import inflated
from app.ingest.fields import LARGEST
from app.ingest.formats import decode
from app.ingest.query import parameters
from app.memory.memory import ChannelLimit, Memory
from app.memory.samples import Samples
from app.problems import Problem
from scripts.fuzzing.corpus import Seed
from scripts.fuzzing.damage import cases

NOW = 1_700_000_000 * 10**9
LIMITS = Limits(samples=500, binary=1000, channels=8)
FRESH = 2000  # cases after which the memory is a new one


def run(family: str, seed: int, n: int, first: int = 0) -> tuple[int, int]:
    """How many cases were stored, and how many failed; those are printed."""
    stored = failed = 0
    memory = Memory(2000, max_channels=100)
    for k, case in cases(family, seed, n, first):
        if k % FRESH == 0:
            memory = Memory(2000, max_channels=100)
        try:
            stored += tried(case, memory)
        except Exception:
            failed += 1
            print(f"family {family}, seed {seed}, case {k}: {case!r}\n{traceback.format_exc()}", end="")
            print(f"again: scripts/fuzz {family} --seed {seed} --case {k}", flush=True)
    return stored, failed


def tried(case: Seed, memory: Memory) -> bool:
    """Whether it was stored; anything but samples that are valid, or a problem, is an exception."""
    try:
        body = inflated(case.encoding, case.body)
        batch = decode(case.kind, body, NOW, LIMITS, parameters(case.query))
    except Problem:
        return False
    for samples in batch:
        check(samples)
    if isinstance(batch, Partial) and not (batch.rejected >= len(batch.faults) > 0):
        raise AssertionError("a part was rejected, and no fault is told")
    try:
        memory.append(batch, NOW / 1e9)
    except ChannelLimit:
        return False
    return True


def check(samples: Samples) -> None:
    """Samples are valid by construction."""
    x, y = samples.offsets, samples.y
    if not len(x) == len(y) >= 1 or x.dtype != np.float64 or y.dtype not in (np.float32, np.float64):
        raise AssertionError(f"{len(x)} x of {x.dtype}, {len(y)} y of {y.dtype}")
    if not np.abs(x).max() <= LARGEST or not abs(samples.base) <= LARGEST * 2:
        raise AssertionError("x is not finite")
    if (np.abs(y, dtype=np.float64) > LARGEST).any():
        raise AssertionError("y is infinite or huge")
