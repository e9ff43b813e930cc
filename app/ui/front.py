"""The pages: what Panel serves, and how."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import panel as pn
from bokeh.document import Document
from tornado.web import StaticFileHandler

from app.problems import JsonHandler, NotFound
from app.scope.frame import ROWS
from app.ui import door
from app.ui.bench import Bench
from app.ui.demo import Demo
from app.ui.screen import Screen
from app.ui.tab import page

__all__ = ["Bench", "Demo", "serve", "warm"]

STATIC = Path(__file__).parent / "static"
OPTIONS: dict[str, Any] = {  # Bokeh's own pings never look for the answer; Tornado's do; both together fail
    "keep_alive_milliseconds": 0,
    "websocket_ping_interval": 20,
    "websocket_ping_timeout": 20,
    "check_unused_sessions_milliseconds": 3000,
    "unused_session_lifetime_milliseconds": 15000,
    "session_token_expiration": 3600,
    "websocket_max_message_size": 1 << 20,
    "include_headers": ["Host", "User-Agent"],
    "include_cookies": [],
}


class Asset(JsonHandler, StaticFileHandler):
    """A file of the page; errors are JSON, as everywhere."""

    compute_etag = StaticFileHandler.compute_etag

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        super().write_error(404 if status_code == 403 else status_code, **kwargs)


def warm() -> None:
    """Build a screen for nobody: what HoloViews and Bokeh compute once is computed now."""
    document = Document()
    document.add_root(Screen(ROWS).pane.get_root(document))
    document.to_json()


def opened(bench: Bench) -> Any:
    """The page, or, after a bug, a word about it where Panel would show its traceback to the visitor."""
    try:
        return page(bench)
    except Exception:
        logging.getLogger(__name__).exception("A page could not be built")
        return pn.pane.Str("This page could not be built; the server's log says why.")


def serve(bench: Bench, routes: list[Any]) -> Any:
    """Start Panel's server on the running loop; its port is closed, requests come through another server.

    routes   further handlers, such as POST /data
    returns  the Bokeh server; `_tornado` is the application to pass requests to
    """
    door.install()
    logging.getLogger("panel").setLevel(logging.ERROR)  # it warns of each viewer that leaves
    server = pn.serve(
        {"/": lambda: opened(bench)},
        port=0,
        address="127.0.0.1",
        websocket_origin="*",  # the door decides
        extra_patterns=[*routes, (r"/assets/(.*)", Asset, {"path": STATIC})],
        show=False,
        start=False,
        verbose=False,
        location=False,
        default_handler_class=NotFound,
        sign_sessions=True,  # nobody but the page's own door makes sessions
        secret_key=secrets.token_hex(),
        **OPTIONS,
    )
    server._http.stop()
    server._tornado.settings["door"] = SimpleNamespace(
        allowed=bench.config.allow_ws_origin, most=bench.config.max_tabs
    )
    server.start()
    return server
