"""The texts of the pages: HTML around the plot, and the scripts that draw it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.embed import json_item
from bokeh.server.views.static_handler import StaticHandler

from app.scope.frame import ROWS
from app.ui.plot import Plot

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("bokeh.min.js",)  # backend.js loads bokeh-gl where there is a GPU
PLOT = "plot"  # id of the element that the plot goes into


def scripts() -> list[str]:
    """Addresses of the scripts that draw a plot, relative to the page, each with the hash of its text."""
    return ["static/" + StaticHandler.append_version(f"js/{name}") for name in SCRIPTS]


def front_page(*, tokens: bool, self_signed: bool) -> str:
    """The front panel, with @SESSION@, @HOSTS@ and @LAN@ to be filled in for each visitor.

    tokens       whether senders need one
    self_signed  whether its certificate is the scope's own
    """
    made = text("page.html").replace("@ASKS@", "token" if tokens else "")
    return made.replace("@SIGNED@", "self" if self_signed else "")


@cache
def watch_page() -> str:
    """The page that only watches, the same for everybody."""
    return text("watch.html").replace("@ITEM@", embedded(static_item(ROWS)["item"]))


@cache
def probe_page() -> str:
    """The page that makes a phone a probe, the same for everybody."""
    return text("probe.html")


def text(name: str) -> str:
    """A page of static/ with the parts that all pages have."""
    tags = "\n".join(f'<script src="{url}"></script>' for url in scripts())
    status = (STATIC / "status.html").read_text("utf-8")
    return (STATIC / name).read_text("utf-8").replace("@SCRIPTS@", tags).replace("@STATUS@", status)


def embedded(value: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(value).replace("<", "\\u003c")


def opening(token: str, root: str) -> list[dict[str, Any]]:
    """What `Bokeh.embed.embed_items` wants to know of a session: how to enter, and where its plot goes."""
    return [{"token": token, "roots": {root: PLOT}, "root_ids": [root], "use_for_title": False}]


def static_item(rows: int) -> dict[str, Any]:
    """An empty plot for a page without a session.

    returns  item     JSON for `Bokeh.embed.embed_item`
             scripts  addresses of the scripts it needs
    """
    plot = Plot(rows)
    item = json.loads(serialize_json(json_item(plot.handles.figure)))
    plot.close()
    return {"item": item, "scripts": scripts()}
