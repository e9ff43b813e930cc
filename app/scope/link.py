"""The set-up as the query of a link: only what a person has touched is in it.

`tb=2m` the timebase, `v.NAME=500m,-1,inverted,ac` vertical knobs of a channel, `on=NAME` and `off=NAME`,
`t.KNOB=value` of the trigger, `delay`, `ref`, `at`, `place` and `hit` in the past, `m=NAME:frequency` what is
measured, `gate=from,to`, `epoch`, `acq`, `display=fft` and `fft.KNOB`, `display=xy`, `xy.x` and `xy.y`,
`display=spectrogram` and `sg.KNOB`, `persist=1`, `zoom=2m,0` (timebase and delay of the main window). Read,
but not written, are marks of a view: `since.NAME=serial,first` (samples of this record before `first` are not
shown), `single` and `force` (a serial and a sample).
`pin=3` is what a pin holds; the front panel reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

import param

from app.scope.place import Place, counted
from app.scope.scope import TIMEBASE, Scope
from app.scope.view import SINCE
from app.units import parsed

MOST = 64  # parameters read from a link
MOST_FLAGS = 4  # after the position of a channel
LONGEST = 18  # characters of what cannot be read that are told


def query(scope: Scope) -> str:
    """The touched knobs, without a question mark; empty when the screen follows the signal."""
    found = [] if scope.pin is None else [("pin", str(scope.pin))]
    if TIMEBASE in scope.touched:
        found.append(("tb", f"{scope.timebase.units_per_div:.12g}"))
    for name, knobs in scope.channels.items():
        if f"vertical:{name}" in scope.touched:
            flags = ",inverted" * knobs.inverted + ",ac" * knobs.ac
            found.append((f"v.{name}", f"{knobs.units_per_div:.12g},{knobs.position:.12g}{flags}"))
        if f"on:{name}" in scope.touched:
            found.append(("on" if knobs.on else "off", name))
        if knobs.colour:
            found.append((f"color.{name}", str(knobs.colour)))
    return urlencode(found + scope.view().told() + scope.glass.told() + scope.look.told(), quote_via=quote)


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
    scope.trigger.order()
    return refused


def turn(scope: Scope, key: str, value: str) -> None:
    """ValueError: there is no such knob position."""
    if key in KNOBS:
        KNOBS[key](scope, value)
        return
    part, dot, name = key.partition(".")
    if dot and part in PARTS:
        PARTS[part](scope, name, value)


def vertical(scope: Scope, name: str, value: str) -> None:
    """The vertical knobs of a channel: units/div, position, and how else it is drawn."""
    scale, position, *flags = [*value.split(",", MOST_FLAGS), ""][: MOST_FLAGS + 1]
    if set(flags) - {"", "inverted", "ac"}:
        raise ValueError(f"{value[:LONGEST]!r} is no way to draw a channel")
    scope.scale(name, parsed(scale))
    scope.move(name, parsed(position or "0"))
    scope.invert(name, on="inverted" in flags)
    scope.couple(name, ac="ac" in flags)


def triggering(scope: Scope, name: str, value: str) -> None:
    scope.trigger.turn(name, typed(scope.trigger.param.objects(), name, value))


def colour(scope: Scope, name: str, value: str) -> None:
    scope.channel(name).colour = counted(value)


def since(scope: Scope, name: str, value: str) -> None:
    scope.cleared[name] = mark(value)


def typed(knobs: Mapping[str, param.Parameter], name: str, text: str) -> object:
    """The value of a knob of the trigger as its kind wants it."""
    knob = knobs.get(name)
    if isinstance(knob, param.Boolean):
        return text == "1"
    return parsed(text) if isinstance(knob, param.Number) else text


def acquisition(scope: Scope, value: str) -> None:
    mode, _, count = value.partition(":")
    scope.acquire(mode, counted(count) if count else None)


def gate(scope: Scope, value: str) -> None:
    first, _, last = value.partition(",")
    scope.measure_between(parsed(first), parsed(last))


def zoom(scope: Scope, value: str) -> None:
    main, _, delay = value.partition(",")
    scope.glass.magnify(parsed(main), parsed(delay or "0"))


def single(scope: Scope, value: str) -> None:
    scope.single = mark(value)


def force(scope: Scope, value: str) -> None:
    scope.force = mark(value)


def pin(scope: Scope, value: str) -> None:
    scope.pin = counted(value)


def hit(scope: Scope, value: str) -> None:
    scope.back = replace(scope.back, hit=Place.of(value))


def place(scope: Scope, value: str) -> None:
    scope.back = scope.back.walked(Place.of(value))


def epoch(scope: Scope, value: str) -> None:
    scope.epoch = counted(value)


KNOBS: dict[str, Callable[[Scope, str], None]] = {
    "tb": lambda scope, value: scope.sweep_speed(parsed(value)),
    "on": lambda scope, value: scope.switch(value, on=True),
    "off": lambda scope, value: scope.switch(value, on=False),
    "delay": lambda scope, value: scope.delay(parsed(value)),
    "ref": lambda scope, value: scope.refer(parsed(value)),
    "at": lambda scope, value: scope.look_back(parsed(value)),
    "place": place,
    "hit": hit,
    "pin": pin,
    "m": lambda scope, value: scope.measure(value, on=True),
    "gate": gate,
    "epoch": epoch,
    "display": lambda scope, value: scope.display(value),
    "acq": acquisition,
    "theme": lambda scope, value: scope.look.turn("theme", value),
    "palette": lambda scope, value: scope.look.turn("palette", value),
    "cursors": lambda scope, value: scope.look.turn("cursors", value),
    "persist": lambda scope, value: scope.glass.persist(value),
    "zoom": zoom,
    "single": single,
    "force": force,
}

PARTS: dict[str, Callable[[Scope, str, str], None]] = {  # of what stands before the first dot
    "v": vertical,
    "color": colour,
    "t": triggering,
    "fft": lambda scope, name, value: scope.show_spectrum(**{name: value}),
    "sg": lambda scope, name, value: scope.show_spectrogram(**{name: value}),
    "xy": lambda scope, name, value: scope.show_xy(**{name: value}),
    SINCE.rstrip("."): since,
}


def mark(text: str) -> tuple[int, int]:
    """The serial of a record and a sample number."""
    serial, _, first = text.partition(",")
    return counted(serial), counted(first)
