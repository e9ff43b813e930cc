"""Who may connect."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders

from app.guard.origin import allowed_origin, may_send

OWN_HOST = [
    ("http://localhost:8080", "localhost:8080", True),
    ("http://localhost:9000", "localhost:9000", True),  # docker run -p 9000:80
    ("http://192.168.1.20:8080", "192.168.1.20:8080", True),  # an address on the LAN
    ("https://scope.azurewebsites.net", "scope.azurewebsites.net", True),
    ("http://LOCALHOST:8080", "localhost:8080", True),
    ("http://localhost:8080", "LocalHost:8080", True),
    ("http://scope.example", "scope.example:80", True),
    ("http://scope.example:80", "scope.example", True),
    ("https://scope.example", "scope.example:443", True),
    ("https://scope.example:443", "scope.example", True),
    ("https://scope.example", "scope.example:80", False),
    ("http://scope.example.", "scope.example", True),
    ("http://scope.example", "scope.example.", True),
    ("http://[::1]:8080", "[::1]:8080", True),
    ("http://[0:0:0:0:0:0:0:1]:8080", "[::1]:8080", True),
    ("http://[::1]", "[::1]:80", True),
    ("http://[::1]:8080", "[::2]:8080", False),
    ("http://localhost:8080", "localhost:8081", False),
    ("http://localhost", "localhost:8080", False),
    ("http://127.0.0.1:8080", "localhost:8080", False),
    ("http://evil.example", "localhost:8080", False),
    ("http://localhost.evil.example:8080", "localhost:8080", False),
    ("http://evil.example#localhost:8080", "localhost:8080", False),
    ("http://localhost:8080@evil.example", "localhost:8080", False),
    ("http://localhost:8080/", "localhost:8080", False),
    ("http://localhost:8080, http://evil.example", "localhost:8080", False),
    ("ftp://localhost:8080", "localhost:8080", False),
    ("file://", "localhost:8080", False),
    ("null", "localhost:8080", False),
    ("", "localhost:8080", False),
    ("http://", "", False),
    ("http://:8080", ":8080", False),
    ("http://a:99999x", "a:99999x", False),
    ("http://[::1", "[::1", False),
    ("http://[zz]:1", "[zz]:1", False),
    ("localhost:8080", "localhost:8080", False),
    (None, "localhost:8080", True),  # a device
]


@pytest.mark.parametrize(("origin", "host", "expected"), OWN_HOST)
def test_without_a_list_the_page_must_be_of_the_same_host_and_port(
    origin: str | None, host: str, expected: bool
) -> None:
    assert allowed_origin(origin, host, ()) is expected


LISTED = [
    ("https://scope.example", ("scope.example",), True),
    ("https://scope.example:8443", ("scope.example",), False),
    ("https://scope.example:8443", ("other.example", "scope.example:8443"), True),
    ("http://SCOPE.example", ("scope.EXAMPLE:80",), True),
    ("http://localhost:8080", ("scope.example",), False),  # exactly the list, the own host too
    ("http://sub.scope.example", ("scope.example",), False),
    ("http://evil.example", ("*",), False),
    ("http://evil.example", ("*.example",), False),
    ("http://scope.example", ("http://broken entry", "scope.example"), True),
]


@pytest.mark.parametrize(("origin", "allowed", "expected"), LISTED)
def test_with_a_list_exactly_its_hosts_may_connect(
    origin: str, allowed: tuple[str, ...], expected: bool
) -> None:
    assert allowed_origin(origin, "localhost:8080", allowed) is expected


SENDING = [
    ({}, (), True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://h:1"}, (), True),
    ({"Sec-Fetch-Site": "none"}, (), True),
    ({"Sec-Fetch-Site": "cross-site"}, (), False),  # a form or an image of a foreign page
    ({"Sec-Fetch-Site": "cross-site"}, ("h:1",), False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://h:1"}, (), False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://page.example"}, ("page.example",), True),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, ("page.example",), False),
    ({"sec-fetch-site": "cross-site", "origin": "http://h:1"}, (), False),
]


@pytest.mark.parametrize(("headers", "allowed", "expected"), SENDING)
def test_a_foreign_page_may_not_send(
    headers: dict[str, str], allowed: tuple[str, ...], expected: bool
) -> None:
    assert may_send(HTTPHeaders({"Host": "h:1", **headers}), allowed) is expected
