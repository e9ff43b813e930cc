"""Every status and code, row by row, from lane and Tornado; what is refused leaves not a byte changed."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from digest import digest
from exchanges import BEARER, ELSEWHERE, EXCHANGES, SERVERS, Exchange
from laned import lane_serving
from serving import Served, on_loop, serving

from app.guard.guard import Guard
from app.memory.samples import Origin, Samples
from app.problems import CODES, Problem

TESTS = Path(__file__).parents[1]
APP = TESTS.parent / "app"
RAISED = re.compile(r'Problem\(\s*"(\w+)"')
HELD = Samples("ch1", 0.0, np.array([1.0, 2.0]), np.array([3.0, 4.0]), Origin.DATA)
COMPARED = {"content-type", "x-content-type-options", "allow", "www-authenticate"}
NUMBERS = re.compile(rb'\b[0-9a-f]{32}\b|"retry_after_ms":\d+')  # of requests, and how long to wait
Pair = tuple[Served, Served]


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], Pair]]:
    """The servers of a name, through the lane and by Tornado alone, once they are asked for."""
    made: dict[str, Pair] = {}
    with ExitStack() as stack:

        def of(name: str) -> Pair:
            if name not in made:
                config = SERVERS[name]
                pair = stack.enter_context(lane_serving(config)), stack.enter_context(serving(config))
                for served in pair:
                    on_loop(served.loop, lambda served=served: prepared(name, served))  # type: ignore[misc]
                made[name] = pair
            return made[name]

        yield of


def prepared(name: str, served: Served) -> None:
    """Something to lose, and what makes the server what its name says."""
    served.memory.append([HELD], 1.7e9)
    receiver = served.receiver
    if name in ("down", "broken"):
        receiver.bus.put = failing(name)
    if name == "slow":
        receiver.guard = Guard(SERVERS[name], lambda: 0.0)
        for _ in range(2):
            receiver.guard.sender(BEARER)


def failing(name: str) -> Callable[..., None]:
    def put(*_: object) -> None:
        if name == "broken":
            raise RuntimeError("secret")
        raise Problem("store_unavailable", "the store is away; send it again", headers={"Retry-After": "1"})

    return put


def asked(served: Served, row: Exchange) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the answer."""
    if row.lacking:
        return cut_off(served, row)
    connection = served.connection()
    connection.request(row.method, row.path, row.body, row.headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body, {k.lower(): v for k, v in response.getheaders()}


def cut_off(served: Served, row: Exchange) -> tuple[int, bytes, dict[str, str]]:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sender:
        size = len(row.body)
        head = f"{row.method} {row.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
        sender.sendall(head.encode() + row.body[: size - row.lacking])
        answer = b"".join(iter(lambda: sender.recv(65536), b""))
    told, _, body = answer.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in told.decode().split("\r\n")[1:]]
    return int(told[9:12]), body, {name.lower(): value for name, _, value in lines}


@pytest.mark.parametrize("row", EXCHANGES, ids=lambda row: row.name)
def test_a_request_is_answered_as_the_contract_says(
    servers: Callable[[str], Pair], row: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    if row.server == "impatient":
        monkeypatch.setattr("app.ingest.intake.BODY_SECONDS", 0.2)
    told = []
    for served in servers(row.server):
        if row.after:
            assert served.ask("POST", row.path, row.after, **row.headers)[0] == 200
        before = digest(served.memory)
        status, body, headers = asked(served, row)
        assert status == row.status, body
        assert {name: headers.get(name.lower()) for name in row.told} == row.told
        if row.code:
            assert digest(served.memory) == before
            refused(row, orjson.loads(body), headers)
        elif row.status == 200 and row.method == "POST":
            assert orjson.loads(body)["status"] in ("success", "partial")
        told.append((NUMBERS.sub(b"", body), {k: v for k, v in headers.items() if k in COMPARED}))
    if row.code or row.method == "POST":
        assert told[0] == told[1]


def refused(row: Exchange, answer: Any, headers: dict[str, str]) -> None:
    assert (answer["status"], answer["code"], answer["accepted"]) == ("error", row.code, 0)
    assert row.words in answer["message"]
    assert answer["message"].isascii()
    assert len(answer["message"]) <= 256
    assert "secret" not in answer["message"]
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch("[0-9a-f]{32}", answer["request_id"])
    if row.status == 413:
        assert answer["limit"]
        assert answer["max"] > 0
    if row.status == 429:
        assert int(headers["retry-after"]) >= 1
        assert answer["retry_after_ms"] > 0


STRICT = [row for row in EXCHANGES if row.code and not row.lacking and row.server != "slow"]


@pytest.mark.parametrize("row", STRICT, ids=lambda row: row.name)
def test_who_asks_for_rfc_9457_gets_the_same_so(servers: Callable[[str], Pair], row: Exchange) -> None:
    for served in servers(row.server):
        if row.after:
            served.ask("POST", row.path, row.after, **row.headers)
        before = digest(served.memory)
        strict = row.headers | {"Accept": "application/problem+json"}
        response, raw = served.raw(row.method, row.path, row.body, **strict)
        answer = orjson.loads(raw)
        assert response.headers["Content-Type"] == "application/problem+json"
        told = answer["status"], answer["code"], answer["type"]
        assert told == (row.status, row.code, f"urn:web-oscilloscope:problem:{row.code}")
        assert (response.status, answer["title"]) == CODES[row.code]
        assert row.words in answer["detail"]
        assert digest(served.memory) == before


def test_every_code_that_a_probe_may_hear_has_a_row_or_is_tried_elsewhere() -> None:
    files = [path for folder in ("ingest", "guard") for path in (APP / folder).glob("*.py")]
    raised = {code for path in files for code in RAISED.findall(path.read_text())}
    rows = {row.code for row in EXCHANGES if row.code}
    assert {"bad_json", "rate_limited", "seq_conflict"} < raised <= set(CODES)
    assert raised <= rows | set(ELSEWHERE)
    assert not rows & set(ELSEWHERE)
    for code, file in ELSEWHERE.items():
        assert f'"{code}"' in (TESTS / file).read_text(), code


def test_every_status_of_a_probe_has_a_row() -> None:
    wanted = {200, 204, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503}
    assert {row.status for row in EXCHANGES} == wanted
    assert all(CODES[row.code][0] == row.status for row in EXCHANGES if row.code)
