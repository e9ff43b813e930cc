"""The log of a trigger against a finder that looks at everything at once."""

from __future__ import annotations

import numpy as np
import pytest

from app.dsp.edges import Slope
from app.dsp.finder import Finder
from app.dsp.trigger import Edge, Timeout, Trigger
from app.memory.memory import Memory
from app.scope import log as module
from app.scope.log import Log, Logs
from tests.scope.signals import send

EDGE = Edge(level=0.0, hysteresis=0.2, slope=Slope.EITHER)
SIZES = (1, 2, 700, 256, 41)


def noisy(n: int, start: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    x = start + np.arange(n) / 1000
    return x, np.sin(60 * x) + np.random.default_rng(n).normal(0, 0.3, n)


def looked(log: Log) -> Log:
    while log.step():
        pass
    return log


def twin(trigger: Trigger, runs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[list[int], list[float]]:
    """Numbers and x of all events, run by run."""
    numbers, found, start = [], [], 0
    for x, y in runs:
        finder = Finder(trigger)
        for events in (finder.feed(start, x, y), finder.pending):
            numbers += events.numbers.tolist()
            found += events.x.tolist()
        start += len(x)
    return numbers, found


@pytest.mark.parametrize("trigger", [EDGE, Timeout(level=0.0, hysteresis=0.2, slope=Slope.RISING, time=0.05)])
@pytest.mark.parametrize("block", [1, 7, 65_536])
def test_what_is_remembered_is_what_is_there(
    monkeypatch: pytest.MonkeyPatch, block: int, trigger: Trigger
) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    memory, runs = Memory(100_000), [noisy(1000), noisy(1000), noisy(1000, 50.0)]
    log: Log | None = None
    for run in runs:
        at = 0
        for size in SIZES:
            send(memory, "a", run[0][at : at + size], run[1][at : at + size])
            log = log or Log(memory.records["a"], trigger, 0.0)
            looked(log)
            at += size
    assert log is not None
    page, total = log.page(10_000)
    numbers, found = twin(trigger, runs)
    assert (page.numbers.tolist(), total, page.first) == (numbers, len(numbers), 1)
    np.testing.assert_allclose(page.base + page.x, found, rtol=0, atol=1e-12)
    offsets = np.concatenate([x for x, _ in runs])
    np.testing.assert_allclose(offsets[page.numbers] + page.dx, found, rtol=0, atol=1e-12)


def test_pages_before_and_after_a_sample() -> None:
    memory = Memory(100_000)
    send(memory, "a", *noisy(3000))
    log = looked(Log(memory.records["a"], EDGE, 0.0))
    numbers = log.page(10_000)[0].numbers.tolist()
    for k in (0, 1, 17, len(numbers) - 1):
        n = numbers[k]
        before, after = log.page(5, before=n)[0], log.page(5, after=n)[0]
        assert before.numbers.tolist() == numbers[max(0, k - 5) : k]
        assert after.numbers.tolist() == numbers[k + 1 : k + 6]
        assert (before.first, after.first) == (max(0, k - 5) + 1, k + 2)
        assert log.page(3, before=n, after=numbers[0])[0].numbers.tolist() == numbers[max(1, k - 3) : k]


def test_what_has_left_the_record_is_forgotten_and_numbers_stay() -> None:
    memory = Memory(2000)
    send(memory, "a", *noisy(2000))
    record = memory.records["a"]
    log = looked(Log(record, EDGE, 0.0))
    before = log.page(10_000)[0]
    send(memory, "a", *noisy(500, 2.0))
    after, total = looked(log).page(10_000)
    assert after.numbers[0] >= record.first > before.numbers[0]
    assert total == len(after)
    kept = before.numbers.tolist().index(int(after.numbers[0]))
    assert after.first == kept + 1


def test_samples_that_came_and_went_between_two_looks_are_no_error() -> None:
    memory = Memory(1000)
    send(memory, "a", *noisy(1000))
    log = looked(Log(memory.records["a"], EDGE, 0.0))
    for k in range(5):
        send(memory, "a", *noisy(700, 1.0 + 0.7 * k))
    page, _ = looked(log).page(10_000)
    assert page.numbers[0] >= memory.records["a"].first
    assert np.all(np.diff(page.numbers) >= 0)


def test_of_too_many_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 50)
    monkeypatch.setattr(module, "BLOCK", 100)
    memory = Memory(100_000)
    send(memory, "a", *noisy(10_000))
    log = looked(Log(memory.records["a"], EDGE, 0.0))
    numbers, _ = twin(EDGE, [noisy(10_000)])
    page, total = log.page(1000)
    assert total == len(page) <= 51
    assert page.numbers.tolist() == numbers[-total:]
    assert page.first == len(numbers) - total + 1


def test_logs_of_channels_that_are_gone_go_with_them() -> None:
    memory, logs = Memory(1000), Logs()
    send(memory, "a", *noisy(100))
    log = logs.of(memory.records["a"], EDGE, 0.0)
    assert logs.of(memory.records["a"], EDGE, 0.0) is log
    assert logs.of(memory.records["a"], EDGE, 0.1) is not log
    memory.delete("a")
    assert not log.alive
    assert log.page(10)[1] == 0
