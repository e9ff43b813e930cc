"""What goes on for as long as the process serves goes on whatever fails once."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

import pytest

from app.chassis import lasting as module
from app.chassis.lasting import lasting
from app.config import Config
from app.server import Process
from tests.store.loops import finished


@pytest.fixture(autouse=True)
def again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.001)


class Frail:
    """Work that fails a few times, and then ends."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.begun = list(errors), 0

    async def run(self) -> None:
        self.begun += 1
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)


def test_work_that_fails_is_begun_again_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    frail = Frail(MemoryError(), MemoryError(), OSError("no more files"))
    finished(lasting(frail.run))
    assert frail.begun == 4
    assert [record.getMessage() for record in caplog.records] == [
        "Frail.run has failed, and is begun again"
    ] * 2
    assert "no more files" in caplog.text


def test_work_that_goes_on_can_be_ended() -> None:
    async def work() -> bool:
        doing = asyncio.create_task(lasting(asyncio.Event().wait))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        doing.cancel()
        await asyncio.wait((doing,))
        return doing.cancelled()

    assert finished(work())


def test_no_work_of_a_process_ends_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "disable", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    failed: dict[str, int] = {}

    def frail(name: str) -> Any:
        async def run() -> None:
            failed[name] = failed.get(name, 0) + 1
            raise MemoryError

        return run

    async def served() -> int:
        process = Process(Config(port=0, bind="127.0.0.1", data=tmp_path, channel_idle=1.0))
        monkeypatch.setattr(process, "heed", lambda _: None)
        monkeypatch.setattr(process, "open_pages", asyncio.Event().wait)
        names = [work.__qualname__ if hasattr(work, "__qualname__") else str(work) for work in process.work()]
        monkeypatch.setattr(process, "work", lambda: map(frail, names))
        running = asyncio.create_task(process.run())
        while not (failed.keys() == set(names) and min(failed.values()) > 2):
            await asyncio.sleep(0.001)
        process.stop()
        return await running

    assert finished(served()) == 0
    assert {"Feed.run", "Pulse.run", "Recordings.watch", "Keeping.run"} < failed.keys()
