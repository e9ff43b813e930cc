"""The formats that a probe may send."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.ingest.arrow import arrow_samples
from app.ingest.batch import Asked, Decode, Limits
from app.ingest.csv import csv_samples
from app.ingest.json_body import json_samples
from app.ingest.line_protocol import line_samples
from app.ingest.ndjson import ndjson_samples
from app.ingest.npy import MAGIC, npy_samples
from app.ingest.query import NONE
from app.ingest.raw import raw_samples
from app.ingest.teleplot import teleplot_samples
from app.memory.samples import Samples
from app.problems import Problem

# Media type -> decoder. To add a format: a function, a line here, a test row, a README row.
FORMATS: dict[str, Decode] = {
    "application/json": json_samples,
    "application/x-ndjson": ndjson_samples,
    "text/csv": csv_samples,
    "application/octet-stream": raw_samples,
    "application/x-npy": npy_samples,
    "application/vnd.apache.arrow.stream": arrow_samples,
    "text/x-teleplot": teleplot_samples,
    "text/x-influx": line_samples,
}
# What formats are called where they are counted.
NAMES = {read: read.__name__.removesuffix("_samples") for read in FORMATS.values()}
OTHER_NAMES = {
    "application/ndjson": "application/x-ndjson",
    "application/jsonl": "application/x-ndjson",
    "application/x-numpy": "application/x-npy",
    "application/x-influx": "text/x-influx",
}
BINARY = {
    "application/octet-stream",
    "application/x-npy",
    "application/x-numpy",
    "application/vnd.apache.arrow.stream",
}
# What libraries write when nobody has said anything, and so does not tell the format.
GENERIC = {"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "*/*"}
ARROW = b"\xff\xff\xff\xff"
WHITE = b" \t\r\n\xef\xbb\xbf"
LOOKED_AT = 4096  # bytes
# Possessive: a run of digits that could be divided in many ways would, in a row of cells, take for ever.
NUMBER = rb"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
LINE = re.compile(rb'(?:\\.|[^\\ ={"])(?:\\.|[^\\ ])* (?:\\.|[^\\,= ])+=[^ ].*')
TELEPLOT = re.compile(rb">?[^:,;=|{]+(?::%b){1,3}(?:;.*|\xc2\xa7.*|\|.*)?" % NUMBER)
ROW = re.compile(rb'"?(?:%b|nan)?"?(?:[,;\t] *+"?(?:%b|nan)?"?)*+' % (NUMBER, NUMBER), re.IGNORECASE)


def decode(
    content_type: str, body: bytes, now: int, limits: Limits, query: Mapping[str, str] = NONE
) -> list[Samples]:
    """The samples of a body, by its media type, or by its looks where that says nothing.

    now      nanoseconds since 1970, the time of receipt
    query    the parameters of its address
    Problem  the body is not samples that can be stored as they are
    """
    return decoder(media_type(content_type), body, query)(body, Asked(now, limits, query))


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def is_binary(content_type: str) -> bool:
    """Whether the larger limits are those of such a body."""
    return media_type(content_type) in BINARY


def decoder(kind: str, body: bytes, query: Mapping[str, str]) -> Decode:
    """What reads a body of this media type.

    Problem  unsupported_media_type: another type than those of FORMATS, and the body looks like none of them
    """
    known = FORMATS.get(OTHER_NAMES.get(kind, kind))
    if known is not None and kind not in GENERIC:
        return known
    found = looks(body, query)
    if found is not None:
        return FORMATS[found]
    if not body or body[:LOOKED_AT].lstrip(WHITE).startswith((b"{", b"[")):
        return json_samples
    if kind not in GENERIC:
        raise unknown()
    return raw_samples if kind in BINARY else json_samples


def unknown() -> Problem:
    message = f"a type that is not read here; send {', '.join(FORMATS)}"
    return Problem("unsupported_media_type", message)


def looks(body: bytes, query: Mapping[str, str]) -> str | None:
    """The media type of what the body looks like; None: JSON, or nothing that is known."""
    if "dtype" in query:
        return "application/octet-stream"
    if body.startswith(b"{") and b"\n" not in body:
        return None
    if body.startswith(MAGIC):
        return "application/x-npy"
    if body.startswith(ARROW):
        return "application/vnd.apache.arrow.stream"
    head = body[:LOOKED_AT].lstrip(WHITE)
    if head.startswith(b"["):
        return None
    return text_looks([line.rstrip(b"\r") for line in head.split(b"\n")], whole=len(body) <= LOOKED_AT)


def text_looks(lines: list[bytes], *, whole: bool) -> str | None:
    """The media type of a text that begins with these lines."""
    complete = lines if whole or len(lines) == 1 else lines[:-1]
    shown = [line for line in complete if line.strip() and not line.startswith(b"#")]
    if not shown:
        return None
    first, second = shown[0], shown[1] if len(shown) > 1 else None
    if first.startswith(b"{"):
        jsonl = second is not None and first.rstrip().endswith(b"}") and second.startswith(b"{")
        return "application/x-ndjson" if jsonl else None
    if TELEPLOT.fullmatch(first):
        return "text/x-teleplot"
    if LINE.fullmatch(first):
        return "text/x-influx"
    if second is not None and ROW.fullmatch(second) and not ROW.fullmatch(first):
        return "text/csv"
    return None
