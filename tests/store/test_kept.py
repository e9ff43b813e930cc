"""Things on a shelf: they survive, other processes see them, and what cannot be written is taken back."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from app.store import shelf
from app.store.kept import Damaged, Kept, Newer
from app.store.shelf import Folder
from tests.store.loops import finished


def read(_id: int, data: bytes) -> str:
    if data.startswith(b"later"):
        raise Newer("version 9 wrote it")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise Damaged(str(error)) from None


def halves(text: str) -> list[bytes]:
    return [text[:1].encode(), text[1:].encode()]


class Process:
    """What one process sees of a folder."""

    def __init__(self, path: Path) -> None:
        self.changes = 0
        self.shelf = Folder(path, "txt")
        self.kept: Kept[str] = Kept(self.shelf, read, halves, self.note)

    def note(self) -> None:
        self.changes += 1

    async def add(self, text: str) -> int:
        id = self.kept.claim()
        self.kept.put(id, text)
        assert self.kept.things[id] == text
        await self.kept.saved(id)
        return id

    async def look(self) -> dict[int, str]:
        await self.kept.look()
        return self.kept.things


def test_what_is_kept_is_there_after_a_restart_and_no_number_is_given_twice(tmp_path: Path) -> None:
    async def first() -> None:
        one = Process(tmp_path)
        assert [await one.add(text) for text in ("a", "b", "c")] == [1, 2, 3]
        one.kept.put(2, "changed")
        one.kept.drop(3)
        await one.kept.done()

    async def second() -> None:
        two = Process(tmp_path)
        assert two.kept.things == {1: "a", 2: "changed"}
        assert await two.add("d") == 4

    finished(first())
    finished(second())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["1.txt", "2.txt", "4.id", "4.txt"]


def test_processes_see_what_others_keep_change_and_delete(tmp_path: Path) -> None:
    async def both() -> None:
        one, two = Process(tmp_path), Process(tmp_path)
        a = await one.add("a")
        b = await two.add("b")
        assert (a, b) == (1, 2)
        assert await one.look() == await two.look() == {1: "a", 2: "b"}
        one.kept.put(b, "B")
        await one.kept.saved(b)
        assert await two.look() == {1: "a", 2: "B"}
        before = two.changes
        await two.look()
        assert two.changes == before
        two.kept.drop(a)
        await two.kept.done()
        assert await one.look() == {2: "B"}

    finished(both())


def test_a_number_is_one_process_alone_s_however_many_ask_at_once(tmp_path: Path) -> None:
    found: list[int] = []

    def claim() -> None:
        own = Folder(tmp_path, "txt")
        found.extend(own.claim() for _ in range(20))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 80


def test_a_file_that_cannot_be_read_is_put_aside_and_the_others_are_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, data in {
        "1.txt": b"\xff",
        "2.txt": b"good",
        "x.txt": b"?",
        "3.txt": b"later",
        "4.tmp": b"",
    }.items():
        (tmp_path / name).write_bytes(data)
    one = Process(tmp_path)
    assert one.kept.things == {2: "good"}
    assert (tmp_path / "1.txt.bad").read_bytes() == b"\xff"
    assert (tmp_path / "3.txt").read_bytes() == b"later"
    assert "1.txt cannot be read" in caplog.text
    assert "version 9 wrote it" in caplog.text
    assert one.kept.claim() == 5

    async def again() -> None:
        caplog.clear()
        await one.look()
        (tmp_path / "6.txt").write_bytes(b"\xfe")
        assert await one.look() == {2: "good"}

    finished(again())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert (tmp_path / "6.txt.bad").exists()


def test_what_is_no_file_is_put_aside_and_the_others_are_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "1.txt").mkdir()
    (tmp_path / "2.txt").write_bytes(b"good")
    (tmp_path / "3.txt").symlink_to(tmp_path / "3.txt")
    (tmp_path / "4.id").mkdir()
    (tmp_path / "5.txt").mkdir()
    (tmp_path / "5.txt.bad").write_bytes(b"in the way")
    one = Process(tmp_path)
    assert one.kept.things == {2: "good"}
    assert (tmp_path / "1.txt.bad").is_dir()
    assert "1.txt.bad" in caplog.text
    assert "Number 3 cannot be read now" in caplog.text
    assert "5.txt cannot be read" in caplog.text
    assert "it stays" in caplog.text
    assert one.kept.claim() == 6


@pytest.mark.parametrize(
    ("number", "aside"), [(errno.EACCES, True), (errno.EIO, False), (errno.EMFILE, False)]
)
def test_a_file_that_the_system_does_not_give_is_put_aside_only_if_that_would_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, aside: bool
) -> None:
    for name in ("1.txt", "2.txt"):
        (tmp_path / name).write_bytes(b"good")
    load = Folder.load

    def fail(self: Folder, id: int) -> bytes | None:
        if id == 1:
            raise OSError(number, os.strerror(number))
        return load(self, id)

    monkeypatch.setattr(Folder, "load", fail)
    one = Process(tmp_path)
    assert one.kept.things == {2: "good"}
    assert (tmp_path / "1.txt.bad").exists() is aside
    monkeypatch.undo()
    asyncio.run(one.kept.look())
    assert (1 in one.kept.things) is not aside


@pytest.mark.parametrize("change", ["put", "drop"])
def test_what_is_changed_while_another_process_s_change_is_loaded_stays(tmp_path: Path, change: str) -> None:
    async def both() -> dict[int, str]:
        one, two = Process(tmp_path), Process(tmp_path)
        id = await one.add("one")
        await two.look()
        one.kept.put(id, "two, of another")
        await one.kept.done()
        begun, goes_on = threading.Event(), threading.Event()
        load = two.shelf.load

        def slow(id: int) -> bytes | None:
            found = load(id)
            begun.set()
            goes_on.wait(10)
            return found

        two.shelf.load = slow  # type: ignore[method-assign]
        looking = asyncio.create_task(two.look())
        await asyncio.to_thread(begun.wait, 10)
        if change == "put":
            two.kept.put(id, "three")
        else:
            two.kept.drop(id)
        goes_on.set()
        await looking
        await two.kept.done()
        await two.look()
        return {**two.kept.things, -1: str((tmp_path / f"{id}.txt").exists())}

    wanted = {1: "three", -1: "True"} if change == "put" else {-1: "False"}
    assert finished(both()) == wanted


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_what_cannot_be_written_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(file: int, data: Iterable[bytes]) -> None:
        raise OSError(number, os.strerror(number))

    async def work() -> None:
        one = Process(tmp_path)
        first = await one.add("a")
        monkeypatch.setattr(shelf, "whole", fail)
        with pytest.raises(OSError, match=os.strerror(number)):
            await one.add("b")
        one.kept.put(first, "changed")
        with pytest.raises(OSError, match=os.strerror(number)):
            await one.kept.saved(first)
        assert one.kept.things == {first: "a"}
        monkeypatch.setattr(one.shelf, "delete", partial(fail, 1))
        one.kept.drop(first)
        with pytest.raises(OSError, match=os.strerror(number)):
            await one.kept.saved(first)
        assert one.kept.things == {first: "a"}
        monkeypatch.undo()
        assert await one.look() == {first: "a"}
        assert await one.add("c") == 3

    finished(work())
    assert (tmp_path / "1.txt").read_text() == "a"
    assert not list(tmp_path.glob(".*"))


def test_what_a_killed_process_left_half_written_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / ".5-abcd.txt.part"
    left.write_bytes(b"half")
    assert Process(tmp_path).kept.things == {}
    assert left.exists()
    monkeypatch.setattr(shelf, "STALE", -1.0)
    Process(tmp_path)
    assert not left.exists()


def test_a_folder_that_is_gone_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.store.kept.LOOKS", 0.001)
    one = Process(tmp_path / "folder")
    looked = threading.Semaphore(0)
    monkeypatch.setattr(one.shelf, "look", partial(fails, looked))

    async def watch() -> None:
        watching = asyncio.create_task(one.kept.watch())
        for _ in range(3):
            await asyncio.to_thread(looked.acquire, timeout=10)
        watching.cancel()

    finished(watch())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def fails(looked: threading.Semaphore) -> None:
    looked.release()
    raise OSError(errno.EIO, "Input/output error")
