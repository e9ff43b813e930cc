"""The public port as nginx serves it, with the real app behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.conftest import wait_until
from tests.launch.conftest import (
    NGINX,
    Answer,
    Scope,
    Start,
    copy_project,
    environment,
    free_port,
    needs_nginx,
)

pytestmark = needs_nginx
LIMIT = 1000  # of the app; nginx lets a MiB more through


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scope]:
    folder = copy_project(tmp_path_factory.mktemp("nginx") / "scope")
    limits = ["--max-body", str(LIMIT), "--max-binary", str(LIMIT)]
    started = Scope(folder, limits, environment(), free_port())
    try:
        yield started.up()
        os.kill(started.process.pid, signal.SIGTERM)
        assert started.status() == 0
    finally:
        started.remove()


def whole_page(scope: Scope, host: str) -> Answer | None:
    """The page, once the app has loaded what draws it."""
    page = scope.ask("GET", "/", Host=host)
    return page if b'"token"' in page.body else None


def raw(scope: Scope, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer to bytes that no HTTP library would send."""
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def test_post_data_reaches_the_memory(scope: Scope) -> None:
    answer = scope.ask("POST", "/data", b'{"x": 1, "y": 2.5, "channel": "through-nginx"}')
    assert (answer.status, answer.json()) == (200, {"status": "success"})
    channels = scope.ask("GET", "/data?channel=through-nginx").json()["channels"]
    assert channels["through-nginx"]["y"] == [2.5]  # type: ignore[index]


def test_healthz_passes(scope: Scope) -> None:
    assert scope.ask("GET", "/healthz").json()["status"] == "pass"


def test_errors_of_the_app_pass_as_they_are(scope: Scope) -> None:
    answer = scope.ask("POST", "/data", b'{"x": 1}')
    assert answer.status == 400
    assert answer.json()["status"] == "error"


def test_a_body_over_the_apps_limit_hears_the_app(scope: Scope) -> None:
    answer = scope.ask("POST", "/data", b" " * (LIMIT + 1))
    assert answer.status == 413
    assert (answer.json()["code"], answer.json()["max"]) == ("body_too_large", LIMIT)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_nginxs_limit_hears_the_same(scope: Scope, chunked: bool) -> None:
    size = LIMIT + (3 << 20)
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    body = b"%x\r\n" % size + b" " * size + b"\r\n0\r\n\r\n" if chunked else b" " * size
    head, said = raw(
        scope, b"POST /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + length + b"\r\n\r\n" + body
    )
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"application/json" in head
    expected = {"status": "error", "code": "body_too_large", "accepted": 0, "max": LIMIT, "limit": "body"}
    assert json.loads(said).items() >= expected.items()


def test_a_body_in_chunks_is_stored_while_it_comes(scope: Scope) -> None:
    head = b"POST /data HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n"
    line = b'{"x": %d, "y": 1, "channel": "long"}\n'
    with socket.create_connection(("127.0.0.1", scope.port), timeout=10) as sender:
        sender.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for x in range(3):
            time.sleep(11.0 if x == 2 else 0.0)  # s: nginx would wait for 10 s elsewhere, the app does for 15
            piece = line % x
            sender.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            wait_until(lambda x=x: received(scope, "long") == x + 1)  # type: ignore[misc]
        sender.sendall(b"0\r\n\r\n")
        said = b"".join(iter(lambda: sender.recv(65536), b""))
    assert json.loads(said.partition(b"\r\n\r\n")[2])["accepted"] == 3


def received(scope: Scope, name: str) -> int:
    found = {channel["name"]: channel["total"] for channel in scope.ask("GET", "/channels").json()}
    return int(found.get(name, 0))  # type: ignore[call-overload]


def test_a_request_that_is_not_http_hears_json(scope: Scope) -> None:
    head, said = raw(scope, b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said)["code"] == "bad_request"


def test_a_line_that_is_no_http_hears_json(scope: Scope) -> None:
    head, said = raw(scope, b"GARBAGE\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said)["code"] == "bad_request"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "bad_request"),
        (b"POST /data HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "bad_request"),
        (
            b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n",
            403,
            "forbidden",
        ),
    ],
)
def test_what_nginx_itself_refuses_hears_json(scope: Scope, request_: bytes, status: int, code: str) -> None:
    head, said = raw(scope, request_)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/json" in head
    assert json.loads(said)["code"] == code


def test_a_device_that_speaks_http_1_0_without_a_host_is_served(scope: Scope) -> None:
    head, said = raw(scope, b'POST /data HTTP/1.0\r\nContent-Length: 16\r\n\r\n{"x": 1, "y": 2}')
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(said) == {"status": "success"}


@pytest.mark.parametrize("lines", [[23_000], [11_000, 11_000]])
def test_headers_of_a_page_with_many_cookies_pass(scope: Scope, lines: list[int]) -> None:
    more = b"".join(b"X-%d: %b\r\n" % (n, b"c" * size) for n, size in enumerate(lines))
    head, _ = raw(scope, b"GET /channels HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + more + b"\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")


def test_headers_that_are_long_together_are_not_to_be_sent_again(scope: Scope) -> None:
    more = b"A: " + b"c" * 23_000 + b"\r\nB: " + b"c" * 23_000 + b"\r\n"
    head, said = raw(scope, b"GET /channels HTTP/1.1\r\nHost: x\r\n" + more + b"\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said)["code"] == "bad_request"


def test_headers_beyond_all_measure_hear_json(scope: Scope) -> None:
    head, said = raw(scope, b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"c" * 30_000 + b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said)["code"] == "bad_request"


@pytest.mark.parametrize("host", ["localhost", "192.168.1.7:9000", "scope.example.org"])
def test_page_and_its_websocket_work_under_every_host(scope: Scope, host: str) -> None:
    page = wait_until(lambda: whole_page(scope, host), 30, 0.2)
    token = re.search(rb'"token":\s*"([^"]+)"', page.body)
    assert token is not None
    with connect(
        f"ws://{host}/ws",
        sock=socket.create_connection(("127.0.0.1", scope.port)),
        origin=Origin(f"http://{host}"),
        subprotocols=[Subprotocol("bokeh"), Subprotocol(token[1].decode())],
        max_size=None,
    ) as page_socket:
        assert json.loads(page_socket.recv(timeout=10))["msgtype"] == "ACK"


def test_samples_over_a_websocket_reach_the_memory(scope: Scope) -> None:
    with connect(f"ws://127.0.0.1:{scope.port}/data", compression=None) as sender:
        sender.send('{"x": 1, "y": 2, "channel": "over a socket"}')
        assert json.loads(sender.recv(10)) == {"ack": 1}
    assert b'"over a socket"' in scope.ask("GET", "/channels").body


def test_scripts_are_compressed(scope: Scope) -> None:
    page = wait_until(lambda: whole_page(scope, "localhost"), 30, 0.2)
    script = re.search(r'src="([^"]*bokeh[^"]*\.js[^"]*)"', page.body.decode())
    assert script is not None
    path = re.sub(r"^https?://[^/]+", "", script[1])
    answer = scope.ask("GET", path if path.startswith("/") else f"/{path}", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body[:2] == b"\x1f\x8b"


def test_one_sender_at_full_speed_is_not_throttled(scope: Scope) -> None:
    answers = {scope.ask("POST", "/data", b'{"x": 1, "y": 2, "channel": "fast"}').status for _ in range(300)}
    assert answers == {200}


def test_a_connection_just_used_outlives_a_reload_of_a_newer_nginx(
    bare_folder: Path, start: Start, tmp_path: Path
) -> None:
    said, newer = tmp_path / "said", tmp_path / "nginx"
    newer.write_text(f"""#!/bin/sh
# knows keepalive_min_timeout, as a newer nginx does; the one behind it may not
for conf; do case $conf in */nginx.conf) break ;; esac; done
[ ! -f "$conf" ] || {{ grep keepalive_min_timeout "$conf" >{said}; sed -i /keepalive_min_timeout/d "$conf"; }}
exec {NGINX} "$@"
""")
    newer.chmod(0o755)
    scope = start(bare_folder, SCOPE_NGINX="on", PATH=f"{tmp_path}:{os.environ['PATH']}").up()
    assert scope.answers()
    assert said.read_text().split() == ["keepalive_min_timeout", "10s;"]


def test_pages_beyond_the_burst_hear_429_as_json(scope: Scope) -> None:
    answer = wait_until(lambda: limited(scope), 30, 0)
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "rate_limited"


def limited(scope: Scope) -> Answer | None:
    """The answer to a page, asked for when nothing more is let through."""
    if scope.ask("HEAD", "/?probe=1").status != 429:
        return None
    answer = scope.ask("GET", "/")
    return answer if answer.status == 429 else None
