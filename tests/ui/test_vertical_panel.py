"""The vertical knobs as a person turns them: fine steps, coupling, probe, unit, the ground marker."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import Open
from tests.ui.instrument import Front, middles, rows_with

X = np.arange(4000) / 1000
SINE = 3 + np.sin(2 * np.pi * 5 * X)  # V


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    """The tab at 50 ms/div and 1 V/div on a 5 Hz sine of 1 V around 3 V, zero a division below the centre."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.click("#trigger-mode button[value=normal]")  # in Auto a signal of unknown pace rolls
    front.type("#timebase", "50m")
    front.type("#units", "1")
    front.type("#position", "-1")
    front.triggered()
    front.holds("#position", "-1.00")
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")


def level(front: Front) -> float:
    """The middle of the trace in divisions above the centre, to a fiftieth."""
    rows = rows_with(front.settled())
    return round((0.5 - (rows[0] + rows[-1]) / 2 / len(front.mask())) * 8, 2)


def marker(front: Front) -> float:
    """Where the ground marker stands, in divisions above the centre."""
    box = front.page.locator(".mark.ground").first.bounding_box()
    screen = front.page.locator("#overlay").bounding_box()
    assert box is not None
    assert screen is not None
    return (0.5 - (box["y"] + box["height"] / 2 - screen["y"]) / screen["height"]) * 8


def test_fine_steps_are_of_two_percent_and_marked(sine: Front) -> None:
    sine.page.focus("#glass")
    sine.key("Alt+ArrowUp")
    sine.holds("#units", ">1.02 V")
    sine.shows(".box .units", ">1.02 V/div")
    sine.click("#fine")
    sine.click("#units-more")
    sine.holds("#units", ">1.04 V")
    sine.click("#position-more")
    sine.holds("#position", "-0.98")
    sine.click("#fine")
    sine.click("#units-less")
    sine.holds("#units", "1 V")
    sine.page.mouse.move(200, 300)
    sine.page.mouse.move(20, 300)
    sine.page.keyboard.down("Shift")
    sine.page.mouse.wheel(0, 100)
    sine.page.keyboard.up("Shift")
    sine.holds("#units", ">1.02 V")
    wait_until(lambda: "v.ch1=1.02" in sine.query())


def test_ac_coupling_draws_the_trace_around_its_mean(sine: Front, opened: Open, server: Server) -> None:
    assert level(sine) == pytest.approx(2, abs=0.1)
    sine.type("#position", "1")
    sine.click("#coupling button[value=ac]")
    wait_until(lambda: sine.query().endswith("v.ch1=1%2C1%2Cac&t.mode=normal"))
    sine.shows(".box .units", "AC 1 V/div")
    assert level(sine) == pytest.approx(1, abs=0.1)
    assert marker(sine) == pytest.approx(1, abs=0.1)
    live = middles(sine.settled())
    sine.click("#run")
    sine.lamp("STOP")
    np.testing.assert_allclose(middles(sine.settled()), live, atol=2)
    assert marker(sine) == pytest.approx(1, abs=0.1)
    sine.type("#timebase", "100m")
    assert level(sine) == pytest.approx(1, abs=0.1)
    watch = opened("watch?" + sine.query())
    assert level(watch) == pytest.approx(1, abs=0.1)


def test_a_probe_multiplies_for_everybody_and_undo_takes_it_back(
    other: Front, sine: Front, server: Server
) -> None:
    before = level(sine)
    sine.click("#probe-more")
    sine.holds("#probe", "10x")
    sine.holds("#units", "10 V")  # this tab's knobs go with it: its picture stays
    assert level(sine) == pytest.approx(before, abs=0.05)
    other.holds("#probe", "10x")
    wait_until(lambda: other.text(".box .value") == sine.text(".box .value"))
    assert server.channels()["ch1"]["probe"] == 10
    sine.type("#probe", "2.5")
    sine.holds("#probe", "2.5x")
    sine.click("#undo")
    sine.holds("#probe", "10x")
    sine.type("#probe", "zero")
    sine.says("Type a number")
    sine.click("#undo")
    sine.holds("#probe", "1x")
    sine.holds("#units", "1 V")


def test_a_unit_is_named_for_everybody(other: Front, sine: Front) -> None:
    sine.type("#unit", "A")
    sine.holds("#units", "1 A")
    expect(other.page.locator(".box .value")).to_contain_text("A")
    sine.type("#unit", "<b>")
    sine.says("A unit has")
    sine.type("#unit", "")
    sine.holds("#units", "1 V")


def test_what_a_field_shows_already_can_be_meant(front: Front, server: Server) -> None:
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.has("ch1")
    front.settled()
    assert front.query() == ""
    front.page.focus("#units")
    front.key("Enter")
    wait_until(lambda: front.query().startswith("v.ch1="))


def test_the_ground_marker_is_dragged_touched_and_moved_by_keys(sine: Front) -> None:
    box = sine.page.locator(".mark.ground").first.bounding_box()
    screen = sine.page.locator("#overlay").bounding_box()
    assert box is not None
    assert screen is not None
    x, y = box["x"] + 12, box["y"] + box["height"] / 2
    sine.page.mouse.move(x, y)
    sine.page.mouse.down()
    sine.page.mouse.move(x, y - screen["height"] / 8, steps=4)
    sine.page.mouse.up()
    wait_until(lambda: abs(float(sine.value("#position")) - 0) < 0.1)
    wait_until(lambda: abs(marker(sine)) < 0.1)
    touch = sine.page.context.new_cdp_session(sine.page)
    finger = {"x": x, "y": y - screen["height"] / 8}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    for part in (0.05, 0.1, 0.125):
        point = {"x": x, "y": finger["y"] - part * screen["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_until(lambda: abs(float(sine.value("#position")) - 1) < 0.1)
    ground = sine.page.locator(".mark.ground").first
    before = float(sine.value("#position"))
    ground.focus()
    sine.key("ArrowUp")
    wait_until(lambda: float(sine.value("#position")) == pytest.approx(before + 0.2))
    assert sine.value("#units") == "1 V"
