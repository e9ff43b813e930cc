"""Parquet files made of recordings: nothing is left of one that was cut off, and what is wrong is said."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from app.store import parquet
from app.store import recordings as module
from app.store.reading import Groups, Unreadable, blocks
from app.store.recording import created
from app.store.recordings import NotNow
from tests.store.bench import Bench
from tests.store.loops import finished


@pytest.fixture(autouse=True)
def told_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOLD", 0.02)


async def recorded(folder: Path, format: str = "csv") -> Bench:
    """A recording that has ended."""
    bench = Bench(folder)
    await bench.start(format)
    bench.send("a", 0, 20_000)
    await bench.recordings.stop(1)
    return bench


def test_what_a_killed_process_left_of_it_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    others = [tmp_path / "mine.part", tmp_path / "3.abc.part"]
    for path in (tmp_path / "1.part", tmp_path / "2.0f3a.part", others[0]):
        path.write_bytes(b"PAR1")
    under_way = created(others[1])  # by another process

    async def work() -> None:
        bench = Bench(tmp_path)
        watching = asyncio.create_task(bench.recordings.watch())
        for _ in range(1000):
            if not (tmp_path / "1.part").exists() and not (tmp_path / "2.0f3a.part").exists():
                break
            await asyncio.sleep(0.005)
        watching.cancel()

    finished(work())
    assert sorted(tmp_path.glob("*.part")) == sorted(others)
    os.close(under_way)


def test_what_is_left_of_it_goes_with_the_recording(tmp_path: Path) -> None:
    async def work() -> None:
        bench = await recorded(tmp_path)
        (tmp_path / "1.part").write_bytes(b"PAR1")
        await bench.recordings.delete(1)
        await bench.recordings.kept.done()

    finished(work())
    assert [path.name for path in tmp_path.iterdir()] == ["1.id"]


def test_the_end_of_the_server_gives_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, ending = threading.Event(), threading.Event()

    def slow(path: Path, format: str) -> Groups:
        for group in blocks(path, format):
            reading.set()
            assert ending.wait(30)
            yield group

    monkeypatch.setattr(parquet, "blocks", slow)

    async def work() -> None:
        bench = await recorded(tmp_path)
        converting = asyncio.create_task(bench.recordings.convert(1))
        while not reading.is_set():
            await asyncio.sleep(0.005)
        assert list(tmp_path.glob("*.part"))
        closing = asyncio.create_task(bench.recordings.close())
        await asyncio.sleep(0.02)
        assert not closing.done()
        ending.set()
        await closing
        assert not list(tmp_path.glob("*.part"))
        with pytest.raises(NotNow, match="the server ends") as why:
            await converting
        assert why.value.code == "draining"

    finished(work())
    assert not (tmp_path / "1.parquet").exists()


@pytest.mark.parametrize("format", ["arrow", "csv"])
def test_a_file_that_is_gone_is_told_from_one_that_cannot_be_read(tmp_path: Path, format: str) -> None:
    async def work() -> None:
        bench = await recorded(tmp_path, format)
        path = bench.recordings.file(1, format)
        os.truncate(path, path.stat().st_size // 2 + 1)
        with pytest.raises(Unreadable):
            await bench.recordings.convert(1)
        path.unlink()
        with pytest.raises(FileNotFoundError):
            await bench.recordings.convert(1)

    finished(work())
    assert not list(tmp_path.glob("*.part"))
