"""Clients that mean no good get nowhere, and nobody else notices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.bodies import LIMITS, at_rest
from tests.faults.places import App
from tests.faults.short import short


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One for all bodies."""
    made = App(settings=LIMITS, folder=tmp_path_factory.mktemp("bodies"))
    made.launch()
    try:
        asyncio.run(at_rest(made))
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("name", ["F18", "F19", "F20"])
def test_bodies_that_lie_explode_or_are_wrong_cost_nothing(app: App, name: str) -> None:
    short(name, app)


def test_pages_of_other_hosts_enter_by_no_door() -> None:
    short("F22")


def test_no_wrong_token_opens_and_no_token_is_told() -> None:
    short("F23")


def test_without_files_it_waits_for_some() -> None:
    short("F29")
