"""What viewers who come, crowd in or stop reading do to the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from scripts.benches.feed import SWEEP, UNPROBED, probing, sweeping
from scripts.benches.running import Server
from scripts.benches.sender import Feeding, Sender
from scripts.benches.table import Row, Size, percentile
from scripts.benches.viewer import Viewer
from scripts.benches.watchers import Crowd, Watchers

TAB = "tb=1"  # of `four`: 20,000 samples a channel, drawn as 1000 columns
FILLED = 200  # bodies of `four`: a screen
TAB_RATE = 20.0  # of these bodies, a second
TAB_FRAMES = 19.0  # a second, of those 20
ALREADY = 20  # watchers, when others join
JOINING_GAP = 250.0  # ms
WORSE = 1.1  # times: gaps and POSTs of those who read on
STALLED_MB = 1.0  # for each of those who do not
LONGER = 1.4  # times the frames of other rows: nearly as long as the server keeps those who have stalled
DROPPED_WITHIN = 45.0  # s
PROBES = 200.0  # single-point POST/s
LOOK_EVERY = 0.1  # s


def panels(server: Server, size: Size) -> Iterator[Row]:
    """Full tabs: each a page, its session's socket, and its frames."""
    Sender(server.port, "four", range(FILLED), 1).run()
    with ExitStack() as stack:
        began = time.monotonic()
        for _ in range(size.panels):
            stack.enter_context(closing(Viewer(server, "?" + TAB)))
        opened = (time.monotonic() - began) / size.panels
        longest = size.frames_for + size.panels
        fed = stack.enter_context(Feeding(server.port, "four", TAB_RATE, longest, first=FILLED))
        crowd = stack.enter_context(Watchers(server.port, size.panels, [TAB]))
        time.sleep(size.calm)
        spent = server.cpu()
        look = crowd.watch(size.frames_for)
        spent = (server.cpu() - spent) / look.seconds
    yield Row(
        f"{size.panels} full tabs, 4 channels x 1000 columns, fed {TAB_RATE:g} times a second",
        f"slowest {look.slowest:.1f} frames/s, gap p99 {look.gap(0.99):.0f} ms; POST p99 "
        f"{fed.sent.ms(0.99):.0f} ms; {100 * spent:.0f} % of a core",
        f"a page took {1e3 * opened:.0f} ms to open, one after the other",
        look.slowest / TAB_RATE,
        f">= {TAB_FRAMES:g} frames/s each",
        look.slowest >= TAB_FRAMES,
    )


def tab(server: Server, query: str) -> ExitStack:
    """A full tab that has had its first frame: page, session's socket, frames. What closes it is returned."""
    with ExitStack() as opened:
        opened.enter_context(closing(Viewer(server, "?" + query)))
        crowd = opened.enter_context(closing(Crowd(server.port, 1, [query])))
        crowd.until_all_see()
        return opened.pop_all()


def join(server: Server, size: Size) -> Iterator[Row]:
    """Tabs that open all at once, beside watchers that were there before."""
    seconds = size.frames_for
    with sweeping(server, seconds + 2 * size.joining), Watchers(server.port, ALREADY, [SWEEP]) as crowd:
        time.sleep(size.calm)
        before = crowd.watch(seconds)
        with ThreadPoolExecutor(size.joining) as pool, ExitStack() as opened:
            for one in pool.map(lambda _: tab(server, SWEEP), range(size.joining)):
                opened.enter_context(one)
            after = crowd.look()
    yield Row(
        f"{size.joining} tabs open at once, {ALREADY} watchers at {before.slowest:.0f} frames/s",
        f"longest gap {after.longest:.0f} ms, p99 {after.gap(0.99):.0f}; all were there after "
        f"{after.seconds:.1f} s",
        f"longest gap {before.longest:.0f} ms, p99 {before.gap(0.99):.0f}, in {before.seconds:.0f} s before",
        after.longest / before.longest,
        f"<= {JOINING_GAP:g} ms",
        after.longest <= JOINING_GAP,
    )


def stalled(server: Server, size: Size) -> Iterator[Row]:
    """Half of the watchers stop reading; what the other half and senders notice of it."""
    n, seconds = size.stalled, LONGER * size.frames_for
    with (
        sweeping(server, 2 * seconds + DROPPED_WITHIN),
        Watchers(server.port, 2 * n, [UNPROBED], narrow=n) as crowd,
    ):
        time.sleep(size.calm)
        with probing(server, seconds, PROBES) as calm:
            crowd.look()
            usual = growth(server, seconds)
            before = crowd.look().of(n)
        sockets, resident = server.sockets(), server.memory() / 1e6
        crowd.stall(n)
        began = time.monotonic()
        with probing(server, seconds, PROBES) as rough:
            grown = growth(server, seconds) - usual
            after = crowd.look()
        gone = dropped(server, sockets - n, began) if size.judged else None
    what = f"{n} of {2 * n} watchers stop reading"
    yield than(f"{what}: gap of the others, p99", after.gap(0.99), before.gap(0.99), after.longest)
    posts = [1e3 * s for s in rough.sent.latencies]
    yield than(f"{what}: single-point POST, p99", percentile(posts, 0.99), calm.sent.ms(0.99), max(posts))
    yield Row(
        f"{what}: resident memory",
        f"{grown:+.1f} MB more than as long before, {grown / n:+.2f} for each",
        f"{usual:+.1f} MB, while all read, of {resident:.0f}",
        (resident + grown) / resident,
        f"<= {STALLED_MB:g} MB each",
        grown <= STALLED_MB * n,
    )
    if gone is not None:
        yield Row(
            f"{what}: dropped",
            f"all of them after {gone:.0f} s",
            budget=f"within {DROPPED_WITHIN:g} s",
            held=gone <= DROPPED_WITHIN,
        )


def growth(server: Server, seconds: float) -> float:
    """MB by which its memory has been above what it is now, in so long from now."""
    resident = server.resident(seconds)
    return max(resident) - resident[0]


def than(what: str, ms: float, before: float, longest: float) -> Row:
    """That it is as before, nearly."""
    return Row(
        what,
        f"{ms:.1f} ms, longest {longest:.0f}",
        f"{before:.1f} ms, while all read",
        ms / before,
        f"<= {WORSE:g} x",
        ms <= WORSE * before,
    )


def dropped(server: Server, sockets: int, began: float) -> float:
    """Seconds since then until the server has so few sockets; twice the time it has when it does not."""
    while (passed := time.monotonic() - began) < DROPPED_WITHIN:
        if server.sockets() <= sockets:
            return passed
        time.sleep(LOOK_EVERY)
    return 2 * DROPPED_WITHIN
