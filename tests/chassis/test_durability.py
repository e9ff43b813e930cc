"""A server that was killed comes back with its memory."""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.chassis.durability import Keeping
from app.memory.durable import Durable
from app.memory.memory import Memory
from tests.conftest import wait_until
from tests.process import Server

NUMBERED = {"X-Source-Id": "esp-1", "X-Boot-Id": "a"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(settings={"SCOPE_DATA": str(tmp_path), "SCOPE_POINTS": "1000"})
    made.launch()
    wait_until(lambda: ready(made), 30, 0.05)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def ready(server: Server) -> bool:
    try:
        return server.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


def post(server: Server, body: Any, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/data", json.dumps(body), NUMBERED | headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def batch(n: int) -> list[dict[str, Any]]:
    return [{"channel": c, "x": 100 * n + k, "y": 100 * n + k} for k in range(100) for c in ("a", "b")]


def test_after_a_kill_all_is_there(server: Server) -> None:
    for n in range(20):
        status, answer = post(server, batch(n), **{"X-Seq": str(n)})
        assert (status, answer["durability"]) == (200, "file")
    server.ask("GET", "/channels")
    before = json.loads(server.ask("GET", "/data?channel=a,b&n=all")[1])
    server.stop(signal.SIGKILL)
    server.launch()
    began = time.monotonic()
    wait_until(lambda: ready(server), 30, 0.05)
    took = time.monotonic() - began
    assert json.loads(server.ask("GET", "/data?channel=a,b&n=all")[1]) == before
    assert len(before["channels"]["a"]["y"]) == 1000
    assert post(server, batch(19), **{"X-Seq": "19"})[1]["duplicate"] is True
    status, answer = post(server, batch(9), **{"X-Seq": "19"})
    assert (status, answer["code"]) == (409, "seq_conflict")
    assert post(server, batch(20), **{"X-Seq": "20"})[1]["accepted"] == 200
    assert took < 10


def test_it_ends_in_order_and_another_process_must_wait_its_turn(server: Server, tmp_path: Path) -> None:
    post(server, batch(0))
    second = Server(settings=server.settings)
    second.launch()
    assert second.process is not None
    assert second.process.wait(30) == 1
    assert server.stop() == 0
    assert Durable(tmp_path / "rings", 1000).replayed == 0


def test_trouble_is_told_to_those_who_look_and_its_end_too(tmp_path: Path) -> None:
    kept, notices = Durable(tmp_path, 1000), dict[str, str]()
    keeping = Keeping(kept, notices)
    kept.trouble = "no space left: so it is"
    keeping.tell(kept)
    assert notices == {"durability": "No space left: so it is."}
    kept.tend()
    keeping.tell(kept)
    assert notices == {}
    Keeping(Memory(10), notices).close()


def test_figures_say_whether_samples_are_kept(server: Server) -> None:
    text = server.ask("GET", "/metrics")[1].decode()
    assert 'osc_store_durable{engine="file"} 1.0' in text
