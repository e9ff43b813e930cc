"""`python -m app`: flags and environment make the configuration, then the process serves."""

from __future__ import annotations

import os
import sys

from app.chassis import logs
from app.config import ConfigError, load
from app.system.footprint import calm_heap


def main() -> int:
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


if __name__ == "__main__":
    sys.exit(main())
