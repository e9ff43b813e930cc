"""The app as it is, with a count of what its viewers hold: SIGUSR1 prints it as JSON.

python -m scripts.benches.counted [flags of the app]
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys

from app.__main__ import main

COUNTED = {  # by name: they are imported later
    "bokeh.document.document.Document": "documents",
    "bokeh.server.session.ServerSession": "sessions",
    "app.ui.tab.Tab": "tabs",
    "holoviews.streams.Buffer": "buffers",
    "app.feed.watcher.Watcher": "watchers",
    "app.feed.watched.Watched": "views",
}


def count(*_: object) -> None:
    gc.collect()
    found = dict.fromkeys([*COUNTED.values(), "subscribers"], 0)
    for held in gc.get_objects():
        name = COUNTED.get(f"{type(held).__module__}.{type(held).__qualname__}")
        if name is not None:
            found[name] += 1
        if name == "buffers":
            found["subscribers"] += len(held._subscribers)
    found["tasks"] = len(asyncio.all_tasks())
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, count)
    sys.exit(main())
