"""Runs the rows that are named, or all, and prints each line as soon as it is known."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Self

from playwright.sync_api import Error as BrowserError

from scripts.benches import (
    accuracy,
    feed,
    formats,
    holding,
    ingest,
    join,
    kept,
    lag,
    leaving,
    memory,
    screen,
    shared,
    sockets,
    triggers,
    writers,
)
from scripts.benches.running import Server, app
from scripts.benches.table import FULL, QUICK, Row, Size, WrongError, head, line

ALONE: dict[str, Callable[[Size], Iterator[Row]]] = {  # they start what they need
    "single": ingest.single,
    "columnar": ingest.columnar,
    "formats": formats.formats,
    "sockets": sockets.sockets,
    "append": memory.append,
    "kept": kept.kept,
    "shared": shared.shared,
    "frame": memory.frame,
    "triggers": triggers.triggers,
    "accuracy": accuracy.accuracy,
    "exact": holding.exact,
    "writers": writers.writers,
    "lag": lag.lag,
    "malformed": holding.malformed,
    "tabs": holding.tabs,
    "closed": leaving.closed,
}
SERVED: dict[str, Callable[[Server, Size], Iterator[Row]]] = {  # on an app of their own, or one for all
    "viewer": feed.viewer,
    "watchers": feed.watchers,
    "instruments": feed.instruments,
    "panels": join.panels,
    "drawn": screen.drawn,
    "painted": screen.painted,
    "views": feed.views,
    "roll": feed.roll,
    "join": join.join,
    "stalled": join.stalled,
    "pages": screen.pages,
}
ROWS = (*ALONE, *SERVED)
SLOW = {"drawn", "painted", "closed", "accuracy"}  # a browser, sessions that the server keeps for a while


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure the oscilloscope; the status is 1 when a budget is missed."
    )
    parser.add_argument("rows", nargs="*", metavar="row", help=f"{', '.join(ROWS)} (all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    args = parser.parse_args(argv)
    if unknown := set(args.rows) - set(ROWS):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    size = QUICK if args.quick else FULL
    wanted = args.rows or [name for name in ROWS if not (args.quick and name in SLOW)]
    print(head(), flush=True)
    status = 0
    with Bench(size) as bench:
        for row in (row for name in wanted for row in bench.rows(name)):
            print(line(row.cells(size)), flush=True)
            status |= row.failed or (size.judged and row.held is False)
    return int(status)


class Bench:
    """Runs rows; small ones, which are not judged, share an app that is emptied in between."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self._kept = ExitStack()
        self._shared: Server | None = None

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a name; one that tells so if something does not do what it should."""
        try:
            yield from self._measured(name)
        except (WrongError, OSError, BrowserError) as error:
            yield Row(name, f"{type(error).__name__}: {error}".partition("\n")[0], failed=True)

    def _measured(self, name: str) -> Iterator[Row]:
        if name in ALONE:
            yield from ALONE[name](self.size)
        elif self.size.judged:
            with app() as server:
                yield from SERVED[name](server, self.size)
        else:
            self._shared = self._shared or self._kept.enter_context(app())
            yield from SERVED[name](self._shared, self.size)
            self._shared.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()


if __name__ == "__main__":
    sys.exit(main())
