"""The tick: looks at the memory, makes one picture for each view that is watched, and hands it to all."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from app.feed.delivery import Delivery
from app.feed.picture import picture
from app.feed.readings import PERIOD as PERIOD
from app.feed.readings import READOUTS, displayed, others, period, read
from app.feed.share import Share
from app.feed.watched import Watched
from app.feed.watcher import Watcher
from app.memory.memory import Memory
from app.problems import Problem
from app.scope.autoset import SLOTS, Autoset, Setup
from app.scope.derived import Sources
from app.scope.frame import Frame
from app.scope.measuring import Measured
from app.scope.numbers import derived
from app.scope.readouts import legend, verticals
from app.scope.search import Searches
from app.scope.view import View, frame, shown

POLL = 0.008  # s between two looks at the memory
AUTOSET = 0.5  # s between two looks for the set-up that fits
SWEEP = 0.5  # s between two looks for viewers that have stalled
MOST_VIEWS = 64
RETRY_AFTER = 10  # s
WRITES = 50  # frames handed to the kernel before others have the loop, and the core
BREATH, BREATHS = 0.004, 0.012  # s that they have it, and all breaks of a frame together
AMISS = 1.0  # s before a view that could not be drawn is tried again


class Feed:
    """One for the process.

    rows      points of a trace at most
    clock     Unix seconds
    extra     gives readouts for everybody besides those of the view
    durability  how much of what is acknowledged outlives the process: memory, file or stream
    closed    whether no viewer is to come at present
    notices   what all who look have to know, by whose word it is: `{"durability": "The disk is full."}`
    watchers  the viewers that are connected, also those that have paused
    delivery  frames and viewers, counted
    """

    def __init__(self, memory: Memory, rows: int, clock: Callable[[], float] = time.time) -> None:
        self.memory = Sources(memory)
        self.rows = rows
        self.clock = clock
        self.extra: Callable[[], Mapping[str, object]] = dict
        self.closed: Callable[[], bool] = bool
        self.notices: dict[str, str] = {}
        self.durability: Callable[[], str] = lambda: memory.durability
        self.watchers: set[Watcher] = set()
        self.searches = Searches()
        self._views: dict[View, Watched] = {}
        self._numbers, self._ids = itertools.count(1), itertools.count(1)
        self._autoset = Autoset()
        self._looked = self._swept = float("-inf")
        self._met = 0  # records ever made, when last looked at
        self.share = Share()
        self.delivery = Delivery(clock)
        self._waking: asyncio.Future[None] | None = None
        self._stirred = False

    # what others ask

    def setup(self) -> Setup:
        """The set-up that fits the signal now, looked for now and then, and when a channel is new.

        Beyond the first eight channels it is for those in a view.
        """
        now = time.monotonic()
        if now - self._looked >= AUTOSET or self.memory.created != self._met:
            self._looked, self._met = now, self.memory.created
            self._autoset.update(self.memory.records.values(), self.memory.version, self.beyond())
        return self._autoset.setup

    def beyond(self) -> frozenset[str]:
        """Channels beyond the first eight that some view shows, and derived ones."""
        late = [record for record in self.memory.records.values() if record.slot >= SLOTS]
        made = frozenset(record.name for record in late if derived(record) and record.total > record.first)
        if all(map(derived, late)):
            return made
        records = (record for view in self._views for record in shown(view, self.memory).values())
        return made.union(r.name for r in records if r.slot >= SLOTS and not derived(r))

    def newest(self, view: View, *, awake: bool = False) -> Frame | None:
        """The newest frame of a view, if somebody watches it; `awake`: if somebody has not paused."""
        watched = self._views.get(view)
        if watched is None or watched.picture is None or (awake and not watched.awake()):
            return None
        return watched.frame

    def measured(self, view: View) -> Measured | None:
        """The newest readings of a view with their statistics, if somebody watches it."""
        watched = self._views.get(view)
        return watched.measured if watched is not None else None

    def on_glass(self, id: int) -> Frame | None:
        """A frame that was sent lately."""
        found = (watched.kept(id) for watched in self._views.values())
        return next((kept for kept in found if kept is not None), None)

    def common(self) -> dict[str, object]:
        """Readouts that are the same for all views."""
        viewers = sum(not watcher.aside for watcher in self.watchers)
        told = {"durability": self.durability(), "notices": list(self.notices.values())}
        return {"viewers": viewers, **told, **self.extra()}

    def plain(self, view: View) -> View:
        """The same view without saying what is so anyway, so that those who see the same share it."""
        records = [record for record in self.memory.records.values() if not derived(record)]
        own = frozenset(record.name for record in records if record.slot < SLOTS)
        late = frozenset(record.name for record in records) - own
        return replace(view, on=view.on - own, off=view.off - late)

    # viewers come and go

    def room(self, view: View) -> None:
        """Problem too_many_views: there is no room for this one."""
        if view not in self._views and len(self._views) >= MOST_VIEWS:
            message = f"{MOST_VIEWS} different views are watched, as many as this server allows"
            raise Problem("too_many_views", message, headers={"Retry-After": str(RETRY_AFTER)})

    def watch(self, watcher: Watcher, view: View) -> int:
        """Have a viewer watch this view from now on; returns the view's number.

        Problem  too_many_views; the viewer goes on watching what it did
        """
        before = watcher.watched
        if before is not None and before.view == view:
            return before.number
        if before is None or before.watchers != {watcher}:
            self.room(view)
        self.leave(watcher)
        watched = self._views.get(view)
        if watched is None:
            watched = self._views[view] = Watched(next(self._numbers), view, time.monotonic())
        watched.watchers.add(watcher)
        watcher.watched = watched
        self.watchers.add(watcher)
        return watched.number

    def begin(self, watcher: Watcher) -> None:
        """Bring a viewer up to the present: at once if its view is, else with the next picture."""
        watched = watcher.watched
        if watched is None or watcher.paused:
            return
        watcher.afresh()
        watched.behind = True
        if self.present(watched) and watched.give(watcher):
            watcher.late = watcher.sent
        self.wake()

    def leave(self, watcher: Watcher) -> None:
        """A viewer has gone; so has its view, if it was the last one."""
        self.watchers.discard(watcher)
        watched, watcher.watched = watcher.watched, None
        if watched is not None:
            watched.watchers.discard(watcher)
            if not watched.watchers:
                self._views.pop(watched.view, None)

    def latency(self, watcher: Watcher, drawn: int, age: float) -> float | None:
        """ms from the arrival of a picture's newest sample to its drawing, `age` ms ago; None: unknown."""
        watched = watcher.watched
        at = watched.arrived(drawn) if watched is not None and drawn != watcher.late else None
        return None if at is None else max(0.0, (self.clock() - at) * 1000 - age)

    # the tick

    async def run(self) -> None:
        """Make pictures and hand them out, until cancelled."""
        while True:
            await self.rest()
            self.sweep()
            await self.attend_all()

    async def attend_all(self) -> None:
        """Attend to all views, those first that have waited longest."""
        for watched in sorted(self._views.values(), key=lambda each: each.due):
            if self.share.affordable() and watched.awake():
                await self.attend(watched)

    async def rest(self) -> None:
        """Wait until there may be something to do: for ever while nobody watches."""
        if self._stirred:
            self._stirred = False
            return await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        self._waking = loop.create_future()
        timer = loop.call_later(self.pause(), self.wake) if self.watchers else None
        try:
            await self._waking
        finally:
            self._waking, self._stirred = None, False
            if timer is not None:
                timer.cancel()

    def pause(self) -> float:
        """s until the next look."""
        now = time.monotonic()
        dues = [watched.due for watched in self._views.values() if watched.awake()]
        if not dues:
            return SWEEP
        if not self.share.affordable():
            return max(POLL, self.share.wait())
        ahead = min(dues) - now
        return ahead if ahead > 0 else min([POLL, *(due - now for due in dues if due > now)])

    def wake(self) -> None:
        """Have the next look now."""
        self._stirred = True
        if self._waking is not None and not self._waking.done():
            self._waking.set_result(None)

    async def attend(self, watched: Watched) -> None:
        """Make a view's next picture if it is time, and hand it to those who have not got it.

        What it takes is counted in processor time: that others keep the machine busy is not its fault.
        """
        began = time.thread_time()
        try:
            if time.monotonic() >= watched.due:
                self.renew(watched)
            if watched.behind:
                await self.hand_out(watched, began)
        except Exception:
            logging.getLogger(__name__).exception("A view could not be drawn")
            watched.due, watched.behind = time.monotonic() + AMISS, False

    def present(self, watched: Watched) -> bool:
        """Whether the newest picture of a view shows the memory as it is."""
        return watched.picture is not None and watched.seen == (self.memory.version, self.setup())

    def renew(self, watched: Watched) -> None:
        """Make the next picture of a view, if there is anything new in it."""
        now = time.monotonic()
        self.memory.advance(watched.view, self.clock())
        present = self.present(watched)
        if present and now - watched.read < READOUTS:
            return
        if not present:  # a sample need not wait because readouts have just been sent
            every = period(watched)
            watched.due = (now if now - watched.due > every / 2 else watched.due) + every
        seen = (self.memory.version, self.setup())
        made = watched.frame if present else self.made(watched, seen[1])
        if now - watched.read >= READOUTS or others(made, watched.frame):
            watched.read, watched.readouts = now, self.readings(watched, made)
        watched.seen = seen
        new = picture(
            made, legend(made, self.memory), watched.readouts,
            id=next(self._ids), view=watched.number, at=self.arrival(made), last=watched.picture,
        )  # fmt: skip
        if new.news:
            watched.show(new, made, len(self._views))
        else:
            self.delivery.nothing(watched)

    def made(self, watched: Watched, setup: Setup) -> Frame:
        """The frame of a view as it is now."""
        found = frame(watched.view, self.memory, setup, self.searches, self.rows)
        return displayed(watched, found, self.memory, self.searches, self.rows)

    def readings(self, watched: Watched, made: Frame) -> dict[str, object]:
        now = self.clock() // READOUTS * READOUTS  # the same for views that are read together
        return read(watched, made, self.memory, now) | self.common()

    def arrival(self, made: Frame) -> float | None:
        """When the newest sample of a frame's channels arrived, Unix s."""
        records = self.memory.records
        names = [trace.channel for trace in made.traces.values() if trace.channel in records]
        return max((records[name].updated for name in names), default=None)

    async def hand_out(self, watched: Watched, began: float) -> None:
        """Send the newest picture to all who can take it; in between, others have the loop.

        began  when the work for it was, thread_time s
        """
        watched.behind = False
        waiting = [watcher for watcher in watched.watchers if not watched.had_by(watcher)]
        breath = min(BREATH, BREATHS * WRITES / max(len(waiting), 1))
        for n, watcher in enumerate(waiting):
            if n % WRITES == WRITES - 1:
                self.share.took(time.thread_time() - began)
                await asyncio.sleep(breath)
                began = time.thread_time()
            if watcher.watched is watched and not watcher.paused:
                watched.behind |= not self.delivery.hand(watched, watcher)
        self.share.took(time.thread_time() - began)
        await asyncio.sleep(0)

    def sweep(self) -> None:
        """Give up viewers that have stalled, and tell others what became of knobs for channels that came."""
        now = time.monotonic()
        if now - self._swept < SWEEP:
            return
        self.share.adapt(now - self._swept)
        self._swept = now
        for watcher in list(self.watchers):
            if watcher.stalled(now):
                self.delivery.drop(watcher, "slow")
            elif watcher.turned is not None:
                self.turn(watcher)

    def turn(self, watcher: Watcher) -> None:
        """Tell a viewer what its knobs for channels do to their axes, if that has changed."""
        if watcher.turned is None or watcher.stream.writing():
            return
        found = verticals(watcher.turned, self.memory.records.get)
        if found != watcher.vertical:
            watcher.vertical = found
            watcher.tell({"vertical": found})
