"""POST /code.svg: what a camera would read from it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest
import segno
from tornado.httpserver import HTTPServer
from tornado.web import Application

from app.api import code
from app.memory.memory import Memory
from tests.serving import Clock, Served, in_thread, listening

ADDRESS = "http://192.168.1.20:8080/probe#token=bench-4f1c9a27"
QUIET = 4  # modules of light around a code


@pytest.fixture(scope="module")
def scope() -> Iterator[Served]:
    loop = asyncio.new_event_loop()
    served = Served(0, Memory(1), Clock(), loop)

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        async with listening(HTTPServer(Application(code.routes())), served):
            yield

    with in_thread(loop, living(), served.logged):
        yield served


def dark(svg: str) -> set[tuple[int, int]]:
    """Column and row of the dark modules: the strokes of the last path, from left to right."""
    path = re.findall(r'd="([^"]+)"', svg)[-1]
    x, y, found = 0.0, 0.0, set()
    for move, text in re.findall(r"([Mmh])([-0-9. ]+)", path):
        numbers = [float(part) for part in text.split()]
        if move == "h":
            found |= {(int(x) + k, int(y)) for k in range(int(numbers[0]))}
            x += numbers[0]
        else:
            x, y = (x * (move == "m") + numbers[0], y * (move == "m") + numbers[1])
    return found


def test_the_picture_holds_the_code_with_a_quiet_zone(scope: Served) -> None:
    response, raw = scope.raw("POST", "/code.svg", {"text": ADDRESS})
    assert response.getheader("Content-Type") == "image/svg+xml"
    assert response.getheader("Cache-Control") == "no-store"
    matrix = segno.make_qr(ADDRESS, error="m").matrix
    wanted = {(x + QUIET, y + QUIET) for y, row in enumerate(matrix) for x, on in enumerate(row) if on}
    assert dark(raw.decode()) == wanted
    size = len(matrix) + 2 * QUIET
    assert f'viewBox="0 0 {size} {size}"' in raw.decode()
    assert ADDRESS not in raw.decode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"[]", "bad_parameter"),
        (b"{}", "bad_parameter"),
        (b'{"text": 1}', "bad_parameter"),
        (b'{"text": ""}', "bad_parameter"),
        (orjson.dumps({"text": "x" * 501}), "bad_parameter"),
        (b" " * ((16 << 10) + 1), "body_too_large"),
    ],
)
def test_what_is_no_text_is_refused(scope: Served, body: bytes, code: str) -> None:
    status, answer = scope.ask("POST", "/code.svg", body)
    assert (status, answer["code"]) == (413 if code == "body_too_large" else 400, code)


def test_the_longest_text_of_the_widest_letters_fits(scope: Served) -> None:
    assert scope.raw("POST", "/code.svg", {"text": "\U0001f4f1" * 500})[0].status == 200
