"""Recordings at the front panel: recorded, seen by others, downloaded, played again, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.instrument import Front

OPEN = "document.querySelector('[data-group=record]').open = true"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a folder."""
    server = Server(settings={"SCOPE_DATA": str(tmp_path_factory.mktemp("data"))}).start()
    yield server
    assert server.stop() == 0


def test_what_comes_is_recorded_played_and_deleted(browser: Browser, kept: Server) -> None:
    contexts = new_context(browser), new_context(browser)
    one, two = (Front(context, kept).open() for context in contexts)
    for tab in (one, two):
        tab.page.evaluate(OPEN)
    one.page.get_by_role("radio", name="CSV").click()
    one.click("#record")
    expect(two.page.locator("#record")).to_have_text("Recording")
    kept.columns([0.0, 0.1, 0.2], a=[1.0, 2.0, 3.0])
    two.click("#record-stop")
    expect(one.page.locator("#record")).to_have_text("Record")
    entry = one.page.locator(".recording")
    expect(entry).to_contain_text("3 samples")
    with one.page.expect_download() as download:
        entry.get_by_role("link", name="CSV").click()
    assert Path(download.value.path()).read_text().count("\n") == 4
    assert download.value.suggested_filename == "recording-1.csv"
    entry.get_by_role("button", name="Parquet").click()
    expect(entry.get_by_role("link", name="Parquet")).to_be_visible()
    one.page.get_by_role("radio", name="max").click()
    entry.get_by_role("button", name="Replay recording 1").click()
    wait_until(lambda: kept.channels().get("replay/a", {}).get("total") == 3)
    expect(one.page.locator(".box .label")).to_have_count(2)
    entry.get_by_role("button", name="Delete recording 1").click()
    one.click("dialog.ask .danger")
    for tab in (one, two):
        expect(tab.page.locator(".recording")).to_have_count(0)
        assert tab.problems == []
    for context in contexts:
        context.close()


def test_without_a_folder_the_panel_says_what_is_missing(front: Front) -> None:
    front.page.evaluate(OPEN)
    expect(front.page.locator("#record-hint")).to_contain_text("SCOPE_DATA")
    expect(front.page.locator("#record")).to_be_hidden()
