"""Maths traces and trends at the front panel: added, drawn, measured, triggered on, and taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from app.dsp.maths import MATHS
from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

STATIC = Path(__file__).parents[2] / "app/ui/static"
X = np.arange(4000) / 1000
RED = (255, 107, 107)  # of the last slot
ONE, TWO = np.sin(2 * np.pi * 5 * X), 2 * np.sin(2 * np.pi * 5 * X)


@pytest.fixture
def signals(front: Front, server: Server) -> Iterator[Front]:
    """The tab on four seconds of two sines of 5 Hz, of 1 V and 2 V, one second wide."""
    channels = {"ch1": ONE.tolist(), "coil 2": TWO.tolist()}
    server.post({"x": X.tolist(), "channels": channels, "units": {"ch1": "V", "coil 2": "V"}, "x_unit": "s"})
    front.has("ch1", "coil 2")
    front.type("#timebase", "100m")
    for group in ("maths", "measure", "trigger", "vertical"):
        front.page.evaluate(f"document.querySelector('[data-group={group}]').open = true")
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#derived .entry")).to_have_count(0)


def choose(front: Front, operation: str, a: str = "ch1", b: str = "coil 2") -> None:
    front.page.select_option("#maths-operation", operation)
    front.page.select_option("#maths-a", a)
    if front.page.locator("#maths-b").is_visible():
        front.page.select_option("#maths-b", b)


def expression(front: Front, text: str) -> None:
    front.page.select_option("#maths-operation", "expression")
    front.page.fill("#expression", text)


def reading(front: Front, label: str) -> str:
    """What the bar says beside a label."""
    return front.page.locator(f"#bar .measured:has(span:text-is('{label}')) output").first.inner_text()


def test_the_menu_has_every_operation_there_is() -> None:
    script = (STATIC / "maths.js").read_text().encode().decode("unicode_escape")
    told = dict(re.findall(r"(\w+): \['([^']+)', (?:ONE|TWO|\[)", script))
    assert told == {name: operation.label for name, operation in MATHS.items()}


def test_every_operation_gives_a_trace_with_a_box(signals: Front) -> None:
    expected = {
        "add": "ch1 + ch(”coil 2”)", "subtract": "ch1 - ch(”coil 2”)", "multiply": "ch1 * ch(”coil 2”)",
        "divide": "ch1 / ch(”coil 2”)", "derivative": "d(ch1)", "integral": "integral(ch1)",
        "absolute": "abs(ch1)", "lowpass": "lowpass(ch1, 100)", "highpass": "highpass(ch1, 10)",
        "bandpass": "bandpass(ch1, 10, 100)",
    }  # fmt: skip
    assert list(expected) == list(MATHS)
    for operation, label in expected.items():
        choose(signals, operation)
        signals.click("#maths-add")
        signals.has("ch1", "coil 2", label)
        expect(signals.page.locator("#derived .entry > span")).to_have_text(
            re.compile(rf"^M\d+ {re.escape(label)}$")
        )
        value = signals.page.locator(".box .value").nth(2)
        expect(value).not_to_have_text("---")
        signals.click("#derived .entry button")
        signals.has("ch1", "coil 2")


def test_a_maths_trace_is_measured_turned_and_triggered_on(signals: Front, server: Server) -> None:
    name = '=ch1 + ch("coil 2")'
    choose(signals, "add")
    signals.click("#maths-add")
    signals.page.select_option("#measure-channel", name)
    signals.page.select_option("#measure-what", "vpp")
    signals.click("#measure-add")
    wait_until(lambda: reading(signals, "Vpp ch1 + ch(”coil 2”)") == "6.000 V")
    signals.page.click(".box >> nth=2")
    signals.holds("#label", "ch1 + ch(”coil 2”)")
    signals.type("#units", "5")
    signals.shows(".box >> nth=2 >> .units", "5 V/div")
    signals.page.select_option("#trigger-source", name)
    wait_until(lambda: "t.source" in signals.query() and "on=%3Dch1" in signals.query())
    assert {'=ch1 + ch("coil 2")'} <= set(server.channels())
    signals.click("#autoset")
    signals.has("ch1", "coil 2", "ch1 + ch(”coil 2”)")


def test_a_stopped_screen_takes_maths_too(signals: Front) -> None:
    signals.click("#run")
    signals.shows("#run", "Run")
    before = signals.mask(RED).any()
    choose(signals, "subtract")
    signals.click("#maths-add")
    wait_until(lambda: bool(signals.mask(RED).any()))
    signals.page.select_option("#measure-channel", '=ch1 - ch("coil 2")')
    signals.page.select_option("#measure-what", "vpp")
    signals.click("#measure-add")
    wait_until(lambda: reading(signals, "Vpp ch1 - ch(”coil 2”)") == "2.000 V")
    signals.click("#derived .entry button")
    wait_until(lambda: not bool(signals.mask(RED).any()))
    assert not before
    signals.click("#run")
    signals.shows("#run", "Stop")


def test_an_expression_says_where_it_is_wrong_while_it_is_typed(signals: Front) -> None:
    expression(signals, "ch1 * sqrrt(ch1)")
    signals.shows("#expression-error", "there is no function sqrrt; did you mean sqrt? (at character 7)")
    assert signals.page.locator(".caret").inner_text().index("▴") == 6
    signals.click("#maths-add")
    signals.says("did you mean sqrt?")
    expression(signals, "ch1 + ch7")
    signals.shows("#expression-error", "there is no channel ch7")
    signals.click("#maths-add")
    signals.shows("#derived .entry small", "there is no channel ch7")
    signals.click("#undo")
    expression(signals, "3 * ch1")
    signals.shows("#expression-error", "")
    signals.page.press("#expression", "Enter")
    signals.has("ch1", "coil 2", "3 * ch1")
    signals.page.keyboard.press("Escape")
    signals.page.select_option("#maths-operation", "subtract")


def test_a_link_brings_the_trace_and_a_trend_grows_with_the_readings(signals: Front, server: Server) -> None:
    signals.page.select_option("#measure-what", "max")
    signals.page.select_option("#measure-channel", "ch1")
    signals.click("#measure-add")
    signals.click("#measured .entry >> text=Trend")
    signals.has("ch1", "coil 2", "ch1:max")
    signals.shows("#derived .entry > span", "T1 ch1:max")

    def grown() -> bool:
        at = server.channels()["ch1"]["total"] / 1000
        server.columns([at], ch1=[0.0], **{"coil 2": [0.0]})
        return server.channels().get("~ch1:max", {"total": 0})["total"] >= 3

    wait_until(grown)
    expect(signals.page.locator(".box .value").nth(2)).to_contain_text("1.000 V")
    signals.reload()
    signals.has("ch1", "coil 2", "ch1:max")
