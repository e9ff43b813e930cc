"""What start.sh asks the settings: the port it can have, and where it will serve."""

from __future__ import annotations

import errno
import os
import shlex
import socket
from collections.abc import Iterator

import pytest

from app.config import Config
from scripts import settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "BIND", "SCOPE_SOCKET"):
        monkeypatch.delenv(name, raising=False)


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    pairs = (line.partition("=") for line in capsys.readouterr().out.splitlines())
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def test_port_0_becomes_a_free_one() -> None:
    assert settings.free("127.0.0.1", 0) > 0


def test_a_free_port_stays_as_it_is(taken: int) -> None:
    free = settings.free("127.0.0.1", 0)
    assert settings.free("127.0.0.1", free) == free


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_refused(taken: int, bind: str) -> None:
    with pytest.raises(settings.PortError, match=f"Port {taken} is in use") as caught:
        settings.free(bind, taken)
    assert caught.value.errno == errno.EADDRINUSE


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(settings.PortError, match=r"Cannot listen on BIND='192\.0\.2\.77', port 8080"):
        settings.free("192.0.2.77", 8080)


def test_a_port_without_the_right_to_it_is_refused() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    assert "Port 80 needs a right" in settings.sentence("0.0.0.0", 80, error)


def test_a_front_with_capabilities_may_have_a_port_that_we_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(bind: str, port: int) -> int:
        raise settings.PortError(errno.EACCES, "denied")

    monkeypatch.setattr(settings, "free", denied)
    monkeypatch.setattr(os, "getxattr", lambda *_: b"\x01")
    assert settings.port_of(Config(port=80), "/usr/sbin/nginx") == 80
    with pytest.raises(settings.PortError):
        settings.port_of(Config(port=80), "")


def test_assignments_say_where_to_listen_and_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.main("", ["--port", "0", "--bind", "127.0.0.1", "--max-binary", "2M"]) == 0
    said = printed(capsys)
    assert said["listen"] == f"127.0.0.1:{said['port']}"
    assert said["probe_host"] == "127.0.0.1"
    assert said["local_url"] == f"http://127.0.0.1:{said['port']}"
    assert said["lan_url"] == ""
    assert (said["max_body"], said["front_body"]) == (str(2 << 20), str(3 << 20))


def test_ipv6_addresses_stand_in_brackets() -> None:
    said = settings.assignments(Config(bind="::1"), 8080)
    assert (said["listen"], said["local_url"]) == ("[::1]:8080", "http://[::1]:8080")


@pytest.mark.parametrize(("bind", "asked"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
def test_who_listens_everywhere_is_asked_at_this_machine(bind: str, asked: str) -> None:
    said = settings.assignments(Config(bind=bind), 8080)
    assert (said["probe_host"], said["local_url"]) == (asked, "http://localhost:8080")
    assert bind == "0.0.0.0" or said["lan_url"] == ""


def test_port_80_is_not_written() -> None:
    assert settings.url("localhost", 80) == "http://localhost"


def test_a_socket_needs_no_port(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.main("", ["--socket", "/run/scope.sock", "--port", str(taken)]) == 0
    assert printed(capsys)["own_socket"] == "/run/scope.sock"


def test_a_bad_setting_is_status_2_and_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.main("", ["--scope-points", "many"]) == 2
    assert capsys.readouterr().err == "start.sh: SCOPE_POINTS='many': wants a whole number from 1\n"


def test_a_port_in_use_is_status_1_and_one_sentence(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert settings.main("", ["--port", str(taken)]) == 1
    assert capsys.readouterr().err.startswith(f"start.sh: Port {taken} is in use: ")
