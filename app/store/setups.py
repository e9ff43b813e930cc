"""Set-ups that people keep under a name: knobs, as a link has them, for all who look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson

from app.store.kept import Damaged, Kept, Newer
from app.store.shelf import Shelf

MOST = 200
LONGEST = 64  # characters of a name
FORMAT = "web-oscilloscope set-up"  # the panel saves and reads such files, too
VERSION = 1


class TooMany(Exception):  # noqa: N818  it is a limit that is met, not a fault
    """There is no room for another set-up."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A set-up that is kept.

    time   when, Unix seconds
    query  as a link has it
    """

    id: int
    name: str
    time: float
    query: str

    def told(self) -> dict[str, object]:
        """What a list says of it."""
        return asdict(self)


class Setups:
    """The set-ups by number; two have never the same name.

    told   of all, by name; a new list after each change
    shelf  where they survive the process; None: memory only
    """

    def __init__(self, shelf: Shelf | None = None, most: int = MOST) -> None:
        self.told: list[dict[str, object]] = []
        self._most = most
        self.kept: Kept[Kit] = Kept(shelf, read, bytes_of, self._list)
        self._list()

    def add(self, name: str, query: str, time: float) -> Kit:
        """Keep a set-up, in place of one with the same name.

        TooMany     there are so many already
        ValueError  no name that can be written
        OSError     there is no room where it is to be written
        """
        name = titled(name)
        before = next((kit for kit in self.kept.things.values() if kit.name == name), None)
        if before is None and len(self.kept.things) >= self._most:
            raise TooMany(f"{self._most} set-ups are kept, as many as there may be; delete one first")
        kit = Kit(self.kept.claim() if before is None else before.id, name, time, query)
        self.kept.put(kit.id, kit)
        return kit

    def get(self, id: int) -> Kit | None:
        return self.kept.things.get(id)

    def delete(self, id: int) -> bool:
        """False: there is no such set-up."""
        return self.kept.drop(id)

    def _list(self) -> None:
        kits = sorted(self.kept.things.values(), key=lambda kit: (kit.name.casefold(), kit.id))
        self.told = [kit.told() for kit in kits]


def titled(name: str) -> str:
    """A name as it is kept: one line; ValueError: it is none, too long, or no text."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise ValueError(f"a name has 1 to {LONGEST} characters, all of which can be printed")
    return name


def bytes_of(kit: Kit) -> Sequence[bytes]:
    words = {"format": FORMAT, "version": VERSION, **kit.told()}
    return [orjson.dumps(words, option=orjson.OPT_INDENT_2)]


def read(id: int, data: bytes) -> Kit:
    """Damaged, Newer: there is none in it."""
    try:
        words = orjson.loads(data)
        if words["format"] != FORMAT:
            raise Damaged("it is no set-up")
        if words["version"] > VERSION:
            raise Newer(f"version {words['version']} wrote it, and this is version {VERSION}")
        return Kit(id, titled(words["name"]), float(words["time"]), str(words["query"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None
