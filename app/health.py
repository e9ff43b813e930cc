"""Whether the process is alive: `/healthz`, which builds no page and asks nothing of anybody."""

from __future__ import annotations

import uuid
from importlib.metadata import PackageNotFoundError, version

import orjson

from app.problems import JsonHandler

BOOT_ID = uuid.uuid4().hex  # a page that finds another one knows that the server was started anew


def release() -> str:
    try:
        return version("web-oscilloscope")
    except PackageNotFoundError:
        return "0.1.0"


class HealthHandler(JsonHandler):
    """GET /healthz -> 200 {"status": "pass", "boot_id", "version"}."""

    def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(orjson.dumps({"status": "pass", "boot_id": BOOT_ID, "version": release()}))

    head = get
