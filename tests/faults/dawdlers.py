"""Slowloris: hundreds of connections that send a byte now and then. A healthy sender does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack

from scripts.benches.table import percentile
from tests.faults.attackers import KINDS, Beside, Slow, all_of
from tests.faults.driver import accepting
from tests.faults.places import App, soon
from tests.faults.running import Result, Run
from tests.launch.conftest import Scope, copy_project, environment, free_port

CLOSED_WITHIN = 20.0  # s
SLOWER = 2.0  # times the p99 of a healthy sender
NOISE = 0.01  # s below which nobody would notice
BEFORE = 5.0  # s of a healthy sender alone
LATE = 25.0  # s after which a slow one gives up
MB = 1 << 20
GROWN = 100 * MB
OF_NGINX = {
    "bodies"
}  # it collects them, and has a limit only for the time between two bytes; the app never sees them


async def dawdle(run: Run) -> Result:
    """So many slow connections: straight to the app, and through nginx."""
    result = Result("slow heads and bodies, connections", run.n)
    app = App(folder=run.folder)
    with ExitStack() as stack:
        stack.callback(app.end)
        app.launch()
        await accepting(app.port)
        await soon(app.has_page)
        await one(run, result, app.port, "straight to the app", KINDS, app)
    if run.long:
        await through_nginx(run, result)
    run.history.close()
    return result


async def through_nginx(run: Run, result: Result) -> None:
    folder = copy_project(run.folder / "scope")
    scope = Scope(folder, [], environment(SCOPE_NGINX="on"), free_port())
    async with AsyncExitStack() as last:
        last.push_async_callback(asyncio.to_thread, scope.remove)
        await asyncio.to_thread(scope.up)
        await accepting(scope.port)
        ended = {kind: make for kind, make in KINDS.items() if kind not in OF_NGINX}
        await one(run, result, scope.port, "through nginx", ended)


async def one(
    run: Run,
    result: Result,
    port: int,
    way: str,
    kinds: dict[str, Callable[[], Slow]],
    app: App | None = None,
) -> None:
    """
    app  whose files and memory are looked at
    """
    files, resident = (app.files(), app.rss()) if app is not None else (0, 0)
    async with Beside(port) as before:
        await asyncio.sleep(BEFORE if run.long else 0.5)
    slow = {kind: [make() for _ in range(run.n // len(kinds))] for kind, make in kinds.items()}
    async with Beside(port) as meanwhile:
        await all_of([each for made in slow.values() for each in made], port, LATE)
    result.require(not meanwhile.wrong, f"{way}: a healthy client was answered {dict(meanwhile.wrong)}")
    p99, calm = percentile(meanwhile.posts, 0.99), percentile(before.posts, 0.99)
    if run.timed:
        result.require(p99 <= max(SLOWER * calm, NOISE), f"{way}: healthy p99 {1e3 * p99:.1f} ms")
    longest = [longest_of(result, way, kind, made) for kind, made in slow.items()]
    result.within(run, longest, CLOSED_WITHIN, f"{way}: the end of slow connections")
    result.more.append(
        f"{way}: healthy POST p99 {1e3 * p99:.1f} ms ({1e3 * calm:.1f} before), "
        f"all closed after {max(longest):.0f} s"
    )
    if app is not None:
        await soon(lambda: app.files() <= files + 5)
        result.require(app.rss() - resident < GROWN, f"{(app.rss() - resident) / MB:+.0f} MB")


def longest_of(result: Result, way: str, kind: str, made: list[Slow]) -> float:
    """Seconds that the server bore with slow connections of a kind."""
    still = sum(each.closed is None for each in made)
    result.require(not still, f"{way}: {still} of {len(made)} slow {kind} still open after {LATE:g} s")
    return max((each.closed for each in made if each.closed is not None), default=LATE)
