"""GET /watch and GET /probe: pages that are the same bytes for everybody."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

from tornado.web import HTTPError, StaticFileHandler

from app.problems import JsonHandler


class Asset(JsonHandler, StaticFileHandler):
    """A file of the pages; errors are JSON, as everywhere."""

    compute_etag = StaticFileHandler.compute_etag

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        if "\0" in path:  # the system knows no such name, and Python raises what would look like a bug
            raise HTTPError(404)
        return super().get_absolute_path(root, path)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        super().write_error(404 if status_code == 403 else status_code, **kwargs)


class Page:
    """A page that does not change while the process lives, made ready to be sent."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.packed = gzip.compress(content, 9, mtime=0)
        self.etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


class WatchPage(JsonHandler):
    """Sends the page, or says that the browser has it."""

    def initialize(self, page: Page) -> None:
        self.page = page

    def get(self) -> None:
        page = self.page
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Etag", page.etag)
        if self.check_etag_header():
            self.set_status(304)
            return
        packed = "gzip" in self.request.headers.get("Accept-Encoding", "")
        if packed:
            self.set_header("Content-Encoding", "gzip")
        self.finish(page.packed if packed else page.content)

    head = get
