"""Every error answer: what went wrong, in one shape on every path."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

import orjson
from tornado.iostream import StreamClosedError
from tornado.log import app_log
from tornado.web import Finish, HTTPError, RequestHandler, stream_request_body

# One line for each code: HTTP status and the title that RFC 9457 asks for.
CODES: dict[str, tuple[int, str]] = {
    "bad_json": (400, "Malformed JSON"),
    "not_utf8": (400, "Body is not UTF-8"),
    "bad_gzip": (400, "Body cannot be decompressed"),
    "empty_body": (400, "Empty body"),
    "invalid_sample": (400, "Invalid sample"),
    "out_of_range": (400, "Value out of range"),
    "bad_parameter": (400, "Bad parameter"),
    "bad_request": (400, "Bad request"),
    "unauthorized": (401, "Token needed"),
    "forbidden": (403, "Not within the token's scope"),
    "origin_not_allowed": (403, "Origin not allowed"),
    "not_found": (404, "Not found"),
    "unknown_channel": (404, "Unknown channel"),
    "method_not_allowed": (405, "Method not allowed"),
    "seq_conflict": (409, "Number used for another content"),
    "no_folder": (409, "No folder to record to"),
    "recording_active": (409, "Still being recorded"),
    "timeout": (408, "Body not complete in time"),
    "body_too_large": (413, "Body too large"),
    "too_many_points": (413, "Too many points"),
    "too_many_channels": (413, "Too many channels"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "pin_limit": (422, "No room for a pin"),
    "bad_note": (422, "Bad note"),
    "setup_limit": (422, "No room for a set-up"),
    "recording_limit": (422, "No room for a recording"),
    "replay_limit": (422, "Too many recordings are played"),
    "bad_name": (422, "Bad name"),
    "channel_limit": (422, "Too many channels in memory"),
    "bad_channel_name": (422, "Bad channel name"),
    "bad_unit": (422, "Bad unit"),
    "upgrade_required": (426, "Upgrade required"),
    "rate_limited": (429, "Too fast"),
    "internal": (500, "Internal error"),
    "overloaded": (503, "Overloaded"),
    "draining": (503, "This process ends"),
    "store_unavailable": (503, "Store unavailable"),
    "too_many_views": (503, "Too many views"),
    "disk_full": (507, "Disk full"),
}
BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
LONGEST_MESSAGE = 256
MOST_FAULTS = 100
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
PROBLEM_TYPE = "urn:web-oscilloscope:problem:"
STRICT = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a batch: where (sample from 0, line from 1, channel, field) and what (code)."""

    code: str
    field: str
    index: int | None = None
    channel: str | None = None
    line: int | None = None


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A request that cannot be served, with what is wrong and what would be right.

    code     a key of CODES; it decides the status
    message  for people; made ASCII and cut to 256 characters; never holds raw input
    faults   at most 100 are told
    count    how many faults there are in truth; not given: the number of faults
    headers  extra response headers
    details  extra members of the body, such as limit and max
    """

    def __init__(
        self,
        code: str,
        message: str,
        faults: Sequence[Fault] = (),
        *,
        count: int | None = None,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        self.code = code
        self.status, self.title = CODES[code]
        self.message = message.encode("ascii", "backslashreplace").decode("ascii")[:LONGEST_MESSAGE]
        self.faults = tuple(faults[:MOST_FAULTS])
        self.count = len(faults) if count is None else count
        self.format = ""  # of the body that has it, where that is known
        self.headers = dict(headers or {})
        self.details = dict(details or {})
        super().__init__(self.message)

    def body(self, request_id: str) -> dict[str, object]:
        """The answer in the shape of the first version of this app: status is the word "error"."""
        return {
            "status": "error",
            "message": self.message,
            "code": self.code,
            "accepted": 0,
            "error_count": self.count,
            "errors": [told(fault) for fault in self.faults],
            "request_id": request_id,
            **self.details,
        }

    def strict_body(self, request_id: str) -> dict[str, object]:
        """The answer as RFC 9457 wants it: status is the HTTP status.

        Source  RFC 9457, section 3, https://www.rfc-editor.org/rfc/rfc9457#section-3
        """
        return {
            "type": PROBLEM_TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "instance": "urn:req:" + request_id,
            "code": self.code,
            "accepted": 0,
            "error_count": self.count,
            "errors": [told(fault) for fault in self.faults],
            **self.details,
        }


def told(fault: Fault) -> dict[str, object]:
    return {name: value for name, value in asdict(fault).items() if value is not None}


def shown(name: str) -> str:
    """A channel name fit for a message: ASCII, at most 32 characters."""
    return name.encode("ascii", "backslashreplace").decode("ascii")[:32]


def rendered(problem: Problem, request_id: str, accept: str = "") -> tuple[str, bytes]:
    """Content type and bytes of the answer, strict RFC 9457 where the sender asks for it."""
    if asks_strict(accept):
        return STRICT, orjson.dumps(problem.strict_body(request_id))
    return "application/json", orjson.dumps(problem.body(request_id))


def asks_strict(accept: str) -> bool:
    for part in accept.split(","):
        media, _, rest = part.partition(";")
        if media.strip().lower() == STRICT:
            return not re.fullmatch(r"q=0(\.0*)?", rest.replace(" ", "").lower())
    return False


class JsonHandler(RequestHandler):
    """A request handler whose every answer is JSON, errors too, and never a traceback.

    refused  the code of the problem that it was answered with, if there was one
    """

    refused = ""

    def set_default_headers(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> str | None:
        """None: answers differ each time, hashing them would be wasted."""
        return None

    def _log(self) -> None:
        """Have it counted, if somebody counts; no line for each POST. Bugs go through log_exception."""
        if "log_function" in self.settings:
            super()._log()

    def options(self, *_: str) -> None:
        self.set_header("Allow", ", ".join(self.allowed()))
        self.clear_header("Content-Type")
        self.set_status(204)

    def allowed(self) -> list[str]:
        """The methods that this path has."""
        methods = [(name, getattr(type(self), name.lower())) for name in self.SUPPORTED_METHODS]
        return [name for name, method in methods if method is not RequestHandler._unimplemented_method]

    async def sent(self, seconds: float) -> None:
        """Wait until the reader has taken what is written; end with one who has gone or stopped reading."""
        try:
            await asyncio.wait_for(self.flush(), seconds)
        except (TimeoutError, StreamClosedError):
            self.detach().close()
            raise Finish from None

    def request_id(self) -> str:
        """What nginx gave the request, if it did and it is harmless, else a new one."""
        given = self.request.headers.get("X-Request-Id", "")
        if not REQUEST_ID.fullmatch(given):
            given = self.request.headers["X-Request-Id"] = uuid.uuid4().hex
        return given

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(value, (Problem, HTTPError)) or typ is None or value is None:
            return
        number = self.request_id()
        extra = {"event": "bug", "request_id": number}
        app_log.error("request %s failed", number, exc_info=(typ, value, tb), extra=extra)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        exception = kwargs.get("exc_info", (None, None, None))[1]
        self.refuse(exception if isinstance(exception, Problem) else self.problem(status_code))

    def problem(self, status: int) -> Problem:
        """The problem that stands for an error of the web server itself."""
        if status == 404:
            return Problem("not_found", "no such path; samples go to POST /data, the page is /")
        if status == 405:
            methods = ", ".join(self.allowed())
            return Problem("method_not_allowed", f"this path knows {methods}", headers={"Allow": methods})
        if status >= 500:
            return Problem("internal", "a bug in the server; its log names this request_id")
        return Problem(BY_STATUS.get(status, "bad_request"), "the request cannot be read; see the README")

    def refuse(self, problem: Problem) -> None:
        """Answer with the problem and end the request."""
        request_id = self.request_id()
        self.refused = problem.code
        content_type, body = rendered(problem, request_id, self.request.headers.get("Accept", ""))
        self.set_status(problem.status)
        self.set_header("Content-Type", content_type)
        self.set_header("X-Request-Id", request_id)
        for name, value in problem.headers.items():
            self.set_header(name, value)
        self.finish(body)


@stream_request_body
class NotFound(JsonHandler):
    """The answer on paths that do not exist, given when the body has been read and dropped."""

    def data_received(self, chunk: bytes) -> None:
        """Drop it: an answer before the end would be lost to a sender that is still writing."""

    def missing(self, *_: str) -> None:
        self.send_error(404)

    get = head = post = put = patch = delete = options = missing
