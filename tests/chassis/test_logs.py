"""A line for each event, of bounded length, whatever it holds; and none that holds what was sent."""

from __future__ import annotations

import http.client
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.chassis.logs import LONGEST, LONGEST_TEXT, Json, Text, chosen
from tests.conftest import wait_until
from tests.process import ROOT, Server, free_port

HOSTILE = [
    "a\r\nINFO forged",
    "\x1b[2Jcleared",
    "\u2028line",
    "\u202egnp",
    "x" * 20_000_000,
    "\x00" * 9000,
    "\ud800",
]
TOKEN = "write-token-4f1c9a27"


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("bokeh.server", logging.ERROR, __file__, 1, "%s", (message,), None)
    made.__dict__.update(more)
    return made


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_in_a_message_breaks_a_line(message: str) -> None:
    line = Text().format(record(message))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert len(line.encode(errors="replace")) < LONGEST


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_in_a_field_breaks_an_object(message: str) -> None:
    line = Json().format(record(message, code="bad_json", route=message, count=3))
    assert len(line.encode()) <= LONGEST
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["event"]) == ("error", "bokeh.server")
    assert all(len(value) <= LONGEST_TEXT for value in told.values() if isinstance(value, str))


def test_a_bug_is_told_with_its_place() -> None:
    try:
        raise ValueError("x" * 10_000)
    except ValueError:
        made = logging.LogRecord("app", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    told = json.loads(Json().format(made))
    assert told["error"].startswith("ValueError: xxx")
    assert "test_logs.py" in told["trace"]
    assert "test_logs.py" in Text().format(made)


def test_machines_get_json_unless_text_is_asked_for() -> None:
    assert isinstance(chosen(""), Json)  # standard error of a test is no terminal
    assert isinstance(chosen("text"), Text)
    assert isinstance(chosen("json"), Json)


@pytest.fixture
def logging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    path = tmp_path_factory.mktemp("log") / "log"
    server = Server(free_port(), {"SCOPE_WRITE_TOKENS": TOKEN})
    with path.open("wb") as log:
        command = [sys.executable, "-m", "app", "--bind", "127.0.0.1", "--port", str(server.port)]
        environment = {"PATH": "/usr/bin:/bin"} | server.settings
        server.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        yield server, path
        server.stop()


def test_the_log_holds_no_body_and_no_token(logging_server: tuple[Server, Path]) -> None:
    server, path = logging_server
    wait_until(lambda: answers(server))
    for n in range(300):
        server.token = TOKEN if n % 2 else "wrong-token-77aa"
        server.ask("POST", "/data", {"y": "secret-body-value", "channel": f"secret-name-{n}"})
        server.ask("GET", f"/secret-path-{n}")
    wait_until(lambda: "not_found" in path.read_text())
    lines = path.read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert {each["code"] for each in told if each["event"] == "refused"} >= {
        "unauthorized",
        "invalid_sample",
        "not_found",
    }
    assert len({each["boot_id"] for each in told}) == 1
    text = "\n".join(lines)
    assert [word for word in ("secret", TOKEN, "wrong-token") if word in text] == []
    assert len(lines) < 60  # for 600 requests that were refused


def answers(server: Server) -> bool:
    try:
        return server.ask("GET", "/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False
