"""Cursors read what is drawn, also while it runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(500) / 500
RAMP = X * 2 - 1  # V


@pytest.fixture
def ramp(front: Front, server: Server) -> Iterator[Front]:
    """The tab on a second of a ramp from -1 V to 1 V, 100 ms/div."""
    server.post({"x": X.tolist(), "y": RAMP.tolist(), "unit": "V", "x_unit": "s"})
    front.holds("#timebase", "100 ms")
    front.type("#timebase", "100m")
    wait_until(lambda: front.query() == "tb=0.1")
    front.settled()
    front.page.evaluate("document.querySelector('[data-group=cursors]').open = true")
    yield front
    front.page.evaluate("document.querySelector('#cursor-mode button').click()")


def mode(front: Front, name: str) -> None:
    front.page.click(f"#cursor-mode button[value={name}]")


def reads(front: Front, label: str) -> str:
    """What the bar says beside a label."""
    return front.page.locator(f"#bar .cursors:has(span:text-is('{label}')) output").inner_text()


def drag(front: Front, which: int, dx: float, dy: float = 0) -> None:
    box = front.page.locator(".cursor:visible").nth(which).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    front.page.mouse.move(x, y)
    front.page.mouse.down()
    front.page.mouse.move(x + dx, y + dy, steps=4)
    front.page.mouse.up()


def test_time_cursors_tell_their_distance_and_its_inverse(ramp: Front) -> None:
    expect(ramp.page.locator("#bar")).to_be_hidden()
    mode(ramp, "time")
    assert reads(ramp, "Δ") == "400.0 ms"
    assert reads(ramp, "1/Δ") == "2.500 Hz"
    width = ramp.page.locator("#overlay").bounding_box()
    assert width is not None
    drag(ramp, 1, width["width"] / 10)
    assert float(reads(ramp, "Δ").split()[0]) == pytest.approx(500, abs=2)
    ramp.page.locator(".cursor:visible").first.focus()
    for _ in range(5):
        ramp.key("Shift+ArrowRight")
    assert float(reads(ramp, "Δ").split()[0]) == pytest.approx(400, abs=2)
    wait_until(lambda: ramp.query().startswith("tb=0.1&cursors=time%2C0.4%2C"))  # the arrows turned no knob


def test_tracking_cursors_read_the_samples_that_are_drawn(ramp: Front) -> None:
    mode(ramp, "tracking")
    a, b = (float(text) for text in reads(ramp, "ch1 A, B").replace(" mV", "").split())
    span = 1000.0  # mV in half of the ramp's second
    assert b - a == pytest.approx(0.4 * 2 * span, abs=5)
    expect(ramp.page.locator(".ring")).to_have_count(2)


def test_tracking_cursors_read_the_line_between_two_samples(front: Front, server: Server) -> None:
    server.post({"x": [0, 0.5, 1], "y": [-1, 1, 0], "unit": "V", "x_unit": "s"})
    front.has("ch1")
    front.type("#timebase", "100m")
    front.page.evaluate("document.querySelector('[data-group=cursors]').open = true")
    mode(front, "tracking")
    front.type("#level", "5")  # nothing triggers: the last sample is at the right border
    front.shows("#axis output >> nth=2", "1.000 s")
    a, b = (float(reads(front, name).removesuffix(" ms")) / 1000 for name in "AB")
    values = [float(text) / 1000 for text in reads(front, "ch1 A, B").split()[::2]]
    assert values == pytest.approx(np.interp([a, b], [0, 0.5, 1], [-1, 1, 0]), abs=2e-3)
    mode(front, "off")


def test_value_cursors_are_in_units_of_the_chosen_channel(ramp: Front) -> None:
    mode(ramp, "value")
    scale = ramp.value("#units")
    volts = float(scale.split()[0]) / (1000 if scale.endswith("mV") else 1)
    text = reads(ramp, "Δ")
    assert float(text.split()[0]) * (1e-3 if "mV" in text else 1) == pytest.approx(-3.2 * volts, rel=1e-3)


def test_cursors_read_while_it_runs(ramp: Front, server: Server) -> None:
    mode(ramp, "tracking")
    ramp.type("#level", "5")  # nothing triggers: the newest sample is at the right border
    server.columns(1 + X, ch1=np.full(500, 0.25))
    wait_until(lambda: reads(ramp, "ch1 A, B").split() == ["250.0", "mV"] * 2)


def test_c_goes_through_the_kinds_of_cursors(ramp: Front) -> None:
    ramp.page.focus("#glass")
    for name in ("time", "value", "tracking", "off"):
        ramp.key("c")
        expect(ramp.page.locator(f"#cursor-mode button[value={name}]")).to_have_attribute(
            "aria-checked", "true"
        )
