"""scripts/fuzz for less than a minute: no damage is a bug, in process or over the network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from scripts.fuzzing.__main__ import main
from scripts.fuzzing.corpus import FAMILIES
from scripts.fuzzing.damage import cases
from scripts.fuzzing.wire import WireError, check, connections, heard, requests


def test_no_damage_is_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cases", "20000", "--requests", "3000", "--seed", "3"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "seed 3"
    assert [line.partition(":")[0] for line in said[1:]] == [*FAMILIES, "http", "socket"]
    assert not [line for line in said if ", 0 stored" in line]


def test_a_bug_is_shown_with_what_makes_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise RecursionError

    monkeypatch.setattr("scripts.fuzzing.inside.decode", broken)
    assert main(["raw", "--cases", "2", "--seed", "3"]) == 1
    assert "family raw, seed 3, case 1" in capsys.readouterr().out


def test_a_case_is_the_same_alone_as_among_others() -> None:
    for family in FAMILIES:
        assert dict(cases(family, 7, 2100))[2050] == dict(cases(family, 7, 1, 2050))[2050]
    for made in (requests, connections):
        assert dict(made(7, 30))[21] == dict(made(7, 1, 21))[21]


PROBLEM = {"status": "error", "code": "bad_json", "message": "no", "accepted": 0}
JSON = {b"content-type": b"application/json", b"x-content-type-options": b"nosniff"}


@pytest.mark.parametrize(
    ("status", "headers", "answer"),
    [
        (500, JSON, PROBLEM | {"code": "internal"}),
        (503, JSON, PROBLEM | {"code": "overloaded"}),
        (400, JSON, PROBLEM | {"code": "not_found"}),
        (400, JSON, PROBLEM | {"code": "nothing"}),
        (400, JSON, PROBLEM | {"status": "success"}),
        (400, JSON, PROBLEM | {"accepted": 1}),
        (400, JSON, PROBLEM | {"message": "x" * 257}),
        (400, JSON, PROBLEM | {"message": "\u00e9"}),
        (400, {b"content-type": b"application/json"}, PROBLEM),
        (405, JSON | {b"content-type": b"text/html"}, PROBLEM | {"code": "method_not_allowed"}),
    ],
)
def test_an_answer_that_must_not_be_is_seen(
    status: int, headers: dict[bytes, bytes], answer: dict[str, Any]
) -> None:
    check(400, JSON, orjson.dumps(PROBLEM))
    with pytest.raises(WireError):
        check(status, headers, orjson.dumps(answer))


def test_frames_of_a_server_are_read() -> None:
    long = b"x" * 300
    data = b"\x81\x02ab" + b"\x81\x7e\x01\x2c" + long + b"\x88\x02\x03\xe8"
    assert list(heard(data)) == [(1, b"ab"), (1, long), (8, b"\x03\xe8")]
