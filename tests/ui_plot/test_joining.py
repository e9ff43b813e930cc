"""Pages that open, many at once, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.ui.stock import SIZE
from tests.conftest import wait_until
from tests.process import Server
from tests.ui_plot.session import Session
from tests.viewer import page

MANY = 12  # more than there are plots in stock
SHORT = {"SCOPE_MAX_TABS": "3"}
Counts = dict[str, int]


class Counted:
    """The app in a process that tells what its pages hold."""

    def __init__(self) -> None:
        self.server = Server()
        command = [sys.executable, "-m", "scripts.benches.counted", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.server.port)],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"BOKEH_ALLOW_WS_ORIGIN": ""},
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_until(self.server.has_page, 30, 0.1)

    def counts(self) -> Counts:
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        found: Counts = json.loads(self.process.stdout.readline())
        return found

    def quiet(self) -> Counts | None:
        """What is held when no session is left and the stock is full."""
        found = self.counts()
        return found if not found["sessions"] and found["buffers"] == found["subscribers"] == SIZE else None


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    made = Counted()
    yield made
    made.process.terminate()
    assert made.process.wait(10) == 0


def test_pages_that_open_at_once_all_come(counted: Counted) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(lambda _: page(counted.server.port), range(MANY)))
    assert [status for status, _ in found] == [200] * MANY
    assert len({text for _, text in found}) == MANY


def test_every_page_has_a_plot_of_its_own(counted: Counted) -> None:
    with Session(counted.server.port) as first, Session(counted.server.port) as second:
        ids = [session.document["roots"][0]["id"] for session in (first, second)]
        assert ids[0] != ids[1]
        for session in (first, second):
            assert session.document["roots"][0]["attributes"]["name"] == "scope"


def test_pages_that_were_opened_and_closed_leave_nothing(counted: Counted) -> None:
    before = wait_until(counted.quiet, 120, 0.5)
    for _ in range(5):
        with Session(counted.server.port) as session:
            session.said()
            session.command(do="run", frame=0, asked=1)
            session.patch()
    for _ in range(3):
        page(counted.server.port)  # and nobody opens its socket
    assert counted.counts()["documents"] > before["documents"]
    after = wait_until(counted.quiet, 120, 0.5)
    assert {name: n for name, n in after.items() if n > before[name]} == {}


def test_visitors_who_wait_count_as_pages() -> None:
    server = Server(settings=SHORT).start()  # which opens one
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(status for status, _ in pool.map(lambda _: page(server.port), range(6)))
    assert statuses.count(200) <= 3
    assert set(statuses) == {200, 503}
    assert server.stop() == 0
