"""Runs so many cases of each family; prints what a case was that gave neither samples nor a problem."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from app.ingest.batch import Limits, Partial
from app.ingest.encodings import inflated
from app.ingest.fields import LARGEST
from app.ingest.formats import decode
from app.ingest.query import parameters
from app.memory.memory import ChannelLimit, Memory
from app.memory.samples import Samples
from app.problems import Problem
from scripts.fuzzing.corpus import FAMILIES, Seed

NOW = 1_700_000_000 * 10**9
LIMITS = Limits(samples=500, binary=1000, channels=8)
FRESH = 2000  # cases after which the memory is a new one
TOKENS = [
    *b"0 1 -1 1e999 -1e308 1e150 1.1e150 1e-320 NaN nan Infinity inf null true false 0x1F 1_0".split(),
    *b'{ } [ ] " : , ; = | # > {} [] "" \\" \\u0000 \\ud800'.split(b" "),
    *b"\xff \xc2\xa7 \xef\xbb\xbf \xff\xff\xff\xff".split(b" "),
    *(b"\n", b"\r\n", b" ", b"\t", b"\0", b"\\", b"9" * 40, b"[" * 50, b'"channel":"<b>"', b"\x93NUMPY"),
]
Change = Callable[[random.Random, bytearray, Sequence[Seed]], None]


def flip(rng: random.Random, body: bytearray, _: Sequence[Seed]) -> None:
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)


def put(rng: random.Random, body: bytearray, _: Sequence[Seed]) -> None:
    at = rng.randrange(len(body) + 1)
    body[at : at + rng.choice((0, 0, 1, 3))] = rng.choice(TOKENS)


def cut(rng: random.Random, body: bytearray, _: Sequence[Seed]) -> None:
    at = rng.randrange(len(body))
    del body[at : at + rng.choice((1, 1, 2, 8, 1000))]


def repeat(rng: random.Random, body: bytearray, _: Sequence[Seed]) -> None:
    at = rng.randrange(len(body))
    body[at:at] = body[at : at + rng.randrange(1, 40)] * rng.choice((1, 1, 2, 20))


def splice(rng: random.Random, body: bytearray, seeds: Sequence[Seed]) -> None:
    other = rng.choice(seeds).body
    at = rng.randrange(len(other))
    body[rng.randrange(len(body)) :] = other[at:]


def number(rng: random.Random, body: bytearray, _: Sequence[Seed]) -> None:
    at = rng.randrange(len(body))
    body[at : at + 4] = rng.getrandbits(32).to_bytes(4, "little")


CHANGES: list[Change] = [flip, put, put, cut, repeat, splice, number]


def damaged(rng: random.Random, seeds: Sequence[Seed]) -> Seed:
    """One of the bodies with one to four changes."""
    seed = rng.choice(seeds)
    body = bytearray(seed.body)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if body:
            rng.choice(CHANGES)(rng, body, seeds)
    return replace(seed, body=bytes(body[:4096]))


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
    if not (np.abs(x) <= LARGEST).all() or not abs(samples.base) <= LARGEST * 2:
        raise AssertionError("x is not finite")
    if np.isinf(y).any() or (np.abs(y[~np.isnan(y)].astype(np.float64)) > LARGEST).any():
        raise AssertionError("y is infinite or huge")


def cases(family: str, seed: int, n: int) -> Iterator[tuple[int, Seed]]:
    """The cases of a seed; each has a generator of its own, so that it can be had again alone."""
    for k in range(n):
        yield k, damaged(random.Random(f"{family}:{seed}:{k}"), FAMILIES[family])


def run(family: str, seed: int, n: int) -> tuple[int, int]:
    """How many cases were stored, and how many failed; those are printed."""
    stored = failed = 0
    memory = Memory(2000, max_channels=100)
    for k, case in cases(family, seed, n):
        if k % FRESH == 0:
            memory = Memory(2000, max_channels=100)
        try:
            stored += tried(case, memory)
        except Exception:
            failed += 1
            print(f"family {family}, seed {seed}, case {k}: {case!r}\n{traceback.format_exc()}", flush=True)
    return stored, failed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description="Damage good bodies and decode them; the status is 1 if a case fails.",
    )
    parser.add_argument("families", nargs="*", metavar="family", help=f"{', '.join(FAMILIES)} (all)")
    parser.add_argument("--cases", type=int, default=10_000, help="of each family (10000)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same cases again (any)")
    args = parser.parse_args(argv)
    if unknown := set(args.families) - set(FAMILIES):
        parser.error(f"no family {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    failed = 0
    print(f"seed {seed}")
    for family in args.families or [name for name, seeds in FAMILIES.items() if seeds]:
        began = time.perf_counter()
        stored, bad = run(family, seed, args.cases)
        failed += bad
        pace = args.cases / (time.perf_counter() - began)
        print(f"{family}: {args.cases} cases, {stored} stored, {bad} failed, {pace:.0f} cases/s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
