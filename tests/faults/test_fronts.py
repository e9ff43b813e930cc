"""What stands in front, and what comes to it: drains, reloads, storms of viewers, slow connections."""

from __future__ import annotations

from tests.faults.short import short
from tests.launch.conftest import needs_nginx


def test_sigterm_cuts_nothing_off() -> None:
    assert short("F8").lost == 0


@needs_nginx
def test_a_reload_of_nginx_fails_no_post() -> None:
    assert short("F9").lost == 0


def test_viewers_that_are_cut_off_all_come_back() -> None:
    assert short("F13").lost == 0


def test_slow_connections_end_and_healthy_ones_go_on() -> None:
    short("F17")
