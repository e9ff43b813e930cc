"""A JSON body: its syntax, and which of the JSON forms it has."""

from __future__ import annotations

import codecs
from typing import NoReturn, TypeGuard

import orjson

from app.ingest.batch import Asked, Limits, Steps, completed
from app.ingest.fields import kind
from app.ingest.json_columns import columns
from app.ingest.json_points import Fields, point, points, unreadable
from app.ingest.json_skip import some_columns, some_points
from app.ingest.text import check_length
from app.memory.samples import Samples
from app.problems import Problem

NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
AS_SQUARE = bytes.maketrans(b"{}", b"[]")
LONG_STEP = 64 << 10  # bytes from which on reading is a step of its own
MOST = 4 << 20  # bytes, as they were before they were compressed: they are parsed in one go
SHORT = 256  # bytes
QUICK = 100_000  # arrays and objects that are read quickly enough
SPARE = 1000  # arrays and objects beside one for each sample


def json_samples(body: bytes, asked: Asked) -> list[Samples]:
    """The samples of a JSON body of any form.

    Problem  anything else than samples that can be stored as they are
    """
    if len(body) <= SHORT and body.startswith(b"{"):  # a point, most likely, and many of them
        document = parsed(body)
        check_depth(document, body, asked.limits.depth)
        if isinstance(document, dict) and not is_block(document):
            return point(document, asked.now)
    return completed(json_steps(body, asked))


def json_steps(body: bytes, asked: Asked) -> Steps[list[Samples]]:
    """The same in steps."""
    check_length(body, asked.limits, MOST)
    check_brackets(body, asked.limits)
    document = parsed(body)
    if len(body) > LONG_STEP:
        yield
    check_depth(document, body, asked.limits.depth)
    if isinstance(document, dict):
        if not is_block(document):
            return point(document, asked.now)
        return (yield from some_columns(document, asked)) if asked.skips else columns(document, asked)
    if isinstance(document, list):
        return (yield from some_points(document, asked) if asked.skips else points(document, asked))
    raise unreadable(f"The body is {kind(document)}; send an object, or an array of them.")


def is_block(document: object) -> TypeGuard[Fields]:
    """Whether it holds columns."""
    return isinstance(document, dict) and ("channels" in document or type(document.get("y")) is list)


def parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if body.startswith(codecs.BOM_UTF8):  # PowerShell and .NET write it; harmless
            return parsed(body.removeprefix(codecs.BOM_UTF8))
        refuse(body, error)


def refuse(body: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    """Say what is wrong with a body that is not JSON."""
    if not body.strip():
        raise unreadable("The body is empty.", code="empty_body") from None
    if not is_utf8(body):
        raise unreadable("The body is not UTF-8; send JSON in UTF-8.", code="not_utf8") from None
    if "infinity" in error.msg:
        raise unreadable("A number is beyond 1e150.", code="out_of_range") from None
    reason = f"The body is not JSON: error at line {error.lineno}, column {error.colno}."
    if b"NaN" in body or b"Infinity" in body:
        reason += " NaN and Infinity are not JSON; in a column null is a gap."
    raise unreadable(reason, code="bad_json") from None


def is_utf8(body: bytes) -> bool:
    """Whether it is UTF-8 text; UTF-16 of plain text is full of zero bytes and is not."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


def check_brackets(body: bytes, limits: Limits) -> None:
    """Refuse what could only be read slowly: many small arrays and objects.

    Problem  too_many_points
    """
    most = max(limits.samples, QUICK) + SPARE
    if len(body) > most and body.count(b"{") + body.count(b"[") > most:
        message = f"more than {most} arrays and objects in one request; send the rest in another request"
        raise Problem("too_many_points", message, details={"limit": "samples", "max": limits.samples})


def check_depth(document: object, body: bytes, most: int) -> None:
    """Refuse nesting deeper than `most`.

    The brackets alone are looked at first, which costs a few nanoseconds a byte; only when they
    do not come out, because texts hold brackets too, the document itself is walked.
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return
    brackets = body.translate(AS_SQUARE, NOT_BRACKETS)
    for _ in range(most):
        brackets = brackets.replace(b"[]", b"")
    if brackets and depth(document) > most:
        raise Problem("bad_json", f"the JSON is nested deeper than {most} levels; send it flat")


def depth(document: object) -> int:
    """Levels of arrays and objects."""
    level, n = [document], 0
    while level := [entry for entry in level if isinstance(entry, (dict, list))]:
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
        n += 1
    return n
