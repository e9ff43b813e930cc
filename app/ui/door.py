"""Who may open a page or its socket, and when: one at a time, so that the others' frames go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from bokeh.server.urls import per_app_patterns
from bokeh.util.token import check_token_signature, get_session_id, get_token_payload
from panel.io.server import AutoloadJsHandler, DocHandler, WSHandler

from app.feed.feed import Feed
from app.guard.origin import allowed_origin
from app.problems import NotFound
from app.ui.page import embedded, opening
from app.ui.stock import Stock

RETRY_AFTER = 10  # s
LATER = 1013  # close code: try again later
PAUSE = 0.02  # s
PULL = "PULL-DOC-REQ"  # Bokeh's message by which a page asks for its plot
NOTICE = (Path(__file__).parent / "static" / "notice.html").read_text("utf-8")


class Pace:
    """Turns, one after another, each with a pause after it in which everything else goes on."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._lock:
            try:
                yield
            finally:
                await asyncio.sleep(PAUSE)


@dataclass
class Rules:
    """What the doors know.

    allowed  hosts whose pages may connect; none: the page's own
    most     pages that may be open
    text     of the page, with @SESSION@, @HOSTS@ and @LAN@ to be filled in
    lan      host:port at which other machines find this one; empty: none
    """

    allowed: tuple[str, ...]
    most: int
    text: str
    stock: Stock
    feed: Feed
    lan: Callable[[], str]
    pace: Pace = field(default_factory=Pace)
    coming: int = 0  # visitors whose pages are not built yet
    created: int = 0  # pages that were built
    filling: asyncio.Task[None] | None = None  # the stock


class PageDoor(DocHandler):
    """The page: refused before anything is built when there are enough of them."""

    async def prepare(self) -> None:
        await super().prepare()
        rules = self.rules
        if rules.feed.closed():
            self.later("Memory is short", "The server takes no visitors for a moment; it is tried again.")
        elif self.sessions() + rules.coming >= rules.most:
            text = f"{rules.most} front panels are open, as many as this server allows. Try again soon."
            self.later("All front panels are taken", text)

    def later(self, title: str, text: str) -> None:
        """Refuse the page for now."""
        self.rules.feed.delivery.dropped[("limit",)] += 1
        self.set_header("Retry-After", RETRY_AFTER)
        self.set_header("Refresh", RETRY_AFTER)
        self.notice(503, title, text)

    @property
    def rules(self) -> Rules:
        found: Rules = self.application.settings["door"]
        return found

    async def get(self, *_args: Any, **_kwargs: Any) -> None:
        self.set_header("Cache-Control", "no-store")  # the token is for one visitor
        rules = self.rules
        rules.coming += 1
        try:
            async with rules.pace.turn():
                await rules.stock.ready()
                if self.left():
                    return
                session = await self.get_session()
        finally:
            rules.coming -= 1
        self.answer(session)

    def left(self) -> bool:
        """Whether the visitor has gone while waiting."""
        return bool(self.request.connection.stream.closed())

    def answer(self, session: Any) -> None:
        """The page of a session."""
        if session.destroyed:  # while it was built, as one that nobody uses
            self.set_header("Refresh", RETRY_AFTER)
            self.notice(503, "This page took too long to build", "The server is busy; it is tried again.")
            return
        roots = session.document.roots
        if not roots:
            text = "The server's log says why."
            self.notice(500, "This page could not be built", text)
            return
        self.rules.created += 1
        hosts = list(self.rules.allowed) or [self.request.headers.get("Host", "")]
        page = self.rules.text.replace("@SESSION@", embedded(opening(session.token, roots[0].id)))
        self.finish(page.replace("@HOSTS@", embedded(hosts)).replace("@LAN@", escape(self.rules.lan())))

    def sessions(self) -> int:
        """Sessions of this process that exist, connected or not."""
        return sum(len(context.sessions) for context in self.application._applications.values())

    def notice(self, status: int, title: str, text: str) -> None:
        self.set_status(status)
        self.finish(NOTICE.replace("@TITLE@", title).replace("@TEXT@", text))


class SocketDoor(WSHandler):
    """The page's socket: pages of this host, or of the hosts that are named, with a token of this server.

    refused  the code of the problem that it was answered with, if there was one

    `_async_open` and `_handle` are not public (Bokeh 3.9); without them, pages that open at once would hold
    up everything else for as long as all of them take.
    """

    refused = ""

    async def prepare(self) -> None:
        """Refuse while it is still a request: Bokeh looks when the socket is open, and raises then."""
        await super().prepare()
        if "Upgrade" in self.request.headers and not self.invited():
            self.refused = "forbidden"
            self.set_status(403)
            self.finish("This server has not made that page, or long ago; load it again.")

    def invited(self) -> bool:
        """Whether it has a token that is of this server, and not too old."""
        told = [word.strip() for word in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        if len(told) != 2 or told[0] != "bokeh":
            return False
        server = self.application
        try:
            signed = check_token_signature(told[1], server.secret_key, server.sign_sessions)
            return bool(signed and time.time() < get_token_payload(told[1])["session_expiry"])
        except Exception:  # whatever a stranger has written there
            return False

    def check_origin(self, origin: str) -> bool:
        allowed = self.application.settings["door"].allowed
        return allowed_origin(origin, self.request.headers.get("Host", ""), allowed)

    async def _async_open(self, token: str) -> None:
        rules: Rules = self.application.settings["door"]
        if get_session_id(token) in self.application_context._sessions:
            await super()._async_open(token)
            return
        async with rules.pace.turn():  # its session has ended: a new one is built
            await rules.stock.ready()
            await super()._async_open(token)

    async def _handle(self, message: Any) -> Any:
        if message.msgtype != PULL:
            return await super()._handle(message)
        async with self.application.settings["door"].pace.turn():
            return await super()._handle(message)


def shed(sessions: Sequence[Any], rules: Rules) -> None:
    """Have these pages go: their sockets are closed, and what is kept for them is dropped.

    `_subscribed_connections` and `_socket` are not public (Bokeh 3.9).
    """
    for session in sessions:
        rules.feed.delivery.dropped[("limit",)] += 1
        session.request_expiration()
        for connection in list(session._subscribed_connections):
            connection._socket.close(LATER, "memory is short")


class Nowhere(NotFound):
    """What is at no address."""

    def initialize(self, **_: Any) -> None:
        """Bokeh tells each handler what the application is."""


def install() -> None:
    """Put the doors where Bokeh looks for the handlers of an application.

    A name with a zero byte is known to no system, and Tornado's files meet it with a bug. Embedding by script
    would build pages behind the door's back.
    """
    doors: dict[Any, Any] = {DocHandler: PageDoor, WSHandler: SocketDoor}
    per_app_patterns[:] = [
        (r"/static/.*%00.*", Nowhere),
        *(
            (path, doors.get(handler, handler), *rest)
            for path, handler, *rest in per_app_patterns
            if handler not in (AutoloadJsHandler, Nowhere)
        ),
    ]
