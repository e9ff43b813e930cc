"""An XY screen as a view has it, and what is told of it besides its line."""

from __future__ import annotations

from dataclasses import dataclass

Axes = tuple[str, str]  # names of the channels that give x and y; empty: the first, the second on the screen


@dataclass(frozen=True, slots=True)
class Plane:
    """What an XY screen shows.

    x, y   names of the channels; empty where there is none
    every  1: each pair of samples is a point; 7: every seventh is
    why    why there is no line; None when there is one
    """

    x: str = ""
    y: str = ""
    every: int = 1
    why: str | None = None


def told(axes: Axes) -> list[tuple[str, str]]:
    """As parameters of a link."""
    named = zip(("xy.x", "xy.y"), axes, strict=True)
    return [("display", "xy"), *((key, name) for key, name in named if name)]
