import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dsp.trigger import Edge
from app.memory.memory import Memory
from app.memory.record import Record
from app.memory.samples import Float64s
from app.scope import search as module
from app.scope.search import Level, Search, Searches
from app.scope.trigger import Triggering
from tests.dsp.trigger_oracles import Signal, events
from tests.scope.signals import NOW, send, streamed


def found(searches: Searches, record: Record, at: float, since: float = -1e300) -> float | None:
    return searches.of(record).newest(at, since)


def trigger(record: Record) -> Edge:
    """What a fresh search looks for."""
    search = Search(record, Triggering())
    search.look()
    assert isinstance(search.trigger, Edge)
    return search.trigger


def level(record: Record) -> Level:
    """The extremes that a fresh search found."""
    search = Search(record, Triggering())
    search.look()
    assert search.level is not None
    return search.level


def slowly(record: Record, own: Edge, at: float, since: float) -> float | None:
    start = record.segment().start
    x, y = record.offsets(start, record.total), record.y(start, record.total)
    breaks = (record.gap_starts(start + 1, record.total) - start).tolist()
    hits = events(Signal(x.tolist(), y.tolist(), breaks), own)
    return next((offset for _, offset in reversed(hits) if since <= offset <= at), None)


def same(hit: float | None, expected: float | None, x: Float64s | None = None) -> bool:
    """Whether both are the same event; at some places of random x the twin sees a cubic as monotone."""
    if hit is None or expected is None:
        return hit is expected
    between = x is not None and x.searchsorted(hit) == x.searchsorted(expected)
    return between or hit == pytest.approx(expected, rel=1e-9)


def noisy(n: int, rng: np.random.Generator) -> tuple[Float64s, Float64s]:
    """A signal with edges, noise around its middle, NaN and a constant stretch; its extremes at both ends."""
    x = np.cumsum(rng.exponential(size=n))
    y = np.sin(x / rng.uniform(2, 40)) + rng.normal(0, 0.1, n)
    y[rng.random(n) < 0.01] = np.nan
    y[n // 3 : n // 2] = rng.choice([0.0, 0.5, -0.01])
    y[: n // 8 : 7], y[-1], y[-2] = 2.0, 2.0, -2.0
    y[1 : n // 8 : 7] = -2.0
    return x, y


@given(st.integers(0, 1 << 30), st.lists(st.integers(1, 400), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_search_finds_what_a_slow_one_finds_however_the_samples_come(seed: int, blocks: list[int]) -> None:
    rng = np.random.default_rng(seed)
    x, y = noisy(sum(blocks) + 16, rng)
    memory, searches, at = Memory(100_000), Searches(), 0
    for n in [16, *blocks]:
        send(memory, "a", x[at : at + n], y[at : at + n])
        at += n
        record = memory.records["a"]
        searches.of(record).look()
    own = searches.of(record).trigger
    assert isinstance(own, Edge)
    for until, span in zip(rng.uniform(0, x[-2], 20), rng.exponential(x[-1] / 4, 20), strict=True):
        expected = slowly(record, own, until, until - span)
        hit = found(searches, record, until, until - span)
        assert same(hit, expected, x)


def test_the_level_is_in_the_middle_of_what_came_lately() -> None:
    slow = level(streamed(100, 5, np.sin).records["ch1"])
    assert (slow.low, slow.high) == pytest.approx((-1, np.sin(3.5)), abs=0.02)
    fast = level(streamed(200_000, 2, lambda x: 3 + np.sin(2 * np.pi * 50 * x)).records["ch1"])
    assert (fast.low, fast.high) == pytest.approx((2, 4), abs=1e-6)


@pytest.mark.parametrize("size", [0.05, 20.0])
def test_the_level_follows_a_signal_that_changes(size: float) -> None:
    memory, searches = streamed(10_000, 3, lambda x: np.sin(2 * np.pi * 50 * x)), Searches()
    record = memory.records["ch1"]
    assert found(searches, record, 2.95, 2.85) is not None
    for n in range(20):
        x = 3 + n / 10 + np.arange(1000) / 10_000
        send(memory, "ch1", x, 7 + size * np.sin(2 * np.pi * 50 * x), NOW + 3.1 + n / 10)
        hit = found(searches, record, x[-1] - 0.05, x[-1] - 0.15)
    own = searches.of(record).trigger
    assert isinstance(own, Edge)
    assert own.level == pytest.approx(7, abs=0.1 * size)
    assert hit is not None
    assert (hit * 50 + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.02)


def test_noise_on_the_extremes_does_not_move_the_level() -> None:
    memory, searches, levels = Memory(100_000), Searches(), []
    rng = np.random.default_rng(4)
    for n in range(60):
        x = n / 10 + np.arange(1000) / 10_000
        send(memory, "a", x, np.sin(300 * x) + rng.normal(0, 0.01, 1000), NOW + n / 10)
        levels.append((searches.of(memory.records["a"]).look(), searches.of(memory.records["a"]).level)[1])
    assert len(set(levels[5:])) == 1


@pytest.mark.parametrize("y", [np.full(500, np.nan), np.ones(500), np.zeros(500)])
def test_where_nothing_rises_nothing_is_found(y: Float64s) -> None:
    memory = Memory(1000)
    send(memory, "a", np.arange(500.0), y)
    assert found(Searches(), memory.records["a"], 400) is None


def test_a_search_begins_afresh_where_x_does() -> None:
    memory, searches = Memory(10_000), Searches()
    send(memory, "a", np.arange(500.0), np.sin(np.arange(500.0)))
    record = memory.records["a"]
    assert found(searches, record, 400) is not None
    send(memory, "a", np.arange(0.0, 50), np.cos(np.arange(50.0)))
    hit = found(searches, record, 45)
    assert hit is not None
    own = searches.of(record).trigger
    assert isinstance(own, Edge)
    assert same(hit, slowly(record, own, 45, 0))
    assert found(searches, record, 0.5) is None


def test_what_the_ring_has_overwritten_is_not_found() -> None:
    memory, searches = Memory(1000), Searches()
    x = np.arange(400.0)
    for n in range(12):
        send(memory, "a", 400 * n + x, np.sin(x / 20))
        searches.of(memory.records["a"]).look()
    record = memory.records["a"]
    oldest = record.offsets(record.first, record.first + 1)[0]
    assert found(searches, record, oldest - 1) is None
    for at in np.linspace(oldest, 4799, 50):
        assert same(found(searches, record, at), slowly(record, trigger(record), at, -1))


def test_a_record_that_is_given_less_room_is_still_searched() -> None:
    memory, searches = Memory(40_000, budget=18 * 40_000), Searches()
    send(memory, "a", np.arange(40_000.0), np.sin(np.arange(40_000) / 50))
    record = memory.records["a"]
    assert found(searches, record, 5000) is not None
    for n in range(3):
        send(memory, f"b{n}", [1.0], [1.0])
    assert record.first > 5000
    assert found(searches, record, 5000) is None
    assert found(searches, record, 39_000) is not None


def test_a_channel_made_anew_has_a_search_of_its_own_and_a_gone_one_has_none() -> None:
    memory, searches = Memory(1000), Searches()
    send(memory, "a", np.arange(500.0), np.sin(np.arange(500.0)))
    assert found(searches, memory.records["a"], 400) is not None
    memory.delete("a")
    send(memory, "a", np.arange(500.0), np.zeros(500))
    assert found(searches, memory.records["a"], 400) is None
    gc.collect()
    assert len(searches) == 1


def test_a_search_begins_with_the_newest_samples_and_looks_for_older_edges_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SEARCHED", 3000)
    monkeypatch.setattr(module, "LOOKS", (100, 1000, 3000))
    memory, searches = Memory(100_000), Searches()
    x = np.arange(10_000.0)
    send(memory, "a", x, np.sin(2 * np.pi * x / 1700))
    record = memory.records["a"]
    searches.of(record).look()
    own = trigger(record)
    for at in (9900.0, 6300.0, 4000.0, 2000.0):
        assert same(found(searches, record, at), slowly(record, own, at, 0))
    assert found(searches, record, 3300.0, 2000.0) is None


def test_of_very_many_edges_the_newest_are_kept_and_older_ones_are_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEPT", 100)
    memory, searches = Memory(100_000), Searches()
    for n in range(10):
        send(memory, "a", 1000 * n + np.arange(1000.0), np.tile([0.0, 1.0], 500))
        searches.of(memory.records["a"]).look()
    record = memory.records["a"]
    for at in (9997.0, 9700.0, 5000.2, 0.7):
        assert found(searches, record, at) == np.floor((at - 0.5) / 2) * 2 + 0.5


def test_many_views_of_one_channel_look_at_a_sample_once(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, searches = streamed(100_000, 2, lambda x: np.sin(2 * np.pi * 50 * x)), Searches()
    record = memory.records["ch1"]
    found(searches, record, 1.9)
    looked: list[int] = []
    own = Search._scan

    def counted(self: Search, record: Record, *rest: object) -> None:
        looked.append(record.total - self._seen)
        own(self, record, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Search, "_scan", counted)
    send(memory, "ch1", 2 + np.arange(3000) / 100_000, np.zeros(3000), NOW + 2.03)
    for span in np.geomspace(1e-4, 0.5, 50):
        assert found(searches, record, 2.02 - span / 2, 2.02 - 1.5 * span - 0.02) is not None
    assert looked == [3000]
