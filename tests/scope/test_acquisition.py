"""What each acquisition makes of the samples, against a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from signals import filled

import app.scope.acquisition as acquisition
from app.dsp.envelope import Columns
from app.memory.memory import Memory
from app.scope.acquisition import ACQUISITIONS, Acquisition
from app.scope.autoset import Setup
from app.scope.frame import Frame, Trace
from app.scope.search import Searches
from app.scope.view import View, frame

SPAN = 10.0
RNG = np.random.default_rng(5)


def look(memory: Memory, mode: str, tb: float = SPAN / 10, setup: Setup = Setup()) -> Frame:  # noqa: B008
    return frame(View(units_per_div=tb, acquisition=Acquisition(mode)), memory, setup, Searches())


def trace(memory: Memory, mode: str, tb: float = SPAN / 10) -> Trace:
    return look(memory, mode, tb).traces[0]


def columns_of(memory: Memory, shown: Trace) -> list[np.ndarray]:
    """The samples of each column of a trace, slowly: each belongs to the column whose middle is nearest."""
    record = memory.records["a"]
    x, y = record.x(shown.start, shown.stop) - shown.x0, record.y(shown.start, shown.stop)
    middles = np.unique(shown.x)
    nearest = np.abs(x[:, None] - middles[None, :]).argmin(axis=1)
    return [y[nearest == k] for k in range(len(middles))]


def test_few_samples_are_drawn_as_they_are_in_every_mode() -> None:
    x = np.arange(100) / 10
    memory = filled(("a", x, np.sin(x)))
    for mode in ACQUISITIONS:
        shown = trace(memory, mode)
        np.testing.assert_allclose(shown.y, np.sin(x))
        np.testing.assert_allclose(shown.x0 + shown.x, x)


@pytest.mark.parametrize("n", [1500, 5000, 60_000])
def test_high_resolution_is_the_mean_of_each_column(n: int) -> None:
    x, y = np.arange(n) * (SPAN / n), RNG.normal(5, 1, n)
    memory = filled(("a", x, y))
    shown = trace(memory, "high-resolution")
    wanted = [part.mean() for part in columns_of(memory, shown)]
    exact = np.isclose(shown.y, wanted, atol=1e-12)  # a column may begin a quarter of itself early
    assert len(shown.y) > 900
    assert exact.mean() > 0.9 or n > 5000
    np.testing.assert_allclose(shown.y, wanted, atol=6 / np.sqrt(n / len(shown.y)))


def test_high_resolution_gains_half_a_bit_for_each_doubling() -> None:
    gains = []
    for n in (16, 64):
        y = RNG.normal(0, 1, 1020 * n)
        memory = filled(("a", np.arange(len(y)) * (SPAN / len(y)), y))
        gains.append(-np.log2(trace(memory, "high-resolution").y.std()))
    assert gains == pytest.approx([0.5 * np.log2(16), 0.5 * np.log2(64)], abs=0.15)


def test_a_sample_is_the_first_of_its_column() -> None:
    memory = filled(("a", np.arange(20_000) * (SPAN / 20_000), RNG.normal(0, 1, 20_000)))
    shown, peak = trace(memory, "sample"), trace(memory, "peak")
    firsts = [part[0] for part in columns_of(memory, shown)]
    assert np.isclose(shown.y, firsts).mean() > 0.6  # the twin cuts at the border, not at a bucket's start
    assert shown.y.min() >= peak.y.min()
    assert len(peak.y) == 2 * len(shown.y)


def test_gaps_stay_gaps_and_missing_values_are_left_out() -> None:
    x = np.arange(20_000) * (SPAN / 20_000)
    y = np.ones(20_000)
    y[5000] = np.nan
    pause = (x < 6) | (x > 7)
    shown = trace(filled(("a", x[pause], y[pause])), "high-resolution")
    assert np.nanmax(shown.y) == np.nanmin(shown.y) == 1
    (broken,) = np.flatnonzero(np.isnan(shown.y))
    assert shown.x0 + shown.x[broken] == pytest.approx(7, abs=0.02)


def test_a_rolling_column_stays_as_it_is() -> None:
    x = np.arange(60_000) * (SPAN / 20_000)
    y = RNG.normal(0, 1, len(x))
    found = {}
    for n in (50_000, 50_100, 50_160):
        shown = trace(filled(("a", x[:n], y[:n])), "high-resolution")
        found[n] = dict(zip(np.round(shown.x0 + shown.x, 6), shown.y, strict=True))
    old, new = found[50_000], found[50_160]
    same = [place for place in old if place in new]
    assert len(same) > 900
    assert sum(old[place] != new[place] for place in same) <= 1


def test_of_very_many_samples_only_some_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 100_000
    memory = filled(("a", np.arange(n) * (SPAN / n), RNG.normal(3, 1, n)))
    every = trace(memory, "high-resolution")
    monkeypatch.setattr(acquisition, "SUMMED", 10_000)
    some = trace(memory, "high-resolution")
    np.testing.assert_allclose(some.x, every.x)
    assert np.abs(some.y - every.y).max() < 6 / np.sqrt(6)
    assert some.y.std() > every.y.std()


def test_a_mean_of_nothing() -> None:
    none = np.empty(0, np.int64)
    record = filled(("a", np.arange(10.0), np.arange(10.0))).records["a"]
    nothing = Columns(none, np.empty(0), np.empty(0), none, none)
    assert [len(mode.detect(record, nothing)) for mode in ACQUISITIONS.values()] == [0] * len(ACQUISITIONS)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="no acquisition"):
        Acquisition().turned("best")
