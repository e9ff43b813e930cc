import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.server import STATIC
from app.units import (
    COUNTED,
    LARGEST,
    SMALLEST,
    SYMBOLS,
    at_least,
    at_most,
    calibrated,
    engineering,
    one_two_five,
    parsed,
    plain,
    stepped,
    vernier,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0012345, "V", "1.23 mV"),
        (999.96, "V", "1.00 kV"),
        (0, "s", "0.00 s"),
        (-3.3, "V", "-3.30 V"),
        (5e-13, "s", "500 fs"),
        (0.5, "", "0.500"),
        (999.96, "", "1000"),
        (12_345, "", "12.3 k"),
        (math.nan, "V", "--- V"),
        (1e30, "V", "1.00e30 V"),
        (0.5, "mA", "0.500 mA"),
        (101.325, "kPa", "101 kPa"),
        (1500, "rpm", "1500 rpm"),
        (0.0123, "°C", "0.0123 °C"),
        (0.1365, "V²", "0.137 V²"),
        (0.1365, "V·s", "137 mV·s"),
        (1e-6, "A²/Hz", "1.00e-6 A²/Hz"),
        (2e9, "min", "2.00e9 min"),
        (2e3, "Sa/s", "2.00 kSa/s"),
        (0.904, "Sa/s", "0.904 Sa/s"),
    ],
)
def test_engineering_notation(value: float, unit: str, text: str) -> None:
    assert engineering(value, unit) == text


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2m", "", 0.002),
        ("500 u", "V", 0.0005),
        ("1.5k", "", 1500.0),
        ("20 mV", "V", 0.02),
        ("2 ms/div", "s", 0.002),
        ("1,5", "", 1.5),
        ("2 µs", "s", 2e-6),
        ("5 m", "m", 5.0),
        ("5m", "m", 0.005),
        ("500 mm", "m", 0.5),
        ("5 Pa", "Pa", 5.0),
        ("5 kPa", "Pa", 5000.0),
        ("2 Torr", "Torr", 2.0),
        ("1e3k", "", 1e6),
        ("-3.30", "V", -3.3),
    ],
)
def test_what_people_type_is_read(text: str, unit: str, value: float) -> None:
    assert parsed(text, unit) == value


@pytest.mark.parametrize("text", ["", "abc", "1k5", "0x10", "1.2.3", "nan", "inf", "1e400", "5 V", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Type a number"):
        parsed(text, "A")


def test_the_page_knows_the_same_units() -> None:
    script = (STATIC / "units.js").read_text(encoding="utf-8")
    for name, symbols in {"SYMBOLS": SYMBOLS, "COUNTED": COUNTED}.items():
        assert f"const {name} = {symbols!r}" in script.replace(r"\u2126", "\u2126")


@given(st.integers(-400, 400), st.sampled_from(["", "V", "s", "m", "Pa", "°C", "mA", "V²", "Sa/s"]))
def test_a_readout_can_be_typed_again(index: int, unit: str) -> None:
    value = one_two_five(index)
    if 1e-15 <= value <= 1e12:
        assert parsed(plain(value, unit), unit) == pytest.approx(value, rel=1e-4)


@given(st.floats(1e-140, 1e140))
def test_steps_enclose_a_value(value: float) -> None:
    assert at_most(value) <= value * (1 + 1e-8)
    assert at_least(value) >= value * (1 - 1e-8)
    assert at_least(value) <= 2.5 * value * (1 + 1e-8)


@given(st.integers(-60, 60), st.integers(-30, 30))
def test_clicks_go_there_and_back(index: int, clicks: int) -> None:
    value = one_two_five(index)
    assert stepped(stepped(value, clicks), -clicks) == value


def test_clicks_stop_at_the_ends() -> None:
    assert stepped(LARGEST, 5) == LARGEST
    assert stepped(SMALLEST, -5) == SMALLEST


def test_a_value_between_steps_goes_to_its_neighbour() -> None:
    assert (stepped(3, 1), stepped(3, -1)) == (5, 2)


def test_the_vernier_goes_by_two_percent_and_passes_no_step_by() -> None:
    assert [vernier(0.5, n) for n in (0, 1, 2, -1)] == pytest.approx([0.5, 0.51, 0.52, 0.49])
    seen, value = [0.1], 0.1
    while value < 10:
        value = vernier(value, 1)
        seen.append(value)
    assert {0.2, 0.5, 1.0, 2.0, 5.0, 10.0} <= set(seen)
    assert all(0 < b / a - 1 < 0.035 for a, b in pairwise(seen))
    assert vernier(vernier(1e-150, -3), 3) >= 1e-150


@pytest.mark.parametrize(("value", "steps"), [(0.5, True), (0.51, False), (2e-9, True), (1e150, True)])
def test_what_is_no_step_of_the_sequence_is_known(value: float, *, steps: bool) -> None:
    assert calibrated(value) is steps
