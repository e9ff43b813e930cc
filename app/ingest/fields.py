"""The fields of a sample: names, units and numbers, checked once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import EllipsisType, NoneType
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from app.memory.samples import Float64s
from app.problems import MOST_FAULTS, Fault, Problem, shown

LARGEST = 1e150  # squares of it, summed, stay finite
NUMBERS = frozenset({int, float})  # not bool, which is an int to Python
GAPPY = NUMBERS | {NoneType}
Ints = NDArray[np.intp]
DEFAULT_CHANNEL = "ch1"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:/-](?:[A-Za-z0-9_.:/ -]{0,62}[A-Za-z0-9_.:/-])?")
NAME_RULE = "1 to 64 letters, digits, spaces or _ . : / - with no space at either end"
UNIT_RULE = "a text of up to 16 printable characters without $ < > & quotes or backtick"
BLANKS = "\u115f\u1160\u3164\uffa0"  # letters to Unicode, yet invisible
KINDS = {
    bool: "true or false",
    str: "a text",
    list: "an array",
    dict: "an object",
    NoneType: "null",
    EllipsisType: "missing",
    int: "a number",
    float: "a number",
}


def kind(value: object) -> str:
    return KINDS.get(type(value), "unknown")


@lru_cache(maxsize=1024)
def channel_name(text: str) -> str:
    """The name in Unicode normal form C.

    Problem  bad_channel_name: it could break the page, or look like another name
    """
    if PLAIN_NAME.fullmatch(text):
        return text
    name = unicodedata.normalize("NFC", text) if len(text) <= 256 else ""
    if 1 <= len(name) <= 64 and name == name.strip() and all(map(fits_name, name)):
        return name
    raise Problem("bad_channel_name", f"bad channel name; a name is {NAME_RULE}", [Fault("name", "channel")])


def fits_name(sign: str) -> bool:
    if sign.isascii():
        return sign.isalnum() or sign in "_.:/- "
    category = unicodedata.category(sign)
    return (category[0] in "LM" or category == "Nd") and sign not in BLANKS


def channel(value: object) -> str:
    """The channel that a sender named; null or nothing is the default one."""
    if value is None:
        return DEFAULT_CHANNEL
    if type(value) is str:
        return channel_name(value)
    fault = Fault("name", "channel")
    raise Problem("bad_channel_name", f"channel is {kind(value)}; a name is {NAME_RULE}", [fault])


def unit(value: object, field: str) -> str | None:
    """The unit that a sender named; null or nothing is None."""
    if value is None:
        return None
    if type(value) is str and (found := unit_text(value)) is not None:
        return found
    raise Problem("bad_unit", f"bad {field}; a unit is {UNIT_RULE}", [Fault("unit", field)])


@lru_cache(maxsize=256)
def unit_text(text: str) -> str | None:
    """The unit in Unicode normal form C; None: it is none."""
    if len(text) <= 16 and text.isprintable() and not set(text) & set("$<>&\"'`"):
        return unicodedata.normalize("NFC", text).strip()
    return None


def is_number(value: object) -> TypeGuard[float]:
    """Whether it can be x or y: a finite JSON number that is not too large to square."""
    return (type(value) is float or type(value) is int) and -LARGEST <= value <= LARGEST


def what_is_wrong(value: object) -> tuple[str, str]:
    """Code and words for a value that is not a number."""
    if type(value) in NUMBERS:
        return "out_of_range", "is beyond 1e150"
    return "missing" if value is ... else "not_a_number", f"is {kind(value)}, not a finite number"


def code_of(fault: Fault) -> str:
    return "out_of_range" if fault.code == "out_of_range" else "invalid_sample"


def number(value: object, field: str) -> float:
    """A finite number from a field of its own, such as t0.

    Problem  invalid_sample or out_of_range
    """
    if is_number(value):
        return float(value)
    code, words = what_is_wrong(value)
    fault = Fault(code, field)
    raise Problem(code_of(fault), f"{field} {words}; send a number such as 0.001", [fault])


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one field as they were sent, and where they belong."""

    values: Sequence[object]
    field: str
    channel: str | None = None
    gaps: bool = False  # null is a gap
    hint: str = "send a number such as 12.5"

    def floats(self) -> Float64s | None:
        """The values as (n,) float64, gaps as NaN; None when some are wrong."""
        if not set(map(type, self.values)) <= (GAPPY if self.gaps else NUMBERS):
            return None
        floats = np.array(self.values, dtype=np.float64)
        return None if (np.abs(floats) > LARGEST).any() else floats

    def wrong(self) -> Ints:
        """The sample numbers of the wrong values."""
        fit = GAPPY if self.gaps else NUMBERS
        n = len(self.values)
        unfit = np.fromiter((kind not in fit for kind in map(type, self.values)), np.bool_, n)
        numbers = [v if type(v) in NUMBERS else 0.0 for v in self.values]
        return np.flatnonzero(unfit | (np.abs(np.array(numbers, np.float64)) > LARGEST))


def floats_of(columns: Sequence[Column]) -> list[Float64s]:
    """Each column as float64.

    Problem  invalid_sample or out_of_range, naming the first bad sample of all columns
    """
    made = [column.floats() for column in columns]
    good = [floats for floats in made if floats is not None]
    if len(good) < len(columns):
        raise wrong_samples(columns)
    return good


def wrong_samples(columns: Sequence[Column]) -> Problem:
    """The problem with columns of which at least one value is wrong."""
    wrong = [column.wrong() for column in columns]
    first = sorted((int(i), k) for k, of in enumerate(wrong) for i in of[:MOST_FAULTS])[:MOST_FAULTS]
    faults = [fault(columns[k], index) for index, k in first]
    index, column = first[0][0], columns[first[0][1]]
    where = column.field + (f" of channel {shown(column.channel)}" if column.channel else "")
    words = what_is_wrong(column.values[index])[1]
    message = f"sample {index}: {where} {words}; {column.hint}"
    return Problem(code_of(faults[0]), message, faults, count=sum(map(len, wrong)))


def fault(column: Column, index: int) -> Fault:
    return Fault(what_is_wrong(column.values[index])[0], column.field, index, column.channel)


def check_channels(names: Iterable[str], most: int) -> None:
    n = len(set(names))
    if n > most:
        message = f"{n} channels in one request; send at most {most}, the rest in another request"
        raise Problem("too_many_channels", message, details={"limit": "channels", "max": most})


def check_samples(n: int, most: int) -> None:
    if n > most:
        message = f"{n} samples in one request; send at most {most}, the rest in another request"
        raise Problem("too_many_points", message, details={"limit": "samples", "max": most})
    if n < 1:
        raise Problem("invalid_sample", "no sample in the body; send at least one", [Fault("empty", "y")])
