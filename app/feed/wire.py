"""Frames as bytes, and back.

A message is `WOF1`, the length of a JSON header (uint32), the header, padded with spaces to a multiple of 8,
and columns back to back, all little endian: for each trace in the header's order x (n float32, absent where
the header's "x" is a list), y (n float32) and dots (uint32 numbers of the points to mark).

x of point i is x0 + first + step * floor(i / repeat) where "x" is [first, step, repeat], else x0 + column.
y is y0 + column. "scale" [x, y], powers of two by which the columns are multiplied first, is only there where
float32 has no room. A header with "base" goes on from the frame of that id: a trace is the old one's points
[drop, drop + keep) and n new ones; what a header does not name stays as it was, also among the readouts.

A trace with "image" has, after its dots, a byte for each point and each of so many "rows" from the bottom up,
padded to a multiple of 4: 0 is nothing, 1 and 255 stand for its "levels".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from app.feed.picture import Float64s, Kept, Line, Picture, Uint32s, Words
from app.scope.raster import Raster

Regular = tuple[float, float, int]
Number = TypeVar("Number", np.float32, np.uint32)

MAGIC = b"WOF1"
START = struct.Struct("<4sI")
ALIGNED = 8
REGULAR = 2.0**-30  # of the largest x: how far from its place x may be and still be told by a step
POINTS = ("n", "x", "dots", "ends", "image")  # what a header says of points; the rest is about the trace
HEAD, REST = 1000, (300, 130)  # bytes in a full header, and for each trace in a full and in a following one


class Malformed(ValueError):  # noqa: N818 - what a message is
    """Bytes that are no frame."""


# to bytes


def full(picture: Picture) -> bytes:
    """The message for a viewer that has nothing."""
    traces: list[Words] = []
    columns: list[bytes] = []
    for line in picture.lines.values():
        traces.append({**line.about, "ends": line.ends, **points(line, 0, columns)})
    return message(
        {**head(picture), "lead": picture.lead, "traces": traces, "readouts": picture.readouts}, columns
    )


def following(picture: Picture) -> bytes | None:
    """The message for a viewer that has the base; None where a full one is needed, or not twice as long."""
    if picture.kept is None or 2 * size(picture.lines, picture.kept) > size(picture.lines, None):
        return None
    traces: list[Words] = []
    columns: list[bytes] = []
    for slot, (drop, keep) in picture.kept.items():
        line = picture.lines[slot]
        part = points(line, keep, columns)
        traces.append({"slot": slot, "drop": drop, "keep": keep, **part, "ends": line.ends})
    words: Words = {**head(picture), "base": picture.base, "traces": traces}
    return message({**words, "readouts": picture.told} if picture.told else words, columns)


def head(picture: Picture) -> dict[str, object]:
    return {"id": picture.id, "view": picture.view, "at": picture.at}


def points(line: Line, start: int, columns: list[bytes]) -> dict[str, object]:
    """What a header says of the points from start on; their columns are added."""
    x, y = line.x[start:], line.y[start:]
    step = regular(x)
    if step is None:
        columns.append(line.of_x.column(x).tobytes())
    columns += (y.tobytes(), line.dots.tobytes())
    said: dict[str, object] = {"n": len(y), "x": step, "dots": len(line.dots)}
    image = line.trace.image
    if image is None or start:
        return said
    columns.append(image.levels.tobytes() + b"\0" * (-image.levels.size % 4))
    about = {"rows": image.levels.shape[1], "levels": [image.low, image.high], "unit": image.unit}
    return said | {"image": about}


def regular(x: Float64s) -> Regular | None:
    """First, step and repeat of x: each point's, or that of each pair as in an envelope; None: neither."""
    n = len(x)
    repeat = 2 if n > 1 and n % 2 == 0 and x[0] == x[1] else 1
    single = x[::repeat]
    m = len(single)
    first, last = (float(single[0]), float(single[-1])) if m else (0.0, 0.0)
    step = (last - first) / max(m - 1, 1)
    most = REGULAR * max(abs(first), abs(last))
    half = m // 2
    if m > 2 and abs(first + step * half - float(single[half])) > most:
        return None  # nearly always where x is irregular, and cheaper than looking at all of it
    if repeat == 2 and not (single == x[1::2]).all():
        return None
    off = np.arange(m) * step
    off += first - single
    return (first, step, repeat) if off.size == 0 or -most <= off.min() <= off.max() <= most else None


def size(lines: Mapping[int, Line], kept: Kept | None) -> int:
    """Bytes of a message, about; `kept` for a following one."""
    n = sum(len(line.x) + len(line.dots) for line in lines.values())
    if kept is None:
        return HEAD + REST[0] * len(lines) + 4 * n
    return REST[1] * len(lines) + 4 * (n - sum(keep for _, keep in kept.values()))


def message(header: Words, columns: list[bytes]) -> bytes:
    """Header and columns as one message."""
    text = orjson.dumps(header, option=orjson.OPT_SERIALIZE_NUMPY)
    text += b" " * (-len(text) % ALIGNED)
    return b"".join((START.pack(MAGIC, len(text)), text, *columns))


# and back


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """One trace as a viewer has it.

    about  slot, channel, kind, x0, y0, near, label, unit, x_unit, clock, limits and ground, as in the header
    ends   x at the left and at the right border, from x0
    x      (n,) float64, from x0
    y      (n,) float64, absolute; NaN breaks the line
    dots   (k,) numbers of the points to mark
    image  of a trace of kind image
    """

    about: Mapping[str, Any]
    ends: tuple[float, float]
    x: Float64s
    y: Float64s
    dots: Uint32s
    image: Raster | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """A frame as a viewer has it; see Picture."""

    id: int
    view: int
    at: float | None
    lead: str
    traces: Mapping[int, Points]
    readouts: Mapping[str, Any]


class Columns:
    """The columns of a message, taken one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, kind: type[Number], n: int) -> NDArray[Number]:
        start, self.at = self.at, self.at + 4 * n
        if self.at > len(self.data):
            raise Malformed("the columns are shorter than the header says")
        return np.frombuffer(self.data, np.dtype(kind).newbyteorder("<"), n, start)

    def bytes(self, n: int) -> NDArray[np.uint8]:
        start, self.at = self.at, self.at + n + -n % 4
        if self.at > len(self.data):
            raise Malformed("the image is shorter than the header says")
        return np.frombuffer(self.data, np.uint8, n, start)

    def scaled(self, n: int, scale: float) -> Float64s:
        return self.take(np.float32, n).astype(np.float64) * scale


def decode(data: bytes, last: Received | None = None) -> Received | None:
    """The frame in a message; None when it goes on from another one than the last.

    Malformed  it is no frame
    """
    try:
        header, columns = opened(data)
        base = header.get("base")
        if base is not None and (last is None or last.id != base):
            return None
        before = last if base is not None else None
        parts = [drawn(part, before, columns) for part in header["traces"]]
        return Received(
            id=whole(header["id"]),
            view=whole(header["view"]),
            at=None if header["at"] is None else real(header["at"]),
            lead=before.lead if before else str(header["lead"]),
            traces={part.about["slot"]: part for part in parts},
            readouts={**(before.readouts if before else {}), **header.get("readouts", {})},
        )
    except Malformed:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Malformed(f"the header does not fit: {error!r}") from error


def opened(data: bytes) -> tuple[dict[str, Any], Columns]:
    """The header, and the columns that follow it."""
    if len(data) < START.size:
        raise Malformed("too short")
    magic, length = START.unpack_from(data)
    end = START.size + length
    if magic != MAGIC or end > len(data):
        raise Malformed("no frame of this version")
    try:
        return orjson.loads(data[START.size : end]), Columns(data, end)
    except orjson.JSONDecodeError as error:
        raise Malformed("the header is no JSON") from error


def drawn(part: Mapping[str, Any], before: Received | None, columns: Columns) -> Points:
    """One trace: the points that stay of the one before, and those in the columns."""
    old = before.traces[part["slot"]] if before else None
    about = old.about if old else {key: part[key] for key in part if key not in POINTS}
    n, ends = whole(part["n"]), (real(part["ends"][0]), real(part["ends"][1]))
    x_scale, y_scale = (real(scale) for scale in about.get("scale", (1.0, 1.0)))
    with np.errstate(all="ignore"):
        x = columns.scaled(n, x_scale) if part["x"] is None else stepped(part["x"], n, len(columns.data))
        y = columns.scaled(n, y_scale) + real(about["y0"])
    if old:
        stay = staying(old, whole(part["drop"]), whole(part["keep"]))
        x, y = np.concatenate((old.x[stay], x)), np.concatenate((old.y[stay], y))
    dots = columns.take(np.uint32, whole(part["dots"]))
    if len(dots) and dots.max() >= len(x):
        raise Malformed("it marks a point that is not there")
    image = pictured(part["image"], len(x), columns) if "image" in part else old.image if old else None
    return Points({**about, "slot": whole(about["slot"])}, ends, x, y, dots, image)


def pictured(told: Mapping[str, Any], n: int, columns: Columns) -> Raster:
    """The image of a trace of n points."""
    rows = whole(told["rows"])
    levels = columns.bytes(n * rows).reshape(n, rows)
    return Raster(levels, real(told["levels"][0]), real(told["levels"][1]), str(told["unit"]))


def stepped(told: tuple[object, object, object], n: int, most: int) -> Float64s:
    """x of n points, from first, step and repeat."""
    if n > most:
        raise Malformed("the columns are shorter than the header says")
    first, step, repeat = real(told[0]), real(told[1]), whole(told[2])
    if repeat < 1:
        raise Malformed("x repeats less than once")
    steps: Float64s = (np.arange(n) // repeat).astype(np.float64)
    return first + step * steps


def staying(old: Points, drop: int, keep: int) -> slice:
    if drop + keep > len(old.x):
        raise Malformed("it keeps more points than there are")
    return slice(drop, drop + keep)


def whole(value: object) -> int:
    """A number of something."""
    if type(value) is not int or value < 0:
        raise Malformed(f"{value!r} is no whole number")
    return value


def real(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise Malformed(f"{value!r} is no number")
    return float(value)
