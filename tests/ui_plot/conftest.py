"""One server for the tests that need a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.process import Server


@pytest.fixture(scope="session")
def running_plots() -> Iterator[Server]:
    server = Server().start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def plots(running_plots: Server) -> Server:
    """The shared server with an empty memory."""
    running_plots.clear()
    return running_plots
