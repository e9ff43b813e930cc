"""How the process is: alive, ready, and in figures for Prometheus. Nothing of it builds a page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

import orjson

from app.problems import JsonHandler
from app.system.runtime import BOOT_ID as BOOT_ID

EVERY = 0.1  # s between two looks at the loop
KEPT = 150  # looks that are remembered: fifteen seconds, as Prometheus asks about so often
SLOW = 1.0  # s by which the loop may be late and still be called ready

Check = Callable[[], bool]
Checks = Mapping[str, Check]


def release() -> str:
    try:
        return version("web-oscilloscope")
    except PackageNotFoundError:
        return "0.1.0"


class Pulse:
    """How late the loop is: what waits for it waits as long.

    lag      s, of the last look
    beat     called at each look
    """

    def __init__(self, beat: Callable[[], None] = lambda: None) -> None:
        self.lag = 0.0
        self.beat = beat
        self._lags: deque[float] = deque([0.0], maxlen=KEPT)

    @property
    def longest(self) -> float:
        """s, of the last fifteen seconds."""
        return max(self._lags)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            self.lag = max(0.0, loop.time() - due)
            self._lags.append(self.lag)
            self.beat()

    def steady(self) -> bool:
        """Whether the loop keeps up."""
        return self.lag < SLOW


class Said(JsonHandler):
    """An answer in JSON that nobody keeps."""

    def say(self, words: Mapping[str, object]) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(orjson.dumps(words))


class HealthHandler(Said):
    """GET /healthz -> 200 {"status": "pass", "boot_id", "version"}: the loop turns."""

    def get(self) -> None:
        self.say({"status": "pass", "boot_id": BOOT_ID, "version": release()})

    head = get


class ReadyHandler(Said):
    """GET /readyz -> 200, or 503 while a check fails: {"status", "checks": {"loop_lag": "pass", ...}}.

    warnings    checks with which requests may still be sent here: "warn" instead of "fail", and 200
    durability  what a 200 to a sender promises
    """

    def initialize(
        self, checks: Checks, warnings: Checks, durability: Callable[[], str] = lambda: "memory"
    ) -> None:
        self.checks, self.warnings, self.durability = checks, warnings, durability

    def get(self) -> None:
        found = {name: "pass" if check() else "fail" for name, check in self.checks.items()}
        passed = "fail" not in found.values()
        found |= {name: "pass" if check() else "warn" for name, check in self.warnings.items()}
        if not passed:
            self.set_status(503)
            self.set_header("Retry-After", "1")
        status = "pass" if passed else "fail"
        told = {"status": status, "checks": found, "durability": self.durability(), "boot_id": BOOT_ID}
        self.say(told)

    head = get
