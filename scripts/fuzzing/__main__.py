"""Runs so many cases of each family; prints what a case was that gave neither samples nor a problem."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from scripts.fuzzing.corpus import FAMILIES
from scripts.fuzzing.inside import run
from scripts.fuzzing.served import over_http, over_sockets

WIRED = {"http": over_http, "socket": over_sockets}
NAMES = (*FAMILIES, *WIRED)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description="Damage good bodies, decode or send them; the status is 1 if a case fails.",
    )
    parser.add_argument("families", nargs="*", metavar="family", help=f"{', '.join(NAMES)} (all)")
    parser.add_argument(
        "--cases", type=int, default=10_000, help="of each family but http and socket (10000)"
    )
    parser.add_argument("--requests", type=int, default=2000, help="of http; of socket a tenth (2000)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same cases again (any)")
    parser.add_argument("--case", type=int, default=None, help="this one alone")
    args = parser.parse_args(argv)
    if unknown := set(args.families) - set(NAMES):
        parser.error(f"no family {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    print(f"seed {seed}")
    failed = 0
    for family in args.families or [name for name in NAMES if name in WIRED or FAMILIES[name]]:
        n = {"http": args.requests, "socket": args.requests // 10}.get(family, args.cases)
        failed += family_failed(family, seed, *((args.case, 1) if args.case is not None else (0, n)))
    return int(failed > 0)


def family_failed(family: str, seed: int, first: int, n: int) -> int:
    """How many of the cases of a family failed; it prints what became of them."""
    began = time.perf_counter()
    stored, failed = WIRED[family](seed, n, first) if family in WIRED else run(family, seed, n, first)
    pace = n / (time.perf_counter() - began)
    print(f"{family}: {n} cases, {stored} stored, {failed} failed, {pace:.0f} cases/s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
