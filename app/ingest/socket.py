"""GET /data as a WebSocket: what a POST may hold, a message for each, over one connection.

Tornado takes several times as long for a message as storing a point does, so it does the handshake only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

import orjson
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import Application
from tornado.websocket import WebSocketProtocol13

from app.ingest.answer import Answer
from app.ingest.frames import CLOSE, PING, PONG, TEXT, FrameError, Frames, framed, goodbye
from app.ingest.intake import ending
from app.ingest.receiver import Receiver
from app.problems import JsonHandler, NotFound, Problem

CHUNK = 1 << 16  # bytes read at once
UNANSWERED = 32  # messages taken before the answers are out, and others have their turn
PATIENCE = 20.0  # s without a word before one is asked for, and again before the connection is closed
LONG = 16 << 10  # bytes of a message that others need not wait for
LINGER = 1.0  # s in which a sender may still read why it was sent away
NORMAL, FORBIDDEN, RESTART, LATER = 1000, 1008, 1012, 1013  # close codes
ENDS = {401: FORBIDDEN, 403: FORBIDDEN, 503: LATER}  # answers after which nothing more is taken
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
SENDERS_OWN = ("Accept", "Authorization", "Host", "Origin", "Sec-Fetch-Site", "X-Api-Key")
TOKEN = "token="


@dataclass(eq=False)
class Senders:
    """The open connections, and what they have in common.

    clock  nanoseconds since 1970
    """

    receiver: Receiver
    clock: Callable[[], int] = time.time_ns
    open: set[Connection] = field(default_factory=set)

    def application(self) -> Application:
        """A web server for their handshakes."""
        return Application([(r"/data", Handshake, {"senders": self})], default_handler_class=NotFound)

    @property
    def waiting(self) -> int:
        """How many are not yet told of all that was taken from them."""
        return sum(connection.taking for connection in self.open)

    def close(self) -> None:
        """Send all of them away, as the server ends."""
        for connection in list(self.open):
            connection.end(RESTART, "the server ends")


class Handshake(JsonHandler):
    """The beginning of a connection; what can be refused is refused in JSON before the upgrade."""

    def initialize(self, senders: Senders) -> None:
        self.senders = senders

    async def get(self) -> None:
        headers, query = told(self.request)
        self.check(headers)
        accept = WebSocketProtocol13.compute_accept_value(self.request.headers["Sec-WebSocket-Key"])
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        greeting = "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""])
        self.set_status(101)
        self._log()  # which Tornado does at an end that this one has not
        stream = self.detach()
        stream.set_nodelay(True)
        with suppress(StreamClosedError):
            await stream.write(greeting.encode())
            await Connection(self.senders, stream, headers, query).run()

    def check(self, headers: Mapping[str, str]) -> None:
        """
        Problem  upgrade_required, bad_request, draining, or what keeps this sender from sending
        """
        asked = self.request.headers
        if asked.get("Upgrade", "").lower() != "websocket" or asked.get("Sec-WebSocket-Version") != "13":
            raise Problem("upgrade_required", "samples come over a WebSocket of version 13", headers=UPGRADE)
        upgrades = "upgrade" in asked.get("Connection", "").lower() and self.request.version == "HTTP/1.1"
        if "Sec-WebSocket-Key" not in asked or not upgrades:
            raise Problem("bad_request", "the headers of a WebSocket are not complete")
        if self.senders.receiver.closed:
            raise ending()
        self.senders.receiver.guard.writer(headers)
        most = self.senders.receiver.config.max_senders
        if len(self.senders.open) >= most:
            raise full(most)


class Connection:
    """One sender. Messages are numbered from 1, and each is answered with its number.

    over    nothing more is taken
    gone    the sender has said goodbye
    long    the newest message is one that may have to wait for its turn
    taking  messages have been taken that are not yet answered
    why     code and reason with which it is closed
    """

    def __init__(self, senders: Senders, stream: IOStream, headers: Mapping[str, str], query: str) -> None:
        self.senders, self.stream, self.headers, self.query = senders, stream, headers, query
        self.frames = Frames(senders.receiver.most(headers))
        self.n = 0
        self.over = self.gone = self.long = self.taking = False
        self.why = NORMAL, ""
        self.heard = True
        self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.watch)

    async def run(self) -> None:
        """Take messages until the sender goes or is sent away."""
        self.senders.open.add(self)
        try:
            while not self.gone:
                data = await self.stream.read_bytes(CHUNK, partial=True)
                self.heard = True
                if not self.over:
                    self.taking = True
                    await self.take(data)
                    self.taking = False
                    if self.over:
                        self.farewell()
        finally:
            self.timer.cancel()
            self.senders.open.discard(self)
            self.stream.close()

    async def take(self, data: bytes) -> None:
        """Heed the messages that are complete with these bytes.

        Nothing more is read before the answers are out: a sender that does not take them is slowed down.
        """
        turn: list[bytes | asyncio.Future[bytes]] = []
        for said in self.answers(data):
            if self.long and not isinstance(said, bytes):
                said = await said  # what follows it is to be stored after it
            turn.append(said)
            if len(turn) == UNANSWERED:
                await self.tell(turn)
                turn = []
                await asyncio.sleep(0)
        await self.tell(turn)

    async def tell(self, turn: list[bytes | asyncio.Future[bytes]]) -> None:
        if turn:
            said = [each if isinstance(each, bytes) else await each for each in turn]
            await self.stream.write(b"".join(said))

    def answers(self, data: bytes) -> Iterator[bytes | asyncio.Future[bytes]]:
        try:
            for kind, payload in self.frames.feed(data):
                yield self.answer(kind, payload)
                if self.over:
                    return
        except FrameError as error:
            self.end(error.code, str(error))

    def answer(self, kind: int, payload: bytes) -> bytes | asyncio.Future[bytes]:
        if kind == PING:
            return framed(PONG, payload)
        if kind == PONG:
            return b""
        if kind == CLOSE:
            self.gone = True
            self.end(NORMAL, "")
            return b""
        self.n += 1
        self.long = len(payload) > LONG
        self.senders.receiver.room.wire += len(payload)
        said = self.senders.receiver.received(self.headers, payload, self.senders.clock(), self.query)
        return (
            self.said(said, self.n)
            if isinstance(said, Answer)
            else asyncio.ensure_future(self.later(said, self.n))
        )

    async def later(self, said: asyncio.Future[Answer], n: int) -> bytes:
        return self.said(await said, n)

    def said(self, said: Answer, n: int) -> bytes:
        """What is answered to message n."""
        if said.status == 200:
            return framed(TEXT, b'{"ack":%d}' % n)
        answer = framed(TEXT, orjson.dumps(orjson.loads(said.body) | {"n": n}))
        if said.status in ENDS:
            self.end(ENDS[said.status], "see the last answer")
        return answer

    def end(self, code: int, reason: str) -> None:
        """Send the sender away, once it is told of all that was taken from it."""
        if self.over or self.stream.closed():
            return
        self.over, self.why = True, (code, reason)
        if not self.taking:
            self.farewell()

    def farewell(self) -> None:
        """Write the last frame; what comes after it is read and dropped, for a moment."""
        self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(LINGER, self.stream.close)
        self.stream.write(goodbye(*self.why))

    def watch(self) -> None:
        """Ask a silent sender for a word, and close the connection of one that does not say it."""
        if not self.heard:
            self.stream.close()
            return
        self.heard = False
        if not self.stream.writing():
            self.stream.write(framed(PING, b""))
        self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.watch)


def full(most: int) -> Problem:
    message = f"{most} WebSockets of senders are open, as many as this server allows"
    details = {"limit": "senders", "max": most}
    return Problem("overloaded", message, headers={"Retry-After": "10"}, details=details)


def told(request: HTTPServerRequest) -> tuple[Mapping[str, str], str]:
    """The headers that say who sends, and the query; a token in it becomes a header."""
    headers = {name: request.headers[name] for name in SENDERS_OWN if name in request.headers}
    parts = request.query.split("&")
    for part in parts:
        if part.startswith(TOKEN):
            headers.setdefault("Authorization", f"Bearer {unquote(part.removeprefix(TOKEN))}")
    query = "&".join(part for part in parts if not part.startswith(TOKEN))
    if "dtype=" in query:
        headers["Content-Type"] = "application/octet-stream"
    return headers, query
