"""GET /watch."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from beam import PAGE, serving
from serving import Served as Asked


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with serving() as scope:
        yield Asked(scope.port, scope.memory, None, scope.loop)  # type: ignore[arg-type]


def test_the_page_is_sent_as_it_is(asked: Asked) -> None:
    response, body = asked.raw("GET", "/watch?tb=2m")
    assert (response.status, body) == (200, PAGE)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "X-Frame-Options" not in response.headers


def test_the_page_is_packed_for_those_who_take_it(asked: Asked) -> None:
    response, body = asked.raw("GET", "/watch", Accept_Encoding="gzip, deflate")
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == PAGE
    assert len(body) < len(PAGE) / 10


def test_who_has_the_page_is_not_sent_it_again(asked: Asked) -> None:
    etag = asked.raw("GET", "/watch")[0].headers["Etag"]
    response, body = asked.raw("GET", "/watch", If_None_Match=etag)
    assert (response.status, body) == (304, b"")
    assert asked.raw("GET", "/watch", If_None_Match='"other"')[0].status == 200


def test_other_methods_are_answered_as_everywhere(asked: Asked) -> None:
    response, body = asked.raw("HEAD", "/watch")
    assert (response.status, body, response.headers["Content-Length"]) == (200, b"", str(len(PAGE)))
    assert asked.ask("POST", "/watch")[1]["code"] == "method_not_allowed"
