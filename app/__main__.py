"""`python -m app`: flags and environment make the configuration, then the process serves."""

from __future__ import annotations

import logging
import os
import sys

from app.config import ConfigError, load

LONGEST = 4000  # characters of a log record


class Line(logging.Formatter):
    """A record of bounded length: Bokeh logs whatever a client sent, as long as it was."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record)[:LONGEST]


def log() -> None:
    """Warnings to standard error. Bokeh warns of each viewer that leaves, which is no news."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("bokeh").setLevel(logging.ERROR)


def main() -> int:
    try:
        config = load(sys.argv[1:])
    except ConfigError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    os.environ.pop("BOKEH_ALLOW_WS_ORIGIN", None)  # Bokeh would read it, too, and by other rules than ours
    log()
    from app.server import serve

    return serve(config)


if __name__ == "__main__":
    sys.exit(main())
