"""How a process ends: nothing that it has begun is left undone, and it takes five seconds at the most."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from app.feed.feed import Feed
from app.guard.gate import Gate
from app.ingest.lane_server import LaneServer
from app.ingest.receiver import Receiver
from app.ingest.socket import Senders

QUEUED = 0.1  # s in which connections that wait to be taken are taken
LEFT_WITHIN = 2.0  # s in which open connections are still served though another process is there
DRAINED_WITHIN = 1.8  # s for requests under way, also those that wait for Redis
KEPT_WITHIN = 1.2  # s for recordings
TAKEN_WITHIN = 0.2  # s in which senders take their last answers
CLOSED_WITHIN = 0.2  # s for connections that are closed; from QUEUED to here, 3.7 s in all
STEP = 0.01  # s
RESTART = 1012  # close code of a WebSocket


class Drain:
    """The end of one process, in order.

    begun    whether it has begun: nothing new is to be sent here
    urgent   whether nobody has time for what may still come on open connections
    closing  what is closed once all requests are answered, in this order
    keeping  what has more to do then: it brings to the disk what people keep
    """

    def __init__(
        self, http: LaneServer, gate: Gate, receiver: Receiver, feed: Feed, senders: Senders
    ) -> None:
        self.http, self.gate, self.receiver = http, gate, receiver
        self.feed, self.senders = feed, senders
        self.begun = self.urgent = False
        self.closing: list[Callable[[], Awaitable[None]]] = []
        self.keeping: list[Callable[[], Awaitable[None]]] = []

    async def leave(self) -> None:
        """Another process listens where this one did: answer what still comes on connections that are open.

        Each is closed with its next answer, so that its sender opens the next one over there; those on which
        nothing comes are closed in the end. `_connections` is not public (Tornado 6.6).
        """
        self.begun = self.http.shared.closing = self.gate.closing = True
        await asyncio.sleep(QUEUED)
        self.http.stop()
        lanes, others = self.http.shared.lanes, self.http._connections
        await self.until(lambda: self.urgent or (not lanes and not others), LEFT_WITHIN)
        for lane in [lane for lane in lanes if not lane.busy]:
            lane.close()
        coming = {request.server_conn for request in self.gate.passing}
        for other in others:
            if other.stream.reading() and other not in coming:
                other.stream.close()

    async def run(self) -> None:
        """Take no more, let what has begun come to its end, and close everything."""
        self.begun = self.http.shared.closing = self.gate.closing = True
        self.receiver.closed = True
        self.senders.close()
        await asyncio.sleep(QUEUED)  # those who come now hear why
        self.http.stop()
        self.receiver.room.close()
        await self.until(lambda: not self.under_way() and not self.receiver.room.stored, DRAINED_WITHIN)
        self.receiver.room.part()
        self.senders.close()  # of those, too, whose handshake was under way
        self.feed.delivery.dropped[("shutdown",)] += len(self.feed.watchers)
        for watcher in list(self.feed.watchers):
            watcher.dismiss(RESTART)
        for keep in self.keeping:
            await within(KEPT_WITHIN, keep)
        await self.until(self.taken, TAKEN_WITHIN)
        for close in (*self.closing, self.http.close_all_connections):
            await within(CLOSED_WITHIN, close)

    def under_way(self) -> int:
        """Requests that have begun and are not yet answered; messages of a WebSocket are one together."""
        return len(self.gate.passing) + self.http.under_way + self.senders.waiting

    def taken(self) -> bool:
        """Whether all senders have gone that were sent away: one who has not might lose the answer."""
        return not self.senders.open and not any(lane.ending for lane in self.http.shared.lanes)

    async def until(self, reached: Callable[[], bool], seconds: float) -> None:
        late = time.monotonic() + seconds
        while not reached() and time.monotonic() < late:
            await asyncio.sleep(STEP)


async def within(seconds: float, close: Callable[[], Awaitable[None]]) -> None:
    """Close something, but not for longer than this."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await close()
