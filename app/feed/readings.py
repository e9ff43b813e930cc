"""What is read of a watched view besides its traces: measurements, spectra, and everything in words."""

from __future__ import annotations

import time

from app.feed.watched import Watched
from app.memory.memory import Records
from app.scope import display
from app.scope.derived import Sources
from app.scope.display import DISPLAY_MODES
from app.scope.frame import Frame
from app.scope.measuring import measured
from app.scope.readouts import readouts
from app.scope.search import Searches

READOUTS = 0.2  # s between two readings of a view
PERIOD, RARE = 1 / 30, 0.1  # s between two frames of a view: of signals, of what is made of them at length
EASED, SLOWEST = 4, 0.5  # times what that took, and s: so long between two of them if that is more
SPARED = 10  # times what measurements took: so long until they are taken again


def period(watched: Watched) -> float:
    """s between two frames of a view."""
    least = RARE if DISPLAY_MODES[watched.view.display].rare else PERIOD
    return min(max(least, EASED * watched.took), SLOWEST)


def displayed(watched: Watched, made: Frame, memory: Records, searches: Searches, rows: int) -> Frame:
    """The frame as the view acquires and displays it."""
    began = time.thread_time()
    made = watched.accumulation.shown(made, watched.view, memory, searches, rows)
    kept = watched.displayed
    watched.displayed = display.displayed(made, watched.view, memory.records.get, kept, rows)
    watched.took = time.thread_time() - began
    return watched.displayed.frame


def read(watched: Watched, made: Frame, memory: Sources, now: float) -> dict[str, object]:
    """The readouts of a view.

    now  Unix seconds
    """
    measure(watched, made, memory, now)
    return readouts(made, watched.view, memory, now, taken=watched.measured)


def measure(watched: Watched, made: Frame, memory: Sources, now: float) -> None:
    """Take the measurements of a view, unless that took long and not long ago; trends are made of them."""
    if watched.measured is not None and time.monotonic() < watched.spared:
        return
    began = time.thread_time()
    before, watched.measured = (
        watched.measured,
        measured(made, watched.view, memory.records.get, watched.measured),
    )
    if watched.measured is not before:
        memory.note(watched.view, watched.measured, now)
    watched.spared = time.monotonic() + SPARED * (time.thread_time() - began)


def others(made: Frame, last: Frame) -> bool:
    """Whether a frame shows other traces than the last, or with other knobs, so that readouts cannot wait."""
    return (
        made.lamp != last.lamp
        or made.lead != last.lead
        or made.units_per_div != last.units_per_div
        or made.traces.keys() != last.traces.keys()
    )
