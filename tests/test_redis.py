"""`python -m app` with a Redis: whole processes that share it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.process import ROOT, Server
from tests.redis_server import RedisServer, needs_redis, redis_server
from tests.ui_plot.session import Session

pytestmark = needs_redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def checks(server: Server) -> dict[str, str]:
    return dict(json.loads(server.ask("GET", "/readyz")[1])["checks"])


def takes(server: Server) -> bool:
    try:
        return checks(server)["store"] == "pass"
    except OSError:
        return False


def test_a_killed_process_comes_back_with_all_that_it_acknowledged(redis: RedisServer) -> None:
    server = Server(settings={"SCOPE_REDIS": redis.url})
    server.launch()
    wait_until(lambda: takes(server), 20, 0.05)
    for n in range(50):
        server.post({"x": n, "y": n})
    server.stop(signal.SIGKILL)
    server.launch()
    wait_until(lambda: takes(server), 20, 0.05)
    assert server.channels()["ch1"]["retained"] == 50
    metrics = server.ask("GET", "/metrics")[1].decode()
    for name in ("osc_tail_lag_seconds", "osc_tail_gap_samples_total", "osc_redis_reconnects_total"):
        assert f"\n{name} 0.0\n" in metrics
    redis.kill()
    wait_until(lambda: not takes(server), 3)
    assert server.ask("POST", "/data", {"x": 1, "y": 1})[0] == 503
    assert server.channels()["ch1"]["retained"] == 50
    redis.start()
    wait_until(lambda: takes(server), 5)
    server.post({"x": 50, "y": 1})
    assert server.stop() == 0


def test_what_cannot_be_said_to_all_is_not_changed_and_told_at_the_panel(tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        server = Server(settings={"SCOPE_REDIS": redis.url}).start()
        wait_until(lambda: takes(server), 20, 0.05)
        server.post({"x": 0, "y": 0})
        with Session(server.port) as page:
            page.command(do="label", channel="ch1", text="vibration")
            wait_until(lambda: server.channels()["ch1"]["label"] == "vibration")
            redis.kill()
            wait_until(lambda: not takes(server), 3)
            for command in ({"do": "label", "channel": "ch1", "text": "noise"}, {"do": "undo"}):
                page.command(**command)
                trouble = wait_until(lambda: page.said().get("error"))
                assert trouble == "Nothing was changed: Redis does not answer; try again."
            assert server.channels()["ch1"]["label"] == "vibration"
            redis.start()
            wait_until(lambda: takes(server), 5)
            page.command(do="undo")
            wait_until(lambda: server.channels()["ch1"]["label"] == "ch1")
        assert server.stop() == 0


def test_a_package_that_is_not_here_is_one_sentence(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['redis'] = None; from app.__main__ import main; sys.exit(main())"
    program = [sys.executable, "-c", hidden, "--redis", "redis://localhost"]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2  # no other start could do better
    assert ended.stderr.strip().endswith("pip install 'redis[hiredis]'.")
