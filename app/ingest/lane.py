"""The lane for POST /data: a sender's connection, as long as nothing else is asked on it.

A single point costs Tornado several times what it costs to decode and store it. The lane reads, answers and
reads again, without a task or a future.
"""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from tornado.log import app_log

from app.ingest.answer import Answer
from app.ingest.intake import Intake, ending
from app.ingest.lanes import Shared
from app.ingest.receiver import Body
from app.ingest.requests import BARE_LF, HEAD_ENDS, Chunked, Head, Sized, head, malformed
from app.problems import Problem

OURS = (b"POST /data ", b"POST /data?")
POSTED = "/data", "POST"
CHUNK = 1 << 16  # bytes read at once
TURN = 32  # requests of one connection before the others have their turn
HEAD_SECONDS = 10.0  # for a head, from its first byte
LINGER = 1.0  # s in which a sender may still read the answer of a connection that ends
ENDLESS = 1 << 62  # bytes
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Coming:
    """A request whose body is not yet whole."""

    head: Head
    framing: Sized | Chunked
    intake: Intake


class Lane:
    """One connection in the lane.

    rest    what has been read and not used
    stored  the answer to a request whose samples are on their way to the store; nothing is read meanwhile
    coming  the request whose body is awaited
    unsent  what the sender has not taken; until it has, nothing more is read
    """

    def __init__(self, shared: Shared, connection: socket.socket, address: Any) -> None:
        self.shared, self.connection, self.address = shared, connection, address
        self.loop = asyncio.get_running_loop()
        self.rest = self.unsent = b""
        self.coming: Coming | None = None
        self.ending = False
        self.waiting: asyncio.Handle | None = None
        self.stored: asyncio.Future[Answer] | None = None
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.add_reader(connection, self.readable)
        self.deadline = self.loop.time() + self.shared.patience
        self.timer = self.loop.call_at(self.deadline, self.watch)
        shared.lanes.add(self)

    @property
    def busy(self) -> bool:
        """Whether a request has begun and is not yet answered."""
        under_way = self.coming is not None or self.stored is not None
        return under_way or bool(self.unsent) or self.waiting is not None

    # reading

    def readable(self) -> None:
        try:
            data = self.connection.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif not self.ending:
            self.rest = self.rest + data if self.rest else data
            self.turn()

    def turn(self) -> None:
        """Answer what has come, but not so much of it that others wait."""
        try:
            for _ in range(TURN):
                if self.coming is not None and not self.coming.intake.ready():
                    break
                if not (self.begin() if self.coming is None else self.go_on(self.coming)):
                    return
        except Problem as problem:
            self.stop(problem)
        except Exception:
            app_log.error("a connection failed", exc_info=True)
            self.close()
        else:
            self.loop.remove_reader(self.connection)
            self.waiting = self.loop.call_soon(self.next_turn)

    def next_turn(self) -> None:
        self.waiting = None
        if not self.unsent:
            self.loop.add_reader(self.connection, self.readable)
        if not self.ending:
            self.turn()

    def begin(self) -> bool:
        """Read the head of a request, and all of it if it is there. False: nothing can be done at present."""
        rest = self.rest
        if not rest.startswith(OURS):
            rest = self.rest = rest.lstrip(b"\r\n")  # some senders end their bodies with a line
            if not rest.startswith(OURS):
                return self.other(rest)
        start = rest.find(b"\r\n\r\n") + 4
        if start < 4:
            return self.await_head(rest)
        if start > self.shared.longest:
            raise malformed()
        if self.shared.receiver.closed:
            raise ending()
        found = head(rest[:start])
        whole = found.length is not None and found.length <= min(len(rest) - start, self.shared.most)
        if found.length is None or found.encoded or not whole:
            return self.await_body(found, rest[start:])
        stop = start + found.length
        self.rest = rest[stop:]
        self.shared.receiver.room.wire += found.length
        return self.answer(found, rest[start:stop])

    def await_head(self, rest: bytes) -> bool:
        if len(rest) > self.shared.longest or BARE_LF.search(rest):
            raise malformed()
        self.hurry()
        return False

    def other(self, rest: bytes) -> bool:
        """Hand the connection over once the head is there, unless this can still become a POST."""
        ours = any(start.startswith(rest) for start in OURS)
        if not ours and (HEAD_ENDS.search(rest) or len(rest) > self.shared.longest):
            self.leave()
            self.shared.hand_over(self.connection, rest, self.address)
        elif rest:
            self.hurry()
        return False

    def hurry(self) -> None:
        """Await the rest of a head that has begun, and no longer than that may take."""
        late = self.loop.time() + HEAD_SECONDS
        if late < self.deadline:
            self.deadline = late
            self.timer.cancel()
            self.timer = self.loop.call_at(late, self.watch)

    def await_body(self, found: Head, rest: bytes) -> bool:
        framing = Chunked() if found.length is None else Sized(found.length)
        intake = self.shared.receiver.intake(found.headers, found.query, self.shared.clock, self.refuse)
        self.coming = Coming(found, framing, intake)
        self.rest = rest
        if found.expects:
            self.send(GO_ON)
        return (bool(rest) or framing.done) and not self.unsent and not self.ending

    def go_on(self, coming: Coming) -> bool:
        """Read on in a body."""
        n = coming.intake.bite(len(self.rest))
        piece, rest = coming.framing.take(self.rest[:n])
        self.rest = rest + self.rest[n:]
        coming.intake.add(piece)
        if self.ending or not coming.framing.done:
            return bool(self.rest) and not self.ending
        coming.intake.end()
        self.coming = None
        return self.answer(coming.head, coming.intake.whole())

    # answering

    def answer(self, found: Head, body: Body) -> bool:
        """Answer a whole request; whether the next one can be looked at."""
        began = time.perf_counter()
        said = self.shared.receiver.received(found.headers, body, self.shared.clock(), found.query)
        if not isinstance(said, Answer):
            self.stored = said
            self.loop.remove_reader(self.connection)
            said.add_done_callback(partial(self.arrived, found, began))
            return False
        self.tell(found, said, began)
        return bool(self.rest) and not self.unsent and not self.ending

    def tell(self, found: Head, said: Answer, began: float) -> None:
        """
        began  when the request was whole, perf_counter s
        """
        self.shared.receiver.answers.note(*POSTED, said.status, time.perf_counter() - began)
        self.ending = self.shared.closing or not found.stays
        self.deadline = self.loop.time() + self.shared.patience
        self.send(self.shared.encoded(said, "close" if self.shared.closing else found.connection))

    def arrived(self, found: Head, began: float, said: asyncio.Future[Answer]) -> None:
        """Answer a request whose samples are in the store by now, and go on."""
        self.stored = None
        if self.connection.fileno() < 0 or said.cancelled():
            return
        self.loop.add_reader(self.connection, self.readable)
        self.tell(found, said.result(), began)
        if self.rest and not self.unsent and not self.ending:
            self.turn()

    def stop(self, problem: Problem) -> None:
        """Nothing more can be read; the answer to a body that has begun may have to wait."""
        self.rest = b""
        if self.coming is None:
            self.refuse(problem)
            return
        self.coming.framing = Sized(ENDLESS)
        self.coming.intake.fail(problem)

    def refuse(self, problem: Problem) -> None:
        """Answer before the request has ended, and end the connection."""
        headers = {}
        if self.coming is not None:
            self.coming.intake.end()
            headers, self.coming = dict(self.coming.head.headers), None
        self.ending = True
        receiver = self.shared.receiver
        answer = receiver.refused(problem, headers)
        receiver.answers.note(*POSTED, answer.status, 0.0)
        self.send(self.shared.encoded(receiver.readable(answer, headers), "close"))

    def send(self, data: bytes) -> None:
        if self.unsent:
            self.unsent += data
            return
        self.unsent = data
        self.write()
        if self.unsent and self.connection.fileno() >= 0:
            self.loop.remove_reader(self.connection)
            self.loop.add_writer(self.connection, self.writable)
            self.hurry()

    def write(self) -> None:
        """Give the kernel what it takes."""
        try:
            self.unsent = self.unsent[self.connection.send(self.unsent) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        if self.ending and not self.unsent:
            self.end()

    def writable(self) -> None:
        self.write()
        if self.unsent or self.connection.fileno() < 0:
            return
        self.loop.remove_writer(self.connection)
        self.loop.add_reader(self.connection, self.readable)
        if not self.ending:
            self.turn()

    # ending

    def end(self) -> None:
        """Say that nothing more comes, and wait for the sender to close: else it might lose the answer."""
        self.rest = b""
        self.timer.cancel()
        self.timer = self.loop.call_later(LINGER, self.close)
        try:
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def watch(self) -> None:
        """Close a connection on which nothing happens."""
        now = self.loop.time()
        if now >= self.deadline and self.coming is None and self.stored is None:
            self.close()
        else:
            self.timer = self.loop.call_at(max(self.deadline, now + LINGER), self.watch)

    def close(self) -> None:
        if self.connection.fileno() >= 0:
            self.ending = True
            self.leave()
            self.connection.close()

    def leave(self) -> None:
        """Let go of the connection."""
        self.unsent = b""
        self.loop.remove_reader(self.connection)
        self.loop.remove_writer(self.connection)
        self.timer.cancel()
        if self.waiting is not None:
            self.waiting.cancel()
        if self.coming is not None:
            self.coming.intake.end()
        self.shared.lanes.discard(self)
