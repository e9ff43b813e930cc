"""GET /data for several at once: how much is copied for those who do not read."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import numpy as np
import pytest
from serving import Served, on_loop, serving

from app.api import data, files, screen
from app.memory.samples import Origin, Samples
from tests.conftest import wait_until

N = 700_000
FORMATS = ("json", "csv", "npy", "arrow")


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def fill(scope: Served, *names: str, n: int = N) -> None:
    """Channels with the same x, which is the number of a sample, and noise."""
    y = np.random.default_rng(1).normal(size=n)
    batch = [Samples(name, 0.0, np.arange(float(n)), y, Origin.DATA) for name in names]
    on_loop(scope.loop, lambda: scope.memory.append(batch, 0.0))


def stalled(scope: Served, query: str) -> socket.socket:
    """A reader that takes hardly anything."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    reader.connect(("127.0.0.1", scope.port))
    reader.sendall(f"GET /data?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    reader.recv(100)
    return reader


def status(scope: Served, query: str) -> int:
    return scope.raw("GET", "/data?" + query)[0].status


@pytest.mark.parametrize("query", ["n=all", "n=2", "from=0", "to=99&n=2", "points=2"])
def test_what_no_file_holds_is_refused_before_anything_is_copied(
    scope: Served, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    fill(scope, "a", "b", n=100)
    monkeypatch.setattr(files, "MOST_SAMPLES", 3)
    monkeypatch.setattr(data, "selected", None)
    answer = scope.ask("GET", f"/data?{query}&format=csv")
    assert (answer[0], answer[1]["code"]) == (413, "too_many_points")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("query", ["n=all", f"from=1&to={N}"])
def test_large_answers_at_once_are_refused_when_there_is_no_room(
    scope: Served, monkeypatch: pytest.MonkeyPatch, format: str, query: str
) -> None:
    monkeypatch.setattr(screen, "ROOM", 20 << 20)
    fill(scope, "a")
    reader = stalled(scope, f"{query}&format={format}")
    response, _ = scope.raw("GET", f"/data?{query}&format={format}")
    assert (response.status, response.headers["Retry-After"]) == (503, "2")
    assert status(scope, "n=1000&format=" + format) == 200
    assert status(scope, "from=9&to=99&format=" + format) == 200
    reader.close()
    wait_until(lambda: status(scope, f"{query}&format={format}") == 200)


@pytest.mark.parametrize("format", FORMATS)
def test_a_reader_that_stops_reading_makes_room(
    scope: Served, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr(screen, "ROOM", 20 << 20)
    monkeypatch.setattr(data, "STALLED_SECONDS", 0.3)
    fill(scope, "a")
    reader = stalled(scope, "n=all&format=" + format)
    assert status(scope, "n=all&format=" + format) == 503
    wait_until(lambda: status(scope, "n=all&format=" + format) == 200)
    reader.close()


def test_room_is_for_all_of_a_channel_while_it_is_thinned(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "ROOM", 20 << 20)
    fill(scope, "a")
    reader = stalled(scope, "n=all&format=csv")
    assert [status(scope, query) for query in ("points=100", "points=100&format=npy")] == [503, 503]
    reader.close()


def test_many_short_channels_wait_for_their_reader_as_a_long_one_does(
    scope: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = data.BLOCK - 1
    monkeypatch.setattr(screen, "ROOM", 20 * n)
    fill(scope, *(f"c{i}" for i in range(40)), n=n)
    reader = stalled(scope, "n=all")
    wait_until(lambda: status(scope, "n=all&channel=c0") == 503)
    assert status(scope, "n=all&channel=c0") == 503
    reader.close()
    wait_until(lambda: status(scope, "n=all&channel=c0") == 200)
