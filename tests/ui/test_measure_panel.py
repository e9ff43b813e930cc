"""Measurements at the front panel: chosen, read below the screen, counted, and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import expect

from app.dsp.measure import MEASUREMENTS
from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

STATIC = Path(__file__).parents[2] / "app/ui/static"
X = np.arange(4000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    """The tab on four seconds of a 5 Hz sine of 1 V, one second wide."""
    channels = {"ch1": SINE.tolist(), "flat": [1.0] * len(X)}
    server.post({"x": X.tolist(), "channels": channels, "units": {"ch1": "V", "flat": "V"}, "x_unit": "s"})
    front.has("ch1", "flat")
    front.type("#timebase", "100m")
    front.page.evaluate("document.querySelector('[data-group=measure]').open = true")
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#bar")).to_be_hidden()


def add(front: Front, name: str, channel: str = "ch1") -> None:
    front.page.select_option("#measure-channel", channel)
    front.page.select_option("#measure-what", name)
    front.click("#measure-add")


def cell(front: Front, label: str) -> str:
    """What the bar says beside a label."""
    return front.page.locator(f"#bar .measured:has(span:text-is('{label}')) output").first.inner_text()


def part(front: Front, name: str) -> list[str]:
    """A parameter of the page's address."""
    return parse_qs(front.query()).get(name, [])


def undo(front: Front) -> None:
    front.page.focus("#glass")
    front.key("Control+z")


def test_the_menu_has_every_measurement_there_is() -> None:
    script = (STATIC / "measure.js").read_text()
    assert [name for name in MEASUREMENTS if f"{name}: '{MEASUREMENTS[name].label}'" not in script] == []


def test_a_measurement_is_read_below_the_screen(sine: Front) -> None:
    add(sine, "frequency")
    wait_until(lambda: cell(sine, "Frequency ch1") == "5.000 Hz")
    add(sine, "vpp")
    wait_until(lambda: cell(sine, "Vpp ch1") == "2.000 V")
    assert sine.query().count("m=") == 2
    sine.click("#measured .entry >> nth=0 >> [aria-label='Take it away']")
    expect(sine.page.locator("#bar .measured")).to_have_count(1)


def test_what_cannot_be_had_says_why(sine: Front) -> None:
    add(sine, "frequency", "flat")
    wait_until(lambda: cell(sine, "Frequency flat") == "---")
    expect(sine.page.locator("#bar .measured")).to_have_attribute("title", "needs a full cycle on screen")


def test_two_channels_are_two(sine: Front) -> None:
    others = sine.page.locator("#measure-other option")
    sine.page.select_option("#measure-what", "phase")
    for channel, other in (("ch1", "flat"), ("flat", "ch1"), ("ch1", "flat")):
        sine.page.select_option("#measure-channel", channel)
        expect(others).to_have_count(1)
        expect(others).to_have_attribute("value", other)
        sine.holds("#measure-other", other)


def test_eight_are_the_most_and_the_key_says_so(sine: Front) -> None:
    key = sine.page.locator("#measure-add")
    for n, name in enumerate(("frequency", "vpp", "max", "min", "mean", "rms", "rise", "duty")):
        expect(key).to_have_attribute("title", "Show it below the screen")
        add(sine, name)
        expect(sine.page.locator("#measured .entry")).to_have_count(n + 1)
    expect(key).to_be_disabled()
    expect(key).to_have_attribute("title", "Eight measurements are the most: take one away first")


def test_statistics_count_and_begin_afresh(sine: Front, server: Server) -> None:
    add(sine, "mean")
    sine.click("#statistics")
    count = sine.page.locator("#bar .measured:not(.names) .statistic >> nth=4")

    def counted() -> int:
        server.columns([server.channels()["ch1"]["total"] / 1000], ch1=[0.0], flat=[1.0])
        text = count.inner_text()
        return int(text) if text.isdigit() else 0

    wait_until(lambda: counted() >= 3)
    before = int(count.inner_text())
    sine.click("#statistics-reset")
    wait_until(lambda: 0 <= int("0" + count.inner_text().strip("–")) < before)
    sine.click("#statistics")
    expect(sine.page.locator("#bar .statistic")).to_have_count(0)


def test_only_what_lies_between_the_cursors_is_measured(sine: Front) -> None:
    add(sine, "edges")
    wait_until(lambda: cell(sine, "Edges ch1") != "---")
    before = float(cell(sine, "Edges ch1"))
    sine.click("#gate")
    wait_until(lambda: "gate=" in sine.query())
    wait_until(lambda: float(cell(sine, "Edges ch1")) < before)
    expect(sine.page.locator(".cursor.x").first).to_be_visible()
    sine.click("#gate")
    wait_until(lambda: "gate=" not in sine.query())
    sine.page.evaluate("document.querySelector('#cursor-mode button').click()")


def test_a_gate_is_dragged_and_hidden_with_its_cursors_and_each_is_undone_at_once(sine: Front) -> None:
    sine.page.evaluate("document.querySelector('[data-group=cursors]').open = true")
    sine.click("#gate")
    wait_until(lambda: "gate=" in sine.query() and "cursors=time" in sine.query())
    before, gate = sine.query(), part(sine, "gate")
    box = sine.page.locator(".cursor.x").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    sine.page.mouse.move(x, y)
    sine.page.mouse.down()
    for n in range(5):
        sine.page.mouse.move(x + 20 * n, y)
        sine.page.wait_for_timeout(80)
    sine.page.mouse.up()
    sine.page.wait_for_timeout(500)  # until the link tells where the cursors stand
    assert part(sine, "gate") != gate
    undo(sine)
    wait_until(lambda: sine.query() == before)
    sine.click("#cursor-mode button[value=off]")
    wait_until(lambda: "gate=" not in sine.query() and "cursors=" not in sine.query())
    undo(sine)
    wait_until(lambda: sine.query() == before)
    sine.click("#cursor-mode button[value=off]")
    wait_until(lambda: "gate=" not in sine.query())
