"""Troubles that do not end the app: each begins, lasts a while and is over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import closing

from scripts.benches.table import WrongError
from scripts.benches.watcher import Watcher
from tests.faults.attackers import KINDS, all_of, said
from tests.faults.bodies import bombs, liars
from tests.faults.driver import post
from tests.faults.places import App
from tests.faults.reading import UNREADABLE, ask
from tests.faults.watching import Viewers
from tests.viewer import Viewer

Trouble = Callable[[App, Viewers, random.Random], Awaitable[None]]
BOMBS = list(bombs(16))


async def pause(app: App, _: Viewers, rng: random.Random) -> None:
    """The machine has no time for it."""
    app.pause()
    try:
        await asyncio.sleep(rng.uniform(0.2, 2.0))
    finally:
        app.go_on()


async def cut(_: App, crowd: Viewers, rng: random.Random) -> None:
    """Some viewers lose their connection."""
    for viewer in rng.sample(crowd.all, len(crowd.all) // 2):
        viewer.cut()


async def stall(app: App, _: Viewers, rng: random.Random) -> None:
    """Viewers stop reading, one of them a full tab, and go after a while."""

    def opened() -> list[Watcher]:
        return [Watcher(app.port, "tb=1m", narrow=True) for _ in range(5)]

    try:
        made = await asyncio.to_thread(opened)
        tab = await asyncio.to_thread(Viewer, app.port, stalled=True)
    except (*UNREADABLE, WrongError, AssertionError):
        return
    with closing(tab):
        await asyncio.sleep(rng.uniform(5.0, 20.0))
        for watcher in made:
            watcher.close()


async def visit(app: App, _: Viewers, rng: random.Random) -> None:
    """Pages that are asked for and not looked at, and tabs that stay for a while."""
    for _n in range(3):
        await asyncio.to_thread(quietly, app, "/")
    try:
        tab = await asyncio.to_thread(Viewer, app.port)
    except (*UNREADABLE, AssertionError):
        return
    with closing(tab):
        await asyncio.sleep(rng.uniform(1.0, 10.0))


def quietly(app: App, path: str) -> None:
    try:
        ask(app.port, "GET", path)
    except UNREADABLE:
        return


async def look_back(app: App, _: Viewers, rng: random.Random) -> None:
    """Everything that reads back."""
    for path in (
        "/screen.png",
        "/measurements",
        "/triggers?limit=10",
        "/channels",
        "/metrics",
        "/screen.csv",
    ):
        await asyncio.to_thread(quietly, app, path)


async def dawdle(app: App, _: Viewers, rng: random.Random) -> None:
    """Slow connections."""
    await all_of([make() for make in KINDS.values() for _n in range(5)], app.port, rng.uniform(2.0, 18.0))


async def explode(app: App, _: Viewers, rng: random.Random) -> None:
    """Bombs, a few at once."""
    _name, encoding, body = rng.choice(BOMBS)
    request = post(body, [f"Content-Encoding: {encoding}"])
    await asyncio.gather(*(said(app.port, request) for _n in range(4)))


async def lie(app: App, _: Viewers, rng: random.Random) -> None:
    """Bodies that are not as long as they say."""
    await asyncio.gather(*(said(app.port, request) for _name, request, _right in liars()))


async def break_off(app: App, _: Viewers, rng: random.Random) -> None:
    """Requests that end in the middle."""
    for _n in range(20):
        _reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        request = post(b'{"x": 1, "y": 2, "channel": "never"}')
        writer.write(request[: rng.randrange(1, len(request))])
        await writer.drain()
        writer.transport.abort()


async def unharmed(trouble: Trouble, app: App, crowd: Viewers, rng: random.Random) -> None:
    """A trouble that meets the end of the app is over."""
    try:
        await trouble(app, crowd, rng)
    except OSError:
        return


def safe(trouble: Trouble) -> Trouble:
    return lambda app, crowd, rng: unharmed(trouble, app, crowd, rng)


TROUBLES: dict[str, Trouble] = {
    trouble.__name__: safe(trouble)
    for trouble in (pause, cut, stall, visit, look_back, dawdle, explode, lie, break_off)
}
