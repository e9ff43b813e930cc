"""The set-up as the query of a link: only what a person has touched is in it.

`tb=2m` the timebase, `v.NAME=500m,-1` units/div and position of a channel, `on=NAME` and `off=NAME`. Read,
but not written, is `since.NAME=serial,first` of a view: samples of this record before `first` are not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from app.scope.scope import TIMEBASE, Scope
from app.scope.view import SINCE
from app.units import parsed

MOST = 64  # parameters read from a link
LONGEST = 18  # digits of a sample's number


def query(scope: Scope) -> str:
    """The touched knobs, without a question mark; empty when the screen follows the signal."""
    found: list[tuple[str, str]] = []
    if TIMEBASE in scope.touched:
        found.append(("tb", f"{scope.timebase.units_per_div:.12g}"))
    for name, knobs in scope.channels.items():
        if f"vertical:{name}" in scope.touched:
            found.append((f"v.{name}", f"{knobs.units_per_div:.12g},{knobs.position:.12g}"))
        if f"on:{name}" in scope.touched:
            found.append(("on" if knobs.on else "off", name))
    return urlencode(found, quote_via=quote)


def recall(scope: Scope, arguments: Mapping[str, Sequence[str]]) -> list[str]:
    """Turn the knobs as a link says; returns the parameters that could not be read.

    Channels need not exist yet: their knobs wait for them.
    """
    refused = []
    for key, values in list(arguments.items())[:MOST]:
        for value in values[:MOST]:
            try:
                turn(scope, key, value)
            except ValueError:
                refused.append(key)
    return refused


def turn(scope: Scope, key: str, value: str) -> None:
    if key == "tb":
        scope.sweep_speed(parsed(value))
    elif key in ("on", "off"):
        scope.switch(value, on=key == "on")
    elif key.startswith("v."):
        scale, _, position = value.partition(",")
        scope.scale(key[2:], parsed(scale))
        scope.move(key[2:], parsed(position or "0"))
    elif key.startswith(SINCE):
        serial, _, first = value.partition(",")
        scope.cleared[key.removeprefix(SINCE)] = (counted(serial), counted(first))


def counted(text: str) -> int:
    """The number of a sample or a record; ValueError for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise ValueError(f"{text[:LONGEST]!r} is no number of a sample")
    return int(text)
