"""The addresses of other servers: what writes to InfluxDB or pushes to Grafana Live sends here unchanged."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from app.ingest.answer import Answer
from app.ingest.handler import DataHandler
from app.ingest.receiver import Receiver
from app.problems import JsonHandler

LINES = "text/x-influx"
VERSION = "v2.7.0"  # of the interface, as clients ask for it
CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "request too large",
    422: "unprocessable entity",
    429: "too many requests",
    500: "internal error",
    503: "unavailable",
}
HEALTH = {
    "name": "influxdb",
    "message": "lines of /api/v2/write are drawn; there are no queries",
    "status": "pass",
    "checks": [],
    "version": VERSION,
}


class Writing(DataHandler):
    """Takes line protocol at the addresses of version 1 and 2 of InfluxDB."""

    async def post(self, *_: str) -> None:
        """What is written; a path may hold a name, which is not needed."""
        self.answer(await self.received(as_lines(self.request.headers, self.request.query)))

    def answer(self, said: Answer) -> None:
        headers = {name: value for name, value in said.headers.items() if name != "Content-Type"}
        partial = said.status == 200 and orjson.loads(said.body).get("status") == "partial"
        if said.status == 200 and not partial:
            self.clear_header("Content-Type")
            self.set_status(204)
            self.finish()
            return
        self.set_status(400 if partial else said.status)
        for name, value in headers.items():
            self.set_header(name, value)
        self.finish(self.told(orjson.loads(said.body), 400 if partial else said.status))

    def told(self, answer: dict[str, Any], status: int) -> bytes:
        """The error as version 2 says it."""
        message = answer.get("message") or answer.get("detail") or "some lines could not be stored"
        return orjson.dumps({"code": CODES.get(status, "invalid"), "message": message})


class OldWriting(Writing):
    """The address of version 1, whose errors have another shape."""

    def told(self, answer: dict[str, Any], status: int) -> bytes:
        return orjson.dumps({"error": orjson.loads(super().told(answer, status))["message"]})


class Pushing(Writing):
    """The address of Grafana Live, with its own answers."""

    def answer(self, said: Answer) -> None:
        if said.status == 200:
            self.finish(b"{}")
        else:
            super().answer(said)


class Health(JsonHandler):
    """What clients ask before they write."""

    def get(self) -> None:
        self.finish(orjson.dumps(HEALTH))


class Ping(JsonHandler):
    """The same in older clients."""

    def get(self) -> None:
        self.clear_header("Content-Type")
        self.set_header("X-Influxdb-Version", VERSION)
        self.set_header("X-Influxdb-Build", "OSS")
        self.set_status(204)

    head = get


def as_lines(headers: Mapping[str, str], query: str) -> dict[str, str]:
    """The headers of a request for line protocol; a password of version 1 is the token."""
    found = dict(headers.items()) | {"Content-Type": LINES, "Accept": "application/json"}
    scheme, _, rest = found.get("Authorization", "").partition(" ")
    token = password(rest) if scheme.lower() == "basic" else parse_qs(query).get("p", [""])[0]
    if token:
        found["Authorization"] = f"Token {token}"
    return found


def password(basic: str) -> str:
    """The password of a basic authorization; empty: it cannot be read."""
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def routes(receiver: Receiver, **given: Any) -> list[Any]:
    shared = {"receiver": receiver, **given}
    return [
        (r"/api/v2/write", Writing, shared),
        (r"/write", OldWriting, shared),
        (r"/api/live/push/([^/]+)", Pushing, shared),
        (r"/health", Health),
        (r"/ping", Ping),
    ]
