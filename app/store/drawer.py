"""The drawer of a process: all that people keep, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.memory.record import Record
from app.store.pins import Pins
from app.store.recordings import Recordings
from app.store.replay import Put, Replays
from app.store.setups import Setups
from app.store.shelf import Folder

PLACES = ("pins", "setups", "recordings")  # folders in that of SCOPE_DATA


@dataclass(frozen=True)
class Limits:
    """Of recordings: how many, and how large."""

    most: int = 50
    largest: int = 1 << 30


class Drawer:
    """
    folder   where things survive the process; None: memory only
    records  the channels that are recorded
    put      what takes the samples of a recording that is played
    notices  what all who look have to know
    """

    def __init__(
        self,
        folder: Path | None,
        records: Callable[[], Mapping[str, Record]],
        put: Put,
        notices: MutableMapping[str, str],
        limits: Limits = Limits(),
    ) -> None:
        pins, setups, recordings = (None if folder is None else folder / place for place in PLACES)
        self.pins = Pins(shelf=None if pins is None else Folder(pins, "pin"))
        self.setups = Setups(None if setups is None else Folder(setups, "json"))
        self.recordings = Recordings(
            recordings, records, most=limits.most, largest=limits.largest, notices=notices
        )
        self.replays = Replays(self.recordings, put)

    def work(self) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
        """What goes on for as long as the process serves."""
        yield self.pins.kept.watch
        yield self.setups.kept.watch
        yield self.recordings.kept.watch
        yield self.recordings.watch

    async def close(self) -> None:
        """End what is under way, and wait until everything is written."""
        await self.replays.close()
        await self.recordings.close()
        await self.pins.kept.done()
        await self.setups.kept.done()
