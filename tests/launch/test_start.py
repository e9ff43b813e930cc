"""start.sh as a supervisor: signals, deaths, and the public port."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.launch.conftest import Answer, Scope, Start, needs_nginx, refusal

NGINX_OR_NOT = [pytest.param("", id="nginx", marks=needs_nginx), pytest.param("off", id="alone")]


@pytest.mark.parametrize("nginx", NGINX_OR_NOT)
def test_sigterm_to_start_sh_alone_ends_everything_with_status_0(
    folder: Path, start: Start, nginx: str
) -> None:
    scope = start(folder, SCOPE_NGINX=nginx).up()
    os.kill(scope.process.pid, signal.SIGTERM)
    assert scope.status() == 0


@pytest.mark.parametrize("nginx", NGINX_OR_NOT)
def test_ctrl_c_ends_everything_with_status_0(folder: Path, start: Start, nginx: str) -> None:
    scope = start(folder, SCOPE_NGINX=nginx).up()
    os.killpg(scope.process.pid, signal.SIGINT)
    assert scope.status() == 0


def test_sigterm_before_the_app_listens_ends_everything(folder: Path, start: Start) -> None:
    scope = start(folder)
    wait_until(lambda: scope.pids(" -m app "))
    os.kill(scope.process.pid, signal.SIGTERM)
    assert scope.status() == 0


def test_an_app_that_ignores_sigterm_is_ended_all_the_same(bare_folder: Path, start: Start) -> None:
    deaf = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n"
    (bare_folder / "app" / "__main__.py").write_text(deaf + "time.sleep(60)\n")
    scope = start(bare_folder)
    wait_until(lambda: "deaf" in scope.text())
    os.kill(scope.process.pid, signal.SIGTERM)
    assert scope.status() == 0


def test_the_runtime_folder_is_removed(bare_folder: Path, start: Start, tmp_path: Path) -> None:
    scope = start(bare_folder, TMPDIR=str(tmp_path)).up()
    assert list(tmp_path.glob("scope.*"))
    os.kill(scope.process.pid, signal.SIGTERM)
    assert scope.status() == 0
    assert not list(tmp_path.glob("scope.*"))


def test_it_says_where_it_serves(bare_folder: Path, start: Start) -> None:
    scope = start(bare_folder)
    wait_until(lambda: f"Web Oscilloscope on http://localhost:{scope.port}" in scope.text())


@pytest.mark.parametrize("nginx", NGINX_OR_NOT)
def test_a_killed_app_comes_back(folder: Path, start: Start, nginx: str) -> None:
    scope = start(folder, SCOPE_NGINX=nginx).up()
    scope.kill_app()
    wait_until(lambda: not scope.answers())
    wait_until(scope.answers, 30)
    assert "status 137" in scope.text()


@needs_nginx
def test_nginx_answers_503_while_the_app_is_down(bare_folder: Path, start: Start) -> None:
    scope = start(bare_folder).up()
    scope.kill_app()
    answer = wait_until(lambda: refused(scope))
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["status"] == "error"
    assert answer.json()["code"] == "unavailable"
    page = scope.ask("GET", "/?s=1", Accept="text/html,*/*;q=0.8")
    assert (page.status, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert b"is starting" in page.body
    wait_until(scope.answers)


def refused(scope: Scope) -> Answer | None:
    answer = scope.ask("POST", "/data", b'{"y": 1}')
    return answer if answer.status == 503 else None


def test_five_deaths_within_a_minute_end_it_with_status_1(bare_folder: Path, start: Start) -> None:
    (bare_folder / "app" / "__main__.py").write_text("raise SystemExit(7)\n")
    scope = start(bare_folder)
    assert scope.status(20) == 1
    assert scope.text().count("the app has ended with status 7; starting it again") == 4
    assert scope.text().endswith("five times within a minute, last with status 7: giving up.\n")


def test_a_setting_that_only_the_app_refuses_is_not_tried_again(bare_folder: Path, start: Start) -> None:
    (bare_folder / "app" / "__main__.py").write_text("raise SystemExit(2)\n")
    assert start(bare_folder).status() == 2


@needs_nginx
def test_the_end_of_nginx_ends_all_with_status_1(bare_folder: Path, start: Start) -> None:
    scope = start(bare_folder).up()
    (master,) = scope.pids("nginx: master")
    os.kill(master, signal.SIGKILL)
    assert scope.status() == 1
    assert "nginx has ended" in scope.text()


def test_a_port_in_use_is_one_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, said = refusal(folder, "--port", str(port))
    assert status == 1
    assert said == (
        f"start.sh: Port {port} is in use: stop what listens there, or take another with --port {port + 1}.\n"
    )


def test_a_bad_setting_is_one_sentence(folder: Path) -> None:
    status, said = refusal(folder, PORT="http")
    assert status == 2
    assert said == "start.sh: PORT='http': wants a port from 0 to 65535\n"


def test_a_bad_scope_nginx_is_one_sentence(folder: Path) -> None:
    assert refusal(folder, SCOPE_NGINX="maybe") == (1, "start.sh: SCOPE_NGINX='maybe': wants on or off.\n")


@pytest.mark.parametrize("nginx", ["off", pytest.param("on", marks=needs_nginx)])
def test_ipv6_alone_is_announced_too(bare_folder: Path, start: Start, nginx: str) -> None:
    main = bare_folder / "app" / "__main__.py"
    main.write_text(main.read_text().replace("socket.AF_INET\n", "socket.AF_INET6\n"))
    scope = start(bare_folder, BIND="::", SCOPE_NGINX=nginx).up()
    assert f"Web Oscilloscope on http://localhost:{scope.port}\n" in scope.text()


def test_a_link_to_it_starts_the_same(bare_folder: Path, start: Start, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "start.sh").symlink_to(bare_folder / "start.sh")
    assert start(links, SCOPE_NGINX="off").up().answers()


def test_a_socket_of_ones_own_needs_neither_nginx_nor_port(
    bare_folder: Path, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "own.sock"
    scope = start(bare_folder, SCOPE_SOCKET=str(path))
    wait_until(path.exists)
    wait_until(lambda: f"on the Unix socket {path}" in scope.text())
    assert not scope.pids("nginx")
