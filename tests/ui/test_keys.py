"""The keys of the panel, and the list of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.click("#trigger-mode button[value=normal]")  # in Auto a signal of unknown pace rolls
    front.has("ch1")
    front.type("#timebase", "50m")
    front.triggered()
    front.page.focus("#glass")
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")


def test_letters_turn_the_trigger(sine: Front) -> None:
    for key, part in (
        ("e", "t.slope=falling"), ("e", "t.slope=either"), ("]", "t.level="),
        ("Shift+ArrowRight", "delay="),
    ):  # fmt: skip
        sine.key(key)
        wait_until(lambda part=part: part in sine.query())
    sine.key("m")
    wait_until(lambda: "t.mode" not in sine.query())


def test_s_arms_and_f_forces(sine: Front, server: Server) -> None:
    sine.type("#level", "5")
    sine.page.focus("#glass")
    sine.lamp("WAIT")
    sine.key("f")
    starts = itertools.count(4, 4)

    def shows() -> bool:
        server.columns(next(starts) + X, ch1=SINE)  # what comes after the newest sample when f is heard
        return bool(sine.mask().any())

    wait_until(shows, interval=0.3)
    sine.key("s")
    expect(sine.page.locator("#single")).to_contain_class("lit")


def test_h_goes_into_the_past_and_back(sine: Front) -> None:
    sine.key("h")
    wait_until(lambda: "at=" in sine.query())
    expect(sine.page.locator("#live")).to_be_visible()
    sine.key("h")
    wait_until(lambda: "at=" not in sine.query())


def test_the_list_of_keys_opens_and_closes_and_covers_no_trace(sine: Front) -> None:
    sine.key("?")
    help_ = sine.page.locator("#help")
    expect(help_).to_be_visible()
    box, glass = help_.bounding_box(), sine.page.locator("#glass").bounding_box()
    assert box is not None
    assert glass is not None
    assert box["x"] >= glass["x"] + glass["width"] - 1
    sine.key("Escape")
    expect(help_).to_be_hidden()


def test_control_s_saves_the_picture(sine: Front) -> None:
    with sine.page.expect_download() as found:
        sine.key("Control+s")
    assert found.value.suggested_filename.endswith(".png")
    link = sine.page.locator("#save-csv")
    wait_until(lambda: link.get_attribute("href") == "screen.csv?" + sine.query())


def test_a_set_up_file_brings_the_knobs_back(sine: Front) -> None:
    sine.page.evaluate("document.querySelector('[data-group=save]').open = true")
    with sine.page.expect_download() as found:
        sine.click("#setup-save")
    path = found.value.path()
    sine.click("#defaults")
    wait_until(lambda: sine.query() == "")
    sine.page.set_input_files("#setup-file", files=[
        {"name": "bad.json", "mimeType": "application/json", "buffer": b"[]"}])  # fmt: skip
    sine.says("no set-up")
    with sine.page.expect_navigation():
        sine.page.set_input_files("#setup-file", str(path))
    sine.live()
    wait_until(lambda: "tb=0.05" in sine.query() and "t.mode=normal" in sine.query())


def test_the_screen_is_told_in_a_sentence(sine: Front) -> None:
    expect(sine.page.locator("#summary")).to_contain_text("Channel 1 ch1")
    expect(sine.page.locator("#summary")).to_contain_text("waiting")  # nothing has come for a while
