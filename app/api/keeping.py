"""What requests about things that people keep have in common: who may change them, bodies, a full disk."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from app.api.screen import ScreenHandler
from app.guard.guard import Guard
from app.guard.origin import FOREIGN, may_send
from app.problems import Problem
from app.store.disk import said

LONGEST_BODY = 16 << 10  # bytes


class KeepingHandler(ScreenHandler):
    """A request about things that people keep; subclasses set its guard."""

    guard: Guard

    def allow(self) -> None:
        """
        Problem  origin_not_allowed
        """
        if not may_send(self.request.headers, self.guard.hosts, self.guard.origins):
            raise Problem("origin_not_allowed", FOREIGN)

    def words(self, wanted: str, code: str) -> dict[str, Any]:
        """The JSON object that the body is; an empty one, if there is none.

        wanted   what would be right
        code     of the problem when it is another kind of JSON
        Problem  bad_json, body_too_large
        """
        body = self.request.body
        if len(body) > LONGEST_BODY:
            raise Problem("body_too_large", f"this is said in {LONGEST_BODY} bytes at most")
        try:
            words = orjson.loads(body) if body.strip() else {}
        except orjson.JSONDecodeError:
            raise Problem("bad_json", f"the body is no JSON; send {wanted}") from None
        if not isinstance(words, dict):
            raise Problem(code, f"send {wanted}")
        return words

    def tell(self, words: object) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(orjson.dumps(words))

    async def settled(self, change: Awaitable[None]) -> None:
        """Wait until a change is written.

        Problem  disk_full
        """
        with written():
            await change


@contextmanager
def written() -> Iterator[None]:
    """
    Problem  disk_full: what is done in it cannot be written
    """
    try:
        yield
    except OSError as error:
        raise Problem("disk_full", f"nothing was changed: {said(error)}") from None
