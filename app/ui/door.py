"""Who may open a page or its socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bokeh.server.urls import per_app_patterns
from panel.io.server import AutoloadJsHandler, DocHandler, WSHandler

from app.guard import allowed_origin

RETRY_AFTER = 10  # s
NOTICE = (Path(__file__).parent / "static" / "notice.html").read_text("utf-8")


class PageDoor(DocHandler):
    """The page: refused before anything is built when there are enough of them."""

    async def prepare(self) -> None:
        await super().prepare()
        rules = self.application.settings["door"]
        if self.sessions() >= rules.most:
            self.set_header("Retry-After", RETRY_AFTER)
            self.set_header("Refresh", RETRY_AFTER)
            text = f"{rules.most} front panels are open, as many as this server allows. Try again soon."
            self.notice(503, "All front panels are taken", text)

    def sessions(self) -> int:
        """Sessions of this process that exist, connected or not."""
        return sum(len(context.sessions) for context in self.application._applications.values())

    def notice(self, status: int, title: str, text: str) -> None:
        self.set_status(status)
        self.finish(NOTICE.replace("@TITLE@", title).replace("@TEXT@", text))


class SocketDoor(WSHandler):
    """The page's socket: pages of this host, or of the hosts that are named."""

    def check_origin(self, origin: str) -> bool:
        allowed = self.application.settings["door"].allowed
        return allowed_origin(origin, self.request.headers.get("Host", ""), allowed)


def install() -> None:
    """Put the doors where Bokeh looks for the handlers of an application."""
    doors: dict[Any, Any] = {DocHandler: PageDoor, WSHandler: SocketDoor}
    per_app_patterns[:] = [
        (path, doors.get(handler, handler), *rest)
        for path, handler, *rest in per_app_patterns
        if handler is not AutoloadJsHandler  # embedding by script would build pages behind the door's back
    ]
