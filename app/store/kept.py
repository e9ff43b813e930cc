"""Things that people keep, by number: in memory, and where other processes see them, if there is a shelf."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar

from app.store.errands import Errands
from app.store.shelf import Shelf

T = TypeVar("T")
LOOKS = 1.0  # s between two looks at what other processes have kept


class Damaged(Exception):  # noqa: N818  it is what became of the file
    """These bytes are not what they should be, or not all of it."""


class Newer(Exception):  # noqa: N818
    """A later version of this program wrote them."""


class Kept(Generic[T]):
    """Things by number. On a shelf, each is there at once, and is taken back if it cannot be written.

    shelf    None: memory only
    read     the thing of this number that these bytes are; Damaged, Newer
    write    the bytes of a thing; both also in threads
    changed  is called after each change
    """

    def __init__(
        self,
        shelf: Shelf | None,
        read: Callable[[int, bytes], T],
        write: Callable[[T], Sequence[bytes]],
        changed: Callable[[], None],
    ) -> None:
        self.things: dict[int, T] = {}
        self._shelf, self._read, self._write, self._changed = shelf, read, write, changed
        self._numbers = itertools.count(1)
        self._errands = Errands()
        self._stamps: dict[int, Hashable] = {}  # of the files that are known
        self._unread: set[int] = set()  # those that could not be read
        self._saving: dict[int, asyncio.Task[Hashable]] = {}
        if shelf is not None:
            for id in sorted(shelf.look()):
                self._have(id, self._load(shelf, id))

    def claim(self) -> int:
        """A number that was never given before. OSError: the shelf is full, or broken."""
        return next(self._numbers) if self._shelf is None else self._shelf.claim()

    def put(self, id: int, thing: T, *, anyway: bool = False) -> None:
        """Keep a thing, new or another one than before; `anyway`: in memory even if it cannot be written."""
        before = thing if anyway else self.things.get(id)
        self.things[id] = thing
        if self._shelf is not None:
            self._do(id, partial(save, self._shelf, id, thing, self._write), before)
        self._changed()

    def drop(self, id: int) -> bool:
        """False: it is not there."""
        before = self.things.pop(id, None)
        if before is not None and self._shelf is not None:
            self._do(id, partial(self._shelf.delete, id), before)
        self._changed()
        return before is not None

    def _do(self, id: int, work: Callable[[], Hashable], before: T | None) -> None:
        """Have the shelf follow what is here; if it cannot, have what was here before."""
        doing = self._saving[id] = self._errands.do(work)
        doing.add_done_callback(partial(self._done, id, self.things.get(id), before))

    def saving(self, id: int) -> asyncio.Task[Hashable] | None:
        """What writes a thing; it ends with an OSError if it could not. None: nothing does."""
        return self._saving.get(id)

    async def saved(self, id: int) -> None:
        """Wait until a thing is written, or deleted; OSError: it could not be, and is as it was before."""
        saving = self._saving.get(id)
        if saving is not None:
            await asyncio.shield(saving)

    async def watch(self) -> None:
        """See what other processes keep, for ever."""
        well = True
        while self._shelf is not None:
            await asyncio.sleep(LOOKS)
            try:
                await self.look()
                well = True
            except OSError as error:
                if well:
                    logging.getLogger(__name__).warning("What others keep cannot be seen: %s", error)
                well = False

    async def look(self) -> None:
        """Have what is on the shelf by now."""
        shelf = self._shelf
        if shelf is None:
            return
        found = await self._errands.do(shelf.look)
        away = [id for id in self.things if id not in found and id not in self._saving]
        new = [id for id in found if self._stamps.get(id) != found[id] and id not in self._saving]
        for id in away:
            del self.things[id]
        self._stamps = {id: stamp for id, stamp in self._stamps.items() if id in found or id in self._saving}
        for id in sorted(new):
            loaded = await self._errands.do(partial(self._load, shelf, id))
            if id not in self._saving:  # else somebody here has changed it meanwhile, and that is newer
                self._have(id, loaded)
        if away or new:
            self._changed()

    async def done(self) -> None:
        """Wait until everything is written."""
        await self._errands.done()

    def _load(self, shelf: Shelf, id: int) -> tuple[Hashable, T | None]:
        """What a file holds, and its stamp; nothing if it is gone or cannot be read."""
        known = shelf.look().get(id)
        try:
            data = None if known is None else shelf.load(id)
            return (None, None) if data is None else (known, self._read(id, data))
        except (Damaged, IsADirectoryError, PermissionError) as error:
            shelf.refuse(id, str(error))
        except Newer as error:
            logging.getLogger(__name__).warning("Number %s is left where it is: %s", id, error)
        except OSError as error:  # the disk may give it back
            if id not in self._unread:
                logging.getLogger(__name__).warning("Number %s cannot be read now: %s", id, error)
            self._unread.add(id)
            return None, None
        return known, None

    def _have(self, id: int, found: tuple[Hashable, T | None]) -> None:
        stamp, thing = found
        if stamp is not None:
            self._stamps[id] = stamp
        if thing is not None:
            self.things[id] = thing

    def _done(self, id: int, thing: T | None, before: T | None, doing: asyncio.Task[Hashable]) -> None:
        if self._saving.get(id) is doing:
            del self._saving[id]
        if doing.cancelled():
            return
        error = doing.exception()
        if error is None:
            self._stamps[id] = doing.result()
            return
        logging.getLogger(__name__).error("Number %s could not be changed: %s", id, error)
        if self.things.get(id) is thing:
            self._put_back(id, before)

    def _put_back(self, id: int, before: T | None) -> None:
        if before is None:
            self.things.pop(id, None)
        else:
            self.things[id] = before
        self._changed()


def save(shelf: Shelf, id: int, thing: T, write: Callable[[T], Sequence[bytes]]) -> Hashable:
    return shelf.save(id, write(thing))
