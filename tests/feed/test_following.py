"""Frames of real records: what follows adds up to the whole, and is short."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from frames import Beam, Viewer, received

from app.feed.wire import full
from app.memory.memory import Memory
from app.memory.samples import Float64s, Origin, Samples
from app.scope.autoset import Setup
from app.scope.search import Searches
from app.scope.view import View, frame

NOW = 1_700_000_000.0
Xs = Callable[[Float64s], Float64s]


def rolled(x_of: Xs, view: View, *, points: int, size: int, blocks: int, rows: int = 2048) -> Viewer:
    """A viewer that took a frame after each block of samples, each compared with a full one."""
    memory, searches, beam, viewer = Memory(points), Searches(), Beam(), Viewer()
    rng = np.random.default_rng(size)
    for n in range(blocks):
        places = x_of(n * size + np.arange(size, dtype=np.float64))
        for name in ("ch1", "ch2"):
            y = np.cumsum(rng.normal(size=size))
            memory.append([Samples(name, 0.0, places, y, Origin.DATA)], NOW + n)
        found = beam.frame(frame(view, memory, Setup(), searches, rows), {"samples": str(n)})
        seen, whole = viewer.take(found), received(full(found))
        assert seen.readouts == whole.readouts
        assert list(seen.traces) == list(whole.traces)
        for slot, line in whole.traces.items():
            mine = seen.traces[slot]
            np.testing.assert_array_equal(mine.y, line.y)
            np.testing.assert_allclose(mine.x, line.x, rtol=2**-23)
            np.testing.assert_array_equal(mine.dots, line.dots)
            assert (mine.ends, mine.about["x0"]) == (line.ends, line.about["x0"])
    return viewer


def regular(n: Float64s) -> Float64s:
    return n / 1000


def jittery(n: Float64s) -> Float64s:
    return (n + np.sin(n * 12.9898) * 0.4) / 1000


def gaps(n: Float64s) -> Float64s:
    return (n + 3000 * (n // 5000)) / 1000


@pytest.mark.parametrize("x_of", [regular, jittery, gaps])
@pytest.mark.parametrize("tb", [0.05, 1.0])
def test_a_rolling_screen_is_sent_by_what_is_new(x_of: Xs, tb: float) -> None:
    viewer = rolled(x_of, View(tb), points=100_000, size=33, blocks=400)
    assert viewer.followed > 350
    assert viewer.bytes / 400 < 2500


def test_a_record_that_loses_its_oldest_samples_goes_on_too() -> None:
    viewer = rolled(regular, View(1.0), points=5000, size=33, blocks=400)
    assert viewer.followed > 300


def test_a_figure_is_sent_by_what_is_new() -> None:
    viewer = rolled(lambda n: np.cos(n / 50), View(0.2), points=10_000, size=10, blocks=300)
    assert viewer.followed > 250
