"""The addresses of InfluxDB and Grafana Live, asked by InfluxDB's own client too."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator

import orjson
import pytest
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from serving import Served, serving

from app.config import Config, tokens

LINE = b"room,place=lab temperature=21.5 1700000000"
TOKEN = "a-token-of-the-lab"


@pytest.fixture(scope="module")
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture(autouse=True)
def empty(scope: Served) -> None:
    scope.memory.clear()


def client(served: Served, token: str = "any", **options: bool) -> InfluxDBClient:
    return InfluxDBClient(f"http://127.0.0.1:{served.port}", token=token, org="any", timeout=5000, **options)


@pytest.mark.parametrize("zipped", [False, True])
def test_the_client_of_influxdb_writes(scope: Served, zipped: bool) -> None:
    with client(scope, enable_gzip=zipped) as influx:
        assert influx.ping()
        point = (
            Point("room").tag("place", "lab").field("temperature", 21.5).field("n", 3).field("note", "a b")
        )
        points = [point.time(1_700_000_000_123_456_789, WritePrecision.NS)]
        influx.write_api(SYNCHRONOUS).write("any", record=points)
    record = scope.memory.records["room.temperature/lab"]
    assert record.y(0, 1).tolist() == [21.5]
    assert record.x_unit == "s"
    assert record.segment().x0 + record.offsets(0, 1)[0] == pytest.approx(1_700_000_000.123456789)
    assert record.offsets(0, 1)[0] == pytest.approx(0.123456789, abs=1e-12)
    assert set(scope.memory.records) == {"room.temperature/lab", "room.n/lab"}


def test_the_client_hears_what_is_wrong(scope: Served) -> None:
    with client(scope) as influx, pytest.raises(ApiException) as caught:
        influx.write_api(SYNCHRONOUS).write("any", record="room on=true 1")
    assert caught.value.status == 400
    assert orjson.loads(caught.value.body) == {
        "code": "invalid",
        "message": "line 1: y is not a finite number",
    }
    assert scope.memory.records == {}


@pytest.mark.parametrize("path", ["/api/v2/write?org=a&bucket=b&precision=s", "/write?db=a&precision=s"])
def test_lines_are_written_and_answered_with_nothing(scope: Served, path: str) -> None:
    response, body = scope.raw("POST", path, LINE, Content_Type="text/plain; charset=utf-8")
    assert (response.status, body) == (204, b"")
    assert scope.memory.records["room.temperature/lab"].x(0, 1).tolist() == [1.7e9]


def test_errors_have_the_shape_of_each_version(scope: Served) -> None:
    assert scope.ask("POST", "/api/v2/write", b"a b")[1]["code"] == "invalid"
    status, answer = scope.ask("POST", "/write?precision=s", b"a b")
    assert status == 400
    assert list(answer) == ["error"]
    assert "line 1" in answer["error"]
    assert scope.ask("POST", "/api/v2/write?on_error=skip", LINE + b"\nm v=x")[0] == 400
    assert scope.memory.records["room.temperature/lab"].total == 1


def test_grafana_live_is_pushed_to(scope: Served) -> None:
    assert scope.ask("POST", "/api/live/push/lab", gzip.compress(LINE), Content_Encoding="gzip") == (200, {})
    assert scope.memory.records["room.temperature/lab"].total == 1
    assert scope.ask("POST", "/api/live/push/lab", b"a b")[0] == 400


def test_what_clients_ask_first_is_answered(scope: Served) -> None:
    assert scope.ask("GET", "/health")[1]["status"] == "pass"
    for method in ("GET", "HEAD"):
        response, body = scope.raw(method, "/ping")
        assert (response.status, body) == (204, b"")
        assert response.headers["X-Influxdb-Version"]


def test_a_token_is_asked_for_where_there_are_tokens() -> None:
    config = Config(write_tokens=tokens(TOKEN), view_tokens=tokens("b-token-of-the-lab"))
    basic = base64.b64encode(b"any:" + TOKEN.encode()).decode()
    with serving(config) as served:
        for path, headers, status in (
            ("/api/v2/write", {}, 401),
            ("/api/v2/write", {"Authorization": f"Token {TOKEN}"}, 204),
            ("/write", {"Authorization": f"Basic {basic}"}, 204),
            ("/write?u=any&p=" + TOKEN, {}, 204),
            ("/write", {"Authorization": "Basic !"}, 401),
            ("/api/live/push/a", {}, 401),
        ):
            assert served.raw("POST", path, LINE, **headers)[0].status == status, (path, headers)
        with client(served, TOKEN) as influx:
            assert influx.ping()
            influx.write_api(SYNCHRONOUS).write("any", record=LINE.decode(), write_precision=WritePrecision.S)
        assert served.memory.accepted == 4
