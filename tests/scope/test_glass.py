"""Persistence and the zoom window: in the link, let go of, and kept by a stopped screen."""

from __future__ import annotations

from urllib.parse import parse_qs

import numpy as np
import pytest

from app.scope.link import query, recall
from app.scope.scope import Scope
from app.scope.search import Searches
from tests.scope.signals import streamed


def read(text: str) -> tuple[Scope, list[str]]:
    scope = Scope()
    return scope, recall(scope, parse_qs(text))


@pytest.mark.parametrize("text", ["persist=0.3", "persist=inf", "zoom=0.002", "persist=1&zoom=5,-0.25"])
def test_a_link_gives_back_what_the_glass_shows(text: str) -> None:
    scope, refused = read(text)
    assert refused == []
    assert query(scope).replace("%2C", ",") == text
    assert scope.view() == Scope().view()
    scope.default()
    assert query(scope) == ""


@pytest.mark.parametrize(
    "text", ["persist=-1", "persist=nan", "persist=1e-3", "zoom=0", "zoom=-1", "zoom=1,x"]
)
def test_nonsense_is_named_and_changes_nothing(text: str) -> None:
    scope, refused = read(text)
    assert refused == [text.partition("=")[0]]
    assert query(scope) == ""


def test_autoset_ends_the_zoom_and_keeps_the_persistence() -> None:
    scope, _ = read("persist=3&zoom=1")
    scope.autoset()
    assert query(scope) == "persist=3"


@pytest.mark.parametrize(("zoom", "shown"), [("&zoom=0.05", 0.999), ("", 0.0)])
def test_a_stopped_screen_keeps_the_main_window_around_it(zoom: str, shown: float) -> None:
    memory = streamed(10_000, 3, lambda x: np.sin(2 * np.pi * 7 * x))
    scope, _ = read("tb=0.005&t.mode=normal" + zoom)
    scope.settle(memory)
    scope.stop(memory, None, Searches())
    scope.delay(-0.2)
    trace = scope.frame(memory, Searches()).traces.get(0)
    seen = 0.0 if trace is None or len(trace.x) < 2 else np.ptp(trace.x) / (trace.ends[1] - trace.ends[0])
    assert (seen >= shown) if zoom else (seen == shown)
