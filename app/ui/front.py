"""The pages: what Panel serves, and how."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.settings import settings

from app.config import Config
from app.feed.watch import Asset, Page, WatchPage
from app.problems import NotFound
from app.system.network import reachable
from app.ui import door
from app.ui.bench import Bench
from app.ui.demo import Demo
from app.ui.page import front_page, probe_page, watch_page
from app.ui.stock import Stock
from app.ui.tab import page

__all__ = ["Bench", "Demo", "close", "ready", "serve", "sessions", "warm"]

RESTART = 1012  # close code: the page comes back by itself
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


def warm() -> None:
    """Make a plot: what HoloViews and Bokeh compute once is computed now."""
    watch_page()


def opened(bench: Bench, stock: Stock) -> None:
    """Fill the document of a new page; after a bug it stays empty, and the door says so."""
    try:
        page(bench, stock.take())
    except Exception:
        logging.getLogger(__name__).exception("A page could not be built")
        pn.state.curdoc.clear()


def sessions(server: Any) -> tuple[int, int, Callable[[int], None]]:
    """Front panels that are open, how many there were, and what has so many of them go, the newest first."""
    rules: door.Rules = server._tornado.settings["door"]
    contexts = list(server._tornado._applications.values())
    found = [session for context in contexts for session in context.sessions]
    return len(found), rules.created, lambda n: door.shed(found[::-1][:n], rules)


def serve(bench: Bench, routes: list[Any]) -> Any:
    """Start Panel's server on the running loop; its port is closed, requests come through another server.

    routes   further handlers, such as POST /data
    returns  the Bokeh server; `_tornado` is the application to pass requests to
    """
    settings.perform_document_validation = False  # of the same plot in each document
    stock = Stock(bench.rows)
    door.install()
    logging.getLogger("panel").setLevel(logging.ERROR)  # it warns of each viewer that leaves
    interrupted = signal.getsignal(signal.SIGINT)
    server = pn.serve(
        {"/": lambda: opened(bench, stock)},
        port=0,
        address="127.0.0.1",
        websocket_origin="*",  # the door decides
        extra_patterns=[
            *routes,
            (r"/watch", WatchPage, {"page": Page(watch_page().encode())}),
            (r"/probe", WatchPage, {"page": Page(probe_page().encode())}),
            (r"/assets/(.*)", Asset, {"path": STATIC}),
        ],
        show=False,
        start=False,
        verbose=False,
        location=False,
        default_handler_class=NotFound,
        sign_sessions=True,  # nobody but the page's own door makes sessions
        secret_key=bench.config.secret_key or secrets.token_hex(),
        **OPTIONS,
    )
    with contextlib.suppress(ValueError):  # in a thread there are no signals
        signal.signal(signal.SIGINT, interrupted)  # for which Panel 1.9.4 stops the loop, drained or not
    server._http.stop()
    config = bench.config
    text = front_page(tokens=bool(config.write_tokens), self_signed=config.self_signed)
    rules = door.Rules(config.allow_ws_origin, config.max_tabs, text, stock, bench.feed, lambda: lan(config))
    rules.filling = asyncio.create_task(stock.run())
    server._tornado.settings["door"] = rules
    server.start()
    return server


async def ready(server: Any) -> None:
    """Wait until there is a plot for the first page."""
    await server._tornado.settings["door"].stock.ready()


def lan(config: Config) -> str:
    """host:port at which other machines find this one; empty: none."""
    host = reachable(config.bind)
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{config.port}" if host else ""


async def close(server: Any) -> None:
    """End the pages and the making of plots for them. `_clients` is not public (Bokeh 3.9)."""
    for client in list(server._tornado._clients):
        client._socket.close(RESTART, "the server ends")
    filling = server._tornado.settings["door"].filling
    filling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await filling
    server.stop()
