"""Everything at once, for a few seconds."""

from __future__ import annotations

from tests.faults.running import Run, folder_for, told
from tests.faults.short import SEED
from tests.faults.soak import once


def test_nothing_is_lost_and_nothing_fails_when_everything_comes_at_once() -> None:
    with folder_for("soak") as folder:
        run = Run("soak", SEED, 1, folder, timed=False, long=False)
        result, samples, heard = once(run, 12.0)
        assert not result.wrong, told(run, result)
        assert len(samples.rows) >= 1
        assert heard.bad[400] > 10
        assert result.times >= 1
