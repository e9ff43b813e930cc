"""Redis is killed, hangs, forgets or trims: nothing acknowledged is lost, and what is missed is known."""

from __future__ import annotations

import pytest

from tests.faults.short import short
from tests.redis_server import needs_redis

pytestmark = needs_redis


@pytest.mark.parametrize("name", ["F3", "F4", "F5"])
def test_whatever_redis_does_nothing_acknowledged_is_lost_or_stored_twice(name: str) -> None:
    result = short(name)
    assert (result.lost, result.twice) == (0, 0)


def test_a_redis_that_forgot_is_noticed_and_what_is_in_memory_stays() -> None:
    assert short("F6").lost == 0


def test_what_a_sleeping_process_missed_is_counted_exactly() -> None:
    assert short("F7").lost == 0
