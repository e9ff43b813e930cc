"""The empty screen tells how to send, and what it tells works."""

from __future__ import annotations

import subprocess

from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front, rows_with


def test_the_empty_screen_shows_how_to_send_to_this_page(front: Front, server: Server) -> None:
    card = front.page.locator("#empty")
    expect(card).to_contain_text("Waiting for the first sample")
    for tab in ("curl", "Python", "Arduino"):
        card.get_by_role("tab", name=tab).click()
        expect(card.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert server.url + "data" in card.locator("pre").inner_text()
    card.get_by_role("tab", name="curl").click()
    front.lamp("WAIT")


def test_the_copy_button_copies_what_is_shown(front: Front) -> None:
    card = front.page.locator("#empty")
    button = card.locator(".copy")
    for tab in ("Python", "Arduino", "curl"):
        card.get_by_role("tab", name=tab).click()
        button.click()
        expect(button).to_have_text("Copied")
        assert front.page.evaluate("navigator.clipboard.readText()") == card.locator("pre").inner_text()
        expect(button).to_have_text("Copy")


def test_the_curl_line_works_in_a_shell_and_the_card_goes(front: Front, server: Server) -> None:
    line = front.page.locator("#empty pre").inner_text()
    answer = subprocess.run(["bash", "-c", line], capture_output=True, timeout=10)
    assert answer.stdout.strip() == b'{"status":"success"}'
    expect(front.page.locator("#empty")).to_be_hidden()
    front.has("ch1")
    assert server.channels()["ch1"]["total"] == 1


def test_the_python_lines_run_as_they_stand(front: Front, server: Server) -> None:
    front.page.locator("#empty").get_by_role("tab", name="Python").click()
    program = front.page.locator("#empty pre").inner_text()
    front.page.locator("#empty").get_by_role("tab", name="curl").click()
    with subprocess.Popen(["python3", "-c", program]) as sender:
        wait_until(lambda: front.received(3))
        sender.kill()
    front.has("ch1")


def test_the_demo_is_a_channel_that_all_see_until_it_is_stopped(
    front: Front, other: Front, server: Server
) -> None:
    one = front
    one.page.locator("#empty .demo").click()
    for tab in (one, other):
        tab.has("demo signal")
        expect(tab.page.locator("#empty")).to_be_hidden()
        wait_until(lambda tab=tab: tab.mask().any())
    assert list(server.channels()) == ["demo"]
    assert server.channels()["demo"]["unit"] == "V"
    height = wait_until(lambda: rows_with(mask).size if (mask := one.mask()).any() else 0)
    assert height > 50
    one.shows("#send .demo", "Stop demo signal")
    other.shows("#stop-demo", "Stop demo signal")
    other.click("#stop-demo")
    for tab in (one, other):
        tab.has()
        tab.shows("#empty .demo", "Start demo signal")
    wait_until(lambda: server.channels() == {})


def test_a_foreign_sample_ends_the_demo(front: Front, server: Server) -> None:
    front.page.locator("#empty .demo").click()
    front.has("demo signal")
    server.post({"y": 1, "channel": "real"})
    front.has("real")
    wait_until(lambda: list(server.channels()) == ["real"])
    expect(front.page.locator("#stop-demo")).to_be_hidden()


def test_there_is_no_demo_while_somebody_sends(front: Front, server: Server) -> None:
    server.post({"y": 1, "channel": "real"})
    front.has("real")
    front.page.evaluate("document.querySelector('[data-group=send]').open = true")
    front.click("#send .demo")
    front.says("Somebody is sending")
    front.page.wait_for_timeout(2100)
    front.click("#send .demo")
    front.has("real", "demo signal")
    front.click("#stop-demo")
    front.has("real")
