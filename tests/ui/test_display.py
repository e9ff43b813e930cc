"""The spectrum at the front panel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import Front

X = np.arange(4000) / 1000
SINE = np.sqrt(2) * np.sin(2 * np.pi * 50 * X)  # 1 V RMS: 0 dBV


@pytest.fixture
def spectrum(front: Front, server: Server) -> Iterator[Front]:
    """The tab on the spectrum of a second of a 50 Hz sine of 1 V RMS, sampled at 1 kHz."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    wait_until(lambda: front.value("#timebase").endswith("s"))
    front.type("#timebase", "100m")
    front.page.evaluate("document.querySelector('[data-group=display]').open = true")
    front.click("#display button[value=fft]")
    wait_until(lambda: "display=fft" in front.query())
    yield front
    front.page.evaluate("document.getElementById('defaults').click()")
    expect(front.page.locator("#bar")).to_be_hidden()


def strip(front: Front, label: str) -> str:
    return front.page.locator(f"#bar .spectrum:has(span:text-is('{label}')) output").inner_text()


def test_the_axis_is_in_hertz_and_the_strip_says_what_is_resolved(spectrum: Front) -> None:
    wait_until(lambda: spectrum.text("#axis output >> nth=2").startswith("500"))
    assert spectrum.text("#axis output >> nth=2").endswith("Hz")
    assert strip(spectrum, "FFT window") == "Hann"
    assert strip(spectrum, "Nyquist").startswith("500")
    assert strip(spectrum, "RBW").endswith("Hz")


def test_the_peak_has_a_label_at_its_place(spectrum: Front) -> None:
    label = spectrum.page.locator(".peak").first
    expect(label).to_contain_text("50.0")
    expect(label).to_contain_text("dBV")
    box, screen = label.bounding_box(), spectrum.page.locator("#overlay").bounding_box()
    assert box is not None
    assert screen is not None
    assert box["x"] == pytest.approx(screen["x"] + 0.1 * screen["width"], abs=15)


def test_a_window_is_chosen_and_goes_into_the_address(spectrum: Front) -> None:
    spectrum.page.select_option("#fft-window", "flat-top")
    wait_until(lambda: "fft.window=flat-top" in spectrum.query())
    wait_until(lambda: strip(spectrum, "FFT window") == "Flat-top")
    expect(spectrum.page.locator("#fft-count")).to_be_hidden()
    spectrum.page.select_option("#fft-average", "power")
    expect(spectrum.page.locator("#fft-count")).to_be_visible()


def test_g_goes_back_to_the_signal(spectrum: Front) -> None:
    spectrum.page.focus("#glass")
    spectrum.key("g")
    wait_until(lambda: "display" not in spectrum.query())
    expect(spectrum.page.locator(".peak")).to_have_count(0)
    expect(spectrum.page.locator("#bar")).to_be_hidden()
