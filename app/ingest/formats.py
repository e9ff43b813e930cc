"""The formats that a probe may send."""

from __future__ import annotations

from app.ingest.batch import Decode, Limits
from app.ingest.json_body import json_samples
from app.memory.samples import Samples

# Media type -> decoder. To add a format: a function, a line here, a test row, a README row.
FORMATS: dict[str, Decode] = {
    "application/json": json_samples,
}


def decode(content_type: str, body: bytes, now: int, limits: Limits) -> list[Samples]:
    """The samples of a body; any other type than those above, or none, is read as JSON.

    now      nanoseconds since 1970, the time of receipt
    Problem  the body is not samples that can be stored as they are
    """
    media_type = content_type.partition(";")[0].strip().lower()
    return FORMATS.get(media_type, json_samples)(body, now, limits)
