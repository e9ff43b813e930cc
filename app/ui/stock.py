"""Plots made ahead, so that nobody who opens a page has to wait for one, and nobody else either.

HoloViews takes a quarter of a second to make a plot. It is made in steps of 10-30 ms, with time for the rest
of the application in between. HoloViews knows no steps, so it works on a stack of its own: a thread that
goes on only while the loop stands and waits for it. Nothing runs beside the loop, so nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from app.ui.plot import Plot, Rest

T = TypeVar("T")
SIZE = 8
AGAIN = 1.0  # s after a fault
SHARE, HURRIED = 0.12, 0.75  # of the loop's time: while there are plots, and while somebody waits for one


class Abandoned(BaseException):
    """The work is not wanted any more: not an error that the work could handle."""


class Steps(Generic[T]):
    """Work in steps: from one call of `rest` to the next. What it raises, `step` raises."""

    def __init__(self, work: Callable[[Rest], T]) -> None:
        self.done = False
        self.result: T
        self._work = work
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._abandoned = False

    def step(self) -> None:
        """Go on with the work until it rests, and wait for that."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="plots", daemon=True)
            self._thread.start()
        self._turn.release()
        self._back.acquire()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """End work that is not done, if there is any."""
        self._abandoned = True
        if self._thread is not None:
            self._turn.release()
            self._thread.join()

    def _run(self) -> None:
        try:
            self._turn.acquire()
            self.result = self._work(self._rest)
        except Abandoned:
            pass
        except BaseException as error:  # it belongs to who waits for the step
            self._error = error
        finally:
            self.done = True
            self._back.release()

    def _rest(self) -> None:
        self._back.release()
        self._turn.acquire()
        if self._abandoned:
            raise Abandoned


class Stock:
    """Plots for the pages to come.

    rows  of each plot
    size  plots kept ready
    """

    def __init__(self, rows: int, size: int = SIZE) -> None:
        self.rows, self.size = rows, size
        self._plots: deque[Plot] = deque()
        self._more, self._room = asyncio.Event(), asyncio.Event()
        self._hurried = 0

    def __len__(self) -> int:
        return len(self._plots)

    async def run(self) -> None:
        """Keep the stock full, until cancelled."""
        while True:
            while len(self) >= self.size:
                self._room.clear()
                await self._room.wait()
            try:
                self._plots.append(await self._make())
            except Exception:
                logging.getLogger(__name__).exception("A plot could not be made")
                await asyncio.sleep(AGAIN)
            self._more.set()

    async def ready(self) -> None:
        """Wait until there is a plot, or none can be made."""
        self._hurried += 1
        try:
            if not self._plots:
                self._more.clear()
                await self._more.wait()
        finally:
            self._hurried -= 1

    def take(self) -> Plot:
        """A plot; one that is made now, in one piece, when there is none."""
        self._room.set()
        return self._plots.popleft() if self._plots else Plot(self.rows)

    async def _make(self) -> Plot:
        making = Steps(partial(Plot, self.rows))
        try:
            while not making.done:
                began = time.perf_counter()
                making.step()
                share = HURRIED if self._hurried else SHARE
                await asyncio.sleep((time.perf_counter() - began) * (1 / share - 1))
        finally:
            making.abandon()
        return making.result
