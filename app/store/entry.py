"""What is known of a recording, and the small file beside it that holds that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite

import orjson

from app.store.kept import Damaged, Newer
from app.store.writing import WRITERS

FORMAT, VERSION = "web-oscilloscope recording", 1
ENDS = {
    "size": "it has reached the largest size that a recording may have",
    "disk_full": "the disk is full",
    "io": "it could not be written",
    "crash": "the process that recorded was killed",
    "shutdown": "the server was stopped",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a recording.

    asked     the channels that are recorded; none: all
    channels  those of which there were samples
    began     Unix s, as ended is; None: it is under way
    why       a key of ENDS; empty: somebody stopped it
    missed    samples that the memory lost before they could be written
    parquet   bytes of the file that was made of it; 0: none was
    """

    id: int
    format: str
    asked: tuple[str, ...]
    began: float
    ended: float | None = None
    why: str = ""
    samples: int = 0
    missed: int = 0
    bytes: int = 0
    channels: tuple[str, ...] = ()
    parquet: int = 0

    def told(self) -> dict[str, object]:
        """What a list says of it."""
        return asdict(self) | {"message": ENDS.get(self.why, "")}


def bytes_of(entry: Entry) -> Sequence[bytes]:
    return [orjson.dumps({"file": FORMAT, "version": VERSION, **asdict(entry)}, option=orjson.OPT_INDENT_2)]


def read(id: int, data: bytes) -> Entry:
    """Damaged, Newer: there is none in it."""
    try:
        words = orjson.loads(data)
        if words.pop("file") != FORMAT:
            raise Damaged("it is no recording")
        if (version := words.pop("version")) > VERSION:
            raise Newer(f"version {version} wrote it, and this is version {VERSION}")
        lists = {name: tuple(map(str, words[name])) for name in ("asked", "channels")}
        entry = Entry(**{**words, **lists, "id": id})
        if not ours(entry):
            raise Damaged("it is no recording of ours")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None
    return entry


def ours(entry: Entry) -> bool:
    """Whether it says what one of ours can say; TypeError: it does not."""
    counts = entry.samples, entry.missed, entry.bytes, entry.parquet
    times = entry.began, 0.0 if entry.ended is None else entry.ended
    return (
        entry.format in WRITERS
        and (entry.why == "" or entry.why in ENDS)
        and all(isinstance(count, int) and count >= 0 for count in counts)
        and all(isfinite(time) and time >= 0 for time in times)
    )
