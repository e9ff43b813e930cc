"""What the shared feed costs and carries: one frame for all who watch a view."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

import numpy as np

from scripts.benches.bodies import MILLION, ROLLED_BODIES, SWEPT_BODIES
from scripts.benches.running import Load, Server, behind_nginx, has_nginx, per_tab, two_sides, until
from scripts.benches.sender import Feeding, Sender
from scripts.benches.table import Row, Size, WrongError
from scripts.benches.viewer import Viewer
from scripts.benches.watchers import Watchers

VIEWER_FRAME = 0.06  # ms of processor time
FRAMES = 28.0  # a second, of 30
POST_P99 = 20.0  # ms
VIEW_FRAMES = 15.0  # a second
ROLL_BYTES = 40e3  # a second
SWEEP = "tb=50m"  # of `swept`: 3000 samples a channel on the screen, drawn as 1000 columns
UNPROBED = SWEEP + "&off=probe"
ROLL = "tb=1"  # of `rolled`: 10,000 samples a channel
MEASURES = ("ch1:frequency", "ch1:vpp", "ch2:rms", "ch2:duty", "ch3:rise", "ch3:cycle_mean", "ch4:top")
MEASURED = "".join(f"&m={item}" for item in (*MEASURES, "ch1:phase:ch2"))  # eight on one screen
FFT = "&display=fft"
POINTS, PARALLEL = 1000.0, 8  # single-point POST/s, over so many connections
SLACK = 20.0  # s of bodies more than a measurement takes
FASTEST, SLOWEST = 2e-5, 0.05  # s/div of the distinct views
PREFILLED = 300  # bodies of `rolled`: more than a screen

Frames = Callable[[], int]  # that all viewers got since the last call


@dataclass(frozen=True)
class Price:
    """Processor time of a server with viewers.

    posts, both  s of it a second: for the POSTs alone, and for POSTs and viewers
    frames       a second, of all viewers together
    """

    posts: float
    both: float
    frames: float

    @property
    def ms(self) -> float:
        """Of one frame for one viewer, without the POSTs."""
        return (self.both - self.posts) / self.frames * 1e3


def sweeping(server: Server, seconds: float, turn: int = 0) -> Feeding:
    """Four channels of 1000 columns that sweep, fed more often than thirty times a second.

    turn  0, 1, ...: x goes on from one to the next
    """
    longest = seconds + SLACK
    return Feeding(server.port, "swept", SWEPT_BODIES, longest, first=round(turn * longest * SWEPT_BODIES))


def probing(server: Server, seconds: float, rate: float = POINTS) -> Feeding:
    """Single points beside it, on a channel that is off."""
    return Feeding(server.port, "probes", rate, seconds + SLACK, parallel=PARALLEL)


def viewer(server: Server, size: Size) -> Iterator[Row]:
    """What a frame costs for each viewer, beside a tab whose plot HoloViews refreshes from its own Buffer."""
    with two_sides() as core:
        with server.on(core):
            shared = price(server, size, lambda: watching(server, [SWEEP] * size.viewers))
        with per_tab() as other, other.on(core):
            own = price(other, size, lambda: refreshed(other))
    yield Row(
        f"server per viewer-frame, {size.viewers} watchers, 4 channels x 1000 columns, "
        f"{shared.frames / size.viewers:.1f} frames/s each",
        f"{shared.ms:.3f} ms of processor time; {1e3 * shared.posts:.0f} ms/s of the POSTs alone subtracted",
        f"{own.ms:.1f} ms, one tab with its own Buffer and DynamicMap, {own.frames:.1f} frames/s; "
        f"{1e3 * own.posts:.0f} ms/s subtracted",
        shared.ms / own.ms,
        f"<= {VIEWER_FRAME:g} ms",
        shared.ms <= VIEWER_FRAME,
    )


def price(server: Server, size: Size, viewers: Callable[[], AbstractContextManager[Frames]]) -> Price:
    """The POSTs alone, then the same POSTs with viewers."""
    with sweeping(server, size.frames_for):
        time.sleep(size.calm)
        posts, _ = busy(server, size, lambda: 0)
    with sweeping(server, size.frames_for, 1), viewers() as frames:
        time.sleep(size.calm)
        both, seen = busy(server, size, frames)
    if not seen:
        raise WrongError("the viewers got no frames")
    return Price(posts, both, seen)


def busy(server: Server, size: Size, frames: Frames) -> tuple[float, float]:
    """Processor time in s, and frames, a second."""
    frames()
    began, before = time.monotonic(), server.cpu()
    time.sleep(size.frames_for)
    spent, seconds = server.cpu() - before, time.monotonic() - began
    return spent / seconds, frames() / seconds


@contextmanager
def watching(server: Server, queries: Sequence[str]) -> Iterator[Frames]:
    with Watchers(server.port, len(queries), queries) as crowd:
        yield lambda: crowd.look().frames


@contextmanager
def refreshed(server: Server) -> Iterator[Frames]:
    """One tab of the way around the feed."""
    with closing(Viewer(server, "?" + SWEEP)) as tab:
        until(lambda: tab.frames > 1, 10, "the first frames")
        yield tab.taken


def watchers(server: Server, size: Size) -> Iterator[Row]:
    """Many watchers on one core, straight to the app and once through nginx."""
    with two_sides() as core:
        with server.on(core):
            yield carried(server, core, size, "straight to the app", [UNPROBED] * size.watchers)
        if has_nginx():
            with behind_nginx() as front, front.on(core):
                front.rests(size.calm)
                yield carried(front, core, size, "through nginx", [UNPROBED] * size.watchers)


def instruments(server: Server, size: Size) -> Iterator[Row]:
    """The same with eight measurements on the screen that all watch but one, who watches its spectrum."""
    screens = [UNPROBED + MEASURED] * (size.watchers - 1) + [UNPROBED + FFT]
    with two_sides() as core, server.on(core):
        plain = price(server, size, lambda: watching(server, [SWEEP] * size.viewers))
        queries = [SWEEP + MEASURED] * (size.viewers - 1) + [SWEEP + FFT]
        both = price(server, size, lambda: watching(server, queries))
        yield carried(server, core, size, "8 measurements and a spectrum on", screens)
    yield Row(
        f"server per viewer-frame, {size.viewers} watchers, 8 measurements on, one of them sees the spectrum",
        f"{both.ms:.3f} ms of processor time",
        f"{plain.ms:.3f} ms with neither",
        both.ms / plain.ms,
        f"<= {VIEWER_FRAME:g} ms",
        both.ms <= VIEWER_FRAME,
    )


def carried(server: Server, core: set[int], size: Size, way: str, queries: Sequence[str]) -> Row:
    """Single points come in, at first with nobody there.

    queries  of the watchers; those of spectra, whose pace is another, come last and do not count
    """
    seconds = size.frames_for
    with sweeping(server, seconds), probing(server, seconds) as alone:
        time.sleep(seconds)
    with sweeping(server, seconds, 1), Watchers(server.port, len(queries), queries) as crowd:
        time.sleep(size.calm)
        with probing(server, seconds) as beside, Load(server, core) as load:
            look = crowd.watch(seconds).of(sum(FFT not in query for query in queries))
    p99 = beside.sent.ms(0.99)
    return Row(
        f"{size.watchers} watchers of 4 channels x 1000 columns, {POINTS:g} single-point POST/s come in, "
        f"server on one core, {way}",
        f"slowest {look.slowest:.1f} frames/s, gap p99 {look.gap(0.99):.0f} ms; POST p99 {p99:.1f} ms, "
        f"p50 {beside.sent.ms(0.5):.1f}; {load}",
        f"POST p99 {alone.sent.ms(0.99):.1f} ms, p50 {alone.sent.ms(0.5):.1f}, no watchers",
        p99 / alone.sent.ms(0.99),
        f">= {FRAMES:g} frames/s each, POST p99 <= {POST_P99:g} ms",
        look.slowest >= FRAMES and p99 <= POST_P99,
    )


def views(server: Server, size: Size) -> Iterator[Row]:
    """Distinct timebases, each a view of its own, on a million samples a second; one view beside it."""
    queries = [f"tb={scale:.6g}" for scale in np.geomspace(FASTEST, SLOWEST, size.views)]
    longest = 2 * size.frames_for + SLACK
    with (
        two_sides() as core,
        server.on(core),
        Feeding(server.port, "million", MILLION, longest) as fed,
    ):
        time.sleep(size.calm)
        one, _ = slowest(server, core, queries[-1:], size)
        many, load = slowest(server, core, queries, size)
    yield Row(
        f"{size.views} distinct views watched at once, 1 M samples/s come in",
        f"slowest {many:.1f} frames/s, {load}; POST p99 {fed.sent.ms(0.99):.0f} ms",
        f"{one:.1f} frames/s, 1 view",
        many / one,
        f">= {VIEW_FRAMES:g} frames/s each",
        many >= VIEW_FRAMES,
    )


def slowest(server: Server, core: set[int], queries: list[str], size: Size) -> tuple[float, Load]:
    """Frames a second of the slowest of these views, and what the server had to do."""
    with Watchers(server.port, len(queries), queries) as crowd:
        time.sleep(size.calm)
        with Load(server, core) as load:
            return crowd.watch(size.frames_for).slowest, load


def roll(server: Server, size: Size) -> Iterator[Row]:
    """What a rolling screen takes on the wire, beside its whole frames as often."""
    Sender(server.port, "rolled", range(PREFILLED), 1).run()
    longest = size.frames_for + SLACK
    with (
        Feeding(server.port, "rolled", ROLLED_BODIES, longest, first=PREFILLED),
        Watchers(server.port, 1, [ROLL]) as crowd,
    ):
        whole = crowd.look().whole
        look = crowd.watch(size.frames_for)
    frames = look.frames / look.seconds
    yield Row(
        f"roll at 1 s/div, 4 channels x 1000 columns, {frames:.1f} frames/s",
        f"{look.rate / 1e3:.1f} kB/s for a viewer",
        f"{frames * whole / 1e3:.0f} kB/s, were all of them whole frames ({whole / 1e3:.1f} kB)",
        look.rate / (frames * whole),
        f"<= {ROLL_BYTES / 1e3:g} kB/s",
        look.rate <= ROLL_BYTES,
    )
