"""Work on files: beside the loop, one piece after the other."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

from app.system.runtime import beside

T = TypeVar("T")


class Errands:
    """Does what it is given in the order in which it was, in threads."""

    def __init__(self) -> None:
        self._last: asyncio.Task[Any] | None = None

    def do(self, work: Callable[[], T]) -> asyncio.Task[T]:
        """Begin it as soon as all before it is done, however that ended."""
        nobody = contextvars.Context()  # of its own: the caller's would keep the caller's page alive
        made = asyncio.get_running_loop().create_task(after(self._last, work), context=nobody)
        self._last = made
        return made

    async def done(self) -> None:
        """Wait until everything is."""
        if self._last is not None:
            await asyncio.wait((self._last,))


async def after(before: asyncio.Task[Any] | None, work: Callable[[], T]) -> T:
    if before is not None and not before.done():
        await asyncio.wait((before,))
    return await beside(work)
