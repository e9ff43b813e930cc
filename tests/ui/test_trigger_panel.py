"""The trigger at the front panel: its knobs, its marks on the screen, Single."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import new_context
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)
HEIGHT = 8.0  # divisions


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    """The tab at 50 ms/div on four seconds of a 5 Hz sine of 1 V, triggered."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.click("#trigger-mode button[value=normal]")  # in Auto a signal of unknown pace rolls
    front.type("#timebase", "50m")
    front.shows("#status-timebase", "50 ms/div")
    front.triggered()
    expect(front.page.locator(".mark.level").first).to_be_visible()
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")


def place(front: Front, selector: str) -> tuple[float, float]:
    """The middle of a mark, in px of the window."""
    box = front.page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def dragged(front: Front, selector: str, dx: float, dy: float) -> None:
    x, y = place(front, selector)
    front.page.mouse.move(x, y)
    front.page.mouse.down()
    front.page.mouse.move(x + dx, y + dy, steps=4)
    front.page.mouse.up()


def glass(front: Front) -> dict[str, float]:
    box = front.page.locator("#overlay").bounding_box()
    assert box is not None
    return {"width": box["width"], "height": box["height"], "top": box["y"], "left": box["x"]}


def test_the_marks_stand_at_the_instant_and_at_the_level(sine: Front) -> None:
    screen = glass(sine)
    assert place(sine, ".mark.instant")[0] == pytest.approx(screen["left"] + screen["width"] / 2, abs=3)
    assert place(sine, ".mark.level")[1] == pytest.approx(screen["top"] + screen["height"] / 2, abs=6)


def test_a_typed_level_moves_its_mark_and_goes_into_the_address(sine: Front) -> None:
    sine.type("#level", "500m")
    sine.holds("#level", "500 mV")
    wait_until(lambda: "t.level=0.5" in sine.query())
    screen = glass(sine)
    scale = float(sine.value("#units").removesuffix(" mV")) / 1000
    up = 0.5 / (scale * HEIGHT) * screen["height"]
    middle = screen["top"] + screen["height"] / 2
    wait_until(lambda: abs(place(sine, ".mark.level")[1] - (middle - up)) < 3)


def test_a_dragged_mark_sets_the_level(sine: Front) -> None:
    dragged(sine, ".mark.level", 0, -glass(sine)["height"] / 8)
    scale = float(sine.value("#units").removesuffix(" mV")) / 1000

    def dropped() -> bool:
        level = sine.query().partition("t.level=")[2].partition("&")[0]
        return level != "" and abs(float(level) - scale) < 0.1 * scale

    wait_until(dropped)
    sine.page.evaluate("document.getElementById('level-auto').click()")
    wait_until(lambda: "t.level" not in sine.query())


def test_a_dragged_instant_sets_the_delay(sine: Front) -> None:
    dragged(sine, ".mark.instant", -glass(sine)["width"] / 10, 0)
    wait_until(lambda: "delay=0.05" in sine.query())
    screen = glass(sine)
    wait_until(lambda: abs(place(sine, ".mark.instant")[0] - screen["left"] - 0.4 * screen["width"]) < 3)


def test_each_kind_has_its_own_knobs(sine: Front) -> None:
    asked = {
        "pulse": ("#trigger-polarity", "#trigger-condition", "#high_width", "#level"),
        "window": ("#trigger-way", "#high", "#low"),
        "runt": ("#trigger-polarity", "#high", "#low"),
        "timeout": ("#trigger-slope", "#time", "#level"),
        "edge": ("#trigger-slope", "#level"),
    }
    for kind, knobs in asked.items():
        sine.page.select_option("#trigger-kind", kind)
        for knob in {one for all_ in asked.values() for one in all_}:
            expect(sine.page.locator(knob)).to_be_visible(visible=knob in knobs)


def test_normal_waits_where_auto_runs_freely(sine: Front) -> None:
    sine.type("#level", "5")
    sine.lamp("WAIT")
    sine.click("#trigger-mode button[value=auto]")
    sine.lamp("ROLL")
    expect(sine.page.locator(".mark.level b").first).to_have_text("▴")


def test_single_shows_one_sweep_and_stops_on_it(sine: Front, server: Server) -> None:
    sine.click("#single")
    expect(sine.page.locator("#single")).to_contain_class("lit")
    server.columns(4 + X, ch1=SINE)
    sine.shows("#run", "Run")
    sine.lamp("STOP")
    sine.settled()
    picture = sine.picture()
    server.columns(8 + X, ch1=np.abs(SINE))
    wait_until(lambda: sine.received(12_000))
    assert sine.still(picture)
    sine.click("#run")
    sine.shows("#run", "Stop")
    wait_until(lambda: not sine.still(picture))
    sine.shows("#run", "Stop")


def test_a_drag_goes_into_the_past_and_a_key_back_to_live(sine: Front) -> None:
    screen = glass(sine)
    x, y = screen["left"] + 300, screen["top"] + 150
    sine.page.mouse.move(x, y)
    sine.page.mouse.down()
    sine.page.mouse.move(x + 200, y + 5, steps=4)
    sine.page.mouse.up()
    wait_until(lambda: "at=" in sine.query())
    expect(sine.page.locator("#live")).to_be_visible()
    sine.click("#live")
    wait_until(lambda: "at=" not in sine.query())
    expect(sine.page.locator("#live")).to_be_hidden()


def test_undo_takes_a_whole_drag_back(sine: Front) -> None:
    before = sine.query()
    dragged(sine, ".mark.level", 0, -glass(sine)["height"] / 4)
    wait_until(lambda: "t.level" in sine.query())
    sine.page.wait_for_timeout(300)  # until the last of what it asks for is there
    sine.page.focus("#glass")
    sine.key("Control+z")
    wait_until(lambda: sine.query() == before)


def test_undo_takes_a_change_back(sine: Front) -> None:
    sine.page.click("#trigger-slope button[value=falling]")
    wait_until(lambda: "t.slope=falling" in sine.query())
    sine.page.focus("#glass")
    sine.key("Control+z")
    wait_until(lambda: "t.slope" not in sine.query())


def test_those_who_only_watch_see_the_marks_and_cannot_drag_them(browser: Browser, sine: Front) -> None:
    sine.type("#level", "500m")
    wait_until(lambda: "t.level=0.5" in sine.query())
    context = new_context(browser)
    watch = Front(context, sine.server)
    watch.page.goto(f"{sine.server.url}watch?{sine.query()}")
    watch.triggered()
    screen = glass(watch)
    wait_until(lambda: abs(place(watch, ".mark.instant")[0] - screen["left"] - screen["width"] / 2) < 3)
    wait_until(lambda: place(watch, ".mark.level")[1] < screen["top"] + screen["height"] / 2 - 20)
    before = place(watch, ".mark.level")
    dragged(watch, ".mark.level", 0, 100)
    assert place(watch, ".mark.level") == before
    assert watch.problems == []
    context.close()
