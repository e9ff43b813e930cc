"""GET and DELETE /data and GET /channels on a live server."""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from serving import Served, serving

from app.api import data
from app.config import Config
from tests.conftest import wait_until

N = 300_000


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def read(scope: Served, query: str = "") -> dict[str, Any]:
    status, answer = scope.ask("GET", "/data" + query)
    assert status == 200
    return answer["channels"]


def test_an_empty_memory_has_no_channels(scope: Served) -> None:
    assert read(scope) == {}
    assert scope.ask("GET", "/channels") == (200, [])


def test_samples_come_back_as_they_were_sent(scope: Served) -> None:
    scope.post({"x": [1, 2.5, 3], "y": [0.1, None, -1e150], "unit": "V", "x_unit": "mm"})
    assert read(scope, "?channel=ch1") == {
        "ch1": {
            "unit": "V",
            "x_unit": "mm",
            "first": 0,
            "total": 3,
            "x": [1, 2.5, 3],
            "y": [0.1, None, -1e150],
        }
    }


def test_several_channels_are_read_at_once_and_all_when_none_is_named(scope: Served) -> None:
    scope.post({"x": [1], "channels": {"a": [1], "b": [2], "c": [3]}})
    assert list(read(scope, "?channel=c,a")) == ["c", "a"]
    assert list(read(scope, "?channel=a,a")) == ["a"]
    assert list(read(scope)) == ["a", "b", "c"]


def test_the_newest_thousand_come_when_no_number_is_named(scope: Served) -> None:
    scope.post({"t0": 0, "dt": 1, "y": list(range(2500))})
    channel = read(scope)["ch1"]
    assert (channel["first"], channel["total"], channel["y"]) == (1500, 2500, list(range(1500, 2500)))
    assert read(scope, "?n=3")["ch1"]["x"] == [2497, 2498, 2499]
    assert len(read(scope, "?n=all")["ch1"]["y"]) == len(read(scope, "?n=99999")["ch1"]["y"]) == 2500


def test_from_and_to_choose_by_x(scope: Served) -> None:
    scope.post({"t0": 0, "dt": 0.5, "y": list(range(5000))})
    assert read(scope, "?from=10&to=11")["ch1"]["y"] == [20, 21, 22]
    assert read(scope, "?to=0.5")["ch1"]["x"] == [0, 0.5]
    late = read(scope, "?from=100&n=2")["ch1"]
    assert (late["first"], late["y"]) == (4998, [4998, 4999])
    nothing = read(scope, "?from=1e9")["ch1"]
    assert (nothing["x"], nothing["y"], nothing["first"], nothing["total"]) == ([], [], 5000, 5000)


def test_from_and_to_find_the_same_x_in_every_segment(scope: Served) -> None:
    for run in range(3):
        scope.post({"t0": 0, "dt": 1, "y": [run] * 100})
    assert read(scope, "?from=5&to=6")["ch1"]["y"] == [0, 0, 1, 1, 2, 2]


def test_points_keep_every_extreme(scope: Served) -> None:
    y: list[float | None] = [float(i % 7) for i in range(50_000)]
    y[12_345], y[40_000], y[100] = 99, -99, None
    scope.post({"t0": 0, "dt": 1, "y": y})
    channel = read(scope, "?points=200")["ch1"]
    assert 100 < len(channel["x"]) <= 200
    at = dict(zip(channel["x"], channel["y"], strict=True))
    assert (at[12_345], at[40_000]) == (99, -99)
    assert channel["x"] == sorted(channel["x"])
    assert len(read(scope, "?points=60000")["ch1"]["x"]) == 50_000


def test_a_gap_that_fills_a_run_stays_a_gap(scope: Served) -> None:
    scope.post({"t0": 0, "dt": 1, "y": [1.0] * 500 + [None] * 500})
    assert set(read(scope, "?points=20")["ch1"]["y"]) == {1.0, None}


def test_times_of_receipt_come_back_as_unix_seconds(scope: Served) -> None:
    scope.clock.now = 1_800_000_000_250_000_000
    scope.post({"y": 1})
    channel = read(scope)["ch1"]
    assert channel["x"] == [pytest.approx(1_800_000_000.25, rel=0, abs=1e-6)]
    assert channel["x_unit"] == "s"


def test_a_long_record_is_read_whole_while_points_go_on(scope: Served) -> None:
    for start in range(0, N, 50_000):
        scope.post({"t0": start, "dt": 1, "channels": {"a": list(range(start, start + 50_000))}})
    reader = scope.connection()
    reader.request("GET", "/data?n=all")
    slowest = 0.0
    for i in range(100):
        begun = time.monotonic()
        assert scope.post({"x": N + i, "y": 1, "channel": "a"})[0] == 200
        slowest = max(slowest, time.monotonic() - begun)
    answer = reader.getresponse()
    channel = orjson.loads(answer.read())["channels"]["a"]
    reader.close()
    assert slowest < 1
    assert len(channel["x"]) == len(channel["y"]) >= N
    np.testing.assert_array_equal(channel["y"][:N], np.arange(N))


def test_a_reader_that_goes_away_does_no_harm(scope: Served) -> None:
    for start in range(0, N, 50_000):
        scope.post({"t0": start, "dt": 1, "y": [1.25] * 50_000})
    for _ in range(3):
        reader = scope.connection()
        reader.request("GET", "/data?n=all")
        reader.sock.recv(100)
        reader.close()
    assert scope.post({"x": 1e9, "y": 1})[0] == 200


BAD = [
    ("n=0", "n is not"),
    ("n=-1", "n is not"),
    ("n=1.5", "n is not"),
    ("n=many", "n is not"),
    ("n=", "n is not"),
    ("n=%C2%B2", "n is not"),
    ("n=" + "9" * 40, "n is not"),
    ("points=1", "points is not"),
    ("points=all", "points is not"),
    ("from=a", "from is not"),
    ("to=nan", "to is not"),
    ("from=1e999", "from is not"),
    ("from=2&to=1", "from is above to"),
    ("n=1&n=2", "twice"),
    ("chanel=ch1", "known are channel, n"),
    ("format=xml", "json"),
    ("n=%ff", ""),
]


@pytest.mark.parametrize(("query", "words"), BAD)
def test_a_bad_parameter_is_refused_with_what_would_be_right(scope: Served, query: str, words: str) -> None:
    scope.post({"x": 1, "y": 2})
    status, answer = scope.ask("GET", "/data?" + query)
    assert (status, answer["status"]) == (400, "error")
    assert words in answer["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", ["nope", "ch1,nope", "", "%3Cb%3E", "ch1,"])
def test_an_unknown_channel_is_not_found(scope: Served, method: str, name: str) -> None:
    scope.post({"x": 1, "y": 2})
    status, answer = scope.ask(method, "/data?channel=" + name)
    assert (status, answer["code"]) == (404, "unknown_channel")
    assert list(scope.memory.records) == ["ch1"]


def test_the_list_of_channels_tells_what_there_is(scope: Served) -> None:
    scope.post({"t0": 0, "dt": 1, "channels": {"a": [1, 2]}, "unit": "V"})
    (status, (channel,)) = scope.ask("GET", "/channels")
    assert status == 200
    expected = {"name": "a", "label": "a", "unit": "V", "x_unit": "s", "total": 2, "retained": 2}
    assert {key: channel[key] for key in expected} == expected
    assert (channel["lost"], channel["gaps"], channel["figure"]) == (None, 0, False)
    assert isinstance(channel["rate"], (int, float))
    assert channel["updated"] == scope.clock.now / 1e9


def test_what_has_left_the_record_is_counted_but_not_retained() -> None:
    with serving(Config(scope_points=100)) as scope:
        scope.post({"t0": 0, "dt": 1, "y": list(range(250))})
        (_, (channel,)) = scope.ask("GET", "/channels")
        assert (channel["total"], channel["retained"]) == (250, 100)
        assert read(scope, "?n=all")["ch1"]["first"] == 150


def test_delete_removes_the_channels_that_are_named_or_all(scope: Served) -> None:
    scope.post({"x": [1], "channels": {"a": [1], "b": [2], "c": [3]}})
    deleted = {"status": "success", "deleted": ["b"]}
    assert scope.ask("DELETE", "/data?channel=b") == (200, deleted)
    assert list(read(scope)) == ["a", "c"]
    assert scope.ask("DELETE", "/data")[1]["deleted"] == ["a", "c"]
    assert scope.ask("DELETE", "/data")[1]["deleted"] == []
    assert scope.post({"x": 1, "y": 1, "channel": "b"})[0] == 200
    assert read(scope)["b"]["total"] == 1


def test_a_page_of_another_host_may_not_delete(scope: Served) -> None:
    scope.post({"x": 1, "y": 1})
    for headers in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        status, answer = scope.ask("DELETE", "/data", **headers)
        assert (status, answer["code"]) == (403, "origin_not_allowed")
    assert list(scope.memory.records) == ["ch1"]
    assert scope.ask("DELETE", "/data", Origin=f"http://127.0.0.1:{scope.port}")[0] == 200


def test_answers_are_not_cached_or_sniffed(scope: Served) -> None:
    for path in ("/data", "/channels"):
        response, _ = scope.raw("GET", path)
        assert isinstance(response, http.client.HTTPResponse)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Type"] == "application/json"


def test_channels_can_only_be_read(scope: Served) -> None:
    response, _ = scope.raw("POST", "/channels", b"{}")
    assert (response.status, response.headers["Allow"]) == (405, "GET, OPTIONS")


def test_a_reader_that_stops_reading_is_let_go(monkeypatch: pytest.MonkeyPatch, scope: Served) -> None:
    monkeypatch.setattr(data, "STALLED_SECONDS", 0.2)
    for start in range(0, 500_000, 50_000):
        scope.post({"t0": start, "dt": 1, "y": [1 / 3] * 50_000})
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    reader.connect(("127.0.0.1", scope.port))
    reader.sendall(b"GET /data?n=all HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: under_way(scope) == 1)
    wait_until(lambda: under_way(scope) == 0)
    reader.close()
    assert scope.post({"x": 1e9, "y": 1})[0] == 200


def under_way(scope: Served) -> int:
    """The requests that the server has not ended yet."""

    async def n() -> int:
        names = [getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks()]
        return names.count("_execute")

    return asyncio.run_coroutine_threadsafe(n(), scope.loop).result(10)


def test_values_come_back_multiplied_by_the_probe_factor_as_the_list_says(scope: Served) -> None:
    scope.post({"x": [1, 2], "y": [0.5, -2], "unit": "V"})
    scope.memory.say("ch1", probe=10.0, named="A")
    answer = read(scope)["ch1"]
    assert (answer["x"], answer["y"], answer["unit"]) == ([1, 2], [5, -20], "A")
    _, (listed,) = scope.ask("GET", "/channels")
    assert (listed["probe"], listed["unit"]) == (10, "A")
