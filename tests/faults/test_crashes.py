"""What is killed comes back, with all that it promised to keep."""

from __future__ import annotations

import pytest

from tests.faults.short import short


@pytest.mark.parametrize("name", ["F1", "F33"])
def test_nothing_that_a_killed_app_has_acknowledged_is_lost(name: str) -> None:
    result = short(name)
    assert (result.lost, result.twice) == (0, 0)


def test_what_a_killed_app_held_in_memory_is_all_that_is_lost() -> None:
    assert short("F2").lost == 0
