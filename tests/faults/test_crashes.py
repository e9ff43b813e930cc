"""What is killed comes back, with all that it promised to keep."""

from __future__ import annotations

from tests.faults.short import short


def test_what_a_killed_app_held_in_memory_is_all_that_is_lost() -> None:
    assert short("F2").lost == 0
