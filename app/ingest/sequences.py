"""Numbered requests: what was stored already is not stored again, and what is missing is known.

A sender that numbers its requests may send one again when it has not heard the answer.
"""

from __future__ import annotations

import re
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from app.problems import Fault, Problem

KEPT_BYTES = 17  # of a request: fingerprint of 16 bytes, and one that is 1 for a single point
KEPT = 1024  # requests remembered of a sender
SENDERS = 10_000
REQUESTS = 1 << 20  # remembered of all senders together: 26 MB
SECONDS = 15 * 60.0  # after which a sender that has said nothing is forgotten
SOURCE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
NUMBER = re.compile(r"[0-9]{1,20}")
LARGEST = (1 << 64) - 1
KEY = re.compile(r"[!-~ ]{1,128}")
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """Which request of which sender it is.

    name    of the sender, or of the one request that has a key of its own
    n       its number; 0 where a key stands for it
    counts  whether numbers between are missing
    """

    name: Name
    n: int
    counts: bool

    def packed(self, content: bytes, plain: bool) -> bytes:
        """What a store keeps with the samples, so that it knows them again; see `Sequences.restore`."""
        return orjson.dumps([self.name, self.n, self.counts, content.hex(), plain])


class Source:
    """The newest requests of a sender, in 25 bytes each: their numbers, and what is kept of each.

    heard    s, when it sent the newest one
    highest  number; -1: there is none
    """

    __slots__ = ("_contents", "_numbers", "_oldest", "heard", "highest")

    def __init__(self, heard: float) -> None:
        self.heard, self.highest = heard, -1
        self._numbers, self._contents = array("Q"), bytearray()
        self._oldest = 0  # its place, once the next request takes that

    def __len__(self) -> int:
        return len(self._numbers)

    def get(self, n: int) -> bytes | None:
        """What is kept of a request; None: it is not known."""
        at = self._place(n)
        return None if at is None else bytes(self._contents[at : at + KEPT_BYTES])

    def put(self, n: int, kept: bytes) -> None:
        at = self._place(n)
        if at is not None:
            self._contents[at : at + KEPT_BYTES] = kept
        elif len(self) < KEPT:
            self._contents[KEPT_BYTES * len(self) :] = kept
            self._numbers.append(n)
        else:
            at = KEPT_BYTES * self._oldest
            self._numbers[self._oldest], self._contents[at : at + KEPT_BYTES] = n, kept
            self._oldest = (self._oldest + 1) % KEPT
        self.highest = max(self.highest, n)

    def _place(self, n: int) -> int | None:
        """Where the bytes of a request begin."""
        if n > self.highest:  # as nearly all are that are asked for
            return None
        try:
            return KEPT_BYTES * self._numbers.index(n)
        except ValueError:
            return None

    def packed(self) -> tuple[bytes, bytes]:
        """Numbers, and what is kept of each, in the order in which they came."""
        old, at = self._oldest, KEPT_BYTES * self._oldest
        numbers = self._numbers[old:] + self._numbers[:old]
        return numbers.tobytes(), bytes(self._contents[at:] + self._contents[:at])

    def restore(self, numbers: bytes, contents: bytes, highest: int) -> None:
        """Have what `packed` gave; of more than are kept, the newest."""
        self._numbers = array("Q", numbers)[-KEPT:]
        self._contents = bytearray(contents[-KEPT_BYTES * KEPT :])
        self.highest = highest


class Sequences:
    """The senders that number their requests, the one that was heard last at the end.

    gaps      how often a number was missing
    late      how often one came that had been missing
    requests  how many of them are remembered
    clock     seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.gaps = self.late = self.requests = 0
        self.sources: OrderedDict[Name, Source] = OrderedDict()

    def known(self, request: Numbered, content: bytes) -> bool | None:
        """Of a request that is stored already, whether it was a single point; None: it is new.

        content  fingerprint
        Problem  seq_conflict: the number was used for something else
        """
        self.forget()
        source = self.sources.get(request.name)
        kept = source.get(request.n) if source is not None else None
        if kept is None:
            return None
        if kept[:-1] != content:
            raise conflict(request)
        return kept[-1] == 1

    def missing(self, request: Numbered) -> int:
        """How many numbers were left out before this new one; -1: it is one of those that were."""
        source = self.sources.get(request.name)
        if source is None or not request.counts:
            return 0
        return request.n - source.highest - 1 if request.n > source.highest else -1

    def note(self, request: Numbered, content: bytes, plain: bool) -> None:
        """The request is stored; plain: as a single point."""
        missing = self.missing(request)
        self.gaps += missing > 0
        self.late += missing < 0
        now = self.clock()
        source = self.sources.setdefault(request.name, Source(now))
        self.sources.move_to_end(request.name)
        source.heard = now
        self.requests -= len(source)
        source.put(request.n, content + bytes((plain,)))
        self.requests += len(source)
        self._limit()

    def _limit(self) -> None:
        """Drop the senders that have been silent for longest, if there are too many, or too many requests."""
        while len(self.sources) > SENDERS or self.requests > REQUESTS:
            self._drop()

    def _drop(self) -> None:
        _, source = self.sources.popitem(last=False)
        self.requests -= len(source)

    def packed(self) -> bytes:
        """All that is known, for a store to keep; see `restore`."""
        now = self.clock()
        head = orjson.dumps([[name, now - s.heard, s.highest, len(s)] for name, s in self.sources.items()])
        parts = [source.packed() for source in self.sources.values()]
        numbers, contents = (b"".join(part[k] for part in parts) for k in (0, 1))
        return b"".join((len(head).to_bytes(8, "little"), head, numbers, contents))

    def restore(self, beside: bytes, notes: Iterable[bytes]) -> None:
        """Know again what a store has kept.

        beside  what `packed` gave once; empty: nothing
        notes   of requests that were stored after it, as `Numbered.packed` gave them
        """
        counted = self.gaps, self.late
        if beside:
            self._unpack(memoryview(beside))
        for note in notes:
            name, n, counts, content, plain = orjson.loads(note)
            request = Numbered(tuple(name), n, counts)
            self.note(request, bytes.fromhex(content), plain=plain)
        self.gaps, self.late = counted  # as of this process, and not of the one that noticed them

    def _unpack(self, data: memoryview) -> None:
        now, size = self.clock(), 8 + int.from_bytes(data[:8], "little")
        heads = orjson.loads(data[8:size])
        total = sum(head[-1] for head in heads)
        numbers, contents = data[size : size + 8 * total], data[size + 8 * total :]
        start = 0
        for name, age, highest, count in heads:
            stop = start + count
            source = self.sources[tuple(name)] = Source(now - age)
            own = contents[KEPT_BYTES * start : KEPT_BYTES * stop]
            source.restore(numbers[8 * start : 8 * stop].tobytes(), own.tobytes(), highest)
            self.requests += len(source)
            start = stop
        self._limit()

    def forget(self) -> None:
        """Drop the senders that have said nothing for a quarter of an hour; to be called now and then."""
        late = self.clock() - SECONDS
        while self.sources and next(iter(self.sources.values())).heard < late:
            self._drop()


def conflict(request: Numbered) -> Problem:
    what = f"number {request.n} was sent before" if request.counts else "the key was used before"
    message = f"{what} with another content; give each request its own, and X-Boot-Id to each start"
    return Problem("seq_conflict", message)


def numbered(headers: Mapping[str, str]) -> Numbered | None:
    """The number of a request, if it has one.

    Problem  bad_parameter
    """
    seq, key = headers.get("X-Seq"), headers.get("Idempotency-Key")
    if seq is None and key is None:
        return None
    token = headers.get("Authorization", "") or headers.get("X-Api-Key", "")
    whose = blake2b(token.encode(), digest_size=16).hexdigest() if token else ""
    if seq is None:
        return Numbered((whose, checked(KEY, key or "", "Idempotency-Key")), 0, counts=False)
    source = checked(SOURCE, headers.get("X-Source-Id", ""), "X-Source-Id")
    boot = headers.get("X-Boot-Id", "")
    if boot:
        checked(SOURCE, boot, "X-Boot-Id")
    n = int(checked(NUMBER, seq, "X-Seq"))
    if n > LARGEST:
        raise bad("X-Seq")
    return Numbered((whose, source, boot), n, counts=True)


def checked(form: re.Pattern[str], text: str, name: str) -> str:
    if not form.fullmatch(text):
        raise bad(name)
    return text


def bad(name: str) -> Problem:
    wants = {
        "X-Seq": "a whole number below 2^64, one more with each request, beside X-Source-Id",
        "Idempotency-Key": "1 to 128 printable ASCII characters",
    }.get(name, "1 to 64 letters, digits or . _ : -")
    return Problem("bad_parameter", f"{name} is not {wants}", [Fault("header", name)])


def fingerprint(body: bytes, kind: str, query: str) -> bytes:
    """What tells one content from another."""
    return blake2b(
        body, digest_size=16, key=blake2b(f"{kind}\n{query}".encode(), digest_size=16).digest()
    ).digest()
