"""A record as facts and arrays, and back: what a file keeps of one. Its pyramid is built anew."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from app.memory.arrivals import Mark
from app.memory.pyramid import Pyramid
from app.memory.record import Record, rounded
from app.memory.ring import Ring
from app.memory.samples import Origin
from app.memory.segments import Segments

PLAIN = ("name", "label", "slot", "serial", "probe", "named", "first", "total", "updated", "instant", "lost")
COLUMNS = ("starts", "_nanoseconds", "_bases", "_origins", "_figures")
Facts = dict[str, object]


def packed(record: Record) -> Facts:
    """What lives of a record, and all that is known of it: numbers, texts, arrays, tuples."""
    axis, first, total = record._axis, record.first, record.total
    return {
        **{name: getattr(record, name) for name in PLAIN},
        "unit": record._unit,
        "x_unit": record._x_unit,
        "points": record._points,
        "origin": axis.origin,
        "base": axis.base,
        "last": axis.last,
        "figure": axis.figure,
        "offsets": axis.ring.read(first, total),
        "y": record._y.read(first, total),
        "steps": axis.window._steps[: min(axis.window._count, len(axis.window._steps))],
        "marks": tuple(tuple(mark) for mark in record._arrivals._marks),
        **laid_out(axis.segments, first),
    }


def laid_out(segments: Segments, first: int) -> Facts:
    """The segments and breaks from the one on that holds sample `first`."""
    own = max(0, bisect_right(segments.starts, first) - 1)
    columns = {name: np.array(getattr(segments, name)[own:]) for name in COLUMNS}
    breaks = np.array(segments.breaks[bisect_left(segments.breaks, first) :], np.int64)
    return {"gaps": segments.gaps, "breaks": breaks, **columns}


def restored(facts: Mapping[str, Any]) -> Record:
    """The record that was packed.

    KeyError, TypeError, ValueError  these are no facts of one
    """
    y, offsets, first, total = facts["y"], facts["offsets"], int(facts["first"]), int(facts["total"])
    if not len(y) == len(offsets) == total - first or not len(facts["starts"]):
        raise ValueError(f"{len(y)} values and {len(offsets)} offsets are no samples {first} to {total}")
    capacity, narrow = rounded(max(total - first, 1)), y.dtype == np.float32
    made = Record(facts["name"], facts["slot"], facts["points"], capacity, narrow=narrow)
    for name in PLAIN:
        setattr(made, name, facts[name])
    made._unit, made._x_unit = facts["unit"], facts["x_unit"]
    made._y = Ring(np.empty(capacity, y.dtype))
    made._y.write(first, y)
    made._pyramid = Pyramid(capacity, y.dtype, first)
    put_axis(made, facts, capacity)
    for mark in facts["marks"]:
        made._arrivals.mark(*Mark(*mark))
    return made


def put_axis(made: Record, facts: Mapping[str, Any], capacity: int) -> None:
    axis = made._axis
    axis.ring = Ring(np.empty(capacity))
    axis.ring.write(made.first, facts["offsets"])
    axis.origin, axis.base, axis.last = Origin(facts["origin"]), facts["base"], facts["last"]
    axis.figure = bool(facts["figure"])
    axis.window.extend(facts["steps"])
    segments = axis.segments
    segments.gaps = facts["gaps"]
    for name in ("breaks", *COLUMNS):
        column = cast("array[Any]", getattr(segments, name))
        column.extend(facts[name].tolist())
