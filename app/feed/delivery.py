"""How frames are handed to viewers, and what became of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable

from app.feed.watched import Watched
from app.feed.watcher import Watcher
from app.figures import Buckets

WRITING = (0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.01, 0.1, 1.0)  # s


class Delivery:
    """Counted since the start.

    clock    Unix seconds
    handed   frames: sent, not sent because the viewer was busy, not made because nothing was new
    dropped  viewers that were given up, or not let in, by reason
    ages     s from a frame's newest sample to its hand-over to the kernel
    writes   s that the hand-over took
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.handed: Counter[tuple[str, ...]] = Counter()
        self.dropped: Counter[tuple[str, ...]] = Counter()
        self.ages, self.writes = Buckets(), Buckets(WRITING)

    def hand(self, watched: Watched, watcher: Watcher) -> bool:
        """Send the newest picture to one viewer; False: it cannot take it now."""
        began = time.perf_counter()
        if not watched.give(watcher):
            self.handed[("skipped_busy",)] += 1
            return False
        self.handed[("sent",)] += 1
        self.writes.note(time.perf_counter() - began)
        at = watched.arrived(watcher.sent)
        if at is not None:
            self.ages.note(self.clock() - at)
        return True

    def nothing(self, watched: Watched) -> None:
        """There was no news in a view."""
        self.handed[("skipped_nodata",)] += len(watched.watchers)

    def drop(self, watcher: Watcher, reason: str) -> None:
        """Give a viewer up."""
        self.dropped[(reason,)] += 1
        watcher.abort()

    def shed(self, watchers: Iterable[Watcher], n: int) -> None:
        """Give up so many viewers, those first that came last."""
        for watcher in sorted(watchers, key=lambda each: each.born, reverse=True)[:n]:
            self.drop(watcher, "limit")
