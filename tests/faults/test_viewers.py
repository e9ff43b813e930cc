"""Viewers that stall or leave: the others see on, and nothing of them stays."""

from __future__ import annotations

from tests.faults.short import short


def test_stalled_viewers_hold_nobody_up() -> None:
    short("F10")


def test_viewers_that_left_leave_nothing() -> None:
    short("F12")
