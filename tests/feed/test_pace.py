"""A viewer that takes long for a frame gets fewer of them, and more again by and by."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from tornado.iostream import SSLIOStream
from tornado.netutil import ssl_wrap_socket

from app.feed import watcher
from app.feed.watcher import Watcher
from app.system.certificate import own


class Link:
    """A connection that takes so many seconds for a frame."""

    def __init__(self) -> None:
        self.now = 0.0
        self.takes = 0.0
        self.done = 0.0
        self.sent: list[float] = []
        self.socket = self

    def monotonic(self) -> float:
        return self.now

    def writing(self) -> bool:
        return self.now < self.done

    def send(self, message: bytes) -> int:
        self.sent.append(self.now)
        self.done = self.now + self.takes
        return len(message)


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> Link:
    made = Link()
    monkeypatch.setattr(watcher, "time", made)
    return made


def frames(link: Link, viewer: Watcher, seconds: float) -> float:
    """Frames a second that a viewer gets of thirty."""
    before, n = len(link.sent), round(seconds * 30)
    for _ in range(n):
        link.now += 1 / 30
        if viewer.ready():
            viewer.give(b"frame", 1)
    return (len(link.sent) - before) / seconds


def viewer_of(link: Any) -> Watcher:
    return Watcher(link)


def test_a_quick_viewer_gets_every_frame(link: Link) -> None:
    assert frames(link, viewer_of(link), 4) == 30


def test_a_slow_one_gets_half_as_many_each_time_and_one_a_second_at_least(link: Link) -> None:
    viewer = viewer_of(link)
    link.takes = 0.15
    frames(link, viewer, 1)
    assert frames(link, viewer, 4) <= 2
    assert frames(link, viewer, 10) == pytest.approx(1, abs=0.2)


def test_it_recovers_by_one_a_second_every_other_second(link: Link) -> None:
    viewer = viewer_of(link)
    link.takes = 0.15
    frames(link, viewer, 10)
    link.takes = 0.0
    assert frames(link, viewer, 4) < 4
    frames(link, viewer, 60)
    assert viewer.every == 0.0
    assert frames(link, viewer, 1) == 30


@pytest.mark.parametrize("size", [1000, 100_000, 300_000])
def test_over_tls_it_gets_late_what_it_does_not_take_at_once(tmp_path: Path, size: int) -> None:
    pair = own(tmp_path, ["localhost"])
    trusting = ssl.create_default_context(cafile=str(pair.cert))

    async def late() -> None:
        near, far = socket.socketpair()
        near = ssl_wrap_socket(near, pair.context(), server_side=True, do_handshake_on_connect=False)
        stream = SSLIOStream(near)
        opening = asyncio.open_connection(sock=far, ssl=trusting, server_hostname="localhost", limit=1024)
        (reader, writer), _ = await asyncio.gather(opening, stream.wait_for_handshake())
        viewer, sent = Watcher(stream), b""
        while not stream.writing() and not stream.closed():
            frame = len(sent).to_bytes(8, "big") * (size // 8)
            viewer.give(frame, 1)
            sent += frame
        viewer.give(b"the next", 2)
        assert not stream.closed()
        async with asyncio.timeout(10):
            assert await reader.readexactly(len(sent) + 8) == sent + b"the next"
        stream.close()
        writer.close()

    asyncio.run(late())
