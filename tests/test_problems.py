"""Every error answer."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import pytest
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from app.problems import CODES, Fault, JsonHandler, NotFound, Problem, asks_strict, rendered, shown


def test_the_default_shape_is_that_of_the_first_version() -> None:
    faults = [Fault("not_a_number", "y", 17, "ch1")]
    kind, body = rendered(Problem("invalid_sample", "sample 17: y is null", faults, count=3), "id1")
    assert kind == "application/json"
    assert orjson.loads(body) == {
        "status": "error",
        "message": "sample 17: y is null",
        "code": "invalid_sample",
        "accepted": 0,
        "error_count": 3,
        "errors": [{"code": "not_a_number", "field": "y", "index": 17, "channel": "ch1"}],
        "request_id": "id1",
    }


def test_the_strict_shape_is_that_of_rfc_9457() -> None:
    problem = Problem("body_too_large", "larger than 10", details={"limit": "body", "max": 10})
    kind, body = rendered(problem, "id1", "application/problem+json")
    answer = orjson.loads(body)
    assert kind == "application/problem+json"
    assert answer["type"].endswith(":body_too_large")
    assert (answer["title"], answer["status"]) == ("Body too large", 413)
    assert (answer["detail"], answer["instance"]) == ("larger than 10", "urn:req:id1")
    assert (answer["limit"], answer["max"], answer["code"]) == ("body", 10, "body_too_large")


@pytest.mark.parametrize(
    ("accept", "strict"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/problem+json", True),
        ("text/html, Application/Problem+JSON;q=0.5", True),
        ("application/problem+json;q=0", False),
        ("application/problem+json; q=0.000", False),
    ],
)
def test_the_strict_shape_is_given_to_those_who_ask(accept: str, strict: bool) -> None:
    assert asks_strict(accept) is strict


def test_messages_are_short_and_ascii() -> None:
    problem = Problem("bad_json", "é" * 300)
    assert problem.message.isascii()
    assert len(problem.message) == 256
    assert shown("Ω" * 40).isascii()
    assert len(shown("x" * 40)) == 32


def test_at_most_a_hundred_faults_are_told_and_all_are_counted() -> None:
    problem = Problem("invalid_sample", "many", [Fault("missing", "x", i) for i in range(250)])
    body = problem.body("id")
    assert (len(problem.faults), body["error_count"]) == (100, 250)


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_status_and_a_title(code: str) -> None:
    problem = Problem(code, "text")
    assert 400 <= problem.status <= 599
    assert problem.title


class Broken(JsonHandler):
    def get(self) -> None:
        raise RuntimeError("secret")

    def post(self) -> None:
        raise Problem("overloaded", "too much", headers={"Retry-After": "1"})


class AnswersTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return Application([("/broken", Broken)], default_handler_class=NotFound)

    def answer(self, path: str, **options: Any) -> tuple[Any, Any]:
        response = self.fetch(path, allow_nonstandard_methods=True, **options)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        return response, orjson.loads(response.body) if response.body else None

    def test_a_bug_answers_500_with_a_request_id_and_no_traceback(self) -> None:
        with self.assertLogs("tornado.application", logging.ERROR) as logs:
            response, body = self.answer("/broken")
        assert response.code == 500
        assert body["code"] == "internal"
        assert b"secret" not in response.body
        assert body["request_id"] in logs.output[0]

    def test_a_problem_is_answered_as_it_says_and_not_logged(self) -> None:
        with self.assertNoLogs("tornado", logging.WARNING):
            response, body = self.answer("/broken", method="POST", body=b"")
        assert (response.code, response.headers["Retry-After"], body["code"]) == (503, "1", "overloaded")

    def test_a_path_that_does_not_exist_answers_404_in_json(self) -> None:
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            response, body = self.answer("/nowhere", method=method, body=None if method == "GET" else b"{}")
            assert (response.code, body["code"], body["status"]) == (404, "not_found", "error")

    def test_a_method_that_a_path_lacks_answers_405_with_allow(self) -> None:
        response, body = self.answer("/broken", method="PUT", body=b"x")
        assert (response.code, body["code"]) == (405, "method_not_allowed")
        assert set(response.headers["Allow"].split(", ")) == {"GET", "POST", "OPTIONS"}
        response, body = self.answer("/broken", method="BREW")
        assert (response.code, body["code"]) == (405, "method_not_allowed")

    def test_options_answers_204_with_allow_only(self) -> None:
        response, body = self.answer("/broken", method="OPTIONS")
        assert (response.code, body) == (204, None)
        assert "POST" in response.headers["Allow"]
        assert not [name for name in response.headers if name.startswith("Access-Control")]

    def test_a_harmless_request_id_is_kept_and_another_replaced(self) -> None:
        assert self.answer("/nowhere", headers={"X-Request-Id": "abc-1"})[1]["request_id"] == "abc-1"
        assert len(self.answer("/nowhere", headers={"X-Request-Id": "a b<c>"})[1]["request_id"]) == 32
