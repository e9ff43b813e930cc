"""Who may send, who may look, and how fast: the same through Tornado and through the lane."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson
import pytest
from tornado.httputil import HTTPHeaders

from app.config import Config, load
from app.guard.bucket import Bucket
from app.guard.guard import Guard, stamp
from app.problems import Problem
from app.texts import Token

sys.path.insert(0, str(Path(__file__).parent / "ingest"))
from laned import lane_serving
from serving import Served, serving

WRITE, ONLY_A, VIEW = "write-token-1", "write-token-a", "view-token-1"
PAGE = "https://lab.example"
LOCKED = {
    "SCOPE_WRITE_TOKENS": f"{WRITE}, {ONLY_A}:a|b",
    "SCOPE_VIEW_TOKENS": f"{VIEW},view-token-2",
    "SCOPE_ALLOW_ORIGIN": PAGE,
}
BEARER = {"Authorization": f"Bearer {WRITE}"}
Serve = Callable[[Config], AbstractContextManager[Served]]


@pytest.fixture(params=[serving, lane_serving], ids=["tornado", "lane"])
def serve(request: pytest.FixtureRequest) -> Serve:
    made: Serve = request.param
    return made


@pytest.fixture
def locked(serve: Serve) -> Iterator[Served]:
    with serve(load([], LOCKED)) as served:
        yield served
        assert not [r for r in served.logged if "token" in r.getMessage()]


# sending

SENDING: list[tuple[dict[str, str], object, int, str]] = [
    ({}, {"y": 1}, 401, "unauthorized"),
    ({"Authorization": "Bearer wrong-token"}, {"y": 1}, 401, "unauthorized"),
    ({"Authorization": f"Basic {WRITE}"}, {"y": 1}, 401, "unauthorized"),
    ({"Authorization": WRITE}, {"y": 1}, 401, "unauthorized"),
    ({"Authorization": f"Bearer {VIEW}"}, {"y": 1}, 401, "unauthorized"),
    ({"Authorization": f"Bearer {ONLY_A}"}, {"y": 1}, 403, "forbidden"),
    ({"X_API_Key": ONLY_A}, {"x": [1], "channels": {"a": [1], "c": [1]}}, 403, "forbidden"),
    ({**BEARER, "Origin": "http://evil.example"}, {"y": 1}, 403, "origin_not_allowed"),
    ({**BEARER, "Sec_Fetch_Site": "cross-site"}, {"y": 1}, 403, "origin_not_allowed"),
    (BEARER, {"y": 1, "channel": "<b>"}, 422, "bad_channel_name"),
    (BEARER, {"x": 1}, 400, "invalid_sample"),
]  # fmt: skip


def test_who_may_not_send_changes_nothing(locked: Served) -> None:
    assert locked.post({"y": 1, "channel": "a"}, **BEARER)[0] == 200
    before = (locked.memory.version, locked.memory.accepted, list(locked.memory.records))
    for headers, body, status, code in SENDING:
        response, raw = locked.raw("POST", "/data", body, **headers)
        answer = orjson.loads(raw)
        assert (response.status, answer["code"]) == (status, code), headers
        assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
        assert WRITE not in answer["message"]
        assert (locked.memory.version, locked.memory.accepted, list(locked.memory.records)) == before


@pytest.mark.parametrize("headers", [
    BEARER, {"Authorization": f"Token {WRITE}"}, {"Authorization": f"bearer  {WRITE}"}, {"X_API_Key": WRITE},
    {"X_API_Key": ONLY_A}, {**BEARER, "Origin": PAGE},
    {**BEARER, "Origin": PAGE, "Sec_Fetch_Site": "cross-site"},
])  # fmt: skip
def test_who_may_send(locked: Served, headers: dict[str, str]) -> None:
    assert locked.post({"y": 1, "channel": "a"}, **headers) == (200, {"status": "success"})


def test_deleting_asks_for_the_token_of_its_channels(locked: Served) -> None:
    for name in ("a", "c"):
        locked.post({"y": 1, "channel": name}, **BEARER)
    assert locked.ask("DELETE", "/data?channel=a")[0] == 401
    assert locked.ask("DELETE", "/data?channel=c", X_API_Key=ONLY_A)[0] == 403
    assert locked.ask("DELETE", "/data", X_API_Key=ONLY_A)[0] == 403
    assert list(locked.memory.records) == ["a", "c"]
    assert locked.ask("DELETE", "/data?channel=a", X_API_Key=ONLY_A)[0] == 200
    assert locked.ask("DELETE", "/data", **BEARER)[0] == 200


def test_the_process_has_a_token_of_its_own() -> None:
    guard = Guard(load([], LOCKED))
    assert guard.sender({"Authorization": f"Bearer {guard.own}"}).plain


# pages of other hosts


def test_a_page_that_is_allowed_may_ask_and_read(locked: Served) -> None:
    response, body = locked.raw("OPTIONS", "/data", Origin=PAGE, Access_Control_Request_Method="POST")
    assert (response.status, body) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert response.headers["Access-Control-Max-Age"] == "600"
    assert response.headers["Vary"] == "Origin"
    for name in ("authorization", "content-type", "x-api-key", "x-seq", "idempotency-key"):
        assert name in response.headers["Access-Control-Allow-Headers"]
    for headers in (BEARER, {}):
        response, _ = locked.raw("POST", "/data", {"y": 1}, Origin=PAGE, **headers)
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert response.headers["Access-Control-Expose-Headers"] == "Retry-After, X-Request-Id"
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_other_pages_are_told_nothing(locked: Served) -> None:
    for origin in ("https://evil.example", PAGE + ".evil.example", "http://lab.example", "null"):
        response, _ = locked.raw("OPTIONS", "/data", Origin=origin)
        assert (response.status, response.headers.get("Access-Control-Allow-Origin")) == (204, None)
        response, _ = locked.raw("POST", "/data", {"y": 1}, Origin=origin, **BEARER)
        assert (response.status, response.headers.get("Access-Control-Allow-Origin")) == (403, None)


# rates


def test_more_requests_than_allowed_wait(serve: Serve) -> None:
    with serve(Config(rate_requests=5)) as served:
        answers = [served.raw("POST", "/data", {"y": 1}) for _ in range(30)]
        refused = [(response, orjson.loads(raw)) for response, raw in answers if response.status != 200]
        assert len(refused) >= 20
        response, answer = refused[-1]
        assert (response.status, answer["code"], answer["limit"], answer["max"]) == (
            429,
            "rate_limited",
            "requests",
            5,
        )
        assert int(response.headers["Retry-After"]) >= 1
        assert 1 <= answer["retry_after_ms"] <= 1000
        assert served.memory.accepted == 30 - len(refused)


def test_a_batch_beyond_the_rate_is_taken_whole_and_waited_for(serve: Serve) -> None:
    with serve(Config(rate_points=100)) as served:
        assert served.post({"dt": 1, "y": [0] * 1000})[1]["accepted"] == 1000
        status, answer = served.post({"y": 1})
        assert (status, answer["limit"]) == (429, "points")
        assert 5000 < answer["retry_after_ms"] <= 9100
        assert served.memory.accepted == 1000


def test_new_channels_are_counted_and_old_ones_go_on(serve: Serve) -> None:
    with serve(Config(rate_channels=3)) as served:
        said = [served.post({"y": 1, "channel": f"n{n}"})[0] for n in range(5)]
        assert said == [200, 200, 200, 429, 429]
        assert served.post({"y": 2, "channel": "n0"})[0] == 200


def test_a_token_has_limits_of_its_own() -> None:
    guard = Guard(load([], {**LOCKED, "SCOPE_RATE_REQUESTS": "1"}), clock=lambda: 0.0)
    guard.sender({"X-Api-Key": WRITE})
    with pytest.raises(Problem, match="1 requests a second"):
        guard.sender({"X-Api-Key": WRITE})
    guard.sender({"X-Api-Key": ONLY_A})
    usual = Guard(load([], LOCKED)).sender({"X-Api-Key": WRITE})
    assert (usual.points.most, usual.requests.most, usual.births.most) == (1_000_000, 20_000, 30)


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    bucket = Bucket(10, 10, lambda: now[0])
    bucket.take(30)
    assert bucket.wait() == pytest.approx(2.1)
    now[0] += 2.15
    assert bucket.wait() == 0
    now[0] += 1000
    assert bucket.wait() == 0
    bucket.take(10)
    assert bucket.wait() == pytest.approx(0.1)


# looking


def test_reading_back_asks_for_a_view_token(locked: Served) -> None:
    for path in ("/channels", "/data", "/nothing"):
        assert locked.ask("GET", path)[1]["code"] == "unauthorized"
        assert locked.ask("GET", path, **BEARER)[0] == 401
        assert locked.ask("GET", path, Authorization=f"Bearer {VIEW}")[0] == (
            404 if "nothing" in path else 200
        )
        assert locked.ask("GET", path, X_API_Key="view-token-2")[0] in (200, 404)
    assert locked.ask("HEAD", "/data")[0] == 401


def test_a_browser_is_asked_on_a_page_and_comes_back_with_a_cookie(locked: Served) -> None:
    response, page = locked.raw("GET", "/channels?tb=1m", Accept="text/html,*/*")
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert b'type="password"' in page
    assert b'role="alert" hidden' in page
    form = {"Content_Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    response, page = locked.raw("POST", "/channels?tb=1m", b"token=wrong-token", **form)
    assert response.status == 401
    assert b"hidden" not in page
    response, _ = locked.raw("POST", "/channels?tb=1m", f"token={VIEW}".encode(), **form)
    assert (response.status, response.headers["Location"]) == (303, "./channels?tb=1m")
    cookie = response.headers["Set-Cookie"]
    assert VIEW not in cookie
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert locked.ask("GET", "/channels", Cookie=cookie.partition(";")[0])[0] == 200


def test_the_token_is_taken_on_the_front_page_too(locked: Served) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    response, _ = locked.raw("POST", "/?tb=1m", f"token={VIEW}".encode(), **form)
    assert (response.status, response.headers["Location"]) == (303, "./?tb=1m")
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert locked.ask("POST", "/", b"", Cookie=cookie)[0] == 405  # nobody writes to a page


@pytest.mark.parametrize("path", ["/status", "/status.json", "/metrics"])
def test_how_the_process_is_is_told_to_viewers_only(locked: Served, path: str) -> None:
    assert locked.ask("GET", path)[0] == 401


@pytest.mark.parametrize(("path", "clean"), [
    ("/channels?token={}", "./channels"),
    ("/?tb=1m&token={}&off=ch1", "./?tb=1m&off=ch1"),
    ("//evil.example/?token={}", "./"),
])  # fmt: skip
def test_a_token_in_the_address_is_taken_out_of_it(locked: Served, path: str, clean: str) -> None:
    response, _ = locked.raw("GET", path.format(VIEW))
    assert (response.status, response.headers["Location"]) == (303, clean)
    assert "scope_view=" in response.headers["Set-Cookie"]
    assert locked.raw("GET", path.format("wrong-token"))[0].status == 401


def test_a_cookie_ends_with_its_token() -> None:
    old, guard = load([], LOCKED).view_tokens, Guard(load([], {"SCOPE_VIEW_TOKENS": "view-token-2"}))
    looks = [guard.may_look(HTTPHeaders({"Cookie": f"a=b; scope_view={stamp(token)}"})) for token in old]
    assert looks == [False, True]
    assert not guard.may_look({"Cookie": "scope_view=ü"})
    assert not guard.may_look({"Cookie": "scope_view="})


def test_no_token_is_kept(locked: Served) -> None:
    guard: Any = Guard(load([], LOCKED))
    assert WRITE not in repr(vars(guard)) + repr([vars(sender) for sender in guard.senders])
    assert VIEW not in repr(guard.viewers)
    assert isinstance(guard.viewers[0], Token)
