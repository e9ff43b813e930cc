"""The channel boxes of a painted screen: where they are, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from PIL import ImageDraw

from app.api.lettering import shortened, width, write
from app.scope.palette import Colours
from app.scope.readouts import State

HIGH, GAP, SIDE, ABOVE = 44, 8, 12, 8  # px at the usual size
NARROW, WIDE = 104, 230  # px: the narrowest box and the widest
MORE = 26  # px for the number of those that are left out
TWO_ROWS = 330  # px of height of the picture that two rows need

Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes with their places (left, top, right, bottom), px.

    height    of the strip at the bottom that they take
    left_out  how many there is no room for
    """

    placed: Sequence[tuple[Place, State]]
    height: int
    left_out: int = 0


def arranged(boxes: Sequence[State], size: tuple[int, int], scale: float) -> Boxes:
    """The boxes in one row, or in two where one is too short for them.

    size  of the picture, px
    """
    room, gap = size[0] - 2 * SIDE * scale, GAP * scale
    most = max(1, int((room + gap) // (NARROW * scale + gap)))
    rows = 2 if len(boxes) > most and size[1] >= TWO_ROWS * scale else 1
    if len(boxes) > rows * most:
        room -= MORE * scale
        most = max(1, int((room + gap) // (NARROW * scale + gap)))
    columns = min(most, -(-len(boxes) // rows)) or 1
    wide = min(WIDE * scale, (room - gap * (columns - 1)) / columns)
    high = HIGH * scale
    height = round(2 * ABOVE * scale + rows * high + (rows - 1) * gap)
    placed = []
    for i, box in enumerate(boxes[: rows * columns]):
        row, column = divmod(i, columns)
        left = SIDE * scale + column * (wide + gap)
        top = size[1] - height + ABOVE * scale + row * (high + gap)
        placed.append(((left, top, left + wide, top + high), box))
    return Boxes(placed, height, max(0, len(boxes) - rows * columns))


def paint_box(draw: ImageDraw.ImageDraw, place: Place, box: State, scale: float, colours: Colours) -> None:
    """One box: number, name, units/div and newest value, and the rate where there is room.

    box  besides the readouts, the place of the channel in the palette
    """
    theme = colours.theme
    left, top, right, bottom = (round(edge) for edge in place)
    colour = colours.traces[cast(int, box["place"])]
    draw.rounded_rectangle((left, top, right, bottom), round(6 * scale), theme.raised, theme.line)
    draw.rounded_rectangle((left, top, left + round(5 * scale), bottom), round(3 * scale), colour)
    small, upper, lower = round(13 * scale), top + (bottom - top) * 0.3, top + (bottom - top) * 0.72
    inner, edge = left + round(32 * scale), right - round(10 * scale)
    number = (left + round(19 * scale), (top + bottom) / 2)
    write(draw, number, str(box["number"]), round(17 * scale), colour, bold=True, side="centre")
    name, units = str(box["label"]), f"{'AC ' if box['ac'] else ''}{box['units']}/div"
    value, rate = str(box["value"]), str(box["rate"])
    apart, room = 10 * scale, edge - inner
    if width(name, small, bold=True) + apart + width(units, small) <= room:
        first, second = [(name, colour), (units, theme.text)], [(value, theme.text), (rate, theme.dim)]
    else:
        first, second = [(name, colour)], [(units.removesuffix("div"), theme.text), (value, theme.text)]
    row(draw, first, (inner, upper, edge), small, bold=True)
    row(draw, second, (inner, lower, edge), small, bold=False)


def row(
    draw: ImageDraw.ImageDraw,
    texts: Sequence[tuple[str, str]],
    place: tuple[float, float, float],
    size: int,
    *,
    bold: bool,
) -> None:
    """A text with its colour at the left, and one at the right if there is room for it.

    place  left, middle, right, px
    bold   the left one
    """
    left, y, right = place
    (text, colour), *others = texts
    taken = write(draw, (left, y), shortened(text, right - left, size, bold=bold), size, colour, bold=bold)
    for other, its in others:
        if taken + 0.6 * size + width(other, size) <= right - left:
            write(draw, (right, y), other, size, its, side="right")
