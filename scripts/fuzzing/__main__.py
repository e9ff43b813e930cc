"""Runs so many cases of each family; prints what a case was that gave neither samples nor a problem."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from scripts.fuzzing.corpus import FAMILIES
from scripts.fuzzing.inside import run


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description="Damage good bodies and decode them; the status is 1 if a case fails.",
    )
    parser.add_argument("families", nargs="*", metavar="family", help=f"{', '.join(FAMILIES)} (all)")
    parser.add_argument("--cases", type=int, default=10_000, help="of each family (10000)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same cases again (any)")
    parser.add_argument("--case", type=int, default=None, help="this one alone")
    args = parser.parse_args(argv)
    if unknown := set(args.families) - set(FAMILIES):
        parser.error(f"no family {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    first, n = (0, args.cases) if args.case is None else (args.case, 1)
    failed = 0
    print(f"seed {seed}")
    for family in args.families or [name for name, seeds in FAMILIES.items() if seeds]:
        began = time.perf_counter()
        stored, bad = run(family, seed, n, first)
        failed += bad
        pace = n / (time.perf_counter() - began)
        print(f"{family}: {n} cases, {stored} stored, {bad} failed, {pace:.0f} cases/s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
