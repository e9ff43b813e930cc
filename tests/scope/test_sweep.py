import numpy as np
import pytest

from app.memory.memory import Memory
from app.scope.search import Searches
from app.scope.sweep import anchors, leading
from tests.scope.signals import NOW, filled, send, streamed


def held(memory: Memory, span: float) -> dict[str, tuple[float, float]]:
    found = anchors(list(memory.records.values()), span, Searches())
    return {name: (anchor.offset, anchor.reference) for name, anchor in found.items()}


def test_a_slow_screen_rolls_with_the_newest_sample() -> None:
    memory = streamed(100, 5, lambda x: np.sin(2 * np.pi * x))
    assert held(memory, 10)["ch1"] == pytest.approx((4.99, 1.0))


def test_a_fast_screen_is_held_by_the_newest_edge_with_half_a_screen_after_it() -> None:
    memory = streamed(10_000, 3, lambda x: np.sin(2 * np.pi * 50 * x))
    offset, reference = held(memory, 0.1)["ch1"]
    assert reference == 0.5
    assert offset <= 3 - 0.05
    assert (offset * 50) % 1 == pytest.approx(0, abs=1e-3) or (offset * 50) % 1 == pytest.approx(1, abs=1e-3)


def test_a_screen_shorter_than_a_period_waits_for_the_next_edge() -> None:
    memory = streamed(10_000, 3.15, lambda x: np.sin(2 * np.pi * 5 * x))
    offset, reference = held(memory, 0.02)["ch1"]
    assert (offset, reference) == (pytest.approx(3.0, abs=1e-3), 0.5)


def test_a_signal_slower_than_that_runs_freely() -> None:
    memory = streamed(10_000, 3.8, lambda x: np.sin(2 * np.pi * x))
    assert held(memory, 0.02)["ch1"][1] == 1.0


@pytest.mark.parametrize("pace", [0.9, 1.1])
def test_at_the_slowest_sweep_the_screen_rolls_whatever_the_estimate_of_the_pace(pace: float) -> None:
    memory = Memory(100_000)
    for n in range(30):
        x = pace * (n * 100 + np.arange(100)) / 1000
        send(memory, "ch1", x, np.sin(2 * np.pi * 5 * x), NOW + n / 10)
    assert held(memory, 1.0)["ch1"][1] == 1.0


def test_a_fast_screen_without_an_edge_runs_freely() -> None:
    memory = streamed(10_000, 3, lambda x: np.ones_like(x))
    assert held(memory, 0.1)["ch1"][1] == 1.0


def test_channels_with_one_x_share_the_border() -> None:
    x = np.arange(100.0)
    memory = filled(("a", x, x), ("b", x[:90], x[:90]))
    assert held(memory, 50)["a"] == held(memory, 50)["b"] == (99.0, 1.0)


def test_a_sender_with_another_zero_has_its_own_border() -> None:
    memory = filled(("a", np.arange(100.0), np.zeros(100)), ("b", 1e6 + np.arange(100.0), np.zeros(100)))
    assert held(memory, 50) == {"a": (99.0, 1.0), "b": (1e6 + 99, 1.0)}


def test_a_channel_that_fell_silent_still_shares_the_axis() -> None:
    memory = streamed(100, 5, np.sin, "a")
    for n in range(3000):  # ten minutes at a fifth of a second, while b keeps silent
        send(memory, "a", [5 + n / 5], [0], NOW + 5 + n / 5)
        if n == 0:
            send(memory, "b", [5.0], [1], NOW + 5)
    assert held(memory, 10)["b"] == held(memory, 10)["a"]


def test_the_lowest_channel_that_receives_leads() -> None:
    memory = filled(("a", [1.0], [1.0]), ("b", [1.0], [1.0]))
    assert leading(list(memory.records.values())).name == "a"
    send(memory, "b", [2.0], [1.0], NOW + 60)
    assert leading(list(memory.records.values())).name == "b"


def test_nothing_is_held_of_nothing() -> None:
    assert anchors([], 1.0, Searches()) == {}


def test_a_first_sample_stands_in_the_middle() -> None:
    memory = filled(("a", [12.34], [1.0]), ("b", [12.34], [1.0]))
    assert held(memory, 10) == {"a": (12.34, 0.5), "b": (12.34, 0.5)}
    send(memory, "b", [13.0], [1.0])
    assert held(memory, 10)["b"] == (13.0, 1.0)
