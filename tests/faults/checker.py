"""Judges a history against what is stored and what was seen of it, as Jepsen does.

1. Whatever is acknowledged is stored. 2. Nothing is stored twice. 3. What a source sent is in its order.
4. Of what is unknown all is stored or nothing; of what was refused, nothing. 5. Everybody saw the same
sequence: in pieces where gaps were marked, and never back. 6. Nothing is stored that nobody sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.faults.history import FAIL, OK, History
from tests.faults.values import Values, keys, named, places

TOLD = 5  # of what breaks one rule, by name


@dataclass(frozen=True)
class Breach:
    """A rule that was broken.

    rule  lost, twice, order, torn, refused, invented, hole, other, back
    n     how often
    """

    rule: str
    n: int
    text: str

    def __str__(self) -> str:
        return f"{self.rule} x {self.n}: {self.text}"


@dataclass
class Sight:
    """What one observer saw of a channel: a process, or a viewer.

    pieces  of the sequence; between two of them a gap was marked
    newest  for a viewer of frames: the newest value of each, which may skip and may not go back
    """

    channel: str
    pieces: Sequence[Values] = ()
    newest: Sequence[int] = field(default_factory=list)


def check(
    history: History,
    stored: Mapping[str, Values],
    sights: Mapping[str, Sight] | None = None,
    since: float = 0.0,
) -> list[Breach]:
    """What is wrong.

    stored  the whole sequence of each channel, the oldest first
    sights  by observer
    since   monotonic time; what was acknowledged before it may be lost
    """
    found: list[Breach] = []
    for channel, sequence in stored.items():
        found += [*of_channel(history, channel, sequence, since)]
    for observer, sight in (sights or {}).items():
        found += [*of_sight(observer, sight, stored.get(sight.channel, np.empty(0, np.int64)))]
    return found


def of_channel(history: History, channel: str, sequence: Values, since: float) -> Iterator[Breach]:
    asked = {number: request for number, request in history.requests.items() if channel in request.channels}
    numbers, counts = np.unique(keys(sequence), return_counts=True)
    held = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    acknowledged = [k for k, request in asked.items() if request.end == OK and request.ended >= since]
    yield from breach("lost", channel, [k for k in acknowledged if k not in held])
    single, times = np.unique(sequence, return_counts=True)
    yield from breach("twice", channel, np.unique(keys(single[times > 1])).tolist())
    yield from breach("order", channel, disordered(sequence))
    torn = [k for k, n in held.items() if k in asked and n < asked[k].n]
    yield from breach("torn", channel, torn)
    yield from breach("refused", channel, [k for k in held if k in asked and asked[k].end == FAIL])
    sizes = np.array([asked[k].n if k in asked else 0 for k in numbers.tolist()], np.int64)
    beyond = places(single) >= sizes[np.searchsorted(numbers, keys(single))] if len(single) else single > 0
    yield from breach("invented", channel, np.unique(keys(single[beyond])).tolist())


def disordered(sequence: Values) -> list[int]:
    """The requests that are before one that their source sent later."""
    found: list[int] = []
    for source in np.unique(sequence >> 44):
        own = sequence[sequence >> 44 == source]
        found += keys(own[:-1][np.diff(own) < 0]).tolist()
    return found


def breach(rule: str, where: str, requests: Sequence[int]) -> Iterator[Breach]:
    if requests:
        told = ", ".join(map(named, requests[:TOLD]))
        yield Breach(rule, len(requests), f"{where}: {told}{', ...' if len(requests) > TOLD else ''}")


def of_sight(observer: str, sight: Sight, sequence: Values) -> Iterator[Breach]:
    place = {value: k for k, value in enumerate(sequence.tolist())}
    at = 0
    for piece in sight.pieces:
        if not len(piece):
            continue
        start = place.get(int(piece[0]), -1)
        if start < 0 or not np.array_equal(sequence[start : start + len(piece)], piece):
            yield Breach(
                "other", 1, f"{observer} saw another {sight.channel}: {named(int(piece[0]) >> 12)} on"
            )
        elif start < at:
            yield Breach("back", 1, f"{observer} saw {named(int(piece[0]) >> 12)} again after a gap")
        at = max(at, start + len(piece))
    seen = [place.get(value, -1) for value in sight.newest]
    yield from breach("other", observer, [v >> 12 for v, k in zip(sight.newest, seen, strict=True) if k < 0])
    steps = [k for k in range(1, len(seen)) if -1 < seen[k] < seen[k - 1]]
    yield from breach("back", observer, [sight.newest[k] >> 12 for k in steps])


@dataclass
class Joined:
    """A channel that is read again and again, put together to one sequence by the values that overlap.

    A ring forgets its oldest samples, never its newest ones, and rewrites nothing.
    """

    channel: str
    parts: list[Values] = field(default_factory=list)
    last: Values = field(default_factory=lambda: np.empty(0, np.int64))
    breaches: list[Breach] = field(default_factory=list)

    def add(self, found: Values) -> None:
        """What is in the ring now."""
        new = self._new(found)
        if len(new):
            self.parts.append(new)
        self.last = found

    def _new(self, found: Values) -> Values:
        if not len(self.last):
            return found
        if not len(found):
            self._break("lost", "all that was there before is gone")
            return found
        (at,) = np.nonzero(self.last == found[0])
        if not len(at):
            self._break("hole", f"nothing of what was read before is there, up to {named(self._newest())}")
            return found
        before = self.last[at[0] :]
        n = min(len(before), len(found))
        if len(before) > len(found):
            self._break("lost", f"the newest {len(before) - len(found)} samples are gone")
        if not np.array_equal(before[:n], found[:n]):
            self._break("other", "samples that were read before are others now")
        return found[n:]

    def _break(self, rule: str, text: str) -> None:
        self.breaches.append(Breach(rule, 1, f"{self.channel}: {text}"))

    def _newest(self) -> int:
        return int(self.last[-1]) >> 12

    def forget(self) -> None:
        """Begin anew: the memory was lost, as it may be."""
        self.parts, self.last = [], np.empty(0, np.int64)

    @property
    def sequence(self) -> Values:
        return np.concatenate([*self.parts, np.empty(0, np.int64)])
