"""Requests answered: what is counted of them, and what the log is told."""

from __future__ import annotations

import logging

import pytest

from app.answers import OTHER, Answers, Refusals, Routes

PATTERNS = ["/data", r"/screen\.png", "/pins", r"/pins/([0-9]{1,15})\.png", "/assets/("]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/data", "/data"),
        ("/screen.png", "/screen.png"),
        ("/screenXpng", OTHER),
        ("/pins", "/pins"),
        ("/pins/3.png", "/pins/"),
        ("/assets/a/b.js", "/assets/"),
        ("/../etc", OTHER),
        ("", OTHER),
    ],
)
def test_a_route_is_one_of_those_there_are(path: str, route: str) -> None:
    assert Routes(PATTERNS).of(path) == route


def test_answers_are_counted_and_timed_by_route() -> None:
    answers = Answers()
    for status, seconds in ((200, 0.001), (200, 0.3), (400, 0.001)):
        answers.note("/data", "POST", status, seconds)
    assert answers.counts == {("/data", "POST", 200): 2, ("/data", "POST", 400): 1}
    assert sum(answers.took["/data"].counts) == 3


def test_the_same_reason_is_told_once_a_second_with_its_number(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [100.0]
    refusals = Refusals(lambda: now[0])
    for n in range(1000):
        refusals.note("bad_json", "/data", f"r{n}")
    refusals.note("not_found", OTHER, "other")
    now[0] += 0.5
    refusals.flush()
    now[0] += 0.6
    refusals.flush()
    refusals.flush()
    told = [
        (record.__dict__["code"], record.__dict__["count"], record.__dict__["request_id"])
        for record in caplog.records
    ]
    assert told == [("bad_json", 1, "r0"), ("not_found", 1, "other"), ("bad_json", 999, "r999")]
