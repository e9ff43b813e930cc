"""What a browser says, read: it can send anything."""

from __future__ import annotations

from app.units import LARGEST, SMALLEST, parsed, stepped, vernier

MOST_CLICKS = 60
LONGEST_TEXT = 32
NOT_A_NUMBER = "Type a number such as 2m, 500u or 1.5k."
Words = dict[str, object]


class Refused(ValueError):  # noqa: N818 - what the panel says, not a fault
    """A command that cannot be done, in words for the person at the panel."""


def scale(value: float, words: Words, unit: str) -> float:
    """The new value of a 1-2-5 knob: clicked on from the old one, finely if asked, or as typed.

    Refused  beyond its range
    """
    step = vernier if words.get("fine") is True else stepped
    found = number(words, unit) if "text" in words else step(value, clicks(words))
    if not SMALLEST <= found <= LARGEST:
        raise Refused("This knob wants a value above 0.")
    return found


def clicks(words: Words) -> int:
    """How far a knob was turned; Refused: not a whole number."""
    found = words.get("clicks")
    if isinstance(found, bool) or not isinstance(found, int):
        raise Refused("A knob turns by whole clicks.")
    return max(-MOST_CLICKS, min(MOST_CLICKS, found))


def number(words: Words, unit: str = "") -> float:
    """What was typed into a knob; Refused: not a number."""
    text = words.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise Refused(NOT_A_NUMBER)
    try:
        return parsed(text.lstrip("> "), unit)
    except ValueError as error:
        raise Refused(str(error)) from None
