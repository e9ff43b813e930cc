"""Sources that number their requests and send them again as the contract tells clients to.

The same bytes with the same number, after growing, jittered pauses and no sooner than `Retry-After` says,
until they are acknowledged or refused.
"""

from __future__ import annotations

import asyncio
import random
import re
import select
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from tests.faults.history import FAIL, OK, UNKNOWN, History
from tests.faults.values import SHARED, channel_of, values

AGAIN = {408, 429, 502, 503, 504}  # statuses after which a request is sent again
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # s
PATIENCE = 10.0  # s for an answer
LARGEST = 80  # samples of a request
LEVEL = re.compile(rb'"durability":"([a-z]+)"')
BROKEN = (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """status 0: there was none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def wait(self) -> float:
        """Seconds that it asks for."""
        return float(self.headers.get("retry-after", 0))


class Line:
    """A connection for one request after the other, made when it is needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, patience: float = PATIENCE) -> Answer:
        """The answer; of status 0 if the connection broke."""
        try:
            async with asyncio.timeout(patience):
                return await self._asked(request)
        except BROKEN:
            self.close()
            return Answer(0)

    async def _asked(self, request: bytes) -> Answer:
        if self.streams is not None and dropped(self.streams[1]):
            self.close()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(request)
        answer = await answered(reader)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self.streams is not None:
            with suppress(RuntimeError):  # the loop has ended
                self.streams[1].close()
            self.streams = None


def dropped(writer: asyncio.StreamWriter) -> bool:
    """Whether the server has ended a connection on which nothing is awaited; HTTP libraries look, too."""
    looking = select.poll()
    looking.register(writer.get_extra_info("socket"), select.POLLIN)
    return writer.transport.is_closing() or bool(looking.poll(0))


async def answered(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(first.split()[1]), headers, body)


def post(body: bytes, headers: Sequence[str] = (), path: str = "/data") -> bytes:
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Seen:
    """What all sources heard.

    answers      statuses, 0 for none
    again        requests that were sent more than once
    duplicates   answers that said so
    levels       of durability, as answers name them
    rude         503 without a word when to come again
    took         (when it was asked, s to the answer, status) of each attempt
    """

    answers: Counter[int] = field(default_factory=Counter)
    again: int = 0
    duplicates: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    rude: int = 0
    took: list[tuple[float, float, int]] = field(default_factory=list)

    def count(self, began: float, answer: Answer) -> None:
        self.answers[answer.status] += 1
        self.took.append((began, time.monotonic() - began, answer.status))
        self.rude += answer.status == 503 and "retry-after" not in answer.headers
        if (found := LEVEL.search(answer.body)) is not None:
            self.levels[found[1].decode()] += 1

    def unexpected(self) -> dict[int, int]:
        """Statuses that no client should see."""
        return {status: n for status, n in self.answers.items() if status not in AGAIN | {0, 200}}


class Source:
    """One sender: a request, its answer, the next request.

    port   of the server; asked again for each attempt, as there may be several
    rate   requests a second; what it could not send in time it sends as soon as it can
    """

    def __init__(
        self,
        number: int,
        port: Callable[[], int],
        history: History,
        seen: Seen,
        seed: int,
        rate: float = 200.0,
    ) -> None:
        self.number, self.port, self.history, self.seen, self.rate = number, port, history, seen, rate
        self.rng = random.Random(f"source {seed} {number}")
        self.boot = f"{self.rng.getrandbits(64):x}"
        self.seq = 0
        self.line = Line(port())
        self.stopped = asyncio.Event()

    async def run(self) -> None:
        """Send until it is stopped and its last request is answered."""
        began = time.monotonic()
        while not self.stopped.is_set():
            due = began + self.seq / self.rate - time.monotonic()
            if due > 0:
                await asyncio.sleep(due)
            else:
                began = max(
                    began, time.monotonic() - 1 - self.seq / self.rate
                )  # a second at most is made up for
            await self.send()
        self.line.close()

    async def send(self) -> None:
        """The next request, until it is acknowledged or refused."""
        seq, self.seq = self.seq, self.seq + 1
        request, n, channels = self.request(seq)
        self.history.invoke(self.number, seq, n, channels)
        answer = await self.insist(request)
        end = OK if answer.status == 200 else UNKNOWN if answer.status in AGAIN | {0} else FAIL
        self.history.ended(self.number, seq, end, answer.status)

    def request(self, seq: int) -> tuple[bytes, int, tuple[str, ...]]:
        """Its bytes, its samples, its channels: now a point of one, now a block of two."""
        own = channel_of(self.number)
        x = time.time()
        if self.rng.random() < 0.1:
            (y,) = values(self.number, seq, 1)
            body, n, channels = {"x": x, "y": y, "channel": own}, 1, (own,)
        else:
            n = self.rng.randint(1, LARGEST)
            ys, channels = values(self.number, seq, n), (own, SHARED)
            body = {"t0": x, "dt": 1e-5, "channels": dict.fromkeys(channels, ys)}
        numbered = (
            "Content-Type: application/json",
            f"X-Source-Id: source-{self.number}",
            f"X-Boot-Id: {self.boot}",
            f"X-Seq: {seq}",
        )
        return post(orjson.dumps(body), numbered), n, channels

    async def insist(self, request: bytes) -> Answer:
        pause, attempts = FIRST_PAUSE, 0
        while True:
            answer = await self.attempt(request)
            attempts += 1
            self.seen.again += attempts == 2
            if answer.status == 200:
                self.seen.duplicates += b'"duplicate":true' in answer.body
            if answer.status not in AGAIN | {0} or (self.stopped.is_set() and attempts > 20):
                return answer
            await asyncio.sleep(max(answer.wait, self.rng.uniform(0, pause)))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def attempt(self, request: bytes) -> Answer:
        if (port := self.port()) != self.line.port:
            self.line.close()
            self.line = Line(port)
        began = time.monotonic()
        answer = await self.line.ask(request)
        self.seen.count(began, answer)
        return answer


class Load:
    """Sources that send while a block runs; all they have begun is answered at its end."""

    def __init__(
        self,
        port: int | Callable[[], int],
        history: History,
        seed: int,
        n: int = 4,
        rate: float = 200.0,
    ) -> None:
        self.seen = Seen()
        choose = port if callable(port) else lambda: port
        self.sources = [Source(k, choose, history, self.seen, seed, rate) for k in range(1, n + 1)]
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Load:
        self.tasks = [asyncio.create_task(source.run()) for source in self.sources]
        return self

    async def __aexit__(self, *_: object) -> None:
        for source in self.sources:
            source.stopped.set()
        for done in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done

    @property
    def channels(self) -> list[str]:
        return [SHARED, *(channel_of(source.number) for source in self.sources)]


async def accepting(port: int, patience: float = 120.0) -> float:
    """Seconds from now until the server takes a sample; TimeoutError when it does not."""
    began = time.monotonic()
    request = post(b'{"y": 1, "channel": "probe"}')
    while time.monotonic() - began < patience:
        line = Line(port)
        answer = await line.ask(request, 1.0)
        line.close()
        if answer.status == 200:
            return time.monotonic() - began
        await asyncio.sleep(0.01)
    raise TimeoutError(f"no sample was taken within {patience:g} s")
