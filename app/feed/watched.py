"""A view that is watched: its newest picture, and those that went out lately."""

from __future__ import annotations

from app.feed.picture import Picture, Words
from app.feed.watcher import BINARY, Watcher, framed
from app.feed.wire import following, full
from app.scope.accumulation import Accumulation
from app.scope.autoset import Setup
from app.scope.display import Displayed
from app.scope.frame import Frame
from app.scope.measuring import Measured
from app.scope.view import View

KEPT = 32  # pictures that a viewer may still name
KEPT_BYTES = 64 << 20  # of their frames, all views together
LEAST = 2  # of them, however large


class Watched:
    """One view, and who watches it.

    due     when the next picture may be made, monotonic s
    read    when its readouts were taken, likewise
    seen    version of the memory, and the set-up, that the newest frame shows
    behind  whether some viewer may not have the newest picture
    spared  no measurements are taken before this time, likewise
    accumulation  of its sweeps, where its acquisition is of many
    displayed  what the view made of its newest signals
    took    s of work that was
    """

    def __init__(self, number: int, view: View, now: float) -> None:
        self.number = number
        self.view = view
        self.watchers: set[Watcher] = set()
        self.picture: Picture | None = None
        self.frame = Frame()
        self.due = now
        self.read = float("-inf")
        self.seen: tuple[int, Setup] | None = None
        self.behind = True
        self.readouts: Words = {}
        self.measured: Measured | None = None
        self.accumulation = Accumulation()
        self.displayed: Displayed | None = None
        self.spared = float("-inf")
        self.took = 0.0
        self._frames: dict[int, Frame] = {}
        self._weight = 0
        self._arrivals: dict[int, float | None] = {}
        self._full: bytes | None = None
        self._following: bytes | None = None

    def awake(self) -> bool:
        """Whether anybody wants frames."""
        return any(not watcher.paused for watcher in self.watchers)

    def show(self, picture: Picture, frame: Frame, views: int) -> None:
        """Make this the newest picture.

        views  how many there are: they share the room for frames that are kept
        """
        last = self.picture
        fresh = last is not None and picture.at != last.at
        self.picture, self.frame, self.behind = picture, frame, True
        self._full, self._following = None, None
        delta = following(picture)
        if delta is not None:
            self._following = framed(BINARY, delta)
        self._frames[picture.id] = frame
        self._weight += weight(frame)
        self._arrivals[picture.id] = picture.at if fresh else None
        self._forget(KEPT_BYTES // views)

    def _forget(self, room: int) -> None:
        """Drop the oldest frames that were sent."""
        while len(self._frames) > KEPT or (len(self._frames) > LEAST and self._weight > room):
            self._weight -= weight(self._frames.pop(next(iter(self._frames))))
        while len(self._arrivals) > 4 * KEPT:
            del self._arrivals[next(iter(self._arrivals))]

    def kept(self, picture: int) -> Frame | None:
        """The frame of a picture that was sent lately."""
        return self._frames.get(picture)

    def arrived(self, picture: int) -> float | None:
        """When the newest sample in a picture arrived, Unix s; None: unknown, or nothing in it was new."""
        return self._arrivals.get(picture)

    def had_by(self, watcher: Watcher) -> bool:
        """Whether a viewer has the newest picture, or is on the point of having it."""
        return self.picture is None or watcher.sent == self.picture.id

    def give(self, watcher: Watcher) -> bool:
        """Send the newest picture, or what is new in it to one who has the last; False: not now."""
        picture = self.picture
        if picture is None or watcher.sent == picture.id:
            return True
        if not watcher.ready():
            return False
        if self._following is not None and watcher.sent == picture.base:
            watcher.give(self._following, picture.id)
            return True
        if self._full is None:
            self._full = framed(BINARY, full(picture))
        watcher.give(self._full, picture.id)
        return True


def weight(frame: Frame) -> int:
    """Bytes of a frame's points, and of the records that are its own."""
    images = sum(trace.image.levels.nbytes for trace in frame.traces.values() if trace.image is not None)
    points = sum(trace.x.nbytes + trace.y.nbytes for trace in frame.signals.values())
    return images + points + sum(record.nbytes for record in frame.records.values())
