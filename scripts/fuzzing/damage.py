"""Damaged bodies: one that is good, with one to four changes. The same number makes the same body again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from scripts.fuzzing.corpus import FAMILIES, Seed

BLOCK = 1000  # cases of one generator
LONGEST = 4096
TOKENS = [
    *b"0 1 -1 1e999 -1e308 1e150 1.1e150 1e-320 NaN nan Infinity inf null true false 0x1F 1_0".split(),
    *b'{ } [ ] " : , ; = | # > {} [] "" \\" \\u0000 \\ud800'.split(b" "),
    *b"\xff \xc2\xa7 \xef\xbb\xbf \xff\xff\xff\xff".split(b" "),
    *(b"\n", b"\r\n", b" ", b"\t", b"\0", b"\\", b"9" * 40, b"[" * 50, b'"channel":"<b>"', b"\x93NUMPY"),
]
ASKED = [
    *("on_error=skip", "on_error=x", "precision=ms", "precision=d", "dt=1", "dt=0", "dt=1e999", "rate=48000"),
    *("rate=-1", "t0=0", "t0=nan", "t0=1e200", "channel=x,a", "channel=a,b,c", "channel=,", "channel=%3C"),
    *("monotonic=strict", "align=server", "align=no", "clock=unix"),
    *("unit=V", "unit=V,A", "unit=%24", "x_unit=m", "dtype=f8", "dtype=i2", "dtype=f2", "%ff", "=", "&&"),
]
CHANGES_OF_ONE = (1, 1, 2, 4)
ASKED_ELSE = 0.05  # share of the cases whose query is another one
Roll = Callable[[], float]
Change = Callable[[Roll, bytearray, Sequence[Seed]], None]


def flip(roll: Roll, body: bytearray, _: Sequence[Seed]) -> None:
    body[int(roll() * len(body))] ^= 1 << int(roll() * 8)


def put(roll: Roll, body: bytearray, _: Sequence[Seed]) -> None:
    at = int(roll() * (len(body) + 1))
    body[at : at + (0, 0, 1, 3)[int(roll() * 4)]] = TOKENS[int(roll() * len(TOKENS))]


def cut(roll: Roll, body: bytearray, _: Sequence[Seed]) -> None:
    at = int(roll() * len(body))
    del body[at : at + (1, 1, 2, 8, 1000)[int(roll() * 5)]]


def repeat(roll: Roll, body: bytearray, _: Sequence[Seed]) -> None:
    at = int(roll() * len(body))
    body[at:at] = body[at : at + 1 + int(roll() * 39)] * (1, 1, 2, 20)[int(roll() * 4)]


def splice(roll: Roll, body: bytearray, seeds: Sequence[Seed]) -> None:
    other = seeds[int(roll() * len(seeds))].body
    body[int(roll() * len(body)) :] = other[int(roll() * len(other)) :]


def number(roll: Roll, body: bytearray, _: Sequence[Seed]) -> None:
    at = int(roll() * len(body))
    body[at : at + 4] = int(roll() * 2**32).to_bytes(4, "little")


CHANGES: list[Change] = [flip, put, put, cut, repeat, splice, number]


def damaged(roll: Roll, seeds: Sequence[Seed]) -> Seed:
    """One of the bodies with one to four changes, some with another query."""
    seed = seeds[int(roll() * len(seeds))]
    body = bytearray(seed.body)
    for _ in range(CHANGES_OF_ONE[int(roll() * 4)]):
        if body:
            CHANGES[int(roll() * len(CHANGES))](roll, body, seeds)
    query = asked(roll, seed.query) if roll() < ASKED_ELSE else seed.query
    return Seed(bytes(body[:LONGEST]), seed.kind, seed.encoding, query)


def asked(roll: Roll, query: str) -> str:
    more = ASKED[int(roll() * len(ASKED))]
    return f"{query}&{more}" if query and roll() < 0.5 else more


def cases(family: str, seed: int, n: int, first: int = 0) -> Iterator[tuple[int, Seed]]:
    """The cases of a seed from a number on; a thousand have a generator of their own, so none is far away."""
    seeds = FAMILIES[family]
    for block in range(first // BLOCK, (first + n - 1) // BLOCK + 1):
        roll = Random(f"{family}:{seed}:{block}").random
        for k in range(block * BLOCK, min((block + 1) * BLOCK, first + n)):
            case = damaged(roll, seeds)
            if k >= first:
                yield k, case
