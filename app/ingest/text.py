"""Texts of numbers: what CSV, line protocol and teleplot have in common."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from math import nan

import numpy as np
import orjson

from app.ingest.batch import Asked, Limits
from app.ingest.encodings import beyond
from app.ingest.fields import LARGEST, check_samples
from app.memory.samples import Float64s
from app.problems import Problem

DIGITS = b"0123456789+-.eE,"
NUMBER = re.compile(rb"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")


MOST = 8 << 20  # bytes of a text, as it was before it was compressed
LONG = 1 << 20  # bytes from which on a text must be plain: it takes ten times as long to read one that is not
PART = 64 << 10  # bytes
BLOCK = 256  # lines
MARKS = 8  # at most, for a sample, in a long text


class LineError(ValueError):
    """What is wrong with a line: code, field, words."""

    def __init__(self, code: str, field: str, words: str) -> None:
        super().__init__(words)
        self.code, self.field = code, field


def plain(body: bytes, asked: Asked) -> bytes:
    """The body with simple ends of lines.

    Problem  empty_body, not_utf8, too_many_points: more lines than samples may come
    """
    check_length(body, asked.limits)
    text = body.removeprefix(codecs.BOM_UTF8)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = text.rstrip(b"\n \t")
    if not text.strip():
        raise Problem("empty_body", "the body is empty; send at least one line")
    most = asked.limits.samples
    if len(text) > most and text.count(b"\n") > most + 1:
        message = f"more than {most} lines in one request; send the rest in another request"
        raise Problem("too_many_points", message, details={"limit": "samples", "max": most})
    if not text.isascii():
        check_utf8(text)
    return text


def check_length(body: bytes, limits: Limits, most: int = MOST) -> None:
    """Refuse a text that would take long to read: only compressed ones can be so long.

    Problem  body_too_large, too_many_points
    """
    if len(body) <= LONG:
        return
    if len(body) > most:
        raise beyond(f"a text of more than {most} bytes", "decompressed", most)
    if any(body.count(mark) > MARKS * limits.samples for mark in (b",", b"=", b";")):
        check_samples(limits.samples + 1, limits.samples)


def check_odd(text: bytes) -> None:
    """Refuse a long text in which something cannot be read quickly.

    Problem  body_too_large
    """
    if len(text) > LONG:
        raise beyond(f"a text of more than {LONG} bytes that is not plain numbers", "odd", LONG)


def check_utf8(text: bytes) -> None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("not_utf8", "the body is not UTF-8; send plain text in UTF-8") from None


def lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers from 1; comments are none."""
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.strip(b" \t")
        if line and not line.startswith(b"#"):
            yield number, line


def parts(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The text in parts that take a few ms to read, with the number of lines before each."""
    at = before = 0
    while at <= len(text):
        end = text.find(b"\n", at + PART)
        part = text[at:] if end < 0 else text[at:end]
        yield before, part
        at += len(part) + 1
        before += part.count(b"\n") + 1


def blocks(text: bytes) -> Iterator[tuple[int, bytes]]:
    """A part in blocks, with the number of lines before each: one odd line makes only its own block slow."""
    every = text.split(b"\n")
    for start in range(0, len(every), BLOCK):
        yield start, b"\n".join(every[start : start + BLOCK])


def numbers(text: bytes) -> Float64s | None:
    """The numbers between the commas, NaN where nothing is; None: one is none, or huge.

    text  without spaces
    """
    if text.translate(None, DIGITS):
        return None
    if b",," in text or text[:1] == b"," or text[-1:] in (b",", b""):
        filled = (b",%b," % text).replace(b",,", b",null,").replace(b",,", b",null,")[1:-1]
    else:
        filled = text
    try:
        found = np.array(orjson.loads(b"[%b]" % filled), np.float64)
    except (orjson.JSONDecodeError, OverflowError):
        return odd_numbers(text)
    return checked(found)


def odd_numbers(text: bytes) -> Float64s | None:
    """The same of numbers as JSON does not write them, +1 or .5: of these signs float() reads no others."""
    try:
        return checked(np.array([float(cell) if cell else nan for cell in text.split(b",")]))
    except ValueError:
        return None


def checked(found: Float64s) -> Float64s | None:
    return None if (np.abs(found) > LARGEST).any() else found


def number(cell: bytes, field: str) -> float:
    """The number in a cell.

    LineError  not a number, or beyond 1e150
    """
    if not NUMBER.fullmatch(cell):
        raise LineError("not_a_number", field, f"{field} is not a finite number")
    value = float(cell)
    if not abs(value) <= LARGEST:
        raise LineError("out_of_range", field, f"{field} is beyond 1e150")
    return value


def code_of(error: LineError) -> str:
    """The problem's code for what is wrong with a line."""
    return error.code if error.code in ("out_of_range", "bad_channel_name", "bad_unit") else "invalid_sample"
