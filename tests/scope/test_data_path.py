"""What is known of the way of a channel's samples."""

from __future__ import annotations

import numpy as np
import pytest

from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.scope.data_path import ahead, data_path, dated, skew

NOW = 1_700_000_000.0


def sent(x: float, now: float = NOW, origin: Origin = Origin.DATA) -> Memory:
    memory = Memory(1000)
    base = int(x * 1e9) if origin is Origin.CLOCK else x
    memory.append([Samples("ch1", base, np.zeros(1), np.ones(1), origin)], now)
    return memory


@pytest.mark.parametrize(("x", "expected"), [(NOW + 2.5, 2.5), (NOW - 60, -60.0), (12.0, None), (-1.0, None)])
def test_the_clock_of_a_sender_is_compared_where_x_is_a_time(x: float, expected: float | None) -> None:
    assert skew(sent(x).records["ch1"]) == expected


def test_our_own_clock_is_not_compared_with_itself() -> None:
    assert skew(sent(NOW, origin=Origin.CLOCK).records["ch1"]) is None


@pytest.mark.parametrize(
    ("x", "unit", "expected"),
    [(NOW, "s", True), (NOW - 1e7, "s", True), (NOW, "Hz", False), (NOW, "", False), (12.0, "s", False)],
)
def test_seconds_since_1970_are_the_time_of_day(x: float, unit: str, expected: bool) -> None:
    memory = Memory(1000)
    memory.append([Samples("ch1", x, np.zeros(1), np.ones(1), Origin.DATA, x_unit=unit)], NOW)
    assert dated(memory.records["ch1"]) is expected


def test_our_own_clock_is_the_time_of_day() -> None:
    assert dated(sent(NOW, origin=Origin.CLOCK).records["ch1"])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "+0.012 s"), (-0.5, "-0.500 s"), (9.99951, "+10.0 s"), (-60.0, "-60.0 s"), (7200.0, "+2.00 h")],
)
def test_a_difference_is_told_as_exactly_as_it_is_worth_while(seconds: float, text: str) -> None:
    assert ahead(seconds) == text


def test_losses_are_told_only_where_they_are_known() -> None:
    memory = sent(1.0)
    record = memory.records["ch1"]
    assert data_path(record) == {"gaps": "0", "lost": "-", "skew": ""}
    record.miss(0)
    assert data_path(record)["lost"] == "0"
    record.miss(3)
    assert data_path(record)["lost"] == "3"
