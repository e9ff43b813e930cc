"""Runs the rows that are named, or all, and prints each line as soon as it is known."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from scripts.benches import holding, ingest, memory, screen
from scripts.benches.table import FULL, QUICK, Row, Size, head, line

ROWS: dict[str, Callable[[Size], Iterator[Row]]] = {
    "single": ingest.single,
    "columnar": ingest.columnar,
    "append": memory.append,
    "frame": memory.frame,
    "drawn": screen.drawn,
    "tab": screen.tab,
    "exact": holding.exact,
    "malformed": holding.malformed,
    "tabs": holding.tabs,
    "documents": holding.documents,
}
SLOW = {"drawn", "documents"}  # a browser, and sessions that the server keeps for a while: not with --quick


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure the oscilloscope; the status is 1 when a budget is missed."
    )
    parser.add_argument("rows", nargs="*", metavar="row", help=f"{', '.join(ROWS)} (all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    args = parser.parse_args(argv)
    if unknown := set(args.rows) - ROWS.keys():
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    size = QUICK if args.quick else FULL
    wanted = args.rows or [name for name in ROWS if not (args.quick and name in SLOW)]
    print(head(), flush=True)
    missed = False
    for name in wanted:
        for row in ROWS[name](size):
            print(line(row.cells(size)), flush=True)
            missed |= size.judged and row.held is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
