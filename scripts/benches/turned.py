"""The app as it is, with the longest turn of its loop: SIGUSR1 prints it as JSON, and begins anew.

python -m scripts.benches.turned [flags of the app]
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time

from app.__main__ import main

LONGEST = [0.0]  # ms of processor time


def watch(kind: type[asyncio.BaseEventLoop]) -> None:
    """Measure each turn of such a loop; waiting takes no processor time."""
    usual = kind._run_once  # type: ignore[attr-defined]

    def turn(loop: asyncio.BaseEventLoop) -> None:
        began = time.thread_time()
        usual(loop)
        LONGEST[0] = max(LONGEST[0], 1e3 * (time.thread_time() - began))

    kind._run_once = turn  # type: ignore[attr-defined]


def tell(*_: object) -> None:
    print(json.dumps(LONGEST[0]), flush=True)
    LONGEST[0] = 0.0


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    watch(asyncio.BaseEventLoop)
    sys.exit(main())
