"""Theme and palette: chosen, remembered, told in the link, and right again after HoloViews has drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from app.scope.palette import PALETTES, THEMES
from tests.conftest import wait_until
from tests.process import Server
from tests.ui.conftest import Open
from tests.ui.instrument import Front, columns_with

X = np.arange(4000) / 1000
SINE = np.sin(2 * np.pi * 5 * X)


def colour(text: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


LIGHT, DARK = colour(PALETTES["standard"]["light"][0]), colour(PALETTES["standard"]["dark"][0])


@pytest.fixture
def sine(front: Front, server: Server) -> Iterator[Front]:
    """The tab on a 5 Hz sine, the group Display open."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.has("ch1")  # a channel that appears moves what is below it
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    front.click("#trigger-mode button[value=normal]")  # in Auto a signal of unknown pace rolls
    front.type("#timebase", "50m")
    front.triggered()
    yield front
    front.click("#theme button[value=dark]")
    front.click("#palette button[value=standard]")
    front.page.evaluate("document.getElementById('defaults').click()")


def ground(front: Front) -> tuple[int, ...]:
    """The background of the screen."""
    return tuple(front.picture()[60, 200].tolist())


def test_light_is_chosen_remembered_told_and_taken_back(sine: Front, opened: Open) -> None:
    assert ground(sine) == colour(THEMES["dark"].background)
    sine.click("#theme button[value=light]")
    wait_until(lambda: ground(sine) == colour(THEMES["light"].background))
    wait_until(lambda: sine.query().endswith("&theme=light"))
    assert sine.settled(LIGHT).any()
    assert not sine.mask(DARK).any()
    watch = opened("watch?" + sine.query())
    wait_until(lambda: ground(watch) == colour(THEMES["light"].background))
    assert watch.settled(LIGHT).any()
    watch.page.close()
    assert sine.page.locator("#save-png").get_attribute("href") == "screen.png?" + sine.query()
    sine.click("#undo")
    wait_until(lambda: ground(sine) == colour(THEMES["dark"].background))
    sine.click("#theme button[value=light]")
    sine.page.goto(sine.server.url)  # no theme in the address: the browser remembers
    sine.live()
    wait_until(lambda: ground(sine) == colour(THEMES["light"].background))
    assert "theme" not in sine.query()


def test_colours_are_right_again_after_the_server_has_drawn(sine: Front) -> None:
    sine.click("#theme button[value=light]")
    wait_until(lambda: sine.query().endswith("&theme=light"))
    sine.click("#run")
    sine.lamp("STOP")
    sine.click("#timebase-more")
    sine.shows("#status-timebase", "100 ms/div")
    assert sine.settled(LIGHT).any()
    assert not sine.mask(DARK).any()
    assert marker(sine, LIGHT)
    sine.click("#theme button[value=dark]")  # at rest, too
    wait_until(lambda: bool(sine.mask(DARK).any()))
    assert marker(sine, DARK)
    assert ground(sine) == colour(THEMES["dark"].background)


def marker(front: Front, wanted: tuple[int, int, int]) -> bool:
    """Whether the ground marker at the left border has this colour."""
    part = front.picture()[:, 3:14]
    return bool((np.abs(part - np.array(wanted)).sum(axis=2) < 60).any())


def test_the_palette_for_colour_blind_people_has_dashes(sine: Front) -> None:
    sine.click("#color button[value='2']")
    cyan = colour(PALETTES["standard"]["dark"][1])
    whole = len(columns_with(sine.settled(cyan)))
    assert marker(sine, cyan)
    expect(sine.page.locator("#color button[value='2']")).to_have_attribute("aria-checked", "true")
    sine.click("#palette button[value=okabe-ito]")
    wait_until(lambda: sine.query().endswith("color.ch1=2&t.mode=normal&palette=okabe-ito"))
    blue = colour(PALETTES["okabe-ito"]["dark"][1])
    dashed = len(columns_with(sine.settled(blue)))
    assert 0.4 < dashed / whole < 0.9
    sine.click("#color button[value='1']")  # its own
    wait_until(lambda: "color" not in sine.query())


def test_auto_goes_by_the_system(sine: Front) -> None:
    sine.page.emulate_media(color_scheme="light")
    assert ground(sine) == colour(THEMES["dark"].background)
    sine.click("#theme button[value=auto]")
    wait_until(lambda: ground(sine) == colour(THEMES["light"].background))
    sine.page.emulate_media(color_scheme="dark")
    wait_until(lambda: ground(sine) == colour(THEMES["dark"].background))
