"""GET /frames: the WebSocket over which a viewer says what it watches, and gets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import cast
from urllib.parse import parse_qs

import orjson
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

from app.config import Config
from app.feed.feed import RETRY_AFTER, Feed
from app.feed.watcher import Watcher
from app.guard.origin import FOREIGN, allowed_origin
from app.problems import JsonHandler, Problem
from app.scope.link import recall
from app.scope.readouts import State, verticals
from app.scope.scope import Scope

LONGEST_TEXT = 32 << 10  # bytes of a message; a longer one closes the connection
CHUNK = 4 << 10  # bytes read at once; a viewer says little, and Tornado makes room for so many each time
LONGEST_QUERY = 8 << 10
MOST_FIELDS = 128  # of a query
PATIENCE = 0.02  # of the loop's time: what one viewer's messages may take ...
BURST = 0.1  # ... and s of it that it may save up
LEAST = 0.001  # s that a message counts for, however short
TOLD, LONGEST_TOLD = 16, 64  # parameters that could not be read: how many are told, and of each so much
AGAIN = 1013  # close code: try again later
LARGEST = 1 << 53
MUTE = 39.0  # s without a word or a pong, though one was asked for every 20 s: the peer is dead


class Pace:
    """How fast messages are heeded: as they come, until they take too much of the loop's time."""

    def __init__(self) -> None:
        self._saved, self._at = BURST, time.monotonic()

    def wait(self) -> float:
        """s to wait before the next message is heeded."""
        now = time.monotonic()
        self._saved = min(BURST, self._saved + (now - self._at) * PATIENCE)
        self._at = now
        return max(0.0, -self._saved / PATIENCE)

    def took(self, seconds: float) -> None:
        """A message has been heeded, which took so long."""
        self._saved -= max(seconds, LEAST)


class FrameSocket(JsonHandler, WebSocketHandler):
    """One viewer; what can be refused is refused in JSON before the upgrade."""

    def initialize(self, feed: Feed, config: Config) -> None:
        self.feed = feed
        self.config = config
        self.watcher: Watcher | None = None
        self.pace = Pace()
        self.heard = time.monotonic()

    def prepare(self) -> None:
        if self.request.method != "GET":
            return
        headers = self.request.headers
        if headers.get("Upgrade", "").lower() != "websocket" or headers.get("Sec-WebSocket-Version") != "13":
            raise Problem("upgrade_required", "frames come over a WebSocket, version 13", headers=UPGRADE)
        if not allowed_origin(headers.get("Origin"), headers.get("Host", ""), self.config.allow_ws_origin):
            raise Problem("origin_not_allowed", FOREIGN)
        if "Sec-WebSocket-Key" not in headers or "upgrade" not in headers.get("Connection", "").lower():
            raise Problem("bad_request", "the headers of a WebSocket are not complete")
        self.room()
        self.scope, self.misread = asked(self.request.query, self.feed.rows)
        self.feed.room(self.feed.plain(self.scope.view()))

    def room(self) -> None:
        """
        Problem  overloaded: there are enough viewers, or memory is short
        """
        most = self.config.max_viewers
        if len(self.feed.watchers) >= most or self.feed.closed():
            self.feed.delivery.dropped[("limit",)] += 1
            message = f"{most} viewers are connected, as many as this server allows; try again soon"
            if self.feed.closed():
                message = "memory is short; try again soon"
            raise Problem("overloaded", message, headers={"Retry-After": str(RETRY_AFTER)})

    def check_origin(self, origin: str) -> bool:
        return allowed_origin(origin, self.request.headers.get("Host", ""), self.config.allow_ws_origin)

    @property
    def max_message_size(self) -> int:
        return LONGEST_TEXT

    def open(self, *_args: str, **_kwargs: str) -> None:
        self.set_nodelay(True)
        stream = cast(WebSocketProtocol13, self.ws_connection).stream
        stream.read_chunk_size = CHUNK
        self.watcher = Watcher(stream, aside="aside" in self.request.query_arguments)
        try:
            self.turn(self.watcher, self.scope, self.misread, 0)
        except Problem as problem:
            self.watcher.tell({"error": problem.message, "code": problem.code, "n": 0})
            self.close(AGAIN, problem.title)
        del self.scope

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Heed a message, or return what Tornado is to wait for before it reads the next one."""
        wait = self.pace.wait()
        if wait:
            return self.later(wait, message)
        self.heed(message)
        return None

    async def later(self, wait: float, message: str | bytes) -> None:
        await asyncio.sleep(wait)
        self.heed(message)

    def on_pong(self, _data: bytes) -> None:
        self.heard = time.monotonic()

    def heed(self, message: str | bytes) -> None:
        """Do what a message says, if the viewer is still there."""
        began = time.perf_counter()
        self.heard = time.monotonic()
        if self.watcher is not None:
            self.answer(self.watcher, message)
        self.pace.took(time.perf_counter() - began)

    def answer(self, watcher: Watcher, message: str | bytes) -> None:
        words: dict[str, object] = {}
        try:
            words = understood(message)
            self.obey(watcher, words)
        except Problem as problem:
            answer: State = {"error": problem.message, "code": problem.code}
            if "view" in words and watcher.watched is not None:  # the old one goes on, from a full frame
                answer |= {"n": words.get("n", 0), "view": watcher.watched.number}
            watcher.tell(answer)
            if "view" in words:
                self.feed.begin(watcher)

    def obey(self, watcher: Watcher, words: dict[str, object]) -> None:
        """
        Problem  bad_parameter, too_many_views
        """
        if not words.keys() & {"view", "drawn", "pause"}:
            raise Problem("bad_parameter", "a message says view, drawn or pause")
        if "view" in words:
            n, query = whole(words, "n"), words["view"]
            if not isinstance(query, str):
                raise Problem("bad_parameter", "view: the query of a link")
            self.turn(watcher, *asked(query, self.feed.rows), n)
        if "drawn" in words:
            self.drew(watcher, whole(words, "drawn"), age(words))
        if "pause" in words:
            self.rest(watcher, words["pause"])

    def turn(self, watcher: Watcher, scope: Scope, refused: list[str], n: int) -> None:
        """Show another view from now on, and say so before its first frame."""
        number = self.feed.watch(watcher, self.feed.plain(scope.view()))
        turned = any(touched.startswith("vertical:") for touched in scope.touched)
        watcher.turned = scope if turned else None
        watcher.vertical = verticals(scope, self.feed.memory.records.get)
        told = [name[:LONGEST_TOLD] for name in refused[:TOLD]]
        watcher.tell({"n": n, "view": number, "vertical": watcher.vertical, "refused": told})
        self.feed.begin(watcher)

    def drew(self, watcher: Watcher, picture: int, age: float) -> None:
        """Take note of what is on the viewer's glass, and say how old it is."""
        watcher.drew()
        latency = self.feed.latency(watcher, picture, age)
        watcher.tell({"latency": None if latency is None else round(latency)})

    def rest(self, watcher: Watcher, pause: object) -> None:
        """Send nothing to a page that nobody sees; when it is seen again, the present."""
        if not isinstance(pause, bool):
            raise Problem("bad_parameter", "pause: true or false")
        went, watcher.paused = watcher.paused and not pause, pause
        if went:
            self.feed.begin(watcher)

    def on_close(self) -> None:
        if self.watcher is not None:
            if self.watcher.watched is not None and time.monotonic() - self.heard > MUTE:
                self.feed.delivery.dropped[("no_pong",)] += 1
            self.feed.leave(self.watcher)
            self.watcher = None


UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}


def asked(query: str, rows: int) -> tuple[Scope, list[str]]:
    """The knobs as a query says, and the parameters that could not be read.

    Problem  bad_parameter: it is too long
    """
    if len(query) > LONGEST_QUERY or query.count("&") >= MOST_FIELDS:
        raise Problem(
            "bad_parameter", f"a query has {LONGEST_QUERY} characters at most, {MOST_FIELDS} fields"
        )
    scope = Scope(rows)
    return scope, recall(scope, parse_qs(query))


def understood(message: str | bytes) -> dict[str, object]:
    """
    Problem  bad_json
    """
    try:
        words = orjson.loads(message) if isinstance(message, str) else None
    except orjson.JSONDecodeError:
        words = None
    if not isinstance(words, dict):
        raise Problem("bad_json", "a message is a JSON object, as text")
    return words


def whole(words: dict[str, object], name: str) -> int:
    value = words.get(name, 0)
    if type(value) is not int or not 0 <= value < LARGEST:
        raise Problem("bad_parameter", f"{name}: a whole number from 0")
    return value


def age(words: dict[str, object]) -> float:
    value = words.get("age", 0)
    if (type(value) is not int and type(value) is not float) or value < 0:  # a tab may have rested for days
        raise Problem("bad_parameter", "age: milliseconds, from 0")
    return float(value)
