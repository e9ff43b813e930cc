"""What a POST of samples means, whoever reads it from the network."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import orjson
from tornado.log import app_log

from app.config import Config
from app.guard.guard import Guard
from app.guard.sender import Sender
from app.ingest.batch import Asked, Limits, Partial, Point
from app.ingest.counts import ANY, Counts
from app.ingest.formats import NAMES, decoder, is_binary, media_type
from app.ingest.intake import Intake, Room
from app.ingest.query import parameters
from app.ingest.sequences import Numbered, Sequences, fingerprint, numbered
from app.ingest.stream import Outcome, Query, Stream, cutter
from app.memory.memory import ChannelLimit, Memory
from app.memory.record import Placed
from app.memory.samples import Origin, Samples
from app.problems import REQUEST_ID, Problem, rendered
from app.problems import told as told_of

Body = bytes | Problem | Outcome
SUCCESS = b'{"status":"success"}'
JSON = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Receiver:
    """The one place that decides what a POST is: samples in the memory, or a problem."""

    def __init__(self, memory: Memory, config: Config) -> None:
        self.memory = memory
        self.config = config
        self.limits = Limits(samples=config.max_samples, binary=config.max_binary_samples)
        self.guard = Guard(config)
        self.sequences = Sequences()
        self.room = Room(config.max_requests)
        self.counts = Counts()

    def most(self, headers: Mapping[str, str]) -> int:
        """Bytes that the body of a request with these headers may have on the wire."""
        binary = is_binary(headers.get("Content-Type", ""))
        return self.config.max_binary if binary else self.config.max_body

    def intake(
        self,
        headers: Mapping[str, str],
        query: str,
        clock: Callable[[], int],
        give_up: Callable[[Problem], None],
    ) -> Intake:
        """What takes in the body of a request with these headers; one in chunks may be stored as it comes."""
        encoding, kind = headers.get("Content-Encoding", ""), headers.get("Content-Type", "")
        if "Transfer-Encoding" in headers and not {"X-Seq", "Idempotency-Key"} & set(headers):
            with suppress(Problem):  # which the body will hear of
                asked = parameters(query)
                cut = cutter(kind, asked)
                if cut is not None:
                    store = partial(self.block, headers)
                    return Stream(cut, asked, store, clock, self.room, give_up, encoding)
        return Intake(self.most(headers), self.room, give_up, encoding)

    def block(self, headers: Mapping[str, str], body: bytes, query: Query, now: int) -> Sequence[Samples]:
        """Store a block of a long body.

        Problem  as for a request
        """
        sender = self.guard.sender(headers)
        batch, kind = self.read(headers.get("Content-Type", ""), body, now, query)
        if not sender.plain:
            self.weigh(batch, sender)
        self.placed(batch, now / 1e9)
        self.counts.stored(kind, batch, len(body))
        return batch

    def received(self, headers: Mapping[str, str], body: Body, now: int, query: str = "") -> Answer:
        """The answer to a whole request; never an exception.

        body  without its Content-Encoding, or why there is none, or what has become of it already
        now   nanoseconds since 1970
        """
        try:
            answer = Answer(200, self.stored(headers, body, now, query), JSON)
        except Problem as problem:
            answer = self.refused(problem, headers)
        except Exception as error:
            answer = failure(error, headers)
        self.counts.answers[answer.status] += 1
        return self.readable(answer, headers) if "Origin" in headers else answer

    def refused(self, problem: Problem, headers: Mapping[str, str]) -> Answer:
        """The answer to a request that is not taken."""
        self.counts.refusals[(problem.code,)] += 1
        return refusal(problem, headers)

    def readable(self, answer: Answer, headers: Mapping[str, str]) -> Answer:
        """The answer, which the page that sent the request may read if it is one of the allowed."""
        shared = self.guard.shared(headers)
        return Answer(answer.status, answer.body, {**answer.headers, **shared}) if shared else answer

    def stored(self, headers: Mapping[str, str], body: Body, now: int, query: str) -> bytes:
        """Store the samples; returns what is said of them."""
        if isinstance(body, dict):
            return orjson.dumps(body)
        sender = self.guard.sender(headers)
        if isinstance(body, Problem):
            raise body
        request = numbered(headers)
        if request is None:
            return self.taken(headers, body, now, query, sender)[0]
        return self.once(request, headers, body, now, query, sender)

    def once(
        self,
        request: Numbered,
        headers: Mapping[str, str],
        body: bytes,
        now: int,
        query: str,
        sender: Sender,
    ) -> bytes:
        """Store the samples of a numbered request, if they are not stored yet."""
        content = fingerprint(body, headers.get("Content-Type", ""), query)
        again = self.sequences.answered(request, content)
        if again is not None:
            self.counts.batches[ANY, "duplicate"] += 1
            return again
        said, repeated = self.taken(headers, body, now, query, sender, request)
        self.sequences.note(request, content, repeated)
        return said

    def taken(
        self,
        headers: Mapping[str, str],
        body: bytes,
        now: int,
        query: str,
        sender: Sender,
        request: Numbered | None = None,
    ) -> tuple[bytes, bytes]:
        """Store the samples; the answer, and what is answered if the same comes again."""
        batch, kind = self.read(headers.get("Content-Type", ""), body, now, parameters(query))
        if not sender.plain:
            self.weigh(batch, sender)
        placed = self.placed(batch, now / 1e9, self.sequences.missing(request) if request else None)
        self.counts.stored(kind, batch, len(body))
        if isinstance(batch, Point):
            return SUCCESS, SUCCESS
        n = request.n if request is not None and request.counts else None
        return receipt(batch, placed, n), repeated(n)

    def read(self, content_type: str, body: bytes, now: int, query: Query) -> tuple[list[Samples], str]:
        """The samples of a body, and the name of its format."""
        read = decoder(media_type(content_type), body, query)
        kind = NAMES[read]
        try:
            return read(body, Asked(now, self.limits, query)), kind
        except Problem:
            self.counts.batches[kind, "rejected"] += 1
            raise

    def weigh(self, batch: Sequence[Samples], sender: Sender) -> None:
        """Have the sender's limits take note of a batch.

        Problem  forbidden, rate_limited
        """
        names = {samples.channel for samples in batch}
        sender.write(names, len(names - self.memory.records.keys()), sum(map(len, batch)))

    def placed(self, batch: list[Samples], now: float, missing: int | None = None) -> list[Placed]:
        try:
            return self.memory.append(batch, now, missing)
        except ChannelLimit as error:
            message = (
                f"this would be channel {error.limit + 1} or more; delete one of the {error.limit} first"
            )
            details = {"limit": "channels", "max": error.limit}
            raise Problem("channel_limit", message, details=details) from None


def repeated(n: int | None) -> bytes:
    """The answer to a batch that is stored already."""
    return orjson.dumps(outcome(0, n, duplicate=True))


def outcome(accepted: int, n: int | None, *, duplicate: bool) -> dict[str, object]:
    """What is said of every batch; n is its number, if it has one."""
    number = {} if n is None else {"seq": n}
    told = {"duplicate": duplicate, "durability": "memory"}
    return {"status": "success", "accepted": accepted, **number, **told}


def receipt(batch: Sequence[Samples], placed: Sequence[Placed], n: int | None = None) -> bytes:
    """The answer to a batch; where the server chose the x of a block, it says which."""
    answer = outcome(sum(map(len, batch)), n, duplicate=False)
    if isinstance(batch, Partial):
        answer["accepted"] = sum(map(len, batch)) - batch.gaps
        rejected = {"rejected": batch.rejected, "error_count": batch.rejected}
        answer |= {"status": "partial", **rejected, "errors": [told_of(fault) for fault in batch.faults]}
    if batch[0].origin is Origin.NEXT:
        answer |= {"x0": placed[0].x0, "dt": batch[0].step}
    return orjson.dumps(answer)


def refusal(problem: Problem, headers: Mapping[str, str]) -> Answer:
    """The answer to a request with these headers that has this problem."""
    return told(problem, headers, request_id(headers))


def failure(error: Exception, headers: Mapping[str, str]) -> Answer:
    """The answer to a request that met a bug, which is logged."""
    number = request_id(headers)
    app_log.error("request %s failed", number, exc_info=error)
    return told(Problem("internal", "a bug in the server; its log names this request_id"), headers, number)


def told(problem: Problem, headers: Mapping[str, str], number: str) -> Answer:
    content_type, body = rendered(problem, number, headers.get("Accept", ""))
    said = JSON | {"Content-Type": content_type, "X-Request-Id": number} | problem.headers
    return Answer(problem.status, body, said)


def request_id(headers: Mapping[str, str]) -> str:
    """What nginx gave the request, if it did and it is harmless, else a new one."""
    given = headers.get("X-Request-Id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
