"""/metrics and /readyz of a live server: what was counted is what was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from tests.conftest import wait_until
from tests.process import Server


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


def test_what_was_stored_is_alive_or_evicted(server: Server) -> None:
    server.post({"dt": 1, "y": list(range(3000)), "channel": "evicted"})
    found = figures(server)
    stored = sum(
        value for name, value in found.items() if name[0] == "osc_ingest_samples_total" and "stored" in name
    )
    assert stored == found["osc_store_samples", "memory"] + found["osc_store_evicted_samples_total", "memory"]


def test_figures_of_the_process_are_there(server: Server) -> None:
    found = figures(server)
    assert found["osc_memory_bytes", "limit"] > found["osc_memory_bytes", "rss"] > 50e6
    assert 0 <= found["osc_event_loop_lag_seconds",] < 5
    assert found["osc_auth_open",] == 1
    assert found["osc_store_channels_limit",] == 256
    assert found["process_cpu_seconds_total",] > 0


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
