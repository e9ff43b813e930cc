"""What the process says about itself: a line for each event, as text for people or as JSON for machines.

A line never holds what was sent, nor a token, and is of bounded length, whatever a client does.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson

from app.system.runtime import BOOT_ID

LONGEST = 8000  # bytes of a line
LONGEST_TEXT = 256  # characters of one of its strings
LONGEST_TRACE = 4000  # characters of where an exception came from
FIELDS = ("request_id", "source", "route", "code", "reason", "count", "bytes", "samples", "dur_ms", "session")
QUIET = {"bokeh": logging.ERROR, "app": logging.INFO}  # Bokeh warns of each viewer that leaves: no news
FORMATS = ("text", "json")
EVERY = 1.0  # s between two lines of the same place
OWN = "app"  # logger of the app itself, and beginning of the names of its others
TALKATIVE = ("asyncio", "bokeh", "panel", "param", "tornado")  # their words may hold what was sent
REPR = re.compile(r"[<({\n].*", re.DOTALL)  # from here on, in a text that is already made
Exc = tuple[type[BaseException], BaseException | None, TracebackType | None]


@dataclass(slots=True)
class Place:
    """When a place was heard last, and how often it had something to say since."""

    at: float
    waiting: int = 0


@dataclass(eq=False)
class Flood(logging.Filter):
    """Lets libraries, and bugs, have a line a second of the same place; the next one has their number.

    What libraries say of messages and requests is left out: there stay the words of the programmer, the kind
    of the exception, and where it came from.
    """

    clock: Callable[[], float] = time.monotonic
    places: dict[object, Place] = field(default_factory=dict)  # of the program: no sender can add to them

    def filter(self, record: logging.LogRecord) -> bool:
        if belongs(record.name, OWN) and not record.exc_info:
            return True
        place = self.places.setdefault(origin(record), Place(float("-inf")))
        place.waiting += 1
        now = self.clock()
        if now - place.at < EVERY:
            return False
        n, place.waiting, place.at = place.waiting, 0, now
        if not hasattr(record, "event") and any(belongs(record.name, name) for name in TALKATIVE):
            silence(record)
        if n > 1:
            record.count, record.msg = n, f"{n} times: {record.msg}"
        return True


def belongs(name: str, logger: str) -> bool:
    """Whether the logger of this name is that one, or below it."""
    return name == logger or name.startswith(logger + ".")


def origin(record: logging.LogRecord) -> object:
    """The place in the program that a line comes from, and that of its exception."""
    place = record.name, record.pathname, record.lineno
    if not record.exc_info or record.exc_info[0] is None:
        return place
    kind, _, trace = record.exc_info
    last = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)][-1:]
    return *place, kind, *last


def silence(record: logging.LogRecord) -> None:
    """Leave out of a line whatever is not known to the programmer of the library, but for numbers."""
    if isinstance(record.args, tuple) and record.args:
        record.args = tuple(arg if isinstance(arg, int | float) else "\u2026" for arg in record.args)
    elif record.args:
        record.args = ()
    else:
        record.msg = REPR.sub("", str(record.msg)).rstrip()
    if record.exc_info and record.exc_info[0] is not None:
        kept: Any = record.exc_info[0], None, record.exc_info[2]
        record.exc_info = kept


def named(kind: type[BaseException], error: BaseException | None) -> str:
    """An exception in a line; None: of what it says, nothing."""
    return kind.__name__ if error is None else f"{kind.__name__}: {error}"


class Text(logging.Formatter):
    """A line for people: one record, one line, but for where an exception came from."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record)[:LONGEST_TRACE]

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging calls it so
        if ei[1] is not None or ei[0] is None:
            return super().formatException(ei)
        return "".join(traceback.format_tb(ei[2])) + named(ei[0], None)


class Json(logging.Formatter):
    """A JSON object for machines."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "ts": stamp(record.created),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "message": short(record.getMessage()),
            "boot_id": BOOT_ID,
        }
        told |= {name: plain(getattr(record, name)) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = short(named(*record.exc_info[:2]))
            told["trace"] = "".join(traceback.format_tb(record.exc_info[2]))[-LONGEST_TRACE:]
        line = orjson.dumps(told)
        if len(line) > LONGEST:  # of signs that JSON writes longer than they are
            line = orjson.dumps({name: told[name] for name in ("ts", "level", "event", "boot_id")})
        return line.decode()


def stamp(seconds: float) -> str:
    """Unix time as RFC 3339 has it."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def short(text: str) -> str:
    """The text, bounded, and fit for UTF-8."""
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    return text if text.isascii() else text.encode(errors="replace").decode()


def one_line(text: str) -> str:
    """The text with signs that would end a line, or move a terminal's cursor, written out."""
    text = short(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def plain(value: object) -> object:
    """What can stand in a line: numbers as they are, anything else as short text."""
    return value if value is None or isinstance(value, int | float) else short(str(value))


def chosen(name: str) -> logging.Formatter:
    """The formatter of a name; of none, text on a terminal and JSON elsewhere."""
    return Text() if name == "text" or (not name and sys.stderr.isatty()) else Json()


def start(name: str) -> None:
    """Write to standard error from now on: warnings, and what the app itself has to say.

    name  of FORMATS, or empty
    """
    handler = logging.StreamHandler()
    handler.setFormatter(chosen(name))
    handler.addFilter(Flood())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for logger, level in QUIET.items():
        logging.getLogger(logger).setLevel(level)
    logging.captureWarnings(capture=True)


def unite() -> None:
    """Have what libraries log go the same way: some bring handlers of their own, which know no bounds."""
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and logger.handlers:
            logger.handlers.clear()
            logger.propagate = True
