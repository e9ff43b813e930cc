"""/metrics and /readyz of a live server: what was counted is what was sent."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from websockets.sync.client import connect

from tests.conftest import wait_until
from tests.process import Server

NAMES = """osc_build_info osc_http_requests osc_http_request_duration_seconds osc_http_requests_in_flight
osc_ingest_samples osc_ingest_batches osc_ingest_bytes osc_ingest_rejections osc_ingest_out_of_order
osc_ingest_seq_gaps osc_ingest_clock_skew_seconds osc_rate_limited osc_store_samples osc_store_bytes
osc_store_channels osc_store_channels_limit osc_store_evicted_samples osc_store_append_duration_seconds
osc_store_up osc_viewer_sessions osc_viewer_connections osc_viewer_sessions_created osc_viewer_dropped
osc_viewer_frames osc_viewer_frame_age_seconds osc_viewer_write_duration_seconds osc_event_loop_lag_seconds
osc_memory_bytes osc_overload_state osc_auth_open process_cpu_seconds process_resident_memory_bytes
python_gc_collections"""
ODD = ["\u202e", "<script>", "a" * 300, "caf\u00e9", "../../etc", "%00", "__proto__", "x y", "9", "-"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(settings={"SCOPE_POINTS": "1000"}).start()
    yield running
    assert running.stop() == 0


def figures(server: Server) -> dict[tuple[str, ...], float]:
    """By name and the values of its labels, in the order of their names."""
    status, body = server.ask("GET", "/metrics")
    assert status == 200
    samples = [sample for family in families(body.decode()) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_every_figure_is_there(server: Server) -> None:
    _, body = server.ask("GET", "/metrics")
    found = {family.name for family in families(body.decode())}
    assert set(NAMES.split()) - found == set()


def test_every_sample_and_refusal_is_counted(server: Server) -> None:
    before = figures(server)
    server.post({"y": 1})
    server.post({"dt": 1, "y": list(range(3000))})
    assert server.ask("POST", "/data", {"y": "no"})[0] == 400
    after = figures(server)

    def grown(*name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    assert grown("osc_ingest_samples_total", "json", "stored") == 3001
    assert grown("osc_ingest_batches_total", "json", "stored") == 2
    assert grown("osc_ingest_batches_total", "json", "rejected") == 1
    assert grown("osc_ingest_rejections_total", "invalid_sample") == 1
    assert grown("osc_http_requests_total", "200", "POST", "/data") == 2
    assert grown("osc_http_requests_total", "400", "POST", "/data") == 1
    assert grown("osc_http_request_duration_seconds_count", "/data") == 3
    assert grown("osc_ingest_bytes_total", "any", "wire") > grown("osc_ingest_bytes_total", "json", "decoded")
    assert grown("osc_store_append_duration_seconds_count", "memory") == 2


def totals(server: Server, name: str) -> dict[str, float]:
    """The sums of a counter over all formats, by result."""
    found: dict[str, float] = defaultdict(float)
    for key, value in figures(server).items():
        if key[0] == name:
            found[key[2]] += value
    return found


def numbered(server: Server, n: int, body: object) -> int:
    """Status of a POST of the number n."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/data", json.dumps(body), {"X-Source-Id": "esp", "X-Seq": str(n)})
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_was_received_was_stored_rejected_or_a_duplicate(server: Server) -> None:
    before = totals(server, "osc_ingest_batches_total"), totals(server, "osc_ingest_samples_total")
    gaps = figures(server)["osc_ingest_seq_gaps_total",]
    batch = [{"x": 1, "y": 1}, {"x": 2, "y": 2}]
    statuses = [numbered(server, n, batch) for n in (0, 1, 1, 1, 5, 4)]
    half = [{"x": 1, "y": 1}, {"x": 2, "y": "x"}]
    for path, body in ("/data", half), ("/data", {"y": 1, "channel": "<"}), ("/data?on_error=skip", half):
        statuses.append(server.ask("POST", path, body)[0])
    assert statuses == [200] * 6 + [400, 422, 200]
    after = totals(server, "osc_ingest_batches_total"), totals(server, "osc_ingest_samples_total")
    bodies, samples = (
        {how: new[how] - old[how] for how in new} for old, new in zip(before, after, strict=True)
    )
    assert bodies == {"stored": 5, "duplicate": 2, "rejected": 2}
    assert sum(bodies.values()) == len(statuses)
    assert samples == {"stored": 9, "duplicate": 4, "rejected": 1}
    assert figures(server)["osc_ingest_seq_gaps_total",] == gaps + 1
    assert figures(server)["osc_ingest_out_of_order_total",] == 1


def test_what_was_stored_is_alive_or_evicted(server: Server) -> None:
    server.post({"dt": 1, "y": list(range(3000)), "channel": "evicted"})
    found = figures(server)
    stored = totals(server, "osc_ingest_samples_total")["stored"]
    assert stored == found["osc_store_samples", "memory"] + found["osc_store_evicted_samples_total", "memory"]


def test_a_clock_that_is_off_is_measured_where_x_is_a_time(server: Server) -> None:
    before = figures(server)
    server.post({"x": time.time() + 5, "y": 1, "channel": "fast"})
    server.post({"x": 5, "y": 1, "channel": "no time"})
    after = figures(server)
    name = "osc_ingest_clock_skew_seconds_bucket"
    assert after[name, "1"] == before[name, "1"]
    assert after[name, "10"] == after[name, "+Inf"] == before[name, "+Inf"] + 1


def test_no_series_comes_of_what_is_sent(server: Server) -> None:
    """A thousand odd names, paths, methods and tokens: the lines of /metrics are as many as before."""
    odd = random.Random(12)

    def send(n: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        name = odd.choice(ODD) + str(n)
        token = {"Authorization": f"Bearer {n}-{odd.random()}", "X-Request-Id": f"r{n}"}
        method, path = odd.choice(
            [("POST", "/data"), ("GET", f"/{n}"), ("GET", f"/pins/{n}"), ("BREW", f"/{n}?a={n}")]
        )
        connection.request(method, path, json.dumps({"channel": name, "y": n}), token)
        connection.getresponse().read()
        connection.close()

    for n in range(50):
        send(n)
    before = set(figures(server))
    for n in range(50, 1000):
        send(n)
    assert {name for name in set(figures(server)) - before if "bucket" not in name[0]} == set()


def test_they_take_no_more_than_ten_milliseconds_of_the_processor(server: Server) -> None:
    before = server.cpu()
    for _ in range(50):
        figures(server)
    assert (server.cpu() - before) / 50 < 0.01


def test_an_open_socket_of_a_sender_is_a_request_that_was_answered(server: Server) -> None:
    name = "osc_http_requests_total", "101", "GET", "/data"
    before = figures(server).get(name, 0)
    with connect(f"ws://127.0.0.1:{server.port}/data") as sender:
        sender.send(b'{"y": 1}')
        assert json.loads(sender.recv(10)) == {"ack": 1}
        assert figures(server)[name] == before + 1


def test_figures_of_the_process_are_there(server: Server) -> None:
    found = figures(server)
    assert found["osc_memory_bytes", "limit"] > found["osc_memory_bytes", "rss"] > 50e6
    assert 0 <= found["osc_event_loop_lag_seconds",] < 5
    assert found["osc_auth_open",] == 1
    assert found["osc_store_channels_limit",] == 256
    assert found["process_cpu_seconds_total",] > 0


def test_people_are_told_the_same_figures(server: Server) -> None:
    server.post({"x": time.time() + 5, "y": 1, "channel": "fast"})
    server.post({"x": 5, "y": 1, "channel": "no time"})
    assert server.ask("POST", "/data", {"y": "no"})[0] == 400
    status, page = server.ask("GET", "/status")
    assert (status, b"health.js" in page) == (200, True)
    status, body = server.ask("GET", "/status.json")
    told, found = json.loads(body), figures(server)
    assert (status, told["status"], told["durability"], told["notices"]) == (200, "pass", "memory", [])
    assert set(told["checks"]) == {"loop_lag", "memory", "store", "pages", "draining", "recordings_disk"}
    assert told["in"]["samples"] == totals(server, "osc_ingest_samples_total")["stored"]
    assert told["in"]["refused"]["invalid_sample"] == found["osc_ingest_rejections_total", "invalid_sample"]
    assert told["lost"]["evicted"] == found["osc_store_evicted_samples_total", "memory"]
    assert told["details"]["bytes recorded"] == found["osc_recording_bytes_total",]
    by_label = {channel["label"]: channel for channel in told["channels"]}
    assert 4 < by_label["fast"]["skew"] < 5.5
    assert (by_label["no time"]["skew"], by_label["no time"]["lost"]) == (None, None)


def test_it_is_ready_once_its_pages_are() -> None:
    starting = Server()
    starting.launch()
    try:
        wait_until(lambda: (checks(starting, 503) or {}).get("pages") == "fail")
        wait_until(lambda: set((checks(starting, 200) or {}).values()) == {"pass"}, 60)
    finally:
        starting.stop()


def checks(server: Server, wanted: int) -> dict[str, str] | None:
    """What /readyz says of each check, when it answers with this status."""
    try:
        status, body = server.ask("GET", "/readyz")
    except OSError:
        return None
    found: dict[str, str] = json.loads(body)["checks"]
    return found if status == wanted else None
