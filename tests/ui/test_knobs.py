"""Each control does what it says, and at once."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.conftest import wait_until
from tests.process import Server
from tests.ui.instrument import CYAN, Front, columns_with, rows_with

X = np.arange(500) / 500
SINE = np.sin(2 * np.pi * 2 * X)
MOST_MS = 250.0

REACTION = """([button, readout, field, wanted]) => new Promise((done, fail) => {
  const figure = () => {
    for (const model of Bokeh.documents[0]._all_models.values())
      if (model.type === 'Figure') return model
  }
  const range = () => {
    const {start, end} = wanted === 'x' ? figure().extra_x_ranges.x0 : figure().extra_y_ranges.y0
    return `${start} ${end}`
  }
  const shown = document.getElementById(field), before = [shown.value, range()], began = performance.now()
  document.getElementById(button).click()
  const look = () => {
    if (shown.value !== before[0] && range() !== before[1]) done(performance.now() - began)
    else if (performance.now() - began > 5000) fail(new Error(`${shown.value} ${range()}`))
    else setTimeout(look, 1)
  }
  look()
})"""


@pytest.fixture
def sine(front: Front, server: Server) -> Front:
    """The tab with one channel at rest: a second of a 2 Hz sine in volts."""
    server.post({"x": X.tolist(), "y": SINE.tolist(), "unit": "V", "x_unit": "s"})
    front.shows(".box .value", "-25.13 mV")
    front.holds("#timebase", "100 ms")
    return front


def test_the_panel_reads_what_the_signal_wants(sine: Front) -> None:
    sine.shows("#status-timebase", "100 ms/div")
    sine.holds("#units", "500 mV")
    sine.holds("#position", "0.00")
    sine.has("ch1")
    sine.shows(".box .units", "500 mV/div")


def test_the_timebase_turns_in_steps_and_stretches_the_trace(sine: Front) -> None:
    before = sine.settled()
    sine.click("#timebase-more")
    sine.holds("#timebase", "200 ms")
    sine.shows("#status-timebase", "200 ms/div")
    half = sine.settled()
    assert len(columns_with(half)) == pytest.approx(len(columns_with(before)) / 2, rel=0.1)
    sine.click("#timebase-less")
    sine.click("#timebase-less")
    sine.holds("#timebase", "50 ms")


def test_the_timebase_can_be_typed(sine: Front) -> None:
    typed = {"2m": "2 ms", "500u": "500 us", "0.5": "500 ms", "20 ms": "20 ms", "1e-3": "1 ms"}
    for text, read in typed.items():
        sine.type("#timebase", text)
        sine.shows("#status-timebase", f"{read}/div")


def test_a_typed_value_that_cannot_be_is_refused_in_words(sine: Front) -> None:
    number, knob = "Type a number such as 2m", "This knob"
    refused = {
        "hello": number,
        "": number,
        "-1": knob,
        "0": knob,
        "1e400": number,
        "nan": number,
        "1e200": knob,
    }
    for text, words in refused.items():
        sine.type("#timebase", text)
        sine.says(words)
        sine.holds("#timebase", "100 ms")
    assert sine.query() == ""


def test_the_wheel_over_the_screen_turns_the_timebase(sine: Front) -> None:
    sine.page.mouse.move(500, 300)
    sine.page.mouse.wheel(0, 100)
    sine.holds("#timebase", "200 ms")
    sine.page.mouse.wheel(0, -100)
    sine.holds("#timebase", "100 ms")


def test_the_wheel_over_a_knob_turns_it(sine: Front) -> None:
    sine.page.hover("#units")
    sine.page.mouse.wheel(0, -100)
    sine.holds("#units", "1 V")
    sine.page.mouse.wheel(0, 100)
    sine.holds("#units", "500 mV")


def test_arrow_keys_in_a_field_turn_its_knob(sine: Front) -> None:
    sine.page.focus("#position")
    sine.key("ArrowUp")
    sine.holds("#position", "0.20")
    sine.key("ArrowDown")
    sine.holds("#position", "0.00")


def test_units_per_division_scale_the_trace(sine: Front) -> None:
    before = np.ptp(rows_with(sine.settled()))
    sine.click("#units-more")
    sine.holds("#units", "1 V")
    sine.shows(".box .units", "1 V/div")
    assert np.ptp(rows_with(sine.settled())) == pytest.approx(before / 2, abs=6)


def test_position_moves_the_trace_up(sine: Front) -> None:
    before = sine.settled()
    sine.type("#position", "2")
    sine.holds("#position", "2.00")
    after = sine.settled()
    moved = rows_with(before).mean() - rows_with(after).mean()
    assert moved == pytest.approx(2 * len(before) / 8, abs=3)


def test_a_channel_can_be_switched_off_and_on(sine: Front) -> None:
    sine.shows("#switch", "On")
    sine.click("#switch")
    sine.shows("#switch", "Off")
    wait_until(lambda: not sine.mask().any())
    sine.click("#switch")
    sine.shows("#switch", "On")
    wait_until(lambda: sine.mask().any())


def test_autoset_lets_go_of_touched_knobs(sine: Front) -> None:
    sine.click("#timebase-more")
    sine.click("#units-more")
    sine.type("#position", "1")
    wait_until(lambda: "tb=" in sine.query() and "v.ch1=" in sine.query())
    expect(sine.page.locator("#autoset")).not_to_contain_class("lit")
    sine.click("#autoset")
    sine.holds("#timebase", "100 ms")
    sine.holds("#units", "500 mV")
    sine.holds("#position", "0.00")
    wait_until(lambda: sine.query() == "")
    expect(sine.page.locator("#autoset")).to_contain_class("lit")


def test_the_knobs_are_those_of_the_chosen_channel(front: Front, server: Server) -> None:
    server.columns(X, {"one": "V", "two": "A"}, one=SINE, two=SINE)
    front.has("one", "two")
    front.page.click(".box >> nth=1")
    front.holds("#label", "two")
    front.click("#units-more")
    front.shows(".box >> nth=1 >> .units", "2 A/div")
    front.shows(".box >> nth=0 >> .units", "1 V/div")


def test_a_channel_chosen_by_its_number_is_switched_by_it(front: Front, server: Server) -> None:
    server.columns(X, one=SINE, two=SINE)
    front.has("one", "two")
    front.settled(CYAN)
    front.key("2")
    front.holds("#label", "two")
    front.key("2")
    wait_until(lambda: not front.mask(CYAN).any())
    front.key("2")
    wait_until(lambda: front.mask(CYAN).any())


def test_arrow_keys_turn_the_knobs(sine: Front) -> None:
    sine.page.focus("#glass")
    for keys, field, value in (
        ("ArrowRight", "#timebase", "200 ms"),
        ("ArrowLeft", "#timebase", "100 ms"),
        ("ArrowUp", "#units", "1 V"),
        ("ArrowDown", "#units", "500 mV"),
        ("Shift+ArrowUp", "#position", "0.20"),
        ("Shift+ArrowDown", "#position", "0.00"),
    ):
        sine.key(keys)
        sine.holds(field, value)


def test_letters_press_the_large_keys(sine: Front) -> None:
    sine.page.focus("#glass")
    sine.key("Space")
    sine.lamp("STOP")
    sine.key("Space")
    sine.shows("#run", "Stop")
    sine.key("ArrowRight")
    sine.holds("#timebase", "200 ms")
    sine.key("a")
    sine.holds("#timebase", "100 ms")
    sine.settled()
    sine.key("k")
    wait_until(lambda: not sine.mask().any())


def test_keys_are_silent_while_somebody_types(sine: Front) -> None:
    sine.page.focus("#label")
    sine.page.keyboard.type("a k 1")
    sine.key("Escape")
    sine.shows("#run", "Stop")
    sine.lamp(sine.text("#lamp"))
    assert sine.query() == ""


@pytest.mark.timed
def test_a_knob_acts_within_a_quarter_of_a_second(front: Front, server: Server) -> None:
    server.columns(X, a=SINE, b=SINE, c=SINE, d=SINE)
    front.has("a", "b", "c", "d")
    front.settled()
    took = {
        knob: [
            front.page.evaluate(REACTION, [f"{knob}-{way}", "", knob, axis]) for way in ("more", "less") * 5
        ]
        for knob, axis in (("timebase", "x"), ("units", "y"), ("position", "y"))
    }
    medians = {knob: statistics.median(times) for knob, times in took.items()}
    print("ms from click to readout and axis:", {knob: round(ms) for knob, ms in medians.items()})
    assert max(medians.values()) <= MOST_MS


RANGE = """() => {
  const {start, end} = Bokeh.documents[0].get_model_by_name('scope').extra_y_ranges.y0
  return [start, end]
}"""


def test_invert_draws_the_trace_upside_down_and_the_link_says_so(sine: Front) -> None:
    bottom, top = sine.page.evaluate(RANGE)
    sine.click("#invert")
    wait_until(lambda: sine.page.evaluate(RANGE) == [-bottom, -top])
    wait_until(lambda: "inverted" in sine.page.url)
    sine.click("#invert")
    wait_until(lambda: sine.page.evaluate(RANGE) == [bottom, top])
