"""/recordings on a live server: begin, end, download, convert, play again."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from screens import Screens, serving

from app.config import Config
from app.guard.guard import Guard
from app.store import recording
from app.store import recordings as store
from app.texts import Token, digest
from tests.conftest import wait_until

X = np.arange(3000) / 1000


@pytest.fixture
def scope(tmp_path: Path) -> Iterator[Screens]:
    with serving(folder=tmp_path) as served:
        served.send("a", X[:100], X[:100])
        yield served
        for entry in served.ask("GET", "/recordings")[1]:
            served.ask("POST", f"/recordings/{entry['id']}/stop")
        assert [record.getMessage() for record in served.logged] == []


def begin(scope: Screens, **words: object) -> Any:
    status, answer = scope.ask("POST", "/recordings", words)
    assert (status, answer["status"]) == (200, "success"), answer
    return answer


def end(scope: Screens, query: str = "") -> Any:
    status, answer = scope.ask("POST", f"/recordings/1/stop{query}")
    assert (status, answer["status"]) == (200, "success"), answer
    return answer


def test_what_comes_is_recorded_listed_and_downloaded(scope: Screens) -> None:
    assert scope.ask("GET", "/recordings") == (200, [])
    told = begin(scope, format="arrow", channels=["a"])
    assert (told["id"], told["format"], told["asked"], told["ended"]) == (1, "arrow", ["a"], None)
    scope.send("a", 1 + X, np.sin(X))
    scope.send("b", X, X)
    ended = end(scope)
    assert (ended["samples"], ended["missed"], ended["channels"], ended["why"]) == (3000, 0, ["a"], "")
    (listed,) = scope.ask("GET", "/recordings")[1]
    assert listed == {name: value for name, value in ended.items() if name != "status"}
    response, body = scope.get("/recordings/1")
    assert response.headers["Content-Disposition"] == 'attachment; filename="recording-1.arrow"'
    assert int(response.headers["Content-Length"]) == len(body) == ended["bytes"]
    frame = pa.ipc.open_stream(body).read_all().to_pandas()
    np.testing.assert_array_equal(frame.y, np.sin(X))
    assert scope.ask("DELETE", "/recordings/1") == (200, {"status": "success", "deleted": 1})
    assert scope.ask("GET", "/recordings") == (200, [])


def test_one_under_way_can_be_downloaded_up_to_its_last_block(scope: Screens) -> None:
    begin(scope, format="csv")
    scope.send("a", 1 + X, np.sin(X))
    wait_until(lambda: scope.ask("GET", "/recordings")[1][0]["samples"] == 3000)
    assert len(pd.read_csv(io.BytesIO(scope.get("/recordings/1")[1]))) == 3000
    status, answer = scope.ask("DELETE", "/recordings/1")
    assert (status, answer["code"]) == (409, "recording_active")


def test_it_can_be_made_parquet_at_the_end_or_later(scope: Screens) -> None:
    begin(scope)
    scope.send("a", 1 + X, np.sin(X))
    end(scope)
    assert scope.ask("GET", "/recordings/1?format=parquet")[1]["code"] == "bad_parameter"
    for _ in range(2):
        assert end(scope, "?format=parquet")["parquet"] > 0
    frame = pd.read_parquet(io.BytesIO(scope.get("/recordings/1?format=parquet")[1]))
    np.testing.assert_array_equal(frame.y, np.sin(X))


def test_it_is_played_as_a_live_source(scope: Screens) -> None:
    begin(scope, format="csv")
    scope.send("a", 1 + X, np.sin(X))
    end(scope)
    status, answer = scope.ask("POST", "/recordings/1/replay", {"speed": 0, "prefix": "again/"})
    assert (status, answer["id"], answer["prefix"]) == (200, 1, "again/")
    wait_until(lambda: "again/a" in scope.memory.records and scope.memory.records["again/a"].total == 3000)
    np.testing.assert_array_equal(scope.memory.records["again/a"].y(0, 3000), np.sin(X))
    wait_until(lambda: scope.ask("GET", "/recordings/1/replay")[0] == 404)


def test_playing_can_be_ended(scope: Screens) -> None:
    begin(scope, format="csv")
    scope.send("a", 1 + X, np.sin(X))
    end(scope)
    assert scope.ask("POST", "/recordings/1/replay", {"speed": 0.001, "loop": True})[0] == 200
    assert scope.ask("GET", "/recordings/1/replay")[1]["loop"] is True
    assert scope.ask("DELETE", "/recordings/1/replay") == (200, {"status": "success", "stopped": 1})
    for method in ("GET", "DELETE"):
        assert scope.ask(method, "/recordings/1/replay")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/recordings", b"{", 400, "bad_json"),
        ("/recordings", b"[]", 400, "bad_parameter"),
        ("/recordings", b'{"format": "mp3"}', 400, "bad_parameter"),
        ("/recordings", b'{"format": 5}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": "a"}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": [5]}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": 0}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": ""}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": {}}', 400, "bad_parameter"),
        ("/recordings", b'{"channels": []}', 400, "bad_parameter"),
        ("/recordings", b" " * 20_000, 413, "body_too_large"),
        ("/recordings/9/stop", b"", 404, "not_found"),
        ("/recordings/1/stop?format=mp3", b"", 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"speed": -1}', 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"speed": "x"}', 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"speed": 1e-320}', 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"speed": 99999999999999999999}', 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"prefix": "<b>"}', 400, "bad_parameter"),
        ("/recordings/1/replay", b'{"loop": 1}', 400, "bad_parameter"),
        ("/recordings/9/replay", b"{}", 404, "not_found"),
    ],
)
def test_what_cannot_be_is_refused(scope: Screens, path: str, body: bytes, status: int, code: str) -> None:
    begin(scope, format="csv")
    end(scope)
    found, answer = scope.ask("POST", path, body)
    assert (found, answer["code"]) == (status, code)
    assert len(scope.ask("GET", "/recordings")[1]) == 1


def test_no_channels_named_are_all(scope: Screens) -> None:
    assert begin(scope, format="csv", channels=None)["asked"] == []


def test_one_under_way_is_not_as_short_as_it_was_a_second_ago(
    scope: Screens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TOLD", 60.0)
    begin(scope, format="csv")
    path = tmp_path / "recordings" / "1.csv"
    scope.send("a", 1 + X, np.sin(X))
    wait_until(lambda: path.read_bytes().count(b"\n") == 3001)
    assert scope.ask("GET", "/recordings")[1][0]["bytes"] < 1000
    assert scope.get("/recordings/1")[1] == path.read_bytes()


@pytest.mark.parametrize("format", ["arrow", "csv"])
def test_a_file_that_is_short_or_gone_is_said(scope: Screens, tmp_path: Path, format: str) -> None:
    begin(scope, format=format)
    scope.send("a", 1 + X, np.sin(X))
    path = tmp_path / "recordings" / f"1.{format}"
    half = end(scope)["bytes"] // 2 + 1
    os.truncate(path, half)
    status, answer = scope.ask("POST", "/recordings/1/stop?format=parquet")
    assert (status, answer["code"]) == (400, "bad_parameter")
    assert "cannot be read" in answer["message"]
    assert len(scope.get("/recordings/1")[1]) == half
    path.unlink()
    for method, way in (("POST", "/stop?format=parquet"), ("GET", "")):
        status, answer = scope.ask(method, f"/recordings/1{way}")
        assert (status, answer["code"], answer["message"]) == (404, "not_found", "its file is gone")


def test_while_there_are_write_tokens_only_they_play_to_the_channels_of_senders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = Token(digest("any")), Token(digest("a"), frozenset({"a"})), Token(digest("b"), frozenset({"b"}))
    monkeypatch.setattr("screens.Guard", lambda _: Guard(Config(write_tokens=tokens)))
    with serving(folder=tmp_path) as scope:
        begin(scope, format="csv")
        scope.send("a", 1 + X, np.sin(X))
        end(scope)

        def played(prefix: str, **headers: str) -> tuple[int, str]:
            words = {"speed": 0, "prefix": prefix}
            status, answer = scope.ask("POST", "/recordings/1/replay", words, **headers)
            return status, answer.get("code", answer["status"])

        for prefix in ("", "re", "replay", "Replay/"):
            assert played(prefix) == (401, "unauthorized")
            assert played(prefix, Authorization="Bearer viewer") == (401, "unauthorized")
        assert played("", Authorization="Bearer b") == (403, "forbidden")
        assert played("x/", Authorization="Bearer a") == (403, "forbidden")
        assert set(scope.memory.records) == {"a"}
        assert scope.memory.records["a"].total == 3000
        assert played("replay/") == played("replay/x/") == (200, "success")
        assert played("", Authorization="Bearer a") == (200, "success")
        wait_until(lambda: scope.memory.records["a"].total == 6000)
        assert played("", Authorization="Bearer viewer", X_Api_Key="any") == (200, "success")
        wait_until(lambda: scope.memory.records["a"].total == 9000)


def test_one_that_is_recorded_cannot_be_played(scope: Screens) -> None:
    begin(scope, format="csv")
    status, answer = scope.ask("POST", "/recordings/1/replay", {})
    assert (status, answer["code"]) == (409, "recording_active")


def test_without_a_folder_it_says_what_to_set() -> None:
    with serving() as scope:
        status, answer = scope.ask("POST", "/recordings", {})
        assert (status, answer["code"]) == (409, "no_folder")
        assert "SCOPE_DATA" in answer["message"]
        assert scope.ask("GET", "/recordings") == (200, [])


def test_a_full_disk_is_507_at_the_beginning_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with serving(folder=tmp_path) as scope:
        begin(scope, format="csv")
        monkeypatch.setattr(recording, "whole", fail)
        status, answer = scope.ask("POST", "/recordings", {"format": "csv"})
        assert (status, answer["code"]) == (507, "disk_full")
        assert scope.ask("POST", "/data", {"y": 1})[0] == 200
        wait_until(lambda: scope.ask("GET", "/recordings")[1][0]["ended"] is not None)
        status, answer = scope.ask("POST", "/recordings/1/stop")
        assert (status, answer["code"]) == (507, "disk_full")
        assert "can be read up to there" in answer["message"]
        assert scope.ask("POST", "/recordings/1/stop?format=parquet")[1]["parquet"] > 0
        assert scope.feed is not None
        assert "the disk is full" in scope.feed.notices["recording"]
        monkeypatch.undo()
        assert scope.get("/recordings/1")[1].startswith(b"channel,n,x")


def test_pages_of_other_hosts_may_not(scope: Screens) -> None:
    begin(scope, format="csv")
    for method, path in (
        ("POST", "/recordings"),
        ("POST", "/recordings/1/stop"),
        ("POST", "/recordings/1/replay"),
        ("DELETE", "/recordings/1/replay"),
        ("DELETE", "/recordings/1"),
    ):
        status, answer = scope.ask(method, path, None, Origin="https://elsewhere.example")
        assert (status, answer["code"]) == (403, "origin_not_allowed"), path
    assert len(scope.ask("GET", "/recordings")[1]) == 1
