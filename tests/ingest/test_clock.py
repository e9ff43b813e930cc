"""clock=unix: a t0 that is told by a clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.memory.samples import Origin
from tests.serving import Served, serving

NOW = 1_700_000_000


@pytest.fixture
def scope() -> Iterator[Served]:
    with serving() as served:
        yield served


def raw(scope: Served, n: int, query: str) -> dict[str, object]:
    body = np.zeros(n, np.float32).tobytes()
    path = f"/data?channel=mic&dtype=f4&rate=1000{query}"
    status, answer = scope.ask("POST", path, body, Content_Type="application/octet-stream")
    assert status == 200, answer
    return dict(answer)


def test_a_block_goes_on_where_one_by_the_servers_clock_ended(scope: Served) -> None:
    first = raw(scope, 100, "")
    raw(scope, 100, f"&t0={float(str(first['x0'])) + 0.1!r}&clock=unix")
    record = scope.memory.records["mic"]
    assert (record.origin, record.x_unit) == (Origin.CLOCK, "s")
    assert record.segment(0).start == record.segment(199).start
    assert np.diff(record.x(0, 200)) == pytest.approx(0.001, abs=1e-6)


def test_columns_may_have_one_too(scope: Served) -> None:
    columns = {"t0": NOW + 0.25, "dt": 0.5, "clock": "unix", "channels": {"a": [1, 2]}}
    assert scope.post(columns)[0] == 200
    record = scope.memory.records["a"]
    assert record.origin is Origin.CLOCK
    assert record.x(0, 2).tolist() == pytest.approx([NOW + 0.25, NOW + 0.75], rel=0, abs=1e-6)


@pytest.mark.parametrize(
    ("t0", "clock", "code"),
    [(0, "swatch", "invalid_sample"), (0, 7, "invalid_sample"), (1e13, "unix", "out_of_range")],
)
def test_what_is_no_time_is_refused(scope: Served, t0: float, clock: object, code: str) -> None:
    status, answer = scope.post({"t0": t0, "dt": 1, "clock": clock, "y": [1, 2]})
    assert (status, answer["code"]) == (400, code)
    assert not scope.memory.records
