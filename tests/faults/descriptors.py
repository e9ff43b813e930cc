"""No more files can be opened: who is there stays, nothing spins, and all is well when others have gone."""

from __future__ import annotations

import asyncio
import resource
import socket
import time

from tests.faults.bodies import at_rest
from tests.faults.driver import Line, accepting, post
from tests.faults.places import App, soon
from tests.faults.running import Result, Run

FILES, QUEUED, PART = 256, 20, 12
SPARE = 20  # files: some come and go by themselves, and idle connections are closed to have some
BUSY = 0.5  # of a core that the server may take while nobody more can connect
LOOK = 2.0  # s
POINT = post(b'{"y": 1}')


async def exhausted(run: Run) -> Result:
    """More connections than the server may have files, so many times."""
    result = Result(f"more connections than the {FILES} files that it may open", run.n)
    app = App(folder=run.folder, limits={resource.RLIMIT_NOFILE: FILES})
    try:
        app.launch()
        await accepting(app.port)
        await at_rest(app)
        line = Line(app.port)
        await line.ask(POINT)
        files = app.files()
        for _ in run.rounds():
            await crowd(run, result, app, line)
            result.back.append(await accepting(app.port))
            await soon(lambda: app.files() <= files + SPARE)
        result.within(run, result.back, 3.0, "new connections taken again")
        size = app.log.stat().st_size
        result.require(size < 1 << 20, f"{size} bytes of log")
    finally:
        app.end()
        run.history.close()
    return result


async def crowd(run: Run, result: Result, app: App, line: Line) -> None:
    """Open more connections than it may take; the kernel keeps those beyond in its queue."""
    made: list[socket.socket] = []
    while len(made) < FILES + QUEUED:  # the client is not idle meanwhile: those are closed first to have room
        made += [socket.create_connection(("127.0.0.1", app.port), 10) for _ in range(PART)]
        result.require((await line.ask(POINT)).status == 200, "a client is sent away while others come")
    await soon(lambda: app.files() >= FILES - SPARE)
    began, used = time.monotonic(), app.cpu()
    while time.monotonic() - began < LOOK:
        answer = await line.ask(POINT)
        result.require(answer.status == 200, f"a client that was there before was answered {answer.status}")
        await asyncio.sleep(0.05)
    share = (app.cpu() - used) / (time.monotonic() - began)
    result.require(share < BUSY or not run.timed, f"{100 * share:.0f} % of a core while nobody can connect")
    result.more.append(f"{100 * share:.0f} % of a core, {len(made)} connections")
    for connection in made:
        connection.close()
