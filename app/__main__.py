"""`python -m app`: flags and environment make the configuration, then the process serves."""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    from app.chassis import logs  # here, as the others: what is imported takes longer than a signal may wait
    from app.config import ConfigError, load
    from app.system.footprint import calm_heap

    try:
        config = load(sys.argv[1:])
    except ConfigError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    os.environ.pop("BOKEH_ALLOW_WS_ORIGIN", None)  # Bokeh would read it, too, and by other rules than ours
    logs.start(config.log)
    calm_heap()
    from app.server import serve

    return serve(config)


def end_at_once() -> None:
    """Have the process end with status 0 when it is told to before it serves: it has nothing to lose yet."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))


if __name__ == "__main__":
    end_at_once()
    sys.exit(main())
