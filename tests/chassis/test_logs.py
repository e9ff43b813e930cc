"""A line for each event, of bounded length, whatever it holds; and none that holds what was sent."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from app.chassis.logs import LONGEST, LONGEST_TEXT, Flood, Json, Text, chosen
from tests.conftest import wait_until
from tests.process import ROOT, Server, free_port
from tests.ui_plot.session import Session

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


class Heard:
    """A logger with the filter, and the lines that it lets through."""

    def __init__(self, name: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.now = 0.0
        self.logger = logging.Logger(name)
        handler = logging.Handler()
        handler.setFormatter(Json())
        handler.emit = lambda record: self.lines.append(json.loads(handler.format(record)))  # type: ignore[method-assign]
        handler.addFilter(Flood(lambda: self.now))
        self.logger.addHandler(handler)


@pytest.mark.parametrize("name", ["bokeh.server.views.ws", "tornado.general", "redis"])
def test_a_library_has_one_line_a_second_and_then_the_number(name: str) -> None:
    heard = Heard(name)
    for n in range(300):
        heard.now = n / 200
        heard.logger.error("Session id had invalid signature: %r", n)
    assert [line.get("count") for line in heard.lines] == [None, 200]
    heard.logger.error("another one")
    assert heard.lines[-1]["message"] == "another one"


def test_bugs_have_one_line_a_second_for_each_place() -> None:
    heard = Heard("tornado.application")
    for kind in (ValueError, LookupError) * 50:
        try:
            raise kind("it")
        except Exception:
            heard.logger.exception("request %s failed", "r1", extra={"event": "bug"})
    assert [(line["event"], line["error"]) for line in heard.lines] == [
        ("bug", "ValueError: it"),
        ("bug", "LookupError: it"),
    ]


def test_what_the_app_says_itself_is_not_held_back() -> None:
    heard = Heard("app.answers")
    for n in range(5):
        heard.logger.info("%d refused", n, extra={"count": n})
    assert len(heard.lines) == 5


@pytest.mark.parametrize("name", ["bokeh.server.views.ws", "tornado.application", "panel.reactive"])
def test_a_library_cannot_tell_what_was_sent(name: str) -> None:
    heard, sent = Heard(name), "secret".upper()  # which is in no line of the program
    try:
        raise ValueError(sent)
    except ValueError as error:
        heard.logger.exception("%d: threw an exception: %r: %r", 5, error, sent.encode())
        assert sent not in Text().format(hushed(name, sys.exc_info()))
    heard.logger.error(f"Callback failed changing {dict(value=sent)}")
    assert sent not in json.dumps(heard.lines)
    first, second = heard.lines
    assert (first["message"], first["error"]) == ("5: threw an exception: '…': '…'", "ValueError")
    assert "test_logs.py" in first["trace"]
    assert second["message"] == "Callback failed changing"


def hushed(name: str, exc_info: Any) -> logging.LogRecord:
    """A record with an exception, after the filter."""
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, "failed: %s", ("a word",), exc_info)
    assert Flood().filter(made)
    return made


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
FORGED = base64.urlsafe_b64encode(b'{"session_id":"SECRET","session_expiry":9e9}').decode().rstrip("=")
ATTACKS: list[tuple[str, dict[str, str], int]] = [
    ("/static/../../../SECRET", {}, 403),
    ("/static/%ff%feSECRET", {}, 400),
    ("/static/%00SECRET", {}, 404),
    ("/static/extensions/panel/%00SECRET", {}, 404),
    ("/assets/%00SECRET", {}, 404),
    ("/?bokeh-session-id=SECRET", {}, 403),
    ("/", {"Bokeh-Session-Id": "SECRET"}, 403),
    ("/ws", UPGRADE, 403),
    ("/ws", UPGRADE | {"Sec-WebSocket-Protocol": "bokeh"}, 403),
    ("/ws", UPGRADE | {"Sec-WebSocket-Protocol": "bokeh, SECRET.token"}, 403),
    ("/ws", UPGRADE | {"Sec-WebSocket-Protocol": f"bokeh, {FORGED}"}, 403),
]


def test_whoever_attacks_the_pages_fills_no_log(logging_server: tuple[Server, Path]) -> None:
    server, path = logging_server
    wait_until(server.has_page, 60, 0.1)
    before = len(path.read_text().splitlines())
    began = time.monotonic()
    for address, headers, wanted in ATTACKS * 20:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", address, headers=headers)
        assert (address, connection.getresponse().status) == (address, wanted)
        connection.close()
    seconds = 1 + time.monotonic() - began
    text = path.read_text()
    lines = [json.loads(line) for line in text.splitlines()[before:]]
    assert "SECRET" not in text
    assert [line for line in lines if line["event"] == "bug"] == []
    kinds = {(line["event"], re.sub("[0-9a-f]{32}|[0-9]+", "", line["message"])) for line in lines}
    assert len(lines) <= 2 * len(kinds) * seconds
    assert len(kinds) < len(ATTACKS)


def test_a_page_that_sends_nonsense_fills_no_log(logging_server: tuple[Server, Path]) -> None:
    server, path = logging_server
    wait_until(server.has_page, 60, 0.1)
    before = len(path.read_text().splitlines())
    began = time.monotonic()
    with Session(server.port) as session, suppress(ConnectionClosed, TimeoutError):
        for _ in range(300):
            for part in ({"msgid": "1", "msgtype": "PATCH-DOC"}, {}, {"events": [{"kind": "SECRET"}]}):
                session.socket.send(json.dumps(part))
        while True:
            session.socket.recv(1)
    wait_until(lambda: len(path.read_text().splitlines()) > before)
    lines = path.read_text().splitlines()[before:]
    assert "SECRET" not in "".join(lines)
    assert len(lines) <= 4 * (2 + time.monotonic() - began)
