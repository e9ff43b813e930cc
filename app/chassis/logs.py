"""What the process says about itself: a line for each event, as text for people or as JSON for machines.

A line never holds what was sent, nor a token, and is of bounded length, whatever a client does.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback

import orjson

from app.system.runtime import BOOT_ID

LONGEST = 8000  # bytes of a line
LONGEST_TEXT = 256  # characters of one of its strings
LONGEST_TRACE = 4000  # characters of where an exception came from
FIELDS = ("request_id", "source", "route", "code", "reason", "count", "bytes", "samples", "dur_ms", "session")
QUIET = {"bokeh": logging.ERROR, "app": logging.INFO}  # Bokeh warns of each viewer that leaves: no news
FORMATS = ("text", "json")


class Text(logging.Formatter):
    """A line for people: one record, one line, but for where an exception came from."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record)[:LONGEST_TRACE]

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        record.message = one_line(record.message)
        return super().formatMessage(record)


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
            told["error"] = short(f"{record.exc_info[0].__name__}: {record.exc_info[1]}")
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
