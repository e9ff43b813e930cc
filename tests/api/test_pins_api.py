"""/pins on a live server."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from screens import Screens, serving

import app.store.pins
import app.store.shelf
from app.store.pins import Pins
from app.store.shelf import Folder

X = np.arange(4000) / 1000


@pytest.fixture
def scope() -> Iterator[Screens]:
    with serving() as served:
        served.send("a", X, np.sin(20 * X))
        yield served
        assert [record.getMessage() for record in served.logged] == []


def pin(scope: Screens, query: str = "?tb=100m", note: str = "first") -> dict[str, object]:
    status, answer = scope.ask("POST", "/pins" + query, json.dumps({"note": note}).encode())
    assert (status, answer["status"]) == (200, "success"), answer
    return answer  # type: ignore[no-any-return]


def test_an_empty_drawer_is_an_empty_list(scope: Screens) -> None:
    assert scope.ask("GET", "/pins") == (200, [])


def test_a_pin_is_listed_with_what_it_keeps(scope: Screens) -> None:
    told = pin(scope)
    (listed,) = scope.ask("GET", "/pins")[1]
    assert listed == {name: value for name, value in told.items() if name != "status"}
    assert (listed["id"], listed["note"], listed["channels"], listed["query"]) == (
        1,
        "first",
        ["a"],
        "tb=0.1",
    )
    assert listed["samples"] >= 1000
    assert scope.ask("GET", "/pins/1") == (200, listed)


def test_its_files_stay_as_they_were(scope: Screens) -> None:
    pin(scope)
    before = [scope.get(f"/pins/1.{kind}")[1] for kind in ("png", "csv")]
    arrays = np.load(io.BytesIO(scope.get("/pins/1.npz")[1]))
    np.testing.assert_allclose(arrays["a.y"], np.sin(20 * arrays["a.x"]), atol=1e-12)
    assert len(arrays["a.y"]) == pytest.approx(1000, abs=2)
    assert json.loads(str(arrays["meta"]))["note"] == "first"
    scope.send("a", 4 + X, np.zeros(4000))
    scope.on_loop(lambda: scope.memory.delete("a"))
    assert scope.get("/pins/1.csv")[1] == before[1]
    assert Image.open(io.BytesIO(before[0])).size == (1280, 720)
    after = Image.open(io.BytesIO(scope.get("/pins/1.png")[1]))
    glass = (40, 60, 1200, 600)
    assert after.crop(glass).tobytes() == Image.open(io.BytesIO(before[0])).crop(glass).tobytes()
    assert Image.open(io.BytesIO(scope.get("/pins/1.png?thumb=1")[1])).size == (240, 120)


def more(scope: Screens) -> None:
    """Samples that come much later, and slowly."""
    for n in range(60):
        scope.clock.now += 100_000_000
        scope.send("a", [9 + n / 10], [7.0])


def gone(scope: Screens) -> None:
    for name in list(scope.memory.records):
        scope.on_loop(lambda name=name: scope.memory.delete(name))


def others(scope: Screens) -> None:
    """Channels of the same names that are nothing of the kind."""
    gone(scope)
    for name in ("f", "a"):
        scope.send(name, [1, 2, 3], [5, 6, 7], unit="kg", x_unit="m")


def crowd(scope: Screens) -> None:
    """The same, after so many that it is not on the screen by itself."""
    gone(scope)
    for name in "stuvwxyza":
        scope.send(name, X, X, unit="kg")


def files(scope: Screens) -> list[object]:
    """What a pin is as files."""
    found: list[object] = [scope.get("/pins/1." + name)[1] for name in ("png", "png?display=fft&m=a:rms")]
    for rate in ("full", "drawn"):
        found.append(scope.get(f"/pins/1.csv?rate={rate}")[1].decode())
        arrays = np.load(io.BytesIO(scope.get(f"/pins/1.npz?rate={rate}")[1]))
        found.append(json.loads(str(arrays["meta"]))["channels"])
        found += [arrays[name].tolist() for name in arrays.files[1:]]
    return found


@pytest.mark.parametrize("happen", [more, gone, others, crowd])
def test_its_files_say_what_was_kept_whatever_is_received(
    scope: Screens, happen: Callable[[Screens], None]
) -> None:
    scope.send("f", np.sin(3 * X), np.sin(2 * X), unit="m", x_unit="mm")
    pin(scope)
    before = files(scope)
    assert str(before[2]).startswith("x,a [V],f [m]\n")
    happen(scope)
    assert files(scope) == before


def test_a_channel_in_it_is_called_as_people_call_it_now(scope: Screens) -> None:
    pin(scope)
    before = scope.get("/pins/1.png")[1]
    scope.on_loop(lambda: scope.memory.label("a", "Pump"))
    assert scope.get("/pins/1.png")[1] != before
    others(scope)
    scope.on_loop(lambda: scope.memory.label("a", "Pump"))
    assert scope.get("/pins/1.png")[1] == before


def test_a_channel_that_it_does_not_hold_is_not_found(scope: Screens) -> None:
    pin(scope)
    scope.send("b", X, X)
    assert scope.refused("/pins/1.csv?channels=b")[:2] == (404, "unknown_channel")
    gone(scope)
    assert scope.refused("/pins/1.csv?channels=a&off=a")[:2] == (400, "bad_parameter")


LIVE = ["/screen.png", "/screen.csv", "/screen.npz", "/measurements", "/triggers", "/single?timeout=0"]


@pytest.mark.parametrize("path", LIVE)
def test_what_is_received_is_never_given_for_a_pin(scope: Screens, path: str) -> None:
    pin(scope)
    status, answer = scope.ask("GET", f"{path}{'&' if '?' in path else '?'}pin=1")
    assert (status, answer["code"]) == (400, "bad_parameter")
    assert answer["errors"] == [{"code": "parameter", "field": "pin"}]
    assert "/pins/1.png, .csv" in answer["message"]


def test_a_pin_is_not_kept_again_as_what_is_received(scope: Screens) -> None:
    pin(scope)
    assert scope.ask("POST", "/pins?pin=1")[1]["code"] == "bad_parameter"
    assert len(scope.ask("GET", "/pins")[1]) == 1
    assert scope.get("/pins/1.csv?pin=1")[1] == scope.get("/pins/1.csv")[1]


def test_knobs_can_be_turned_on_a_pin(scope: Screens) -> None:
    pin(scope)
    rows = scope.get("/pins/1.csv?tb=10m&rate=full")[1].splitlines()
    assert len(rows) == pytest.approx(100, abs=5)
    assert len(scope.get("/pins/1.csv?rate=drawn&display=fft")[1].splitlines()) > 10


def test_a_note_can_be_changed_and_a_pin_deleted(scope: Screens) -> None:
    pin(scope)
    assert scope.ask("PATCH", "/pins/1", b'{"note": "better"}')[1]["note"] == "better"
    assert scope.ask("DELETE", "/pins/1") == (200, {"status": "success", "deleted": 1})
    for method, path in (
        ("GET", "/pins/1"),
        ("DELETE", "/pins/1"),
        ("PATCH", "/pins/1"),
        ("GET", "/pins/1.png"),
    ):
        status, answer = scope.ask(method, path, b"{}" if method == "PATCH" else None)
        assert (status, answer["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"text": "better"}', b'{"note": null}'])
def test_a_change_without_a_note_is_refused(scope: Screens, body: bytes) -> None:
    pin(scope)
    status, answer = scope.ask("PATCH", "/pins/1", body)
    assert (status, answer["code"]) == (422, "bad_note")
    assert scope.ask("GET", "/pins/1")[1]["note"] == "first"
    assert scope.ask("PATCH", "/pins/1", b'{"note": ""}')[1]["note"] == ""


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", b"{", "bad_json"),
        ("", b'{"note": 5}', "bad_note"),
        ("", b"[]", "bad_note"),
        ("", json.dumps({"note": "x" * 201}).encode(), "bad_note"),
        ("", b" " * 20_000, "body_too_large"),
        ("?tb=x", b"", "bad_parameter"),
        ("?off=a", b"", "bad_request"),
    ],
)
def test_what_cannot_be_kept_is_refused(scope: Screens, query: str, body: bytes, code: str) -> None:
    assert scope.ask("POST", "/pins" + query, body)[1]["code"] == code
    assert scope.ask("GET", "/pins")[1] == []


def test_a_full_drawer_says_so_and_loses_nothing(scope: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(scope)
    monkeypatch.setattr(app.store.pins.Pins, "add", full)
    status, answer = scope.ask("POST", "/pins", b"")
    assert (status, answer["code"]) == (422, "pin_limit")
    assert len(scope.ask("GET", "/pins")[1]) == 1


def full(*_: object) -> None:
    raise app.store.pins.Full("no room")


def test_a_full_disk_refuses_a_pin_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(kept=Pins(shelf=Folder(tmp_path, "pin"))) as scope:
        scope.send("a", X, np.sin(20 * X))
        pin(scope)
        with monkeypatch.context() as broken:
            broken.setattr(app.store.shelf, "whole", no_space)
            for method, path in (("POST", "/pins"), ("PATCH", "/pins/1")):
                status, answer = scope.ask(method, path, b'{"note": "second"}')
                assert (status, answer["code"]) == (507, "disk_full")
                assert "the disk is full" in answer["message"]
            assert scope.ask("POST", "/data", {"y": 1})[0] == 200
        (kept,) = scope.ask("GET", "/pins")[1]
        assert kept["note"] == "first"
        assert pin(scope)["id"] == 3
        assert [record.levelname for record in scope.logged] == ["ERROR", "ERROR"]


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_pages_of_other_hosts_may_not(scope: Screens) -> None:
    pin(scope)
    for method, path in (("POST", "/pins"), ("PATCH", "/pins/1"), ("DELETE", "/pins/1")):
        status, answer = scope.ask(method, path, b"{}", Origin="https://elsewhere.example")
        assert (status, answer["code"]) == (403, "origin_not_allowed")
    assert len(scope.ask("GET", "/pins")[1]) == 1
