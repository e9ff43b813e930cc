"""One server and one browser for all tests of the page; a context of its own, closed at the end, for each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.process import Server
from tests.ui.instrument import Front

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps ...
    "--use-fake-ui-for-media-stream",  # ... and somebody who allows it
    "--host-resolver-rules=MAP probe.test 127.0.0.1",  # a host that is not this machine, for a browser
]
POINTS = 20_000  # record length of the shared server: few enough to be overwritten by one block
DESKTOP = {"width": 1280, "height": 720}
Open = Callable[..., Front]
HERE = Path(__file__).parent
OPENED = pytest.StashKey[ExitStack]()

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    server = Server(settings={"SCOPE_POINTS": str(POINTS)}).start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def server(running: Server) -> Server:
    """The shared server with an empty memory."""
    running.clear()
    return running


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with ExitStack() as stack:
        request.session.stash[OPENED] = stack
        playwright = stack.enter_context(sync_playwright())
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        stack.callback(opened.close)
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After the last test of the page the browser ends: beside its loop no other could run in this thread."""
    yield
    if nextitem is None or HERE not in nextitem.path.parents:
        item.session.stash.get(OPENED, ExitStack()).close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    made = browser.new_context(**({"viewport": DESKTOP} | options))
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    made.set_default_timeout(30_000)
    return made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of the test's own."""
    made = new_context(browser)
    yield made
    made.close()


@pytest.fixture
def opened(context: BrowserContext, server: Server) -> Iterator[Open]:
    """Opens tabs; at the end of the test none of them may have had a problem."""
    fronts: list[Front] = []

    def open_tab(query: str = "") -> Front:
        fronts.append(Front(context, server))
        return fronts[-1].open(query)

    yield open_tab
    assert [problem for front in fronts for problem in front.problems] == []


@pytest.fixture(scope="session")
def shared(browser: Browser, running: Server) -> tuple[Front, Front]:
    """Two tabs that stay open, for tests that need no fresh ones: opening takes most of a test's time."""
    contexts = new_context(browser), new_context(browser)  # they end with the browser
    return Front(contexts[0], running).open(), Front(contexts[1], running).open()


@pytest.fixture
def front(shared: tuple[Front, Front], server: Server) -> Iterator[Front]:
    """One open tab on an empty memory, with all knobs let go."""
    yield from reset(shared[0])


@pytest.fixture
def other(shared: tuple[Front, Front], server: Server) -> Iterator[Front]:
    """A second one, of somebody else."""
    yield from reset(shared[1])


AS_OPENED = """() => {
  document.getElementById('defaults').click()
  localStorage.clear()
  const usual = ['horizontal', 'vertical', 'trigger']
  for (const group of document.querySelectorAll('.group')) group.open = usual.includes(group.dataset.group)
}"""


def reset(tab: Front) -> Iterator[Front]:
    """The tab as if it had just been opened; after the test it may have had no problem."""
    tab.page.mouse.move(0, 0)
    tab.quiet()
    tab.page.evaluate(AS_OPENED)
    if tab.text("#run") == "Run":
        tab.click("#run")
    tab.has()
    expect(tab.page.locator("#empty")).to_be_visible()
    yield tab
    problems, tab.problems = tab.problems, []
    assert problems == []
