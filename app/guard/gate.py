"""The gate that every request but a POST in the lane passes: to what serves it, or to the lock."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from urllib.parse import parse_qs

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import Application

from app.guard.guard import Guard
from app.guard.lock import locked
from app.problems import JsonHandler

OPEN = ("/healthz", "/readyz", "/health", "/ping")
PROBE = "/data"  # what is sent there needs another token
WRITES = re.compile(r"/data|/write|/api/v2/write|/api/live/push/[^/]+")
PAGES = re.compile(r"/|/ws|/favicon\.ico|/static/.*")  # of the framework, whose errors are texts in HTML
SOCKETS = (PROBE, "/frames")  # a page's script cannot set the headers of a WebSocket


class Looked(JsonHandler):
    """A page to which nobody writes."""

    def get(self) -> None:
        self.send_error(404)


class Gate(HTTPServerConnectionDelegate):
    """Passes each request to what serves when it comes, also on connections opened before that changed.

    probe  what serves the sockets of senders
    """

    def __init__(
        self,
        serving: HTTPServerConnectionDelegate,
        guard: Guard,
        probe: HTTPServerConnectionDelegate | None = None,
    ) -> None:
        self.serving = serving
        self.guard = guard
        self.probe = probe
        self.lock = locked(guard)
        self.looked = Application([(r".*", Looked)])
        self.closing = False  # whether each connection ends with its next answer
        self.passing: set[Passing] = set()  # requests that are not answered yet

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return Passing(self, server_conn, request_conn)

    def way(self, method: str, uri: str, headers: Mapping[str, str]) -> HTTPServerConnectionDelegate:
        """Where a request goes."""
        path, _, query = uri.partition("?")
        upgrades = "Upgrade" in headers
        if path == PROBE and self.probe is not None and method == "GET" and upgrades:
            return self.probe
        writes = method not in ("GET", "HEAD") and WRITES.fullmatch(path) is not None
        looked = PAGES.fullmatch(path) and method not in ("GET", "HEAD")
        inside = self.looked if looked else self.serving
        if not self.guard.viewers or path in OPEN or writes:
            return inside
        token = in_address(query)
        if token and not (upgrades and path in SOCKETS):
            return self.lock  # which takes it out of the address
        return inside if self.guard.may_look(headers, token) else self.lock  # which takes the token by POST


class Passing(HTTPMessageDelegate):
    """One request on its way through the gate; Tornado makes it while the connection is still idle."""

    def __init__(self, gate: Gate, server_conn: object, request_conn: HTTPConnection) -> None:
        self.gate, self.server_conn, self.request_conn = gate, server_conn, request_conn
        self.to: HTTPMessageDelegate | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, RequestStartLine)
        if self.gate.closing:
            self.request_conn._disconnect_on_finish = True  # type: ignore[attr-defined]  # Tornado 6.6
        way = self.gate.way(start_line.method, start_line.path, headers)
        self.to = way.start_request(self.server_conn, self.request_conn)
        self.data_received = self.to.data_received  # type: ignore[method-assign]
        self.gate.passing.add(self)
        self.request_conn._finish_future.add_done_callback(self.answered)  # type: ignore[attr-defined]  # 6.6
        return self.to.headers_received(start_line, headers)

    def finish(self) -> None:
        if self.to is not None:
            self.to.finish()

    def on_connection_close(self) -> None:
        if self.to is not None:
            self.to.on_connection_close()
        self.gate.passing.discard(self)

    def answered(self, _: object) -> None:
        """The answer is with the kernel, or the connection is a WebSocket or closed from now on."""
        self.gate.passing.discard(self)


def in_address(query: str) -> str:
    """The token that a query holds; empty: none."""
    return parse_qs(query).get("token", [""])[-1] if "token=" in query else ""
