"""/healthz tells that the process lives, and which one it is."""

from __future__ import annotations

from typing import Any

import orjson
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from app.chassis.health import BOOT_ID, HealthHandler


class Test(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return Application([(r"/healthz", HealthHandler)])

    def asked(self, method: str = "GET") -> tuple[Any, bytes]:
        answer = self.fetch("/healthz", method=method)
        return answer, answer.body

    def test_it_passes_with_version_and_boot_id(self) -> None:
        answer, body = self.asked()
        assert answer.code == 200
        said = orjson.loads(body)
        assert said.keys() == {"status", "boot_id", "version"}
        assert (said["status"], said["boot_id"]) == ("pass", BOOT_ID)

    def test_no_cache_keeps_it(self) -> None:
        answer, _ = self.asked()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/json"

    def test_the_boot_id_stays_while_the_process_lives(self) -> None:
        assert self.asked()[1] == self.asked()[1]

    def test_head_has_no_body(self) -> None:
        answer, body = self.asked("HEAD")
        assert (answer.code, body) == (200, b"")
