"""The memory of a process that shares a stream with others: what one says of a channel, all hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from app.memory.memory import ChannelLimit, Memory
from app.memory.record import Placed
from app.memory.samples import Samples
from app.problems import Problem

SPARE = 64  # channels beyond the limit that are made, when processes have let in new ones at once
Change = tuple[str, str, dict[str, Any]]  # say, delete or clear; of which channel; facts


class SharedMemory(Memory):
    """Filled by the tail of the stream alone.

    telling  brings a change to the stream; None: there is no way to it at present
    """

    engine = "stream"

    def __init__(self, points: int, budget: int = 1 << 30, max_channels: int = 256) -> None:
        super().__init__(points, budget, max_channels)
        self.telling: Callable[[Change, dict[str, Any]], asyncio.Future[Any] | None] = lambda *_: None
        self._told: list[asyncio.Future[Any] | None] = []  # changes of this moment; None: there was no way

    def append(
        self, batch: Sequence[Samples], now: float, missing: int | None = None, note: bytes = b""
    ) -> list[Placed]:
        """Store what is in the stream: whoever put it there has looked at the limit."""
        most = self.max_channels
        try:
            return super().append(batch, now, missing, note)
        except ChannelLimit:
            self.max_channels = len(self.records) + SPARE
            return super().append(batch, now, missing, note)
        finally:
            self.max_channels = most

    def gap(self) -> None:
        """Samples of any channel may be missing before what comes next."""
        for record in self.records.values():
            record.gap()
        self.version += 1

    # what people do; it is done by `heed`, here as everywhere

    def say(self, name: str, **facts: str | float) -> bool:
        record = self.records.get(name)
        if record is None:
            return False
        known = {"label": record.label, "named": record.named, "probe": record.probe}
        if not self.tell(("say", name, facts), known | facts):
            raise unavailable("Redis does not answer", "try again")
        return super().say(name, **facts)  # at once, too: who has said it goes on from there

    def delete(self, name: str) -> bool:
        if name not in self.records:
            return False
        self.tell(("delete", name, {}), {})
        return True

    def clear(self) -> None:
        self.tell(("clear", "", {}), {})

    def tell(self, change: Change, known: dict[str, Any]) -> bool:
        """Bring a change to the stream; whether it is on its way."""
        done = self.telling(change, known)
        if done is not None:
            done.add_done_callback(heard)
        if not self._told:
            asyncio.get_running_loop().call_soon(self._told.clear)  # others must not hear of it
        self._told.append(done)
        return done is not None

    async def settled(self) -> None:
        """Wait for the changes that the caller has just made, if there was a way.

        Problem  store_unavailable
        """
        for done in self._told.copy():
            if done is None:
                raise unavailable("Redis does not answer")
            await done

    def heed(self, change: Change) -> None:
        """Do what somebody has said in some process."""
        what, name, facts = change
        if what == "say":
            super().say(name, **facts)
        elif what == "delete":
            super().delete(name)
        elif what == "clear":
            super().clear()


def heard(done: asyncio.Future[Any]) -> None:
    """What became of a change, though nobody waits for it."""
    if not done.cancelled():
        done.exception()


def unavailable(why: str, then: str = "send it again") -> Problem:
    """What a sender hears when the store cannot take anything: 503, and when to come again."""
    return Problem("store_unavailable", f"{why}; {then}", headers={"Retry-After": "1"})
