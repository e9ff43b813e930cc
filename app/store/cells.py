"""Cells of a table as text."""

from __future__ import annotations

import numpy as np
import orjson
from numpy.typing import NDArray

from app.memory.samples import Floats

FORMULA = "=+-@\t\r"  # a cell that begins so is worked out by a spreadsheet
QUOTED = ',"\r\n'


def cell(text: str) -> str:
    """A text as a cell: never a formula, in quotation marks where it must be."""
    if text[:1] and text[0] in FORMULA:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if set(text) & set(QUOTED) else text


def texts(values: Floats | NDArray[np.int64]) -> list[bytes]:
    """Numbers as the shortest texts that give them back; NaN as nothing."""
    whole = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    return whole.replace(b"null", b"").split(b",") if len(values) else []
