"""Who may not connect: pages of other hosts; senders whose token is missing, wrong, or no longer valid."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.faults.driver import Line, post
from tests.faults.places import App, soon
from tests.faults.reading import held
from tests.faults.running import Result, Run

SOCKETS = ("/frames", "/data", "/ws")
POINT = b'{"y": 1, "channel": "ch1"}'


# F22


def foreign(own: str, port: int) -> Iterator[str]:
    """Origins that are not this host, however much they look like it."""
    yield from ("null", "http://example.com", "https://example.com", "file://")
    yield from (
        f"http://{own}.evil.com",
        f"http://evil-{own}",
        f"http://evil.com/{own}",
        f"http://{own}@evil.com",
    )
    yield from (
        f"http://evil.com@{own}.x",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://{own}.",
    )
    yield from (f"http://localhost:{port}", f"http://[::1]:{port}")
    yield from (f"http://127.0.0.1:{port}0", f"http://127.1:{port}", f"http://{own}, http://evil.com")


async def origins(run: Run) -> Result:
    """Pages of other hosts open every socket and POST, so many times."""
    result = Result("origins that are not the server's own, on three sockets and POST", run.n)
    app = App(folder=run.folder)
    try:
        app.launch()
        await soon(app.has_page)
        own = f"127.0.0.1:{app.port}"
        for _ in run.rounds():
            wrong = await asyncio.to_thread(lambda: list(entered(app.port, own)))
            result.require(not wrong, f"let in: {wrong[:5]}")
            shut = await asyncio.to_thread(lambda: list(refused(app.port, own)))
            result.require(not shut, f"refused: {shut}")
        await posted(result, app, own)
        n = len([*foreign(own, app.port)])
        result.more.append(f"{n} foreign origins refused {run.n * n * (len(SOCKETS) + 1)} times")
    finally:
        app.end()
        run.history.close()
    return result


def entered(port: int, own: str) -> Iterator[str]:
    """Foreign origins that a socket lets in."""
    for origin in foreign(own, port):
        for path in SOCKETS:
            if (status := shaken(port, own, path, origin)) != 403:
                yield f"{origin} on {path}: {status}"


def refused(port: int, own: str) -> Iterator[str]:
    """Sockets that do not let in their own page, however it is spelt, or a device, which sends no origin."""
    for origin in (f"http://{own}", f"HTTP://{own}", f"https://{own}", f"http://127.0.0.1.:{port}", None):
        for path in SOCKETS[:2]:
            if (status := shaken(port, own, path, origin)) != 101:
                yield f"{origin} on {path}: {status}"


def shaken(port: int, own: str, path: str, origin: str | None) -> int:
    """The status of a handshake."""
    try:
        made = Origin(origin) if origin else None
        with connect(f"ws://{own}{path}", origin=made, compression=None, open_timeout=10):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def posted(result: Result, app: App, own: str) -> None:
    """What pages of other hosts POST is refused, and nothing of it is there."""
    line = Line(app.port)
    for origin in foreign(own, app.port):
        for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
            sent = post(POINT, [f"Origin: {origin}", f"Content-Type: {kind}", f"X-Forwarded-Host: {origin}"])
            answer = await line.ask(sent.replace(b"Host: 127.0.0.1\r\n", f"Host: {own}\r\n".encode()))
            result.require(answer.status == 403, f"POST of {origin}: {answer.status}")
    line.close()
    result.require(not len(await asyncio.to_thread(held, app.port, "ch1")), "something of it is stored")


# F23


def offered(write: str, view: str) -> Iterator[tuple[str, list[str]]]:
    """What else than a write token may be said: name and headers."""
    yield "nothing", []
    for name, token in (
        ("a view token", view),
        ("one cut off", write[:-1]),
        ("one too long", write + "a"),
        ("in capitals", write.upper()),
        ("its first half twice", write[: len(write) // 2] * 2),
        ("nothing after Bearer", ""),
        ("a list", f"{write},{write}"),
        ("with a NUL", f"{write}%00"),
    ):
        yield name, [f"Authorization: Bearer {token}"]
        yield f"{name}, as a key", [f"X-API-Key: {token}"]
    yield "Basic", [f"Authorization: Basic {write}"]
    yield "two headers", [f"Authorization: Bearer {view}", f"Authorization: Bearer {write}"]
    yield "a cookie", [f"Cookie: scope_view={write}"]


async def tokens(run: Run) -> Result:
    """So many requests with tokens that do not open; the one that does, and one that did until it was not."""
    result = Result("requests without the right token", run.n)
    write, old, view = (secrets.token_hex(16) for _ in range(3))
    app = App(
        settings={"SCOPE_WRITE_TOKENS": f"{write}:ch1,{old}", "SCOPE_VIEW_TOKENS": view}, folder=run.folder
    )
    try:
        app.launch()
        await accepting_with(app, old)
        await knock(run, result, app, write, view)
        result.require(await status_of(app, write) == 200, "the right token does not open")
        result.require(
            await status_of(app, write, "ch2") == 403, "a token opens another channel than its own"
        )
        app.kill()
        app.settings["SCOPE_WRITE_TOKENS"] = write
        app.launch()
        await accepting_with(app, write)
        result.require(await status_of(app, old) == 401, "a token that was taken away still opens")
        await told_nowhere(result, app, [write, old, view])
    finally:
        app.end()
        run.history.close()
    return result


async def accepting_with(app: App, token: str) -> None:
    for _ in range(1000):
        if await status_of(app, token) == 200:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("no sample is taken")


async def status_of(app: App, token: str, channel: str = "ch1") -> int:
    line = Line(app.port)
    body = b'{"y": 1, "channel": "%s"}' % channel.encode()
    answer = await line.ask(post(body, [f"Authorization: Bearer {token}"]))
    line.close()
    return answer.status


async def knock(run: Run, result: Result, app: App, write: str, view: str) -> None:
    line, opened, told = Line(app.port), [], []
    kinds = list(offered(write, view))
    for k in run.rounds():
        name, headers = kinds[k % len(kinds)]
        answer = await line.ask(post(POINT, headers))
        if answer.status != 401:
            opened.append(f"{name}: {answer.status}")
        if any(word.encode() in answer.body for word in (write, view)):
            told.append(name)
    line.close()
    result.require(not opened, f"{len(opened)} were not refused: {opened[:5]}")
    result.require(not told, f"answers that tell tokens: {told[:5]}")


async def told_nowhere(result: Result, app: App, secret: list[str]) -> None:
    """No token is in logs, in metrics, or in what anybody may read."""
    line = Line(app.port)
    found = [app.log.read_bytes()]
    for path in ("/metrics", "/healthz", "/readyz", "/channels", "/openapi.json"):
        request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret[2]}\r\n\r\n"
        found.append((await line.ask(request.encode())).body)
    line.close()
    for place in found:
        result.require(not any(token.encode() in place for token in secret), f"a token in {place[:80]!r}")
    result.more.append("tokens are in no log, metric or answer")
