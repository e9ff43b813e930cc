"""What a sender gets back, row by row, from lane and Tornado; a refusal leaves the memory as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from digest import digest
from laned import lane_serving
from rows import BAD, GOOD, Bad, Good
from serving import Served, serving
from tables import TABLES

from app.config import Config
from app.ingest.formats import FORMATS
from app.memory.memory import Memory
from app.problems import CODES

CONFIG = Config(max_body=100_000, max_samples=500, max_binary=20_000, max_binary_samples=1000)
TABLED = [row for table in TABLES.values() for rows in table.values() for row in rows]
STORED = [row for row in (*GOOD, *TABLED) if isinstance(row, Good)]
REFUSED = [row for row in (*BAD, *TABLED) if isinstance(row, Bad)]
NUMBERS = re.compile(rb"\b[0-9a-f]{32}\b")  # of requests


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Served, Served]]:
    """Through the lane, and by Tornado alone."""
    with lane_serving(CONFIG) as first, serving(CONFIG) as second:
        yield first, second
        assert [record.getMessage() for served in (first, second) for record in served.logged] == []


def sent(served: Served, row: Good | Bad) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers of the answer."""
    headers = {"Content-Type": row.kind, **row.headers} if row.kind else row.headers
    connection = served.connection()
    connection.request("POST", f"/data?{row.query}" if row.query else "/data", row.body, headers)
    response = connection.getresponse()
    body = NUMBERS.sub(b"", response.read())
    connection.close()
    kept = {"content-type", "x-content-type-options", "accept-encoding"}
    return response.status, body, [(k, v) for k, v in response.getheaders() if k.lower() in kept]


@pytest.mark.parametrize("row", STORED, ids=lambda row: row.name)
def test_what_is_good_is_stored(both: tuple[Served, Served], row: Good) -> None:
    for served in both:
        served.memory.clear()
    answers = [sent(served, row) for served in both]
    status, body, _ = answers[0]
    assert status == 200, body
    assert answers[0] == answers[1]
    for served in both:
        for name, expected in row.channels.items():
            check(served.memory, name, expected)
        assert row.unit is None or next(iter(served.memory.records.values())).unit == row.unit
    answer = orjson.loads(body)
    stored = sum(record.total for record in both[0].memory.records.values())
    assert stored - nans(row) <= answer.get("accepted", 1) <= stored
    assert (answer["status"] == "partial") is ("on_error" in row.query)
    if answer["status"] == "partial":
        assert answer["rejected"] == answer["error_count"] >= len(answer["errors"]) > 0


def nans(row: Good) -> int:
    return sum(int(np.isnan(y[1] if isinstance(y, tuple) else y).sum()) for y in row.channels.values())


def check(memory: Memory, name: str, expected: Any) -> None:
    record = memory.records[name]
    x, y = expected if isinstance(expected, tuple) else (None, expected)
    np.testing.assert_allclose(record.y(0, record.total), y)
    if x is not None:
        np.testing.assert_allclose(record.x(0, record.total), x)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_what_is_bad_is_refused_and_leaves_no_trace(both: tuple[Served, Served], row: Bad) -> None:
    for served in both:
        if not served.memory.records:
            served.post({"x": 1, "y": 2})
    before = [digest(served.memory) for served in both]
    answers = [sent(served, row) for served in both]
    status, body, headers = answers[0]
    answer = orjson.loads(body)
    assert (status, answer["code"]) == (row.status, row.code), body
    assert row.words in answer["message"]
    assert len(answer["message"]) <= 256
    assert ("X-Content-Type-Options", "nosniff") in headers
    first = answer["errors"][0] if answer["errors"] else {}
    for name, expected in (("line", row.line), ("index", row.index)):
        assert expected is None or first[name] == expected, answer
    assert [digest(served.memory) for served in both] == before
    assert answers[0] == answers[1]


def test_every_format_has_good_and_bad_rows() -> None:
    for media_type in FORMATS:
        assert len([row for row in GOOD if row.kind == media_type]) >= 1, media_type
        assert len([row for row in BAD if row.kind == media_type]) >= 1, media_type


def test_every_row_has_a_name_of_its_own() -> None:
    names = [row.name for row in (*STORED, *REFUSED)]
    assert len(set(names)) == len(names)


def test_every_code_of_a_body_has_a_row() -> None:
    bodily = {
        "bad_json",
        "not_utf8",
        "empty_body",
        "invalid_sample",
        "out_of_range",
        "bad_parameter",
        "bad_gzip",
    }
    bodily |= {"body_too_large", "too_many_points", "unsupported_media_type", "bad_channel_name", "bad_unit"}
    assert bodily <= set(CODES)
    assert {row.code for row in BAD} == bodily


def test_no_more_than_a_hundred_errors_are_told_and_all_are_counted(both: tuple[Served, Served]) -> None:
    lines = b"m v=1 1\n" + b"m v=x 1\n" * 400
    for query, status in (("", 400), ("?on_error=skip", 200)):
        for served in both:
            answer_status, answer = served.ask("POST", f"/data{query}", lines, Content_Type="text/x-influx")
            assert (answer_status, len(answer["errors"]), answer["error_count"]) == (status, 100, 400)
            assert answer["errors"][99] == {
                "code": "not_a_number",
                "field": "y",
                "index": 100,
                "line": 101,
            }


def test_what_steps_behind_the_memory_is_refused_where_that_is_wished(both: tuple[Served, Served]) -> None:
    for served in both:
        served.memory.clear()
        assert served.post({"x": [5, 6], "y": [1, 2]})[0] == 200
        before = digest(served.memory)
        status, answer = served.ask("POST", "/data?monotonic=strict", {"x": [5.5, 7], "y": [3, 4]})
        assert (status, answer["errors"]) == (
            400,
            [{"code": "not_monotonic", "field": "x", "index": 0, "channel": "ch1"}],
        )
        assert digest(served.memory) == before
        assert served.ask("POST", "/data?monotonic=strict", {"x": [6, 7], "y": [3, 4]})[0] == 200
        assert served.ask("POST", "/data?monotonic=strict", {"y": 5, "channel": "clocked"})[0] == 200
