"""What the server still holds of tabs and watchers that have come and gone."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from scripts.benches.join import FILLED, TAB, tab
from scripts.benches.running import PAGES, Server, server
from scripts.benches.sender import Sender
from scripts.benches.table import Row, Size, WrongError
from scripts.benches.watchers import Crowd

FORGOTTEN_WITHIN = 60.0  # s; the server keeps a session for 15 s after its tab has gone
LOOK_EVERY = 1.0  # s
COUNTED_EVERY = 10  # groups: to count takes a second of the server
MOST_TABS = 1000  # more than are kept at any time
WARM = 1 / 3  # of the tabs and watchers come and go before memory is compared
GROWN = 0.05


def closed(size: Size) -> Iterator[Row]:
    """Full tabs and watchers opened and closed, some at a time; what the server then still holds of them."""
    flags = ["--bind", "127.0.0.1", "--max-tabs", str(MOST_TABS)]
    with server(["scripts.benches.counted", *flags], PAGES) as running:
        Sender(running.port, "four", range(FILLED), 1).run()
        start = settled(running)
        opened_and_closed(running, size, 0.0, WARM)
        settled(running, start)
        resident = running.memory()
        most = opened_and_closed(running, size, WARM, 1.0)
        after = settled(running, start)
        grown = running.memory() / resident
    yield Row(
        f"{size.tabs_closed} full tabs and {size.watchers_closed} watchers opened and closed, {size.at_once} "
        f"at a time: {', '.join(start)}",
        f"{listed(after)} (while open up to {listed(most)})",
        f"{listed(start)}, at the start",
        sum(after.values()) / sum(start.values()),
        "back to the start",
        after == start,
    )
    yield Row(
        "resident memory meanwhile",
        f"{resident * grown / 1e6:.0f} MB at the end",
        f"{resident / 1e6:.0f} MB, when {100 * WARM:.0f} % of them had come and gone",
        grown,
        f"within {100 * GROWN:.0f} %",
        grown <= 1 + GROWN,
    )


def opened_and_closed(running: Server, size: Size, first: float, last: float) -> dict[str, int]:
    """A share of the tabs, then of the watchers, some at a time; the highest counts while they are open."""
    most: dict[str, int] = {}
    for total, one in ((size.tabs_closed, tab), (size.watchers_closed, watcher)):
        for k, n in enumerate(groups(round(first * total), round(last * total), size.at_once)):
            with ThreadPoolExecutor(n) as pool, ExitStack() as opened:
                for it in pool.map(lambda _, one=one: one(running, TAB), range(n)):
                    opened.enter_context(it)
                if k % COUNTED_EVERY == 0:
                    found = counts(running)
                    most = {name: max(count, most.get(name, 0)) for name, count in found.items()}
    return most


def groups(start: int, stop: int, at_once: int) -> list[int]:
    """So many at a time."""
    return [min(at_once, stop - n) for n in range(start, stop, at_once)]


def watcher(running: Server, query: str) -> closing[Crowd]:
    """A watcher that has had its first frame."""
    crowd = Crowd(running.port, 1, [query])
    crowd.until_all_see()
    return closing(crowd)


def listed(found: dict[str, int]) -> str:
    return " ".join(map(str, found.values()))


def counts(running: Server) -> dict[str, int]:
    """What a counted server holds now."""
    running.process.send_signal(signal.SIGUSR1)
    if running.process.stdout is None:
        raise WrongError("the server's output is not read")
    found: dict[str, int] = json.loads(running.process.stdout.readline())
    return found | {"sockets": running.sockets()}


def settled(running: Server, wanted: dict[str, int] | None = None) -> dict[str, int]:
    """The counts once they are as wanted, or at last.

    wanted  not given: once no session is left and nothing changes any more
    """
    late, before = time.monotonic() + FORGOTTEN_WITHIN, wanted
    while True:
        found = counts(running)
        if (found == before and not found["sessions"]) or time.monotonic() > late:
            return found
        before = wanted or found
        running.rests(LOOK_EVERY)
