"""Recordings played again: in their own time, faster, in a loop, and until something is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import numpy as np
import pytest

from app.ingest.fields import channel_name
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import Problem
from app.store import replay
from app.store.block import taken
from app.store.entry import Entry
from app.store.recordings import NotNow, Recordings
from app.store.replay import FASTEST, LONGEST_PAUSE, NS, STEP, Pace, Replays, name
from app.store.writing import Table
from tests.store.loops import finished

START = 1_700_000_000_123_456_789
SPAN = 1.0  # s


class Bench:
    """A folder with one recording of a second: a wave by the clock, and one with x of its own."""

    def __init__(self, folder: Path, why: Problem | None = None, late: bool = False) -> None:
        self.memory, self.why, self.late, self.batches = Memory(100_000), why, late, 0
        self.recordings = Recordings(folder, dict, most=9, largest=1 << 30, notices={})
        self.replays = Replays(self.recordings, self.put)
        source, writer = Memory(10_000), Table()
        offsets = np.linspace(0, SPAN, 500)
        for base, channel, origin in ((START, "clock", Origin.CLOCK), (5.0, "own", Origin.DATA)):
            samples = Samples(channel, base, offsets, np.sin(9 * offsets), origin, None, "V")
            source.append([samples], START / 1e9)
        came = START, START + int(SPAN * NS)
        blocks = [taken(record, 0, 500, came) for record in source.records.values()]
        self.recordings.file(1, "csv").write_bytes(writer.begin() + writer.block(blocks))
        self.recordings.kept.things[1] = Entry(1, "csv", (), 0.0, 1.0)

    def put(self, batch: list[Samples], now: float) -> Awaitable[object] | object:
        if self.why is not None:
            raise self.why
        self.batches += 1
        done = self.memory.append(batch, now)
        if not self.late:
            return done
        future = asyncio.get_running_loop().create_future()
        future.set_result(done)
        return future

    async def over(self) -> None:
        while self.replays.told:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("speed", [0.0, 10.0])
def test_everything_is_played_under_its_own_names(tmp_path: Path, speed: float, late: bool) -> None:
    async def work() -> tuple[Bench, float]:
        bench = Bench(tmp_path, late=late)
        began = asyncio.get_running_loop().time()
        playing = bench.replays.start(1, speed)
        await bench.over()
        assert playing.samples == 1000
        return bench, asyncio.get_running_loop().time() - began

    bench, lasted = finished(work())
    assert set(bench.memory.records) == {"replay/clock", "replay/own"}
    clock, own = bench.memory.records["replay/clock"], bench.memory.records["replay/own"]
    assert clock.segment().base == START
    np.testing.assert_allclose(own.x(0, 500), 5 + np.linspace(0, SPAN, 500), rtol=1e-15)
    assert (clock.total, own.total, own.unit) == (500, 500, "V")
    if speed:
        assert lasted >= SPAN / speed
        assert bench.batches > 1


def test_in_its_own_time_channels_go_on_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(replay, "Pace", lambda speed: Pace(speed, lambda: now[0]))

    async def work() -> None:
        bench = Bench(tmp_path)
        bench.replays.start(1, 1.0)
        while "replay/clock" not in bench.memory.records:
            await asyncio.sleep(0.001)
        for share in (0.25, 0.5, 0.9):
            now[0] = share * SPAN
            while len(bench.memory.records) < 2 or bench.memory.records["replay/own"].total < share * 490:
                await asyncio.sleep(0.001)
            totals = [record.total for record in bench.memory.records.values()]
            assert max(totals) - min(totals) <= 3
            assert max(totals) <= share * 500 + 2
        await bench.replays.close()
        assert bench.replays.told == []

    finished(work())


def test_a_loop_begins_again_until_it_is_stopped(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.replays.start(1, 0.0, loop=True)
        while bench.memory.accepted < 3000:
            await asyncio.sleep(0.001)
        assert bench.replays.told[0]["loop"] is True
        assert bench.replays.stop(1)
        assert not bench.replays.stop(1)
        n = bench.memory.accepted
        await asyncio.sleep(0.05)
        assert bench.memory.accepted == n

    finished(work())


def test_a_long_silence_is_shortened_and_the_rest_keeps_its_pace() -> None:
    now = [100.0]
    pace = Pace(2.0, lambda: now[0])
    pace.begin(START)
    assert pace.due() == START
    assert pace.wait(START + int(4 * NS)) == pytest.approx(2.0)
    assert pace.wait(START) == STEP
    hour = START + int(3600 * NS)
    assert pace.wait(hour) == LONGEST_PAUSE
    now[0] += LONGEST_PAUSE
    assert pace.due() == pytest.approx(hour, abs=1e6)


def test_what_takes_no_samples_ends_it_and_everybody_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Problem("channel_limit", "this would be channel 9 or more"))
        bench.replays.start(1, 0.0)
        await bench.over()
        assert "this would be channel 9" in bench.recordings.notices["replay"]

    finished(work())


def test_a_damaged_file_ends_it_and_everybody_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.recordings.file(1, "csv").write_bytes(b"hello")
        bench.replays.start(1, 0.0, loop=True)
        await bench.over()
        assert "does not begin as a recording" in bench.recordings.notices["replay"]

    finished(work())


def test_an_empty_recording_in_a_loop_is_over_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        bench.recordings.file(1, "csv").write_bytes(Table().begin())
        bench.replays.start(1, 1.0, loop=True)
        await bench.over()

    finished(work())


def test_what_cannot_be_played_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        with pytest.raises(KeyError):
            bench.replays.start(7)
        for speed, prefix in (
            (-1.0, ""),
            (float("nan"), ""),
            (2 * FASTEST, ""),
            (1.0, "<b>"),
            (1.0, "x" * 33),
        ):
            with pytest.raises(ValueError, match="a speed is"):
                bench.replays.start(1, speed, prefix)
        monkeypatch.setattr(replay, "AT_ONCE", 0)
        with pytest.raises(NotNow, match="as many as there may be"):
            bench.replays.start(1)

    finished(work())


def test_a_name_is_never_longer_than_a_channel_s() -> None:
    assert name("replay/", "ch1") == "replay/ch1"
    assert len(name("replay/", "x" * 64)) == 64


def test_names_that_must_be_cut_stay_apart_and_are_always_the_same() -> None:
    names = ["x" * 60 + end for end in ("AAAA", "BBBB", "AAAB")] + ["x" * 57]
    played = [name("replay/", each) for each in names]
    assert len(set(played)) == 4
    assert played == [name("replay/", each) for each in names]
    assert [channel_name(each) for each in played] == played
