"""Frames made by hand, and what a viewer has of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from app.feed.picture import Picture, picture
from app.feed.wire import Points, Received, decode, following, full
from app.memory.samples import Float64s
from app.scope.frame import Frame, Kind, Trace

NONE = np.empty(0, np.intp)


def trace(x: Float64s, y: Float64s, *, kind: Kind = Kind.YT, x0: float = 0.0, start: int = 0) -> Trace:
    dots = np.flatnonzero(np.isfinite(y))[:3]
    left = float(x[0]) if len(x) else 0.0
    return Trace("ch1", kind, x0, x, y, dots, (left, left + 10), start, start + len(x), serial=1)


def legend(frame: Frame) -> dict[int, dict[str, object]]:
    return {
        slot: {
            "label": "µ",
            "unit": "V",
            "x_unit": "s",
            "clock": False,
            "limits": [-1.0, 1.0],
            "ground": [0.5, "1▸"],
        }
        for slot in frame.traces
    }


class Beam:
    """Pictures of one view, one after another."""

    def __init__(self) -> None:
        self.last: Picture | None = None
        self._ids = itertools.count(1)

    def show(self, *traces: Trace, at: float | None = None, **readouts: object) -> Picture:
        return self.frame(Frame(dict(enumerate(traces)), lead="ch1"), readouts, at)

    def frame(self, made: Frame, readouts: Mapping[str, object], at: float | None = None) -> Picture:
        found = picture(made, legend(made), readouts, id=next(self._ids), view=1, at=at, last=self.last)
        self.last = found
        return found


def received(message: bytes | None, last: Received | None = None) -> Received:
    """The frame in a message that there is, and that fits."""
    assert message is not None
    found = decode(message, last)
    assert found is not None
    return found


def through(*traces: Trace) -> list[Points]:
    """The traces as a viewer has them after one full frame."""
    return list(received(full(Beam().show(*traces))).traces.values())


class Viewer:
    """Takes what follows where it can, else what is full."""

    def __init__(self) -> None:
        self.frame: Received | None = None
        self.followed = self.bytes = 0

    def take(self, found: Picture) -> Received:
        delta = following(found) if self.frame is not None and self.frame.id == found.base else None
        message = full(found) if delta is None else delta
        self.followed += delta is not None
        self.bytes += len(message)
        self.frame = received(message, self.frame)
        return self.frame
