"""What a person at the panel hears when something turns out not to be possible."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.store import shelf
from app.store.recordings import NotNow
from app.store.setups import Setups
from app.store.shelf import Folder
from app.ui import heeding, record_commands, setup_commands
from app.ui.asked import Refused
from app.ui.bench import empty
from app.ui.tab import Tab
from tests.store.loops import finished

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def said(heard: Callable[[Callable[[str], None], Any], None], error: Exception | None) -> list[str]:
    """What is told of something that ended so."""
    told: list[str] = []

    async def end() -> None:
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
        heard(told.append, done)

    finished(end())
    return told


@pytest.mark.parametrize("heard", [heeding.heard, record_commands.heard])
def test_a_full_disk_is_said_and_what_went_well_is_not(heard: Any) -> None:
    assert said(heard, FULL) == ["Nothing was changed: the disk is full."]
    assert said(heard, None) == []


def test_what_may_not_be_now_is_a_sentence() -> None:
    assert said(record_commands.heard, NotNow("recording_active", "stop it first")) == ["Stop it first."]
    assert said(record_commands.heard, KeyError(5)) == [record_commands.GONE]


def tab(setups: Setups | None = None) -> Tab:
    bench = SimpleNamespace(drawer=empty(), setups=setups or Setups(), clock=lambda: 0.0)
    return cast(Tab, SimpleNamespace(bench=bench, scope=None, hear=None))


def test_recording_without_a_folder_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="SCOPE_DATA"):
        record_commands.record(tab(), {"format": "csv"})


@pytest.mark.parametrize("command", [record_commands.stop, record_commands.erase, record_commands.replay])
@pytest.mark.parametrize("number", [1, None, "1", True])
def test_a_recording_that_is_not_there_is_refused(command: Any, number: object) -> None:
    with pytest.raises(Refused, match="gone"):
        command(tab(), {"recording": number, "on": True})


def test_a_set_up_that_cannot_be_written_is_taken_back_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FULL

    async def keep() -> None:
        setups, told = Setups(Folder(tmp_path, "json")), []
        made = tab(setups)
        made.hear = told.append  # type: ignore[method-assign]
        monkeypatch.setattr(setup_commands, "link", lambda _: "tb=1")
        monkeypatch.setattr(shelf, "whole", fail)
        setup_commands.keep(made, {"name": "slow"})
        assert [kit["name"] for kit in setups.told] == ["slow"]
        await setups.kept.done()
        await asyncio.sleep(0)
        assert (setups.told, told) == ([], ["Nothing was changed: the disk is full."])

    finished(keep())
