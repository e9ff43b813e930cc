"""Cases over the network: a real server, asked through its lane and through Tornado in turns."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import orjson

from app.ingest.frames import BINARY, CLOSE, TEXT
from app.problems import CODES, LONGEST_MESSAGE
from scripts.benches.sockets import HANDSHAKE, masked
from scripts.fuzzing.corpus import FAMILIES, Seed
from scripts.fuzzing.damage import BLOCK, CHANGES, damaged

PATIENCE = 20.0  # s for an answer
HEAD_ELSE = 0.02  # share of the requests whose head is damaged, too
NUMBERED, CHUNKED = 0.1, 0.2  # shares of the requests with a number, and in chunks ...
LONG = 0.3  # ... and of those the ones that are so long that they are stored block by block
FRAMES_ELSE = 0.5  # share of the connections whose frames are damaged, beside what is in them
LANE, TORNADO = "lane", "tornado"
BODIES = [name for name in FAMILIES if FAMILIES[name] and name not in ("frames", "heads")]
BY_STATUS = {400: "bad_request"}
FAREWELLS = {1000, 1002, 1007, 1008, 1009, 1013}


class WireError(Exception):
    """The server did what it must not do."""


@dataclass(frozen=True)
class Request:
    """What is sent.

    broken  its head is damaged: it may be anything
    """

    way: str
    data: bytes
    broken: bool


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes

    @property
    def stored(self) -> bool:
        """Whether something was: also of a long body that was refused in the end."""
        return self.status < 400 or b'"first_not_stored"' in self.body


def requests(seed: int, n: int, first: int = 0) -> Iterator[tuple[int, Request]]:
    """The requests of a seed from a number on."""
    for k, roll in rolled("http", seed, n, first):
        seeds = FAMILIES[BODIES[int(roll() * len(BODIES))]]
        good = seeds[int(roll() * len(seeds))]
        data, broken = written(roll, damaged(roll, seeds), good), roll() < HEAD_ELSE
        if broken:
            data = broken_head(roll, data)
        yield k, Request((LANE, TORNADO)[k % 2], data, broken)


def connections(seed: int, n: int, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """What is sent over each WebSocket of a seed, after the handshake."""
    for k, roll in rolled("socket", seed, n, first):
        frames = bytearray()
        for _ in range(1 + int(roll() * 4)):
            found = damaged(roll, FAMILIES[BODIES[int(roll() * len(BODIES))]])
            frames += masked(found.body, (TEXT, BINARY)[int(roll() * 2)])
        if roll() < FRAMES_ELSE:
            for _ in range(1 + int(roll() * 3)):
                CHANGES[int(roll() * len(CHANGES))](roll, frames, FAMILIES["frames"])
        yield k, bytes(frames) + masked(b"\x03\xe8", CLOSE)


def rolled(kind: str, seed: int, n: int, first: int) -> Iterator[tuple[int, Callable[[], float]]]:
    """Dice for each number; a case has its own, so that it can be had again alone."""
    for k in range(first, first + n):
        yield k, Random(f"{kind}:{seed}:{k // BLOCK}:{k % BLOCK}").random


def written(roll: Callable[[], float], case: Seed, good: Seed) -> bytes:
    """The request of a case; some come in chunks, and some have a number.

    good  what comes before the damage in a long body, again and again
    """
    lines = [f"POST /data?{case.query} HTTP/1.1" if case.query else "POST /data HTTP/1.1", "Host: localhost"]
    if case.kind:
        lines.append(f"Content-Type: {case.kind}")
    if case.encoding:
        lines.append(f"Content-Encoding: {case.encoding}")
    if roll() < NUMBERED:
        lines += [f"X-Source-Id: s{int(roll() * 3)}", f"X-Seq: {int(roll() * 50)}"]
    in_chunks, body = roll() < CHUNKED, case.body
    if in_chunks and roll() < LONG:
        body = good.body * (1 + int(roll() * 1000)) + body
    lines.append("Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (chunks(roll, body) if in_chunks else body)


def chunks(roll: Callable[[], float], body: bytes) -> bytes:
    """The body in two parts of any size."""
    at = int(roll() * len(body))
    pieces = [piece for piece in (body[:at], body[at:]) if piece]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def broken_head(roll: Callable[[], float], data: bytes) -> bytes:
    """The request with a damage before its body; what it asks for stays."""
    head, body = data.split(b"\r\n\r\n", 1)
    found = bytearray(head[6:])
    CHANGES[int(roll() * len(CHANGES))](roll, found, FAMILIES["heads"])
    return head[:6] + bytes(found) + b"\r\n\r\n" + body


class Wire:
    """A connection over which requests go, one after the other.

    ends  the server has said that it closes it
    """

    def __init__(self, port: int, way: str) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.told = self.connection.makefile("rb")
        self.ends = False
        if way == TORNADO:
            self.ask(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def ask(self, data: bytes) -> Reply:
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have heard enough, and say so
            self.connection.sendall(data)
        found = self.reply()
        if found is None:
            raise WireError("no answer")
        return found

    def last(self, data: bytes) -> list[Reply]:
        """All that is answered to data after which nothing more comes."""
        try:
            self.connection.sendall(data)
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has had enough already
        found = list[Reply]()
        try:
            while (reply := self.reply()) is not None:
                found.append(reply)
        except ConnectionError:
            pass
        self.close()
        return found

    def reply(self) -> Reply | None:
        """The next answer; None: the connection has ended."""
        line = self.told.readline()
        if not line:
            return None
        headers = dict[bytes, bytes]()
        while text := self.told.readline().strip():
            name, _, value = text.partition(b":")
            headers[name.lower()] = value.strip()
        status = int(line.split(b" ")[1])
        body = self.told.read(int(headers.get(b"content-length", b"0")))
        check(status, headers, body)
        self.ends = headers.get(b"connection", b"").lower() == b"close"
        return Reply(status, body)

    def close(self) -> None:
        self.told.close()
        self.connection.close()


def check(status: int, headers: dict[bytes, bytes], body: bytes) -> None:
    """
    WireError  an answer that must not be: 5xx, or an error that is not told as all are
    """
    if status in (100, 204) or (status == 200 and not body):
        return
    if status >= 500:
        raise WireError(f"{status}: {body[:300]!r}")
    if headers.get(b"content-type", b"").partition(b";")[0] != b"application/json":
        raise WireError(f"{status} of type {headers.get(b'content-type')!r}")
    answer = orjson.loads(body)
    if status >= 400:
        faulty(status, headers, answer)


def faulty(status: int, headers: dict[bytes, bytes], answer: dict[str, object]) -> None:
    code, message = answer["code"], answer["message"]
    known = CODES.get(str(code), (0, ""))[0] == status and answer["status"] == "error"
    whole = answer["accepted"] == 0 or "first_not_stored" in answer
    if not known or headers.get(b"x-content-type-options") != b"nosniff" or not whole:
        raise WireError(f"{status} is told as {answer}")
    if not isinstance(message, str) or not message.isascii() or not 0 < len(message) <= LONGEST_MESSAGE:
        raise WireError(f"{status} with the message {message!r}")


def talked(port: int, frames: bytes) -> int:
    """Messages that were stored over one WebSocket.

    WireError  it was not answered as it should
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(HANDSHAKE)
        told = connection.makefile("rb")
        if b" 101 " not in told.readline():
            raise WireError("no WebSocket")
        while told.readline().strip():
            pass
        try:
            connection.sendall(frames)
            connection.shutdown(socket.SHUT_WR)
            return sum(acknowledged(kind, payload) for kind, payload in heard(told.read()))
        except ConnectionError:
            return 0


def heard(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of the server."""
    at = 0
    while at < len(data):
        first, size = data[at], data[at + 1]
        at += 2
        if size > 125:
            wide = 2 if size == 126 else 8
            size, at = int.from_bytes(data[at : at + wide]), at + wide
        yield first & 0x0F, data[at : at + size]
        at += size


def acknowledged(kind: int, payload: bytes) -> bool:
    if kind == CLOSE and int.from_bytes(payload[:2]) not in FAREWELLS:
        raise WireError(f"it said goodbye with {payload!r}")
    if kind != TEXT:
        return False
    answer = orjson.loads(payload)
    if "ack" not in answer and CODES[answer["code"]][0] >= 500:
        raise WireError(f"a message was answered {answer}")
    return "ack" in answer
