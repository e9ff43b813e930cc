"""What those get who have not shown a view token yet: 401, and a page that asks for it."""

from __future__ import annotations

from pathlib import Path

from tornado.web import Application

from app.guard.guard import ASKS, COOKIE, Guard, stamp, unknown
from app.problems import JsonHandler

PAGE = (Path(__file__).parent / "lock.html").read_text("utf-8")
DAYS = 30
LONGEST = 4096  # bytes of a form


def locked(guard: Guard) -> Application:
    """A web server that has nothing but the lock, at every address."""
    return Application([(r".*", Lock, {"guard": guard})])


class Lock(JsonHandler):
    """Asks for a token; whoever has one gets a cookie, and goes on to where he wanted to."""

    def initialize(self, guard: Guard) -> None:
        self.guard = guard

    def get(self) -> None:
        self.turn(self.get_query_argument("token", ""))

    def post(self) -> None:
        self.turn(self.get_body_argument("token", "") if len(self.request.body) <= LONGEST else "")

    def turn(self, token: str) -> None:
        """Open with a token, or ask for one."""
        viewer = next((viewer for viewer in self.guard.viewers if viewer.fits(token)), None)
        if viewer is None:
            self.ask(wrong=bool(token))
            return
        secure = self.request.protocol == "https"
        self.set_cookie(
            COOKIE, stamp(viewer), expires_days=DAYS, httponly=True, samesite="Lax", secure=secure
        )
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Location", self.onward())
        self.set_status(303)
        self.finish()

    def ask(self, *, wrong: bool) -> None:
        if "text/html" not in self.request.headers.get("Accept", ""):
            self.refuse(unknown("looking", "SCOPE_VIEW_TOKENS"))
            return
        self.set_status(401)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("WWW-Authenticate", ASKS["WWW-Authenticate"])
        self.finish(PAGE.replace("@WRONG@", "" if wrong else "hidden"))

    def onward(self) -> str:
        """The address without the token, as seen from itself: never that of another host."""
        rest = "&".join(part for part in self.request.query.split("&") if not part.startswith("token="))
        return "./" + self.request.path.rpartition("/")[2] + (f"?{rest}" if rest else "")

    def refuse_any(self, *_: str) -> None:
        self.refuse(unknown("looking", "SCOPE_VIEW_TOKENS"))

    head = put = patch = delete = options = refuse_any
