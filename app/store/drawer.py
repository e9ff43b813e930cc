"""The drawer of a process: all that people keep, and where it is kept."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from app.store.pins import Pins
from app.store.setups import Setups
from app.store.shelf import Folder

PLACES = ("pins", "setups")  # folders in that of SCOPE_DATA


class Drawer:
    """
    folder  where things survive the process; None: memory only
    """

    def __init__(self, folder: Path | None) -> None:
        self.pins = Pins(shelf=None if folder is None else Folder(folder / "pins", "pin"))
        self.setups = Setups(None if folder is None else Folder(folder / "setups", "json"))

    def work(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What goes on for as long as the process serves."""
        yield self.pins.kept.watch()
        yield self.setups.kept.watch()

    async def close(self) -> None:
        """Wait until everything is written."""
        await self.pins.kept.done()
        await self.setups.kept.done()
