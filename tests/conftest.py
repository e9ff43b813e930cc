"""For all tests: in CI a skipped test is a failure, and waiting is for a condition, never for a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import pytest
from xdist.scheduler import LoadScopeScheduling

T = TypeVar("T")
PAGE = "tests/ui/"
LONG = (
    PAGE,
    "tests/faults/",
    "tests/scripts/test_bench",
    "tests/ui_plot/test_joining",
    "tests/launch/",
    "tests/test_server",
    "tests/api/test_openapi",
)


def wait_until(condition: Callable[[], T | None], timeout: float = 30.0, interval: float = 0.02) -> T:
    """The first true result of the condition, asked again and again.

    timeout, interval  s
    TimeoutError       the condition was still false after the timeout; says what it last returned
    """
    end = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {result!r} after {timeout:g} s")
        time.sleep(interval)
    return result


class Files(LoadScopeScheduling):
    """Side by side, tests of one file stay together, and those of the page in one browser."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return PAGE if path.startswith(PAGE) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that nothing is waited for in the end."""
    items.sort(
        key=lambda item: next((k for k, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped_in_ci(report)
    return report


def fail_if_skipped_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI allows no skipped test: {report.longrepr}"
