"""Where others find this machine."""

from __future__ import annotations

import socket

import pytest

from app.config import Config
from app.system import network
from app.ui.front import lan


class Route:
    """A datagram socket whose system would send from this address; None: it has no way out."""

    def __init__(self, own: str | None) -> None:
        self.own = own

    def __enter__(self) -> Route:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def connect(self, _place: tuple[str, int]) -> None:
        if self.own is None:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str | None, int]:
        return self.own, 1


@pytest.mark.parametrize(
    ("bind", "own", "found"),
    [
        ("0.0.0.0", "192.168.1.20", "192.168.1.20:8080"),
        ("::", "192.168.1.20", "192.168.1.20:8080"),
        ("0.0.0.0", None, ""),
        ("0.0.0.0", "127.0.0.1", ""),
        ("127.0.0.1", "192.168.1.20", ""),
        ("localhost", "192.168.1.20", ""),
        ("::1", "192.168.1.20", ""),
        ("10.0.0.7", "192.168.1.20", "10.0.0.7:8080"),
        ("fd00::2", None, "[fd00::2]:8080"),
    ],
)
def test_a_page_is_told_where_others_find_its_scope(
    monkeypatch: pytest.MonkeyPatch, bind: str, own: str | None, found: str
) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: Route(own))
    assert network.reachable(bind) == found.rpartition(":")[0].strip("[]")
    assert lan(Config(bind=bind, port=8080)) == found
