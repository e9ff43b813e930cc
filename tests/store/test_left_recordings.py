"""Recordings that another process left, or still writes: they are listed, closed and stopped."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import orjson
import pytest

from app.store import recordings as module
from app.store.entry import Entry, bytes_of
from app.store.entry import read as read_entry
from app.store.kept import Damaged, Newer
from app.store.mending import mended
from app.store.recording import created
from app.store.recordings import NotNow
from app.store.writing import Arrow, Table
from tests.scope.signals import NOW
from tests.store.bench import Bench
from tests.store.loops import finished


@pytest.fixture(autouse=True)
def told_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOLD", 0.02)


def test_one_whose_process_was_killed_is_closed_by_whoever_comes_next(tmp_path: Path) -> None:
    async def killed() -> None:
        bench = Bench(tmp_path)
        await bench.start("csv")
        bench.send("a", 0, 10_000)
        await bench.until(lambda entry: entry.samples == 10_000)
        await bench.recordings.kept.done()
        (recording, task), *_ = bench.recordings._live.values()
        os.close(recording._file)  # as the system does
        task.cancel()

    async def next_one() -> Entry:
        bench = Bench(tmp_path)
        watching = asyncio.create_task(bench.recordings.watch())
        entry = await bench.until(lambda entry: entry.ended is not None)
        watching.cancel()
        assert len(bench.read()["a"]) == entry.samples
        return entry

    finished(killed())
    with (tmp_path / "1.csv").open("ab") as file:
        file.write(b"a,10000,1")
    assert (finished(next_one()).why, finished(next_one()).samples) == ("crash", 10_000)


def test_one_that_another_process_records_is_left_alone_and_can_be_stopped(tmp_path: Path) -> None:
    async def both() -> None:
        one, two = Bench(tmp_path), Bench(tmp_path)
        tasks = [asyncio.create_task(each.recordings.watch()) for each in (one, two)]
        id = await one.start()
        one.send("a", 0, 9000)
        await one.until(lambda entry: entry.samples == 9000)
        await one.recordings.kept.done()
        await two.recordings.kept.look()
        await asyncio.sleep(0.1)
        assert two.recordings.get(id) == one.recordings.get(id)
        with pytest.raises(NotNow):
            await two.recordings.delete(id)
        looking = asyncio.create_task(look_often(two))
        entry = await two.recordings.stop(id)
        assert (entry.ended is not None, entry.why) == (True, "")
        assert not list(tmp_path.glob("*.stop"))
        for task in (*tasks, looking):
            task.cancel()

    finished(both())


async def look_often(bench: Bench) -> None:
    while True:
        await bench.recordings.kept.look()
        await asyncio.sleep(0.02)


async def watched(bench: Bench, ids: list[int]) -> list[Entry]:
    """What becomes of recordings that nobody writes any more."""
    watching = asyncio.create_task(bench.recordings.watch())
    found = [await bench.until(lambda entry: entry.ended is not None, id) for id in ids]
    assert not watching.done()
    watching.cancel()
    await bench.recordings.kept.done()
    return found


def test_one_that_cannot_be_closed_does_not_keep_others_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(path: Path, format: str) -> tuple[float, int, int]:
        if path.stem == "1":
            raise LookupError("no such type")
        return mended(path, format)

    monkeypatch.setattr(module, "mended", fail)
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_bytes(*bytes_of(Entry(number, "csv", (), NOW)))
        (tmp_path / f"{number}.csv").write_bytes(Table().begin())
    assert [entry.why for entry in finished(watched_in(tmp_path, [1, 2]))] == ["crash", "crash"]
    assert "Recording 1 cannot be closed: LookupError: no such type" in caplog.text


@pytest.mark.parametrize("what", ["sweep", "untold"])
def test_a_first_look_that_fails_keeps_none_from_being_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    real, tries = getattr(module, what), []

    def fail(folder: Path) -> object:
        tries.append(folder)
        if len(tries) < 3:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(folder)

    monkeypatch.setattr(module, what, fail)
    (tmp_path / "1.json").write_bytes(*bytes_of(Entry(1, "csv", (), NOW)))
    for number in (1, 2):  # nothing tells of the second one
        (tmp_path / f"{number}.csv").write_bytes(Table().begin())
    assert [entry.why for entry in finished(watched_in(tmp_path, [1, 2]))] == ["crash", "crash"]


async def watched_in(folder: Path, ids: list[int]) -> list[Entry]:
    return await watched(Bench(folder), ids)


def test_one_that_no_file_tells_of_is_listed_and_can_be_deleted(tmp_path: Path) -> None:
    heads = {"1.arrow": Arrow().begin(), "2.csv": Table().begin()[:9], "3.arrow": b""}
    others = {"4.csv": b"mine,yours\n1,2", "5.csv": Table().begin() + b"half", "a.csv": b""}
    others["5.json"] = b'{"file": "web-oscilloscope recording", "version": 2}'
    for name, data in (heads | others).items():
        (tmp_path / name).write_bytes(data)

    async def work() -> None:
        bench, another = Bench(tmp_path), created(tmp_path / "6.csv")
        for entry in await watched(bench, [1, 2, 3]):
            assert (entry.why, entry.samples, bench.read(entry.id)) == ("crash", 0, {})
            await bench.recordings.delete(entry.id)
        await bench.recordings.kept.done()
        os.close(another)
        assert bench.recordings.told == []

    finished(work())
    assert not [name for name in heads if (tmp_path / name).exists()]
    assert {name: (tmp_path / name).read_bytes() for name in others} == others


def test_the_end_of_the_server_is_in_good_order_though_a_file_was_taken_away(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path)
        for _ in range(2):
            await bench.start()
        await bench.recordings.kept.done()
        (tmp_path / "1.json").unlink()
        await bench.recordings.kept.look()
        await bench.recordings.close()
        assert [(told["id"], told["why"]) for told in bench.recordings.told] == [(2, "shutdown")]

    finished(work())


# what is told of them


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"file": "x"}', b'{"file": "web-oscilloscope recording", "version": 1}']
)
def test_what_tells_of_no_recording_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        read_entry(1, data)


@pytest.mark.parametrize(
    "words",
    [
        {"why": []}, {"why": "else"}, {"format": {}}, {"began": "x"}, {"began": -1}, {"ended": "x"},
        {"bytes": "1"}, {"samples": -1}, {"missed": None}, {"parquet": 0.5}, {"asked": 5}, {"more": 1},
    ],
)  # fmt: skip
def test_what_none_of_ours_can_say_is_damaged(tmp_path: Path, words: dict[str, object]) -> None:
    (data,) = bytes_of(Entry(7, "csv", ("a",), NOW, NOW + 1, "crash", 5, 6, 7, ("a",), 8))
    (tmp_path / "1.json").write_bytes(orjson.dumps(orjson.loads(data) | words))
    (tmp_path / "2.json").write_bytes(data)
    assert [told["id"] for told in Bench(tmp_path).recordings.told] == [2]
    assert (tmp_path / "1.json.bad").exists()


def test_a_later_version_is_told_from_damage() -> None:
    with pytest.raises(Newer):
        read_entry(1, b'{"file": "web-oscilloscope recording", "version": 2}')
