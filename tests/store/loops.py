"""A loop for one piece of work, in a thread of its own: the test's own thread may have one already."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST = 60.0  # s


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns, or raises."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asyncio.wait_for(work, LONGEST)).result()
