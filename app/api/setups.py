"""/setups: the set-ups that people keep under a name: a list, one more, one less."""

from __future__ import annotations

from typing import Any

from app.api.keeping import KeepingHandler, written
from app.feed.feed import Feed
from app.guard.guard import Guard
from app.problems import Problem
from app.scope import link
from app.store.setups import Kit, Setups, TooMany

WANTED = '{"name": "a text"}'


def routes(feed: Feed, setups: Setups, guard: Guard) -> list[Any]:
    """The paths of this module, for the web server."""
    shared = {"feed": feed, "setups": setups, "guard": guard}
    return [(r"/setups", SetupsHandler, shared), (r"/setups/([0-9]{1,15})", SetupHandler, shared)]


class KitHandler(KeepingHandler):
    """A request about set-ups."""

    def initialize(self, feed: Feed, setups: Setups, guard: Guard) -> None:  # type: ignore[override]
        super().initialize(feed)
        self.setups = setups
        self.guard = guard

    def kit(self, number: str) -> Kit:
        """
        Problem  not_found
        """
        found = self.setups.get(int(number))
        if found is None:
            raise Problem("not_found", f"no set-up {number}; GET /setups lists them")
        return found


class SetupsHandler(KitHandler):
    """All set-ups, by name; POST keeps the one that the page's parameters are, under the name in the body."""

    def get(self) -> None:
        self.tell(self.setups.told)

    async def post(self) -> None:
        self.allow()
        scope, name = self.scope(), self.title()
        try:
            with written():
                kit = self.setups.add(name, link.query(scope), self.feed.clock())
        except TooMany as limit:
            raise Problem("setup_limit", str(limit)) from None
        except ValueError as error:
            raise Problem("bad_name", str(error)) from None
        await self.settled(self.setups.kept.saved(kit.id))
        self.tell({"status": "success", **kit.told()})

    def title(self) -> str:
        """What the body says.

        Problem  bad_json, bad_name, body_too_large
        """
        found = self.words(WANTED, "bad_name").get("name")
        if not isinstance(found, str):
            raise Problem("bad_name", f"send {WANTED}")
        return found


class SetupHandler(KitHandler):
    """One set-up."""

    def get(self, number: str) -> None:
        self.tell(self.kit(number).told())

    async def delete(self, number: str) -> None:
        self.allow()
        kit = self.kit(number)
        self.setups.delete(kit.id)
        await self.settled(self.setups.kept.saved(kit.id))
        self.tell({"status": "success", "deleted": kit.id})
