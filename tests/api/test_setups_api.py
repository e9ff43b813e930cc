"""/setups on a live server."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from screens import Screens, serving

import app.store.shelf
from app.store.setups import Setups
from app.store.shelf import Folder


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        yield served
        assert [record.getMessage() for record in served.logged] == []


def keep(scope: Screens, query: str = "?tb=100m", name: str = "slow") -> dict[str, object]:
    status, answer = scope.ask("POST", "/setups" + query, {"name": name})
    assert (status, answer["status"]) == (200, "success"), answer
    return answer  # type: ignore[no-any-return]


def test_a_set_up_is_listed_told_replaced_and_deleted(scope: Screens) -> None:
    assert scope.ask("GET", "/setups") == (200, [])
    told = keep(scope, "?tb=100m&v.a=2,1&t.mode=normal")
    (listed,) = scope.ask("GET", "/setups")[1]
    assert listed == {name: value for name, value in told.items() if name != "status"}
    assert (listed["id"], listed["name"], listed["query"]) == (1, "slow", "tb=0.1&v.a=2%2C1&t.mode=normal")
    assert scope.ask("GET", "/setups/1") == (200, listed)
    assert keep(scope, "?tb=1")["id"] == 1
    assert scope.ask("GET", "/setups/1")[1]["query"] == "tb=1"
    assert scope.ask("DELETE", "/setups/1") == (200, {"status": "success", "deleted": 1})
    for method in ("GET", "DELETE"):
        status, answer = scope.ask(method, "/setups/1")
        assert (status, answer["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", b"{", "bad_json"),
        ("", b"", "bad_name"),
        ("", b"[]", "bad_name"),
        ("", b'{"name": 5}', "bad_name"),
        ("", json.dumps({"name": "x" * 65}).encode(), "bad_name"),
        ("", b" " * 20_000, "body_too_large"),
        ("?tb=x", b'{"name": "a"}', "bad_parameter"),
    ],
)
def test_what_cannot_be_kept_is_refused(scope: Screens, query: str, body: bytes, code: str) -> None:
    assert scope.ask("POST", "/setups" + query, body)[1]["code"] == code
    assert scope.ask("GET", "/setups")[1] == []


def test_a_full_drawer_says_so() -> None:
    with serving(kits=Setups(most=1)) as scope:
        keep(scope)
        status, answer = scope.ask("POST", "/setups", {"name": "other"})
        assert (status, answer["code"]) == (422, "setup_limit")


def test_a_full_disk_refuses_a_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with serving(kits=Setups(Folder(tmp_path, "json"))) as scope:
        monkeypatch.setattr(app.store.shelf, "whole", fail)
        status, answer = scope.ask("POST", "/setups", {"name": "a"})
        assert (status, answer["code"]) == (507, "disk_full")
        assert scope.ask("GET", "/setups")[1] == []


def test_pages_of_other_hosts_may_not(scope: Screens) -> None:
    keep(scope)
    for method, path in (("POST", "/setups"), ("DELETE", "/setups/1")):
        status, answer = scope.ask(method, path, b'{"name": "b"}', Origin="https://elsewhere.example")
        assert (status, answer["code"]) == (403, "origin_not_allowed")
    assert len(scope.ask("GET", "/setups")[1]) == 1
