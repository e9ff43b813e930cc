"""Cases in this process: decoded, looked at and stored."""

from __future__ import annotations

import traceback

import numpy as np

from app.ingest.batch import Asked, Limits, Partial
from app.ingest.encodings import inflated
from app.ingest.fields import LARGEST
from app.ingest.formats import decode
from app.ingest.frames import FrameError, Frames
from app.ingest.query import parameters
from app.ingest.requests import Chunked, Sized, head
from app.ingest.wishes import heed
from app.memory.memory import ChannelLimit, Memory
from app.memory.samples import Samples
from app.problems import Problem
from scripts.fuzzing.corpus import Seed
from scripts.fuzzing.damage import cases

NOW = 1_700_000_000 * 10**9
LIMITS = Limits(samples=500, binary=1000, channels=8)
LONGEST, SOME = 300, 40  # bytes of a message, and of what comes first
FRESH = 2000  # cases after which the memory is a new one


def frames(case: Seed, _: Memory) -> bool:
    """Whether messages came out of what a WebSocket brings; it may also be refused."""
    try:
        return bool([*Frames(LONGEST).feed(case.body[:SOME]), *Frames(LONGEST).feed(case.body)])
    except FrameError:
        return False


def heads(case: Seed, _: Memory) -> bool:
    """Whether a request came out of what a connection brings; it may also be refused."""
    before, cut, rest = case.body.partition(b"\r\n\r\n")
    try:
        found = head(before + cut)
        framing = Chunked() if found.length is None else Sized(found.length)
        while rest and not framing.done:
            _, rest = framing.take(rest)
    except Problem:
        return False
    return True


def run(family: str, seed: int, n: int, first: int = 0) -> tuple[int, int]:
    """How many cases were stored, and how many failed; those are printed."""
    stored = failed = 0
    memory = Memory(2000, max_channels=100)
    tried = {"frames": frames, "heads": heads}.get(family, body)
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


def body(case: Seed, memory: Memory) -> bool:
    """Whether it was stored; anything but samples that are valid, or a problem, is an exception."""
    try:
        whole = inflated(case.encoding, case.body)
        asked = Asked(NOW, LIMITS, parameters(case.query))
        batch = decode(case.kind, whole, NOW, LIMITS, asked.query)
        if asked.query:
            heed(batch, asked, memory.records)
    except Problem:
        return False
    if not batch:
        raise AssertionError("no sample, and no problem")
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
