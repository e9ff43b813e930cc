"""A body on its way in: kept up to the limit, beyond it dropped, so that its sender hears why."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.ingest.encodings import FREE, Inflated, plain
from app.problems import Problem

BODY_SECONDS = 15.0  # for a body within the limit
DROP_SECONDS = 10.0  # for the rest of one beyond it
DROP_BYTES = 64 << 20
UNPACKED = 256 << 10  # bytes in one iteration of the loop ...
PIECE = 1 << 10  # ... where each piece counts so many besides its own
BITES = 512, 8192  # bytes of a compressed body that are undone at once, at least and at most, ...
MEANT = 128 << 10  # ... so many that they stand for this, if they are like those before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a long body.

    pending  blocks that are not known to be stored
    moved    makes the problem of a block one of the whole body
    problem  why no block after these is stored, if there is one
    """

    told: dict[str, object]
    pending: list[asyncio.Future[Any]]
    moved: Callable[[Problem], Problem]
    problem: Problem | None = None


async def arrived(body: Outcome, said: bytes) -> bytes:
    """What is said of a long body once it is known of each of its blocks whether it is stored.

    Problem  of the first block that is not, or of the body
    """
    ended = await asyncio.gather(*body.pending, return_exceptions=True)
    error = next((how for how in ended if isinstance(how, BaseException)), body.problem)
    if error is not None:
        raise body.moved(error) if isinstance(error, Problem) else error
    return said


def stored(way: asyncio.Future[Any]) -> bool:
    return way.done() and not way.cancelled() and way.exception() is None


def lost(way: asyncio.Future[Any]) -> Problem | None:
    """Why a block is not stored, once that is known."""
    error = None if way.cancelled() else way.exception()
    return error if isinstance(error, Problem) else None


class Room:
    """Bodies that are on their way in, the one that has not come on for longest at the beginning.

    When it is full, one that has had its time makes way for the next: slow senders must not keep out others.

    most       how many there may be at once
    coming     all of which more is awaited, also those that are dropped
    closing    whether what is stored as it comes is to end
    wire       bytes of all bodies so far, as they came
    stored     whole ones whose samples are on their way to the store
    unpacked   bytes of compressed ones that were unpacked in this iteration of the loop
    waiting    compressed ones of which a piece waits for a later one, in their order
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.wire = self.stored = 0
        self.unpacked = 0
        self.waiting: OrderedDict[Intake, None] = OrderedDict()
        self.bodies: dict[Intake, float] = {}
        self.coming: set[Intake] = set()
        self.closing = False

    def enter(self, body: Intake) -> bool:
        """Let a body in, if it can be."""
        if len(self.bodies) >= self.most and not self.make_way():
            return False
        self.bodies[body] = self.clock()
        return True

    def make_way(self) -> bool:
        """Have the slowest go, if one has had its time."""
        now = self.clock()
        slowest = next((body for body, since in self.bodies.items() if now - since > body.fair), None)
        if slowest is not None:
            slowest.fail(crowded(self.most))
        return slowest is not None

    def refresh(self, body: Intake) -> None:
        """A body has come on."""
        if self.bodies.pop(body, None) is not None:
            self.bodies[body] = self.clock()

    def leave(self, body: Intake) -> None:
        self.bodies.pop(body, None)
        self.waiting.pop(body, None)

    def close(self) -> None:
        """The process ends: part with what is stored as it comes, which may have no end of its own."""
        self.closing = True
        for body in [body for body in self.coming if body.lasting]:
            body.part()

    def part(self) -> None:
        """Answer all that are still on their way."""
        for body in list(self.coming):
            body.part()

    def unpack(self, body: Intake) -> bool:
        """Whether a piece of a compressed body may be unpacked now: few bytes may stand for a megabyte.

        So much is unpacked in one iteration of the loop, and what waits for the next one is first then. One
        that has begun is before those that have not, so that bombs do not all lie half unpacked.
        """
        if self.unpacked < UNPACKED and next(iter(self.waiting), body) is body:
            self.waiting.pop(body, None)
            return True
        self.waiting[body] = None
        if body.begun:
            self.waiting.move_to_end(body, last=False)
        return False

    def spend(self, size: int) -> None:
        """A piece has been unpacked, to so many bytes."""
        if not self.unpacked:
            asyncio.get_running_loop().call_soon(self.renew)
        self.unpacked += PIECE + size

    def renew(self) -> None:
        self.unpacked = 0

    @contextmanager
    def storing(self) -> Iterator[None]:
        """The samples of a body are on their way to the store meanwhile."""
        self.stored += 1
        try:
            yield
        finally:
            self.stored -= 1


class Intake:
    """
    fair      s that it has in the room without coming on, also when others wait for its place
    lasting   whether some of it is stored already

    room      for this body; where there is none, it is read and dropped
    most      bytes on the wire
    give_up   called with the problem, at most once, when the body takes too long or has no end
    encoding  the body's Content-Encoding, undone as it comes
    """

    fair = 0.5
    lasting = False

    def __init__(self, most: int, room: Room, give_up: Callable[[Problem], None], encoding: str = "") -> None:
        self.most, self.room, self.give_up = most, room, give_up
        self.kept = bytearray()
        self.size = 0
        self.problem: Problem | None = None  # because of which the rest is dropped
        self.inflated: Inflated | None = None
        self.timer: asyncio.TimerHandle | None = None
        room.coming.add(self)
        self.allow(BODY_SECONDS)
        if not room.enter(self):
            self.drop(crowded(room.most))
            return
        if not plain(encoding):
            self.open(encoding)

    def open(self, encoding: str) -> None:
        try:
            self.inflated = Inflated(encoding)
        except Problem as problem:
            self.drop(problem)

    def ready(self) -> bool:
        """Whether a piece can be added now; else in a later iteration of the loop."""
        return self.inflated is None or self.room.unpack(self)

    @property
    def begun(self) -> bool:
        """Whether so little is unpacked that it may still be a bomb."""
        return self.inflated is not None and 0 < self.inflated.given <= FREE

    def bite(self, size: int) -> int:
        """How many of so many bytes can be added at once."""
        if self.inflated is None:
            return size
        least, most = BITES
        return min(size, max(least, min(most, MEANT * self.inflated.taken // (self.inflated.given or 1))))

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.room.wire += len(chunk)
        if self.problem is not None:
            if self.size > self.most + DROP_BYTES:
                self.expire()
        elif self.size > self.most:
            self.drop(too_large(self.most))
        elif self.inflated is None:
            self.kept += chunk
        else:
            self.inflate(chunk, self.inflated)

    def inflate(self, chunk: bytes, inflated: Inflated) -> None:
        before = inflated.given
        try:
            self.kept += inflated.take(chunk)
        except Problem as problem:
            self.drop(problem)
        self.room.spend(inflated.given - before)

    def drop(self, problem: Problem) -> None:
        """Keep nothing of the body, and read it to its end."""
        self.problem = problem.with_traceback(None)  # which would keep what has been unpacked already
        self.kept.clear()
        self.room.leave(self)
        self.inflated = None  # zstd takes megabytes for what it may look back at
        self.allow(DROP_SECONDS)

    def allow(self, seconds: float) -> None:
        """The time left for the body."""
        self.stop()
        self.timer = asyncio.get_running_loop().call_later(seconds, self.expire)

    def expire(self) -> None:
        self.fail(self.problem or late())

    def fail(self, problem: Problem) -> None:
        """Answer before the body has ended."""
        self.end()
        self.give_up(problem)

    def part(self) -> None:
        """The process ends before the body has."""
        self.fail(self.problem or ending())

    def end(self) -> None:
        """No more is awaited."""
        self.stop()
        self.room.leave(self)
        self.room.coming.discard(self)

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def whole(self) -> bytes | Problem | Outcome:
        """The body, or why there is none; of a body that is stored as it comes, what has become of it."""
        if self.problem is not None:
            return self.problem
        try:
            if self.inflated is not None:
                self.inflated.end()
        except Problem as problem:
            return problem
        return bytes(self.kept)


def late() -> Problem:
    return Problem("timeout", f"the body was not complete after {BODY_SECONDS:.0f} s; send smaller ones")


def ending() -> Problem:
    return Problem("draining", "this process ends; send it again", headers={"Retry-After": "1"})


def crowded(most: int) -> Problem:
    message = f"{most} bodies are on their way in, as many as this server takes at once"
    return Problem(
        "overloaded", message, headers={"Retry-After": "1"}, details={"limit": "requests", "max": most}
    )


def too_large(most: int) -> Problem:
    message = f"the body is larger than {most} bytes; send it in several"
    return Problem("body_too_large", message, details={"limit": "body", "max": most})
