"""What was asked and what was answered, as it happened: one line of JSON for each event.

`invoke`: a request is sent for the first time; `ok`: it is acknowledged; `fail`: it is refused for good;
`unknown`: its sender gave up, and nobody knows. `mark` is anything else worth telling, such as a kill.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.faults.values import channel_of, key

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"


@dataclass(slots=True)
class Request:
    """A request and what became of it.

    n         samples in each of its channels
    channels  that it is for
    end       ok, fail or unknown; as long as it is under way, unknown
    """

    n: int
    channels: tuple[str, ...]
    began: float
    end: str = UNKNOWN
    ended: float = 0.0


@dataclass
class History:
    """All requests of a run; each event is written down as it comes.

    path      of the file; without one nothing is written
    requests  by source << 32 | seq
    marks     (monotonic time, what)
    """

    path: Path | None = None
    requests: dict[int, Request] = field(default_factory=dict)
    marks: list[tuple[float, str]] = field(default_factory=list)
    _file: TextIO | None = None

    def __post_init__(self) -> None:
        if self.path is not None:
            self._file = self.path.open("w", buffering=1 << 16)

    def invoke(self, source: int, seq: int, n: int, channels: tuple[str, ...] | None = None) -> None:
        now = time.monotonic()
        channels = channels or (channel_of(source),)
        self.requests[key(source, seq)] = Request(n, channels, now)
        self._write(event="invoke", source=source, seq=seq, n=n, channels=channels, at=now)

    def ended(self, source: int, seq: int, end: str, status: int = 0) -> None:
        """
        status  of the answer, 0 if there was none
        """
        now = time.monotonic()
        request = self.requests[key(source, seq)]
        request.end, request.ended = end, now
        self._write(event=end, source=source, seq=seq, status=status, at=now)

    def mark(self, what: str) -> float:
        now = time.monotonic()
        self.marks.append((now, what))
        self._write(event="mark", what=what, at=now)
        return now

    def _write(self, **event: object) -> None:
        if self._file is not None:
            self._file.write(json.dumps(event, separators=(",", ":")) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def acknowledged(self) -> int:
        """How many requests are."""
        return sum(request.end == OK for request in self.requests.values())

    @property
    def samples(self) -> int:
        """How many samples are acknowledged, in all channels."""
        return sum(
            request.n * len(request.channels) for request in self.requests.values() if request.end == OK
        )


def events(path: Path) -> Iterator[dict[str, object]]:
    with path.open() as file:
        yield from map(json.loads, file)


def read(path: Path) -> History:
    """A history that was written down."""
    found = History()
    for event in events(path):
        kind, at = event["event"], float(event["at"])  # type: ignore[arg-type]
        if kind == "mark":
            found.marks.append((at, str(event["what"])))
            continue
        number = key(event["source"], event["seq"])  # type: ignore[arg-type]
        if kind == "invoke":
            found.requests[number] = Request(event["n"], tuple(event["channels"]), at)  # type: ignore[arg-type]
        else:
            found.requests[number].end, found.requests[number].ended = str(kind), at
    return found
