"""Numbered requests: what was stored already is not stored again, and what is missing is known.

A sender that numbers its requests may send one again when it has not heard the answer.
"""

from __future__ import annotations

import re
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

import orjson

from app.problems import Fault, Problem

KEPT_BYTES = 17  # of a request: fingerprint and a byte
KEPT = 1024  # requests remembered of a sender
SENDERS = 10_000
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


@dataclass(slots=True)
class Source:
    """The newest requests of a sender: number -> fingerprint, and a byte that is 1 for a single point."""

    heard: float
    stored: OrderedDict[int, bytes] = field(default_factory=OrderedDict)
    highest: int = -1


class Sequences:
    """The senders that number their requests, the one that was heard last at the end.

    gaps   how often a number was missing
    late   how often one came that had been missing
    clock  seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.gaps = self.late = 0
        self.sources: OrderedDict[Name, Source] = OrderedDict()

    def known(self, request: Numbered, content: bytes) -> bool | None:
        """Of a request that is stored already, whether it was a single point; None: it is new.

        content  fingerprint
        Problem  seq_conflict: the number was used for something else
        """
        self.forget()
        source = self.sources.get(request.name)
        kept = source.stored.get(request.n) if source is not None else None
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
        source.stored[request.n] = content + bytes((plain,))
        source.highest = max(source.highest, request.n)
        if len(source.stored) > KEPT:
            source.stored.popitem(last=False)
        if len(self.sources) > SENDERS:
            self.sources.popitem(last=False)

    def packed(self) -> bytes:
        """All that is known, for a store to keep; see `restore`."""
        now = self.clock()
        heads = [[name, now - s.heard, s.highest, len(s.stored)] for name, s in self.sources.items()]
        numbers = array("Q", chain.from_iterable(s.stored for s in self.sources.values()))
        contents = b"".join(chain.from_iterable(s.stored.values() for s in self.sources.values()))
        head = orjson.dumps(heads)
        return len(head).to_bytes(8, "little") + head + numbers.tobytes() + contents

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
        numbers = array("Q", data[size : size + 8 * total].tobytes())
        at, start = size + 8 * total, 0
        for name, age, highest, count in heads:
            found = range(start, start + count)
            kept = ((numbers[k], bytes(data[at + KEPT_BYTES * k : at + KEPT_BYTES * (k + 1)])) for k in found)
            self.sources[tuple(name)] = Source(now - age, OrderedDict(kept), highest)
            start += count

    def forget(self) -> None:
        """Drop the senders that have said nothing for a quarter of an hour."""
        late = self.clock() - SECONDS
        while self.sources and next(iter(self.sources.values())).heard < late:
            self.sources.popitem(last=False)


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
