"""Numbers as an instrument writes them: engineering notation and the 1-2-5 sequence."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from quantiphy import Quantity

PREFIXES = "TGMkmunpfa"
EXPONENTS = {
    "": "",
    "T": "e12",
    "G": "e9",
    "M": "e6",
    "k": "e3",
    "m": "e-3",
    "u": "e-6",
    "n": "e-9",
    "p": "e-12",
}
EXPONENTS |= {"f": "e-15", "a": "e-18"}
NUMBER = re.compile(
    r"(?P<number>[-+]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})(e[-+]?\d{1,3})?)\s*(?P<prefix>[TGMkmunpfa])?", re.A
)
SYMBOLS = (  # of units that take a prefix
    "V Vrms Vpp A W VA var Hz s Ω \u2126 ohm Ohm F H T Wb S J eV Wh Ah N Nm Pa bar K m g l L mol cd lm lx rad"
    " Gy Sv"
)
COUNTED = "Bq B bit bps Bd Sa pts"  # those of which there are no thousandths
PREFIXED = re.compile(rf"({'|'.join(f'{SYMBOLS} {COUNTED}'.split())})(?![^/·*. ])")  # as the first factor
PLAIN = (1e-3, 1e4)  # from, to: without a unit no prefix is wanted
WHOLE = re.compile(rf"({'|'.join(COUNTED.split())})(?![^/])")
DECIMAL = -5, 7  # from, to: powers of ten that are written without an exponent
STEPS = (1.0, 2.0, 5.0)
FINE = 1.02  # a click of the vernier
KEPT = 4096  # texts: all views show the same knobs, and QuantiPhy takes 0.05 ms for each
SMALLEST, LARGEST = 1e-150, 1e150  # units/div; data has any unit, and any value up to the largest


def one_two_five(index: int) -> float:
    """Value number `index` of the sequence 1, 2, 5, 10, ...; index 0 is 1, -1 is 0.5.

    The decimal text is parsed, so that 0.1 is the 0.1 that a person types, not 10**-1 with its rounding.
    """
    decade, step = divmod(index, len(STEPS))
    return float(f"{STEPS[step]:g}e{decade}")


def index_below(value: float) -> int:
    """Number of the largest value of the sequence that is not above `value`.

    value  > 0 and finite; a part in 10^9 above a step counts as the step
    """
    decade = math.floor(math.log10(value))
    index = (decade - 1) * len(STEPS)
    while one_two_five(index + 1) <= value * (1 + 1e-9):
        index += 1
    return index


def at_least(value: float) -> float:
    """Smallest value of the sequence that is not below `value`, within the range of a knob."""
    value = min(max(value, SMALLEST), LARGEST)
    index = index_below(value)
    found = one_two_five(index)
    return found if found >= value * (1 - 1e-9) else one_two_five(index + 1)


def at_most(value: float) -> float:
    """Largest value of the sequence that is not above `value`, within the range of a knob."""
    return one_two_five(index_below(min(max(value, SMALLEST), LARGEST)))


def stepped(value: float, clicks: int) -> float:
    """The value that a knob shows after some clicks: up the sequence for clicks > 0, down for < 0.

    A value between two steps goes to the neighbour in the direction of the first click.
    """
    index = index_below(value)
    if clicks < 0 and not math.isclose(one_two_five(index), value, rel_tol=1e-9):
        index += 1
    return min(max(one_two_five(index + clicks), SMALLEST), LARGEST)


def calibrated(value: float) -> bool:
    """Whether a value, > 0, is one of the sequence."""
    return math.isclose(one_two_five(index_below(value)), value, rel_tol=1e-9)


def vernier(value: float, clicks: int) -> float:
    """The value that a knob shows after some fine clicks of 2 %; a step of the sequence is not passed by."""
    for _ in range(abs(clicks)):
        step = stepped(value, 1 if clicks > 0 else -1)
        fine = float(f"{value * FINE if clicks > 0 else value / FINE:.3g}")
        value = min(fine, step) if clicks > 0 else max(fine, step)
    return value


@lru_cache(KEPT)
def engineering(value: float, unit: str = "", digits: int = 3) -> str:
    """The value with an SI prefix and a fixed number of significant digits: `500 mV`, `2.00 ms`.

    Without a unit it comes without a prefix where that is as short: `0.500`, `12.0`, but `1.50 M`. A unit
    that takes none comes as it was given: `0.500 mA`, `1500 rpm`, `0.0120 °C`, `0.250 V²`.
    NaN and infinities come as `---`.
    """
    if not math.isfinite(value):
        return f"--- {unit}".rstrip()
    if value == 0:
        return f"{0:.{digits - 1}f} {unit}".rstrip()
    if bare(value, unit):
        return f"{decimal(value, digits)} {unit}".rstrip()
    return rendered(unit, Quantity(value).render(prec=digits - 1, strip_zeros=False, show_units=False))


@lru_cache(KEPT)
def plain(value: float, unit: str = "") -> str:
    """The value as short as it can be said exactly enough: `500 mV`, `2 ms`, `0.5`."""
    if value == 0 or not math.isfinite(value):
        return engineering(value, unit, 1)
    if bare(value, unit):
        number, _, power = decimal(value, 5).partition("e")
        number = number.rstrip("0").rstrip(".") if "." in number else number
        return f"{number}{'e' + power if power else ''} {unit}".rstrip()
    return rendered(unit, Quantity(value).render(prec=4, strip_zeros=True, show_units=False))


def bare(value: float, unit: str) -> bool:
    """Whether a number, not 0, is written without a prefix."""
    if not unit:
        return PLAIN[0] <= abs(value) < PLAIN[1]
    return not PREFIXED.match(unit) or (abs(value) < 1 and WHOLE.match(unit) is not None)


def decimal(value: float, digits: int) -> str:
    """A number, not 0, with so many significant digits; with an exponent if it is far from 1."""
    text = f"{value:.{digits - 1}e}"
    exponent = int(text.partition("e")[2])
    if DECIMAL[0] <= exponent < DECIMAL[1]:
        return f"{float(text):.{max(0, digits - 1 - exponent)}f}"
    return f"{text.partition('e')[0]}e{exponent}"


def rendered(unit: str, text: str) -> str:
    number = text.rstrip(PREFIXES)
    return f"{number} {text[len(number) :]}{unit}".rstrip()


def parsed(text: str, unit: str = "") -> float:
    """The number in a text as people type it at an instrument: `2m`, `500 u`, `1.5k`, `20 mV`, `1e-3`, `0,5`.

    unit  what the readout ends with; it is not taken for a prefix: with `m`, `5 m` is 5 and `5m` is 0.005

    ValueError  nothing finite can be read from it
    """
    typed = text.strip().removesuffix("/div").rstrip().replace("µ", "u").replace(",", ".")
    own = unit.replace("µ", "u")
    if own not in PREFIXES or typed[-2:-1] in {*PREFIXES, " "}:  # `5m` of metres has the prefix alone
        typed = typed.removesuffix(own).strip()
    found = NUMBER.fullmatch(typed)
    if found is None or not math.isfinite(float(found["number"])):
        raise ValueError("Type a number such as 2m, 500u or 1.5k.")
    number, exponent = found["number"], EXPONENTS[found["prefix"] or ""]
    return float(number) * float(f"1{exponent}") if "e" in number else float(number + exponent)
