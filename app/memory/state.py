"""What a record knows beside its samples, as facts and arrays, and a record made of them again.

It knows the insides of Record, Axis, Segments and Window, so that these need not know of files.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.memory.axis import Axis
from app.memory.record import FLOAT32, FLOAT64, Record, Room
from app.memory.samples import Float64s, Floats, Origin
from app.memory.segments import Segments
from app.memory.steps import WINDOW, Window

Array = NDArray[Any]
Facts = dict[str, Any]

PLAIN = ("name", "label", "slot", "probe", "named", "total", "first", "updated", "lost", "serial")
UNSETTLED = WINDOW  # newest samples, whose offsets may still be rewritten
COLUMNS = ("starts", "nanoseconds", "bases", "origins", "figures")


def facts(record: Record) -> tuple[Facts, dict[str, Array]]:
    """All that is needed to go on with a record whose rings are kept elsewhere.

    The newest samples are among it: making a figure of a trace rewrites their offsets in place.
    """
    axis, window = record._axis, record._axis.window
    told: Facts = {name: getattr(record, name) for name in PLAIN}
    told |= {
        "unit": record._unit, "x_unit": record._x_unit, "points": record._points, "limit": record._limit,
        "capacity": record.capacity, "narrow": record.narrow, "base": axis.base,
        "last": axis.last.hex(), "origin": axis.origin, "figure": axis.figure, "backs": list(axis._backs),
        "counted": axis._counted, "step": axis._step, "gaps": axis.segments.gaps, "steps": window._count,
    }  # fmt: skip
    newest = max(record.first, record.total - UNSETTLED)
    arrays: dict[str, Array] = {
        "window": window._steps[: min(window._count, WINDOW)],
        "newest": axis.ring.read(newest, record.total),
        "values": record._y.read(newest, record.total),
        "breaks": np.array(axis.segments.breaks, np.int64),
    }
    for name, column in zip(COLUMNS, axis.segments._columns(), strict=True):
        arrays[name] = np.array(column)
    return told, arrays


def record(
    told: Facts, arrays: Mapping[str, Array], rooms: tuple[Float64s, Floats] | None, room: Room
) -> Record:
    """The record as it was when its facts were told.

    rooms  its rings, which may hold newer samples than it knows of; None: they are lost, and it is empty
    room   gives it other room
    """
    dtype = FLOAT32 if told["narrow"] else FLOAT64
    offsets, values = rooms or room(told["capacity"], dtype)
    made = Record(
        told["name"], told["slot"], told["points"], told["limit"], narrow=told["narrow"],
        serial=told["serial"], room=lambda *_: (offsets, values),
    )  # fmt: skip
    made._room = room
    for name in PLAIN:
        setattr(made, name, told[name])
    made._unit, made._x_unit = told["unit"], told["x_unit"]
    made._axis = axis(told, arrays, offsets)
    made._axis.ring.write(made.total - len(arrays["newest"]), arrays["newest"])
    made._y.write(made.total - len(arrays["values"]), arrays["values"])
    if rooms is None:
        made.first = made.total
        made._axis.segments.mark(made.total)
    made._pyramid.built = made.first
    return made


def axis(told: Facts, arrays: Mapping[str, Array], offsets: Float64s) -> Axis:
    made = Axis(offsets)
    made.base = told["base"]
    made.origin = Origin(told["origin"])
    made.base = made.base if made.origin is Origin.CLOCK else float(made.base)
    made.last = float.fromhex(told["last"])
    made.figure = bool(told["figure"])
    made._backs = deque(told["backs"])
    made._counted, made._step = told["counted"], told["step"]
    made.segments = segments(told, arrays)
    made.window = window(told["steps"], arrays["window"])
    return made


def segments(told: Facts, arrays: Mapping[str, Array]) -> Segments:
    made = Segments()
    made.gaps = told["gaps"]
    made.breaks = array("q", arrays["breaks"].tobytes())
    for name, column in zip(COLUMNS, made._columns(), strict=True):
        column.frombytes(arrays[name].tobytes())
    return made


def window(count: int, steps: Float64s) -> Window:
    made = Window()
    made._steps[: len(steps)] = steps
    if count:
        made._count, made._until, made._limits = count, 0, None
    return made
