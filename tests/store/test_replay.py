"""Recordings played again: in their own time, faster, in a loop, and until something is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Set
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.ingest.fields import channel_name
from app.memory.memory import Memory
from app.memory.samples import Origin, Samples
from app.problems import Problem
from app.store import replay as module
from app.store.block import Block, taken
from app.store.entry import Entry
from app.store.recordings import NotNow, Recordings
from app.store.replay import FASTEST, LONGEST_PAUSE, NS, STEP, Pace, Replays, name
from app.store.writing import Table
from tests.store.loops import finished

START = 1_700_000_000_123_456_789
SPAN = 1.0  # s


class Bench:
    """A folder with one recording of a second: a wave by the clock, and one with x of its own."""

    def __init__(self, folder: Path, why: Exception | None = None, late: bool = False) -> None:
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
    monkeypatch.setattr(module, "Pace", lambda speed: Pace(speed, lambda: now[0]))

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


def wave(channel: str, part: int) -> Block:
    """A twentieth of a second at 100 kS/s."""
    n, y = np.arange(5000 * part, 5000 * (part + 1)), np.ones(5000)
    flags = np.zeros(5000, np.bool_)
    return Block(channel, "V", "s", n, n / 1e5, y, START + n * 10_000, flags, flags)


@pytest.mark.parametrize("turning", [False, True], ids=["in order", "in turn"])
def test_channels_of_a_table_go_on_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turning: bool
) -> None:
    now, writer = [0.0], Table()
    monkeypatch.setattr(module, "Pace", lambda speed: Pace(speed, lambda: now[0]))
    parts = [[wave("p", part), wave("q", part)][:: -1 if turning and part % 2 else 1] for part in range(8)]

    async def work() -> None:
        bench = Bench(tmp_path)
        bench.recordings.file(1, "csv").write_bytes(writer.begin() + b"".join(map(writer.block, parts)))
        bench.replays.start(1, 1.0)
        for step in range(40):
            now[0] = step / 100
            while bench.memory.accepted < max(2, 2000 * step):
                await asyncio.sleep(0.001)
            totals = [record.total for record in bench.memory.records.values()]
            assert max(totals) - min(totals) <= 1
            assert max(totals) <= 1000 * step + 1
        now[0] = 1.0
        await bench.over()

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


def test_a_loop_of_no_duration_rests(tmp_path: Path) -> None:
    async def work() -> None:
        bench, writer = Bench(tmp_path), Table()
        bench.recordings.file(1, "csv").write_bytes(writer.begin() + writer.block([wave("p", 0).part(0, 1)]))
        bench.replays.start(1, 1.0, loop=True)
        while bench.memory.accepted < 1:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)
        assert bench.memory.accepted == 1
        await bench.replays.close()

    finished(work())


def test_two_that_play_the_same_channel_are_not_played_together(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        things = bench.recordings.kept.things
        things[1] = replace(things[1], channels=("clock", "own"))
        things[2], things[3] = Entry(2, "csv", (), 0.0, 1.0, channels=("own",)), replace(things[1], id=3)
        bench.replays.start(1, 0.001)
        for id, prefix in ((2, "replay/"), (3, "replay/")):
            with pytest.raises(NotNow, match="recording 1 plays a channel of that name"):
                bench.replays.start(id, 1.0, prefix)
        bench.replays.start(3, 0.001, "again/")
        bench.replays.start(1, 0.002)
        assert [each["id"] for each in bench.replays.told] == [3, 1]
        await bench.replays.close()

    finished(work())


def test_channels_out_of_reach_are_not_played(tmp_path: Path) -> None:
    def reach(names: Set[str]) -> None:
        if "own" in names:
            raise Problem("forbidden", "this token may not write to own")

    async def work() -> None:
        bench = Bench(tmp_path)
        things = bench.recordings.kept.things
        things[1] = replace(things[1], channels=("clock", "own"))
        with pytest.raises(Problem, match="may not write to own"):
            bench.replays.start(1, 0.0, "", reach=reach)
        things[1] = replace(things[1], channels=())  # of one that was killed, not all are known
        bench.replays.start(1, 0.0, "", reach=reach)
        await bench.over()
        assert "own" not in bench.memory.records
        assert "may not write to own" in bench.recordings.notices["replay"]

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


@pytest.mark.parametrize("why", [MemoryError(), OverflowError("too large"), RuntimeError("bug")])
def test_whatever_ends_it_everybody_is_told(
    tmp_path: Path, why: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, why)
        bench.replays.start(1, 1.0)
        await bench.over()
        assert (str(why) or "MemoryError") in bench.recordings.notices["replay"]

    finished(work())
    assert "Recording 1 cannot be played" in caplog.text


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
            (1e-320, ""),
            (10**400, ""),
            (1.0, "<b>"),
            (1.0, "x" * 33),
        ):
            with pytest.raises(ValueError, match="a speed is"):
                bench.replays.start(1, speed, prefix)
        monkeypatch.setattr(module, "AT_ONCE", 0)
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
