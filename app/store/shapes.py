"""Values as JSON and arrays, and back. A file can make nothing but the kinds that are listed here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.dsp.spectrum import Peak
from app.memory.archive import packed, restored
from app.memory.record import Record
from app.memory.samples import Origin
from app.memory.segments import Segment
from app.scope.acquisition import Acquisition
from app.scope.autoset import Setup, Vertical
from app.scope.frame import Frame, Kind, Trace, Triggered
from app.scope.lines import Lines, Resolved
from app.scope.plane import Plane
from app.scope.raster import Gram, Raster
from app.scope.spectral import Spectral
from app.scope.spectrographic import Spectrographic
from app.scope.sweep import Anchor

Array = NDArray[Any]
SHAPES: dict[str, type] = {
    shape.__name__: shape
    for shape in (
        *(Acquisition, Anchor, Frame, Gram, Lines, Peak, Plane, Raster, Resolved, Segment, Setup, Spectral),
        *(Spectrographic, Trace, Triggered, Vertical),
    )
}
WORDS: dict[str, type[StrEnum]] = {"Kind": Kind, "Origin": Origin}


def told(value: object, arrays: list[Array]) -> Any:
    """A value for JSON; its arrays go into the list.

    TypeError  it is of no kind that can be kept
    """
    for kinds, tell in TELL:
        if isinstance(value, kinds):
            return tell(value, arrays)
    if is_dataclass(value) and type(value).__name__ in SHAPES:
        has = {field.name: told(getattr(value, field.name), arrays) for field in fields(value)}
        return {"is": type(value).__name__, "has": has}
    raise TypeError(f"{type(value)} cannot be kept")


def told_number(value: float, _arrays: list[Array]) -> Any:
    return value if math.isfinite(value) else {"float": str(value)}


def told_array(value: Array, arrays: list[Array]) -> Any:
    arrays.append(value)
    return {"array": len(arrays) - 1}


def told_map(value: Mapping[object, object], arrays: list[Array]) -> Any:
    return {"map": [[told(key, arrays), told(each, arrays)] for key, each in value.items()]}


TELL: list[tuple[Any, Callable[[Any, list[Array]], Any]]] = [  # the first kind that fits
    ((type(None), bool), lambda value, _: value),
    (StrEnum, lambda value, _: {"word": type(value).__name__, "is": str(value)}),
    ((str, int), lambda value, _: value),
    (float, told_number),
    (np.generic, lambda value, arrays: told(value.item(), arrays)),
    (np.ndarray, told_array),
    (Record, lambda value, arrays: {"record": told(packed(value), arrays)}),
    (Mapping, told_map),
    ((tuple, list), lambda value, arrays: [told(each, arrays) for each in value]),
]


def made(words: Any, arrays: Sequence[Array]) -> Any:
    """The value that was told so; of a list it is a tuple.

    IndexError, KeyError, TypeError, ValueError  it was not told by us
    """
    if isinstance(words, list):
        return tuple(made(each, arrays) for each in words)
    if not isinstance(words, dict):
        return words
    (mark,) = words.keys() & MAKE.keys()
    return MAKE[mark](words, arrays)


def made_shape(words: Any, arrays: Sequence[Array]) -> object:
    """Of a shape; what it had in another version of this program, and has no more, is left out."""
    shape = SHAPES[words["is"]]
    known = {field.name for field in fields(shape)}
    return shape(**{name: made(each, arrays) for name, each in words["has"].items() if name in known})


MAKE: dict[str, Callable[[Any, Sequence[Array]], Any]] = {
    "float": lambda words, _: float(words["float"]),
    "word": lambda words, _: WORDS[words["word"]](words["is"]),
    "array": lambda words, arrays: arrays[words["array"]],
    "map": lambda words, arrays: {made(key, arrays): made(each, arrays) for key, each in words["map"]},
    "record": lambda words, arrays: restored(made(words["record"], arrays)),
    "has": made_shape,
}
