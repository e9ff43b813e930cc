"""Has faults happen, and prints one table: what was killed, what was acknowledged, what was lost."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence

from tests.faults.running import HEAD, RULE, Run, folder_for, told
from tests.faults.table import FAULTS


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Have faults happen to the oscilloscope; the status is 1 if anything is lost or wrong.",
    )
    parser.add_argument("faults", nargs="*", metavar="fault", help=f"{', '.join(FAULTS)} (all)")
    parser.add_argument("--seed", type=int, default=None, help="to have the same faults again (any)")
    parser.add_argument("--short", action="store_true", help="each a few times, and no limits in seconds")
    parser.add_argument("--busy", action="store_true", help="no limits in seconds")
    parser.add_argument("--times", "--kills", type=int, default=None, help="how often each fault happens")
    parser.add_argument("--minutes", type=float, default=None, help="and how long it goes on at most")
    args = parser.parse_args(argv)
    if unknown := set(args.faults) - set(FAULTS):
        parser.error(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    print(f"seed {seed}\n\n{HEAD}\n{RULE}", flush=True)
    return max(one(name, seed, args) for name in args.faults or FAULTS)


def one(name: str, seed: int, args: argparse.Namespace) -> int:
    """Have a fault happen and print its line; 1 if anything was wrong."""
    fault = FAULTS[name]
    n = args.times or (fault.few if args.short else fault.many)
    with folder_for(name) as folder:
        run = Run(name, seed, n, folder, timed=not (args.short or args.busy), long=not args.short)
        if args.minutes is not None:
            run.until = time.monotonic() + 60 * args.minutes
        result = asyncio.run(fault.happen(run))
        print(result.line(name), flush=True)
        if result.wrong:
            print(told(run, result), file=sys.stderr, flush=True)
    return int(bool(result.wrong))


if __name__ == "__main__":
    sys.exit(main())
