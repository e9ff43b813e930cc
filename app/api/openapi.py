"""GET /openapi.json: every path, told so that programs can read it.

Source  OpenAPI Specification 3.1.0, https://spec.openapis.org/oas/v3.1.0.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from tornado.web import RequestHandler

from app.api.forms import SCHEMAS, Told
from app.api.kept_paths import KEPT
from app.api.parameters import parameter
from app.api.paths import PATHS
from app.api.reference import page
from app.problems import CODES, STRICT, JsonHandler

OPEN = ("/healthz", "/readyz")
METHODS = ("get", "post", "put", "patch", "delete")
ABOUT = (
    "Whoever can POST a number is a probe, whoever has the link has a front panel. Errors have one shape "
    "on every path; try again only after 408, 429, 502, 503, 504 and broken connections, with the same bytes "
    "and growing random pauses, and not before Retry-After."
)
TOKENS: Told = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "a write token or a view token, if there are any",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "scope_view",
        "description": "of a browser that looks",
    },
}


def routes(release: str, formats: Sequence[str], others: Sequence[Any]) -> list[Any]:
    """The paths of this module, for the web server.

    release  of the application
    formats  media types that POST /data reads
    others   the other routes that the server has
    """
    told = document(release, formats, undescribed(others))
    return [
        (r"/openapi\.json", DocumentHandler, {"text": orjson.dumps(told), "media": "application/json"}),
        (r"/docs", DocumentHandler, {"text": page(told).encode(), "media": "text/html; charset=utf-8"}),
    ]


class DocumentHandler(JsonHandler):
    """A text that does not change while the process lives."""

    def initialize(self, text: bytes, media: str) -> None:
        self.text = text
        self.media = media

    compute_etag = RequestHandler.compute_etag

    def get(self) -> None:
        self.set_header("Content-Type", self.media)
        self.set_header("Cache-Control", "no-cache")
        self.finish(self.text)


def undescribed(others: Sequence[Any]) -> dict[str, dict[str, Told]]:
    """What can be told of the routes that have no entry of their own: their methods, and what they are."""
    found = {}
    for pattern, handler, *_ in others:
        path = re.sub(r"\([^)]*\)", "{name}", pattern).replace("\\", "")
        if path not in PATHS and path not in KEPT:
            found[path] = {method: plain(path, handler) for method in METHODS if has(handler, method)}
    return found


def has(handler: type[RequestHandler], method: str) -> bool:
    return getattr(handler, method) is not RequestHandler._unimplemented_method


def plain(path: str, handler: type[RequestHandler]) -> Told:
    name = parameter("name", "see the README", {"type": "string", "minLength": 1}, "path") | {
        "required": True
    }
    return {
        "summary": (handler.__doc__ or path).strip().partition("\n")[0],
        "parameters": [name] if "{name}" in path else [],
        "answers": {"default": ("See the README",)},
        "codes": (),
    }


def document(release: str, formats: Sequence[str], others: Mapping[str, Mapping[str, Told]]) -> Told:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Web Oscilloscope", "version": release, "description": ABOUT},
        "paths": {
            path: {method: operation(path, method, told, formats) for method, told in methods.items()}
            for path, methods in {**PATHS, **KEPT, **others}.items()
        },
        "components": {
            "schemas": SCHEMAS | {"Problem": problem(), "StrictProblem": strict()},
            "securitySchemes": TOKENS,
        },
        "security": [{}, *({name: []} for name in TOKENS)],
    }


def operation(path: str, method: str, told: Mapping[str, Any], formats: Sequence[str]) -> Told:
    """One method of a path.

    told  summary, parameters, answers (status: what, and media types with their schemas), codes of problems
    """
    made: Told = {
        "operationId": (method + path.replace("/", "_").replace(".", "_")).rstrip("_"),
        "summary": told["summary"],
        "parameters": told.get("parameters", []),
        "responses": {status: response(*answer) for status, answer in told["answers"].items()}
        | refusals(told["codes"]),
    }
    if "body" in told:
        content = {media: {"schema": {}} for media in formats} | {
            "application/json": {"schema": told["body"]}
        }
        made["requestBody"] = {"required": True, "content": content}
    if path in OPEN:
        made["security"] = []
    return made


def response(about: str, content: Mapping[str, Told] | None = None) -> Told:
    made: Told = {"description": about}
    if content:
        made["content"] = {media: {"schema": schema} for media, schema in content.items()}
    return made


def refusals(codes: Sequence[str]) -> Told:
    """The answers to what is refused, by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code][0], []).append(code)
    return {str(status): refusal(status, names) for status, names in sorted(by_status.items())}


def refusal(status: int, names: Sequence[str]) -> Told:
    about = "; ".join(f"{CODES[name][1]} (`{name}`)" for name in names)
    schemas = {"application/json": {"$ref": "#/components/schemas/Problem"}}
    made = response(about, schemas | {STRICT: {"$ref": "#/components/schemas/StrictProblem"}})
    if status in (429, 503):
        made["headers"] = {"Retry-After": {"description": "s", "schema": {"type": "integer", "minimum": 1}}}
    if status == 401:
        made["headers"] = {"WWW-Authenticate": {"schema": {"const": "Bearer"}}}
        made["content"]["text/html"] = {"schema": {"type": "string"}}
    return made


def problem() -> Told:
    """An error in the shape that the first version of this application gave it."""
    return {
        "type": "object",
        "required": ["status", "message", "code", "accepted", "error_count", "errors", "request_id"],
        "properties": {
            "status": {"const": "error"},
            "message": {
                "type": "string",
                "maxLength": 256,
                "description": "what is wrong, and what would be right",
            },
            **shared(),
            "request_id": {"type": "string"},
            "retry_after_ms": {"type": "integer", "minimum": 1},
        },
    }


def strict() -> Told:
    """An error as RFC 9457 has it, for who accepts application/problem+json."""
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            **shared(),
        },
    }


def shared() -> Told:
    """What both shapes have."""
    return {
        "code": {"enum": sorted(CODES)},
        "accepted": {"const": 0, "description": "nothing of a request that was refused is stored"},
        "error_count": {"type": "integer", "minimum": 0},
        "errors": {"type": "array", "maxItems": 100, "items": {"$ref": "#/components/schemas/Fault"}},
    }
