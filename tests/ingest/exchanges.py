"""Requests of any kind and what they get back: a row for each status, code and way to be refused."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import Any

from app.config import Config, load

WRITE, ONLY_A, VIEW = "write-token-1", "write-token-a", "view-token-1"
POINT = b'{"x": 1, "y": 2}'
SMALL = Config(max_body=20_000, max_samples=100)
# The servers that are asked; each holds channel ch1 before.
SERVERS: dict[str, Config] = {
    "open": SMALL,
    "guarded": load([], {"SCOPE_WRITE_TOKENS": f"{WRITE},{ONLY_A}:a|b", "SCOPE_VIEW_TOKENS": VIEW}),
    "full": Config(max_channels=1),
    "slow": load([], {"SCOPE_WRITE_TOKENS": f"{WRITE},{ONLY_A}:ch1", "SCOPE_RATE_REQUESTS": "2"}),
    "slower": load([], {"SCOPE_WRITE_TOKENS": WRITE, "SCOPE_RATE_CHANNELS": "1"}),
    "crowded": Config(max_requests=0),
    "down": Config(),
    "broken": Config(),
    "impatient": Config(),
}


@dataclass(frozen=True)
class Exchange:
    """One request.

    code     of the problem; empty: it is not refused
    words    of the message
    server   a key of SERVERS
    after    what is sent before, and must be answered 200
    lacking  bytes at the end of the body that never come
    told     headers of the answer
    """

    name: str
    status: int
    code: str = ""
    words: str = ""
    method: str = "POST"
    path: str = "/data"
    body: bytes = POINT
    headers: dict[str, str] = field(default_factory=dict)
    server: str = "open"
    after: bytes = b""
    lacking: int = 0
    told: dict[str, str] = field(default_factory=dict)


XML = {"Content-Type": "text/xml"}
NUMBER = {"X-Source-Id": "esp-1", "X-Seq": "7"}
KEY = {"Idempotency-Key": "a-key"}
BEARER = {"Authorization": f"Bearer {WRITE}"}
CROSS = {"Sec-Fetch-Site": "cross-site"}
FOREIGN = {"Origin": "http://evil.example"}
LOCKED = "guarded"
ASKS = {"WWW-Authenticate": "Bearer"}
ALLOWED = {"Allow": "GET, POST, DELETE, OPTIONS"}
PACKED = {"Content-Encoding": "gzip"}
AGAIN = {"Retry-After": "1"}


def packed(body: bytes) -> Any:
    return {"body": gzip.compress(body), "headers": PACKED}


EXCHANGES = [
    Exchange("a point", 200),
    Exchange("a batch", 200, body=b'{"dt":1,"y":[1,2]}'),
    Exchange("the same again", 200, headers=NUMBER, after=POINT),
    Exchange("the same key again", 200, headers=KEY, after=POINT),
    Exchange("a part", 200, path="/data?on_error=skip", body=b'[{"x":1,"y":2},{"x":2}]'),
    Exchange("reading", 200, method="GET", body=b""),
    Exchange("reading a channel", 200, method="GET", path="/data?channel=ch1", body=b""),
    Exchange("the channels", 200, method="GET", path="/channels", body=b""),
    Exchange("with a token", 200, headers=BEARER, server=LOCKED),
    Exchange("lines to InfluxDB", 204, path="/api/v2/write", body=b"m v=1"),
    Exchange("a question before", 204, method="OPTIONS", body=b"", told=ALLOWED),
    # 400
    Exchange("no JSON", 400, "bad_json", "line 1", body=b"{"),
    Exchange("no UTF-8", 400, "not_utf8", "UTF-8", body=b'{"y":"\xff"}'),
    Exchange("no gzip", 400, "bad_gzip", "damaged", headers=PACKED),
    Exchange("nothing", 400, "empty_body", "empty", body=b""),
    Exchange("nothing, compressed", 400, "empty_body", "empty", body=b"", headers=PACKED),
    Exchange("no number", 400, "invalid_sample", "y is", body=b'{"y":{}}'),
    Exchange("beyond", 400, "out_of_range", "beyond 1e150", body=b'{"y":1e151}'),
    Exchange("a bad parameter", 400, "bad_parameter", "on_error", path="/data?on_error=no"),
    Exchange("a bad number", 400, "bad_parameter", "X-Seq", headers=NUMBER | {"X-Seq": "-1"}),
    Exchange("a number without a source", 400, "bad_parameter", "X-Source-Id", headers={"X-Seq": "1"}),
    Exchange("a bad source", 400, "bad_parameter", "X-Source-Id", headers=NUMBER | {"X-Source-Id": "a b"}),
    Exchange("a bad start", 400, "bad_parameter", "X-Boot-Id", headers=NUMBER | {"X-Boot-Id": "<"}),
    Exchange("a number beyond 64 bits", 400, "bad_parameter", "X-Seq", headers=NUMBER | {"X-Seq": "9" * 20}),
    Exchange("a bad key", 400, "bad_parameter", "Idempotency-Key", headers={"Idempotency-Key": "k" * 300}),
    Exchange("a bad window", 400, "bad_parameter", "n", method="GET", path="/data?n=-1", body=b""),
    # 401, 403
    Exchange("no token", 401, "unauthorized", "SCOPE_WRITE_TOKENS", server=LOCKED, told=ASKS),
    Exchange("a wrong token", 401, "unauthorized", headers={"X-API-Key": "wrong"}, server=LOCKED, told=ASKS),
    Exchange("a view token", 401, "unauthorized", headers={"X-API-Key": VIEW}, server=LOCKED, told=ASKS),
    Exchange("no view token", 401, "unauthorized", method="GET", body=b"", server=LOCKED, told=ASKS),
    Exchange("no token to delete", 401, "unauthorized", method="DELETE", body=b"", server=LOCKED, told=ASKS),
    Exchange("another channel", 403, "forbidden", "ch1", headers={"X-API-Key": ONLY_A}, server=LOCKED),
    Exchange("a foreign page", 403, "origin_not_allowed", headers=FOREIGN),
    Exchange("a foreign page of no name", 403, "origin_not_allowed", headers=CROSS),
    Exchange(
        "a foreign page with a token", 403, "origin_not_allowed", headers=FOREIGN | BEARER, server=LOCKED
    ),
    # 404, 405
    Exchange("no such path", 404, "not_found", "POST /data", path="/dat"),
    Exchange("no such channel", 404, "unknown_channel", method="GET", path="/data?channel=no", body=b""),
    Exchange("another method", 405, "method_not_allowed", method="PUT", told=ALLOWED),
    Exchange("a method of nobody", 405, "method_not_allowed", method="BREW"),
    # 408, 409
    Exchange("a body that does not end", 408, "timeout", "complete", lacking=5, server="impatient"),
    Exchange(
        "another content", 409, "seq_conflict", "number 7", body=b'{"y":3}', headers=NUMBER, after=POINT
    ),
    Exchange("a key again", 409, "seq_conflict", "key", body=b'{"y":3}', headers=KEY, after=POINT),
    # 413, 415
    Exchange("a long body", 413, "body_too_large", "20000", body=b" " * 20_001),
    Exchange("a bomb", 413, "body_too_large", "100 times", **packed(b" " * 3_000_000)),
    Exchange("many points", 413, "too_many_points", "100", body=b'{"dt":1,"y":[%b1]}' % (b"1," * 100)),
    Exchange(
        "many lines",
        413,
        "too_many_points",
        "100",
        body=b"m v=1\n" * 102,
        headers={"Content-Type": "text/x-influx"},
    ),
    Exchange(
        "many channels",
        413,
        "too_many_channels",
        "64",
        body=b'{"dt":1,"channels":{%b}}' % b",".join(b'"c%d":[1]' % n for n in range(65)),
    ),
    Exchange("an unknown type", 415, "unsupported_media_type", "text/csv", body=b"<", headers=XML),
    Exchange(
        "an unknown encoding",
        415,
        "unsupported_media_type",
        headers={"Content-Encoding": "br"},
        told={"Accept-Encoding": "gzip, zstd"},
    ),
    Exchange("two encodings", 415, "unsupported_media_type", headers={"Content-Encoding": "gzip, gzip"}),
    # 422, 429
    Exchange("a bad name", 422, "bad_channel_name", "letters", body=b'{"y":1,"channel":"<"}'),
    Exchange("a bad unit", 422, "bad_unit", "16", body=b'{"y":1,"unit":"$"}'),
    Exchange(
        "a channel too many", 422, "channel_limit", "channel 2", body=b'{"y":1,"channel":"b"}', server="full"
    ),
    Exchange("too fast", 429, "rate_limited", "requests", headers=BEARER, server="slow", told=AGAIN),
    Exchange(
        "new channels too fast",
        429,
        "rate_limited",
        "channels",
        headers=BEARER,
        body=b'{"y":1,"channel":"c"}',
        server="slower",
        after=b'{"y":1,"channel":"b"}',
    ),
    # 500, 503
    Exchange("a bug", 500, "internal", "request_id", server="broken"),
    Exchange("a crowd", 503, "overloaded", "0 bodies", **packed(POINT), server="crowded", told=AGAIN),
    Exchange("no store", 503, "store_unavailable", "again", server="down", told=AGAIN),
]
# What else a probe may hear, and where that is tried.
ELSEWHERE = {
    "bad_request": "ingest/test_lane.py",
    "draining": "chassis/test_drain.py",
    "upgrade_required": "feed/test_socket.py",
}
