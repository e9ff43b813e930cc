"""/openapi.json and its page, and that the server does what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tornado.web import RequestHandler

from app.api.openapi import document, undescribed
from app.api.reference import page
from app.config import Config
from app.ingest.formats import FORMATS
from app.problems import CODES
from app.server import Process
from tests.conftest import wait_until
from tests.process import Server

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance"
)
SETTINGS = '[[operations]]\ninclude-path = "/single"\nparameters = { timeout = 0.01 }\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server(settings={"SCOPE_POINTS": "2000"})
    made.launch()
    wait_until(lambda: alive(made), 60)
    yield made
    made.stop()


def alive(server: Server) -> bool:
    try:
        return server.ask("GET", "/readyz")[0] == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def told(server: Server) -> Any:
    status, body = server.ask("GET", "/openapi.json")
    assert status == 200
    return orjson.loads(body)


def test_every_route_is_told(told: Any) -> None:
    process = Process(Config(port=0, bind="127.0.0.1"))
    for listening in process.sockets:
        listening.close()
    routes = {re.sub(r"\([^)]*\)", "{name}", pattern).replace("\\", "") for pattern, *_ in process.routes}
    assert routes | {"/", "/watch", "/probe"} == set(told["paths"])


def test_a_route_without_an_entry_is_told_with_its_methods() -> None:
    class Drawer(RequestHandler):
        """What people keep."""

        def get(self) -> None: ...

        def delete(self) -> None: ...

    made = document("1", [], undescribed([(r"/pins/([^/]+)", Drawer, {})]))["paths"]["/pins/{name}"]
    assert list(made) == ["get", "delete"]
    assert made["get"]["summary"] == "What people keep."
    assert [each["name"] for each in made["get"]["parameters"]] == ["name"]


@pytest.mark.parametrize("path", ["/", "/ws", "/favicon.ico", "/static/js/bokeh.min.js"])
def test_who_writes_to_a_page_hears_in_json_that_he_may_not(server: Server, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        status, body = server.ask(method, path)
        assert (status, orjson.loads(body)["code"]) == (405, "method_not_allowed")


def test_every_format_and_every_code_is_told(told: Any) -> None:
    assert set(told["paths"]["/data"]["post"]["requestBody"]["content"]) == set(FORMATS)
    assert told["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == sorted(CODES)


def test_the_page_holds_everything_and_fetches_nothing(told: Any, server: Server) -> None:
    status, body = server.ask("GET", "/docs")
    text = body.decode()
    assert (status, text) == (200, page(told))
    assert all(f"<code>{path}</code>" in text for path in told["paths"])
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", text)


def test_the_server_does_what_the_document_says(server: Server, tmp_path: Path) -> None:
    server.columns([0.001 * n for n in range(100)], a=[n % 10 for n in range(100)], b=[1.0] * 100)
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run"]
    options = ["--seed", "1", "--phases", "coverage,fuzzing", "--max-examples", "10", "--checks", CHECKS]
    bounds = ["--exclude-path", "/", "--max-time", "15", "--no-shrink", "--generation-deterministic"]
    run = subprocess.run(
        [*command, server.url + "openapi.json", *options, *bounds],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
