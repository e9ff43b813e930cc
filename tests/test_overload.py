"""When memory is short: what is refused, who has to go, and that it passes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.guard.overload import Overload, affordable
from app.problems import Problem
from app.system import footprint
from app.system.footprint import Footprint, Group
from tests.conftest import wait_until
from tests.process import ROOT, Server, free_port
from tests.viewer import Viewer


@dataclass
class Fixed(Footprint):
    """As much memory as a test says, of 100."""

    def __init__(self) -> None:
        super().__init__(100)
        self.now = 0

    def used(self) -> int:
        return self.now


def levels(*used: int) -> list[int]:
    memory = Fixed()
    overload = Overload(memory)
    found = []
    for memory.now in used:
        overload.look()
        found.append(overload.level)
    return found


def test_new_channels_are_refused_first_then_samples_then_viewers_have_to_go() -> None:
    assert levels(50, 74, 75, 79, 80, 89, 90, 99) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_it_is_over_when_memory_has_fallen_a_little_below() -> None:
    assert levels(90, 88, 87, 86, 78, 77, 76, 72, 71) == [3, 3, 3, 2, 2, 2, 1, 1, 0]


def refused(overload: Overload, channels: set[str]) -> str | None:
    try:
        overload.check(channels)
    except Problem as problem:
        return f"{problem.code} {problem.headers['Retry-After']}"
    return None


@pytest.mark.parametrize(
    ("level", "old", "new"),
    [
        (0, None, None),
        (1, None, "overloaded 5"),
        (2, "overloaded 5", "overloaded 5"),
        (3, "overloaded 5", "overloaded 5"),
    ],
)
def test_what_is_refused(level: int, old: str | None, new: str | None) -> None:
    overload = Overload(Fixed())
    overload.level = level
    assert (refused(overload, set()), refused(overload, {"ch9"})) == (old, new)


def test_viewers_go_while_it_lasts_and_garbage_is_collected_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, now, went, collected = Fixed(), [0.0], [0], [0]
    monkeypatch.setattr("app.guard.overload.gc.collect", lambda: collected.__setitem__(0, collected[0] + 1))
    overload = Overload(memory, lambda: went.__setitem__(0, went[0] + 1), lambda: now[0])
    for memory.now in [95] * 12 + [50] * 3:
        overload.look()
        now[0] += 1
    assert (went[0], collected[0], overload.level) == (12, 2, 0)


@pytest.mark.parametrize(
    ("limit", "wanted", "given"),
    [(64 << 30, 1 << 30, 1 << 30), (1 << 30, 1 << 30, int(0.7 * (1 << 30)) - (250 << 20)),
     (1 << 30, 100 << 20, 100 << 20), (256 << 20, 1 << 30, 16 << 20)],
)  # fmt: skip
def test_samples_do_not_make_memory_short_for_good(limit: int, wanted: int, given: int) -> None:
    assert affordable(Footprint(limit), wanted) == given
    if given > 16 << 20:
        assert given + (250 << 20) < 0.75 * limit


def test_a_machine_that_does_not_tell_its_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "groups", lambda: iter(()))
    monkeypatch.setattr(footprint, "machine", lambda: 0)
    overload = Overload(Footprint(None))
    overload.look()
    assert (overload.footprint.limit, overload.level) == (0, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_counts_without_what_the_kernel_can_drop(tmp_path: Path, version: int) -> None:
    limit, use, droppable = footprint.NAMES[version]
    (tmp_path / limit).write_text("1000000\n")
    (tmp_path / use).write_text("900000\n")
    (tmp_path / "memory.stat").write_text("".join(f"{name} 200000\n" for name in droppable) + "anon 5\n")
    group = Group(tmp_path, version)
    assert (group.limit(), group.used()) == (1_000_000, 500_000)
    (tmp_path / limit).write_text("max\n" if version == 2 else "9223372036854771712\n")
    assert group.limit() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_the_nearest_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    name, root = footprint.NAMES[version][0], tmp_path / ("memory" if version == 1 else "")
    (root / "a" / "b").mkdir(parents=True)
    mine = tmp_path / "mine"
    mine.write_text("9:name=systemd:/\n4:memory:/a/b\n" if version == 1 else "0::/a/b\n")
    monkeypatch.setattr(footprint, "GROUPS", tmp_path)
    monkeypatch.setattr(footprint, "MINE", mine)
    assert Footprint(None).limit == footprint.machine()
    for folder, limit in ((root, 3_000_000), (root / "a", 2_000_000), (root / "a" / "b", 1_000_000)):
        (folder / name).write_text(f"{limit}\n")
        assert Footprint(None).limit == limit
    assert Footprint(500_000).limit == 500_000


def test_a_process_says_of_itself_what_the_system_says() -> None:
    assert footprint.resident() >= footprint.own() > 10_000_000
    assert footprint.machine() > footprint.resident()
    assert Footprint(12345678).limit == 12345678


TOLD = """
import sys
from pathlib import Path
from app.system import footprint
footprint.Footprint.used = lambda self: int(Path(PLACE).read_text())
from app.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def squeezed(tmp_path: Path) -> Iterator[tuple[Server, Callable[[int], None]]]:
    """A server that believes of its memory what a test says, in percent of its limit."""
    place = tmp_path / "used"

    def use(percent: int) -> None:
        part = tmp_path / "part"
        part.write_text(str(percent * 10_000_000))
        part.rename(place)

    use(10)
    server = Server(free_port(), {"SCOPE_MEMORY_LIMIT": "1000000000", "SCOPE_LOG": "json"})
    program = TOLD.replace("PLACE", repr(str(place)))
    flags = ["--bind", "127.0.0.1", "--port", str(server.port)]
    server.process = subprocess.Popen(
        [sys.executable, "-c", program, *flags], cwd=ROOT, env=os.environ | server.settings
    )
    wait_until(server.has_page, 60, 0.1)
    yield server, use
    assert server.stop() == 0


def test_what_is_refused_comes_step_by_step_and_all_of_it_passes(
    squeezed: tuple[Server, Callable[[int], None]],
) -> None:
    server, use = squeezed
    server.post({"y": 1, "channel": "old"})
    numbers = itertools.count()

    def old() -> int:
        return server.ask("POST", "/data", {"y": 1, "channel": "old"})[0]

    def new() -> int:
        return server.ask("POST", "/data", {"y": 1, "channel": f"new {next(numbers)}"})[0]

    def frames() -> int:
        with suppress(InvalidStatus), connect(f"ws://127.0.0.1:{server.port}/frames", close_timeout=1):
            return 101
        return 503

    use(76)
    wait_until(lambda: new() == 503)
    assert (old(), frames(), server.ask("GET", "/readyz")[0]) == (200, 101, 200)
    use(82)
    wait_until(lambda: old() == 503)
    assert (frames(), server.ask("GET", "/")[0], server.ask("GET", "/readyz")[0]) == (101, 200, 503)
    with Viewer(server.port) as first, Viewer(server.port) as second:
        wait_until(lambda: min(first.frames, second.frames) > 0)
        use(95)
        wait_until(lambda: frames() == 503)
        status, page = server.ask("GET", "/")
        assert (status, b"Memory is short" in page) == (503, True)
        told = wait_until(lambda: notified(server))
        assert (told["status"], told["process"]["overload"], len(told["notices"])) == ("fail", 2, 1)
        answer = json.loads(server.ask("POST", "/data", {"y": 1})[1])
        assert (answer["code"], answer["limit"]) == ("overloaded", "memory")
        assert b"osc_overload_state 2.0" in server.ask("GET", "/metrics")[1]
        assert server.ask("GET", "/healthz")[0] == 200
        wait_until(lambda: json.loads(server.ask("GET", "/status.json")[1])["out"]["viewers"] == 0)
        use(50)
        wait_until(lambda: new() == 200)
        assert (old(), frames(), server.ask("GET", "/readyz")[0]) == (200, 101, 200)
    told = json.loads(server.ask("GET", "/status.json")[1])
    wait_until(lambda: notified(server) is None)
    assert told["out"]["dropped"]["limit"] >= 4


def notified(server: Server) -> dict[str, Any] | None:
    """What people are told of it, once they are told why."""
    told: dict[str, Any] = json.loads(server.ask("GET", "/status.json")[1])
    return told if told["notices"] else None
