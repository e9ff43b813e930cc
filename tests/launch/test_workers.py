"""Several processes behind nginx, and new ones in the place of old ones."""

from __future__ import annotations

import http.client
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.launch.conftest import (
    Scope,
    Start,
    copy_project,
    environment,
    free_port,
    needs_nginx,
    refusal,
)
from tests.redis_server import RedisServer, needs_redis, redis_server

POINT = b'{"x": 1, "y": 2}'


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer) -> Iterator[Scope]:
    folder = copy_project(tmp_path_factory.mktemp("workers") / "scope")
    settings = environment(WORKERS="2", SCOPE_REDIS=redis.url)
    started = Scope(folder, [], settings, free_port())
    try:
        started.up()
        wait_until(lambda: all(ready(started, n) for n in (1, 2)), 60, 0.2)
        yield started
        os.kill(started.process.pid, signal.SIGTERM)
        assert started.status(20) == 0
    finally:
        started.remove()


def figures(scope: Scope, n: int) -> str:
    return scope.ask("GET", f"/metrics?worker={n}").body.decode()


def figure(scope: Scope, n: int, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", figures(scope, n), re.MULTILINE)
    return float(found[1]) if found else 0.0


def ready(scope: Scope, n: int) -> bool:
    return 'osc_store_up{engine="stream"} 1.0' in figures(scope, n)


class Senders:
    """Some that send without a pause, each on a connection of its own; what they heard.

    broken  connections that were closed instead of an answer
    """

    def __init__(self, scope: Scope, n: int = 4) -> None:
        self.scope, self.over = scope, threading.Event()
        self.statuses: list[int | str] = []
        self.broken = 0
        self.threads = [threading.Thread(target=self.send, daemon=True) for _ in range(n)]

    def send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.scope.port, timeout=30)
        while not self.over.is_set():
            try:
                connection.request("POST", "/data", POINT)
                answer = connection.getresponse()
                body = answer.read()
                self.statuses.append(answer.status if answer.status == 200 else body.decode())
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection.close()

    def more(self, n: int) -> None:
        before = len(self.statuses)
        wait_until(lambda: len(self.statuses) > before + n)


@contextmanager
def sending(scope: Scope) -> Iterator[Senders]:
    senders = Senders(scope)
    for thread in senders.threads:
        thread.start()
    try:
        senders.more(20)
        yield senders
        senders.more(20)
    finally:
        senders.over.set()
        for thread in senders.threads:
            thread.join(30)


def apps(scope: Scope) -> set[int]:
    return set(scope.pids(" -m app "))


@needs_nginx
@needs_redis
def test_posts_go_to_both_and_both_show_them(two: Scope) -> None:
    for n in range(40):
        assert two.ask("POST", "/data", b'{"x": %d, "y": 1, "channel": "both"}' % n).status == 200
    stored = 'osc_ingest_batches_total{format="json",result="stored"}'
    assert min(figure(two, n, stored) for n in (1, 2)) >= 10
    wait_until(lambda: figure(two, 1, "osc_store_channels") == figure(two, 2, "osc_store_channels") >= 1)
    for _ in range(8):  # without a cookie, any process
        answer = two.ask("GET", "/data?channel=both&n=all").json()["channels"]
        assert answer["both"]["y"] == [1] * 40  # type: ignore[index]


@needs_nginx
@needs_redis
def test_a_browser_stays_with_one_process(two: Scope) -> None:
    page = wait_until(lambda: (p := two.ask("GET", "/")).status == 200 and p, 30, 0.2)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    assert "HttpOnly" in page.headers["Set-Cookie"]
    answers = [two.ask("GET", "/healthz", Cookie=cookie).json()["boot_id"] for _ in range(12)]
    assert len(set(answers)) == 1
    assert "Set-Cookie" not in two.ask("GET", "/", Cookie=cookie).headers
    others = {two.ask("GET", "/healthz").json()["boot_id"] for _ in range(40)}
    assert len(others) == 2


@needs_nginx
@needs_redis
def test_a_killed_process_is_started_again_while_the_other_serves(two: Scope) -> None:
    before = apps(two)
    assert len(before) == 2
    os.kill(max(before), signal.SIGKILL)
    wait_until(lambda: len(apps(two) - before) == 1, 10)
    assert "of the app has ended with status 137" in two.text()
    wait_until(lambda: all(ready(two, n) for n in (1, 2)), 30, 0.1)
    assert two.ask("POST", "/data", POINT).status == 200


@needs_nginx
@needs_redis
def test_new_processes_take_the_place_of_the_old_ones_and_no_post_fails(two: Scope) -> None:
    before = apps(two)
    with sending(two) as senders:
        os.kill(two.process.pid, signal.SIGHUP)
        wait_until(lambda: "Restarted." in two.text(), 120, 0.1)
        assert not apps(two) & before
        assert len(apps(two)) == 2
    assert set(senders.statuses) == {200}
    assert senders.broken == 0


@needs_nginx
@needs_redis
def test_reading_nginx_conf_anew_fails_no_post(two: Scope) -> None:
    with sending(two) as senders:
        (master,) = two.pids("nginx: master")
        for _ in range(3):
            before = set(two.pids("nginx: worker"))
            os.kill(two.process.pid, signal.SIGUSR2)
            wait_until(lambda b=before: set(two.pids("nginx: worker")) - b, 10)  # type: ignore[misc]
            senders.more(50)
        assert two.pids("nginx: master") == [master]
    assert set(senders.statuses) == {200}
    assert senders.broken <= 3 * len(senders.threads)  # nginx closes what is idle; the sender opens another


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"WORKERS": "two"}, "WORKERS='two': wants a whole number from 1 to 99"),
        ({"WORKERS": "0"}, "WORKERS='0': wants a whole number from 1 to 99"),
        (
            {"WORKERS": "2"},
            "WORKERS=2: more than one process needs SCOPE_REDIS, by which they share what they receive",
        ),
        (
            {"WORKERS": "2", "SCOPE_REDIS": "redis://localhost", "SCOPE_NGINX": "off"},
            "WORKERS=2: more than one process needs nginx",
        ),
    ],
)
def test_what_more_processes_need_is_one_sentence(folder: Path, settings: dict[str, str], said: str) -> None:
    assert refusal(folder, **settings) == (2, f"start.sh: {said}\n")


def test_one_process_at_a_port_is_restarted_in_turn(bare_folder: Path, start: Start) -> None:
    """Without nginx there is room for one at the port: a moment without it."""
    scope = start(bare_folder, SCOPE_NGINX="off").up()
    before = apps(scope)
    os.kill(scope.process.pid, signal.SIGHUP)
    wait_until(lambda: "Restarted." in scope.text(), 20)
    assert len(apps(scope)) == 1
    assert not apps(scope) & before
    wait_until(scope.answers)
