"""Work that goes on for as long as the process serves, whatever goes wrong with it once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

AGAIN = 1.0  # s until work that failed is begun again
QUIET = 60.0  # s in which the same is said once
Work = Callable[[], Coroutine[Any, Any, None]]
log = logging.getLogger(__name__)


async def lasting(work: Work) -> None:
    """Do it until it ends by itself; where it fails, the log says so, and it is begun again."""
    told, last = "", 0.0
    while True:
        try:
            return await work()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            if what != told or time.monotonic() - last > QUIET:
                log.exception("%s has failed, and is begun again", getattr(work, "__qualname__", work))
                told, last = what, time.monotonic()
        await asyncio.sleep(AGAIN)
