"""Recordings of a memory: every sample from the start on, gaps that are counted, ends of all kinds."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.store import recording as recording_file
from app.store import recordings as module
from app.store.block import Block
from app.store.entry import Entry
from app.store.recordings import NotNow
from app.store.writing import WRITERS, Table
from tests.scope.signals import NOW
from tests.store.bench import Bench
from tests.store.loops import finished

FORMATS = ["arrow", "csv"]


@pytest.fixture(autouse=True)
def told_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOLD", 0.02)


@pytest.mark.parametrize("format", FORMATS)
def test_all_that_comes_from_start_to_stop_is_recorded(tmp_path: Path, format: str) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        bench.send("a", 0, 100)
        id = await bench.start(format)
        for k in range(20):
            bench.send("a", 100 + 500 * k, 500)
            if k >= 10:
                bench.send("late", 500 * k, 500)
            await asyncio.sleep(0.002)
        entry = await bench.recordings.stop(id)
        bench.send("a", 20_000, 100)
        return bench, entry

    bench, entry = finished(work())
    found = bench.read()
    assert {name: len(block) for name, block in found.items()} == {"a": 10_000, "late": 5000}
    np.testing.assert_array_equal(found["a"].n, np.arange(100, 10_100))
    np.testing.assert_array_equal(found["a"].x, np.arange(100, 10_100))
    np.testing.assert_array_equal(found["a"].y, np.sin(np.arange(100, 10_100)))
    assert (entry.samples, entry.missed, entry.why, set(entry.channels)) == (15_000, 0, "", {"a", "late"})
    assert entry.bytes == bench.recordings.file(1, format).stat().st_size
    assert entry.ended is not None


def test_only_the_channels_that_were_asked_for_are_recorded(tmp_path: Path) -> None:
    async def work() -> Bench:
        bench = Bench(tmp_path)
        await bench.start("csv", "b", "c")
        for name in "abc":
            bench.send(name, 0, 10)
        await bench.recordings.stop(1)
        return bench

    assert set(finished(work()).read()) == {"b", "c"}


@pytest.mark.parametrize("format", FORMATS)
def test_what_the_memory_lost_before_it_was_written_is_a_gap_and_counted(tmp_path: Path, format: str) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path, points=1024)
        bench.send("a", 0, 10)
        await bench.start(format)
        for k in range(3):  # without a look in between
            bench.send("a", 10 + 1024 * k, 1024)
        entry = await bench.recordings.stop(1)
        return bench, entry

    bench, entry = finished(work())
    block = bench.read()["a"]
    assert entry.missed == 2048
    assert entry.samples == len(block) == 1024
    np.testing.assert_array_equal(block.n, np.arange(2058, 3082))
    assert block.gap[0]
    assert {each["missed"] for each in bench.recordings.told} == {2048}


def test_a_channel_that_began_anew_is_recorded_from_its_beginning(tmp_path: Path) -> None:
    async def work() -> Bench:
        bench = Bench(tmp_path)
        bench.send("a", 0, 50)
        await bench.start()
        bench.memory.delete("a")
        bench.send("a", 0, 30)
        await bench.recordings.stop(1)
        return bench

    assert len(finished(work()).read()["a"]) == 30


@pytest.mark.parametrize("format", FORMATS)
def test_a_channel_that_is_deleted_is_recorded_to_its_end(tmp_path: Path, format: str) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        bench.send("a", 0, 50)
        await bench.start(format)
        bench.send("a", 50, 3)
        bench.memory.delete("a")
        bench.send("a", 7, 2)
        bench.send("b", 0, 5)
        bench.memory.clear()
        return bench, await bench.recordings.stop(1)

    bench, entry = finished(work())
    assert (entry.samples, entry.missed, entry.channels) == (3, 0, ("a",))
    assert bench.read()["a"].x.tolist() == [50, 51, 52]


def test_a_channel_that_is_deleted_while_it_is_looked_at_comes_before_the_next_of_its_name(
    tmp_path: Path,
) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        await bench.start()
        for name in "abc":
            bench.send(name, 0, 3)
        await asyncio.sleep(0.3)  # it has seen them, and waits for more before it writes
        bench.memory.delete("b")
        bench.send("b", 100, 2)
        return bench, await bench.recordings.stop(1)

    bench, entry = finished(work())
    assert (entry.samples, entry.missed) == (11, 0)
    assert bench.read()["b"].x.tolist() == [0, 1, 2, 100, 101]
    assert bench.read()["b"].gap.tolist() == [True, False, False, True, False]


def test_a_recording_can_be_read_while_it_is_under_way(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        await bench.start()
        bench.send("a", 0, 20_000)
        entry = await bench.until(lambda entry: entry.samples == 20_000)
        assert entry.bytes == bench.recordings.file(1, "csv").stat().st_size
        assert len(bench.read()["a"]) == 20_000
        with pytest.raises(NotNow, match="stop it first"):
            await bench.recordings.delete(1)
        await bench.recordings.stop(1)
        await bench.recordings.stop(1)
        await bench.recordings.delete(1)
        await bench.recordings.kept.done()
        assert sorted(each.name for each in tmp_path.iterdir()) == ["1.id"]

    finished(work())


def test_a_small_recording_is_written_within_a_second(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        await bench.start()
        bench.send("a", 0, 1)
        began = asyncio.get_running_loop().time()
        await bench.until(lambda entry: entry.samples == 1)
        assert asyncio.get_running_loop().time() - began < 5
        await bench.recordings.stop(1)

    finished(work())


# ends of other kinds


def test_what_cannot_be_written_in_time_at_the_end_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        await bench.start("csv")
        monkeypatch.setattr(module, "CLOSED", 0.0)
        bench.send("a", 0, 50_000)
        await bench.recordings.close()
        return bench, await bench.until(lambda entry: entry.ended is not None)

    bench, entry = finished(work())
    assert entry.samples == len(bench.read()["a"]) < 50_000
    assert entry.samples + entry.missed == 50_000


def test_one_that_reaches_the_largest_size_ends(tmp_path: Path) -> None:
    async def work() -> Entry:
        bench = Bench(tmp_path, largest=10_000)
        await bench.start()
        bench.send("a", 0, 20_000)
        return await bench.until(lambda entry: entry.ended is not None)

    entry = finished(work())
    assert (entry.why, entry.bytes > 10_000) == ("size", True)


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "io")])
@pytest.mark.parametrize("format", FORMATS)
def test_a_disk_that_takes_no_more_ends_it_after_a_whole_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, number: int, why: str
) -> None:
    def fail(file: int, data: bytes) -> None:
        os.write(file, data[: len(data) // 2])
        raise OSError(number, os.strerror(number))

    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        await bench.start(format)
        bench.send("a", 0, 10_000)
        await bench.until(lambda entry: entry.samples == 10_000)
        monkeypatch.setattr(recording_file, "whole", fail)
        bench.send("a", 10_000, 10_000)
        entry = await bench.until(lambda entry: entry.ended is not None)
        bench.send("a", 20_000, 10)
        return bench, entry

    bench, entry = finished(work())
    assert (entry.why, entry.samples) == (why, 10_000)
    assert len(bench.read()["a"]) == 10_000
    assert entry.bytes == bench.recordings.file(1, format).stat().st_size
    assert bench.memory.accepted == 20_010
    assert "Recording 1 has ended" in bench.notices["recording"]
    assert bench.recordings.errors[(why,)] == 1
    (errors,) = [each for each in bench.recordings.collect() if each.name == "osc_recording_errors"]
    assert [each.value for each in errors.samples if each.labels == {"reason": why}] == [1]


def test_one_that_cannot_begin_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def work() -> None:
        bench = Bench(tmp_path)
        monkeypatch.setattr(recording_file, "whole", fail)
        with pytest.raises(OSError, match="No space left"):
            await bench.start()
        assert bench.recordings.told == []
        await bench.recordings.kept.done()
        assert not list(tmp_path.glob("1.csv"))

    finished(work())


def test_a_disk_that_fails_at_the_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def work() -> Entry:
        bench = Bench(tmp_path)
        await bench.start()
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fail)
            return await bench.recordings.stop(1)

    assert finished(work()).why == "io"


class Faulty(Table):
    """A writer with a fault of ours in it: in its head, or in its blocks."""

    def __init__(self, head: bool) -> None:
        self.head = head

    def begin(self) -> bytes:
        if self.head:
            raise LookupError("a fault of ours")
        return super().begin()

    def block(self, blocks: Sequence[Block]) -> bytes:
        raise LookupError(f"a fault of ours, in {len(blocks)} blocks")


def test_one_whose_head_cannot_be_made_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        monkeypatch.setitem(WRITERS, "csv", partial(Faulty, head=True))
        with pytest.raises(LookupError, match="a fault of ours"):
            await bench.start()
        assert bench.recordings.told == []
        await bench.recordings.kept.done()
        assert not list(tmp_path.glob("1.csv"))

    finished(work())


def test_one_that_fails_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> tuple[Bench, Entry]:
        bench = Bench(tmp_path)
        monkeypatch.setitem(WRITERS, "csv", partial(Faulty, head=False))
        await bench.start()
        bench.send("a", 0, 10_000)
        return bench, await bench.until(lambda entry: entry.ended is not None)

    bench, entry = finished(work())
    assert entry.why == "io"
    assert "Recording 1 has ended: it could not be written." in bench.notices["recording"]
    assert "a fault of ours" in caplog.text


def test_a_disk_that_has_become_read_only_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.unlink, Path.exists

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".stop":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        real[0](path, missing_ok)

    def exists(path: Path) -> bool:
        if path.suffix == ".stop":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real[1](path)

    async def work() -> None:
        bench = Bench(tmp_path)
        monkeypatch.setattr(Path, "unlink", unlink)
        monkeypatch.setattr(Path, "exists", exists)
        for _ in range(module.AT_ONCE + 1):
            id = await bench.start()
            file = bench.recordings._live[id][0]._file
            await asyncio.sleep(0.05)
            assert (await bench.recordings.stop(id)).ended is not None
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(file)
        assert bench.recordings._live == {}

    finished(work())


def test_one_that_cannot_be_seen_through_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    async def work() -> None:
        bench = Bench(tmp_path)
        await bench.start()
        (_, task) = bench.recordings._live[1]
        with monkeypatch.context() as scarce:
            scarce.setattr(bench.recordings, "_note", fail)
            await asyncio.wait((task,))
        assert bench.recordings._live == {}
        watching = asyncio.create_task(bench.recordings.watch())
        assert (await bench.until(lambda entry: entry.ended is not None)).why == "crash"
        watching.cancel()

    finished(work())
    assert "Recording 1 could not be seen through" in caplog.text


def test_the_end_of_the_server_ends_it_in_good_order(tmp_path: Path) -> None:
    async def work() -> Bench:
        bench = Bench(tmp_path)
        await bench.start("arrow")
        bench.send("a", 0, 1000)
        await bench.recordings.close()
        return bench

    bench = finished(work())
    assert len(bench.read()["a"]) == 1000
    (entry,) = Bench(tmp_path).recordings.told
    assert (entry["why"], entry["samples"]) == ("shutdown", 1000)


# what may not be


def test_without_a_folder_it_says_what_to_set() -> None:
    bench = Bench(None)
    assert bench.recordings.formats == []
    with pytest.raises(NotNow, match="SCOPE_DATA") as why:
        bench.recordings.start("csv", (), NOW)
    assert why.value.code == "no_folder"


def test_there_are_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, most=2)
        with pytest.raises(NotNow, match="formats here are"):
            bench.recordings.start("mp3", (), NOW)
        await bench.start()
        monkeypatch.setattr(module, "AT_ONCE", 1)
        with pytest.raises(NotNow, match="under way"):
            await bench.start()
        await bench.recordings.stop(1)
        await bench.start()
        await bench.recordings.stop(2)
        with pytest.raises(NotNow, match="delete one first"):
            await bench.start()
        await bench.recordings.kept.done()

    finished(work())


def test_the_loop_turns_while_much_is_written(tmp_path: Path) -> None:
    """Arrow, 2 M samples: nothing holds the loop for long."""

    async def work() -> float:
        bench = Bench(tmp_path, points=2_000_000)
        await bench.start("arrow")
        loop, longest = asyncio.get_running_loop(), 0.0
        bench.send("a", 0, 2_000_000)
        stopping = asyncio.create_task(bench.recordings.stop(1))
        while not stopping.done():
            began = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - began)
        assert stopping.result().samples == 2_000_000
        return longest

    assert finished(work()) < 0.5
    assert threading.active_count() < 50
