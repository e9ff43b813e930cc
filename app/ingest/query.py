"""The parameters of a POST's address: channels, steps, units, precision, what to do about errors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite, nan
from types import MappingProxyType
from urllib.parse import parse_qsl

from app.ingest.fields import number
from app.problems import Fault, Problem

STEPPED = ("t0", "dt", "rate")
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # precision: ticks a second
SPELT = {"u": "us", "µ": "us", "n": "ns"}  # as version 1 of InfluxDB names them
MOST = 100  # parameters
WISHES = {"on_error": ("skip", "fail"), "monotonic": ("strict",), "align": ("server",)}
NONE: Mapping[str, str] = MappingProxyType({})


def parameters(query: str) -> Mapping[str, str]:
    """The parameters of a query, each of which may come once.

    Problem  bad_parameter
    """
    return parsed(query) if query else NONE


@lru_cache(maxsize=256)
def parsed(query: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except ValueError:
        raise bad("the query cannot be read; send name=value&name=value in UTF-8", "") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise bad("a parameter is there twice; send it once", name)
        found[name] = value
    for name, words in WISHES.items():
        if found.get(name, words[0]) not in words:
            raise bad(f"{name} is not {' or '.join(words)}; send one of these, or leave it out", name)
    return MappingProxyType(found)


def bad(message: str, field: str) -> Problem:
    return Problem("bad_parameter", message, [Fault("parameter", field[:32])])


def listed(query: Mapping[str, str], name: str) -> list[str]:
    """The parts of a parameter between commas; none when it is not there."""
    return [part.strip() for part in query[name].split(",")] if query.get(name) else []


def steps(query: Mapping[str, str]) -> dict[str, float]:
    """t0, dt and rate as numbers, as far as they are there.

    Problem  bad_parameter
    """
    return {name: float_of(query[name], name) for name in STEPPED if name in query}


def float_of(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise bad(f"{name} is not a finite number; send one such as 0.001", name)
    return number(value, name)


def ticks(query: Mapping[str, str], usual: str) -> int:
    """Ticks of a time stamp in a second, by the precision.

    usual    the precision when none is given
    Problem  bad_parameter
    """
    name = query.get("precision") or usual
    found = TICKS.get(SPELT.get(name, name))
    if found is None:
        raise bad("precision is none of s, ms, us, ns; send one of them", "precision")
    return found
