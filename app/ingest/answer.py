"""What a sender gets back, as status, body and headers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tornado.log import app_log

from app.problems import REQUEST_ID, Problem, rendered

SUCCESS = b'{"status":"success"}'
JSON = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def failure(error: Exception, headers: Mapping[str, str]) -> Answer:
    """The answer to a request that met a bug, which is logged."""
    number = request_id(headers)
    extra = {"event": "bug", "request_id": number}
    app_log.error("request %s failed", number, exc_info=error, extra=extra)
    return told(Problem("internal", "a bug in the server; its log names this request_id"), headers, number)


def exhausted() -> Problem:
    """What a sender is told when the system gave no memory."""
    message = "there is no memory for this at present; send again after Retry-After"
    return Problem("overloaded", message, headers={"Retry-After": "5"}, details={"limit": "memory"})


def told(problem: Problem, headers: Mapping[str, str], number: str) -> Answer:
    """The answer to a request with these headers and this number that has this problem."""
    content_type, body = rendered(problem, number, headers.get("Accept", ""))
    said = JSON | {"Content-Type": content_type, "X-Request-Id": number} | problem.headers
    return Answer(problem.status, body, said)


def request_id(headers: Mapping[str, str]) -> str:
    """What nginx gave the request, if it did and it is harmless, else a new one."""
    given = headers.get("X-Request-Id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
