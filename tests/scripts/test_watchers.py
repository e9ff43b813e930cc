"""The bench's watchers, on a server that sends them what is right, and what is wrong."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from scripts.benches.table import WrongError
from scripts.benches.watcher import Seen, Watcher
from scripts.benches.watchers import Watchers
from tests.conftest import wait_until

Talk = Callable[[ServerConnection], object]
ONE, OTHER = b"1234" * 2000, b"4321" * 2000


def frame(number: int, columns: bytes = b"", **more: object) -> bytes:
    """A frame as GET /frames sends it; `at` is there and says nothing."""
    words = {"id": number, "view": 1, "at": None, **more}
    text = json.dumps(words, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"WOF1" + struct.pack("<I", len(text)) + text + columns


@contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """A server that says this to each viewer, and then hears it until it goes; its port."""

    def attend(viewer: ServerConnection) -> None:
        talk(viewer)
        for _ in viewer:
            pass

    with serve(attend, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]
        server.shutdown()


def seen(talk: Talk, done: Callable[[Seen], object]) -> Seen:
    """What a watcher has seen when it is done."""
    with talking(talk) as port, closing(Watcher(port)) as watcher:

        def look() -> object:
            if watcher.open:
                watcher.read()
            return done(watcher.seen)

        wait_until(look, 10)
        return watcher.seen


def after(*frames: bytes) -> Seen:
    """What a watcher has seen of these frames."""
    sizes = sum(map(len, frames))
    return seen(
        lambda viewer: [viewer.send(one) for one in frames], lambda s: s.received == sizes or s.faults
    )


def test_frames_are_counted_by_their_new_columns() -> None:
    found = after(
        frame(1, ONE),
        frame(2, OTHER),
        frame(3, b"1234", base=2),
        frame(4, base=3, readouts={"lamp": "AUTO"}),
        frame(9, ONE),
        frame(10, ONE, readouts={"lamp": "AUTO"}),
    )
    assert (found.frames, found.unchanged, found.faults) == (4, 2, [])
    assert len(found.gaps) == 3
    assert found.whole == len(frame(10, ONE, readouts={"lamp": "AUTO"}))


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ((frame(1, ONE), frame(1, OTHER)), "came twice"),
        ((frame(1, ONE), frame(2, ONE)), "identical"),
        ((frame(1, ONE), frame(3, b"1234", base=2)), "goes on from 2, after 1"),
        ((frame(2, b"1234", base=1),), "goes on from 1, after None"),
        ((b"WOF2" + ONE,), "no frame"),
    ],
)
def test_wrong_frames_are_faults(frames: tuple[bytes, ...], fault: str) -> None:
    found = after(*frames)
    assert [one for one in found.faults if fault in one]


def test_a_frame_in_pieces_and_a_large_one_are_whole() -> None:
    def talk(viewer: ServerConnection) -> None:
        viewer.send(frame(1, ONE))
        viewer.send(frame(2, b"12345678" * 100_000))
        viewer.send(frame(3, OTHER))

    assert seen(talk, lambda s: s.frames == 3).faults == []


def test_errors_and_the_end_are_faults() -> None:
    found = seen(lambda viewer: viewer.send('{"error":"no","code":"too_many_views"}'), lambda s: s.faults)
    assert "too_many_views" in found.faults[0]
    found = seen(lambda viewer: viewer.close(1001, "going away"), lambda s: s.faults)
    assert "going away" in found.faults[0]


def test_latencies_are_kept() -> None:
    def talk(viewer: ServerConnection) -> None:
        viewer.send('{"latency":23}')
        viewer.send('{"latency":null}')
        viewer.send(frame(1, ONE))

    assert seen(talk, lambda s: s.frames).latencies == [23.0]


def test_a_ping_is_answered() -> None:
    answered = threading.Event()

    def talk(viewer: ServerConnection) -> None:
        viewer.ping().wait(10)
        answered.set()

    seen(talk, lambda _: answered.is_set())


def test_a_refused_watcher_says_why() -> None:
    def refuse(_viewer: ServerConnection, _request: Request) -> Response:
        return _viewer.respond(503, "too many views")

    with serve(lambda _: None, "127.0.0.1", 0, process_request=refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(WrongError, match="too many views"):
            Watcher(server.socket.getsockname()[1])
        server.shutdown()


def test_a_process_of_watchers_counts_echoes_and_stops_reading() -> None:
    drawn: list[int] = []
    go_on = threading.Event()

    def talk(viewer: ServerConnection) -> None:
        viewer.send(frame(1, ONE))
        drawn.append(json.loads(viewer.recv())["drawn"])
        go_on.wait(10)
        viewer.send(frame(2, OTHER))

    with talking(talk) as port, Watchers(port, 3, ["tb=1", "tb=2"], narrow=1) as crowd:
        wait_until(lambda: drawn == [1, 1, 1], 10)
        assert [one.frames for one in crowd.stall(1).watchers] == [1, 1, 1]
        go_on.set()
        later: list[int] = []

        def both_saw() -> bool:
            later.extend(one.frames for one in crowd.look().watchers)
            return sum(later) == 2

        wait_until(both_saw, 10)
    assert len(later) % 2 == 0
