"""The 10 x 8 graticule: dotted lines at the divisions, five ticks each on the centre axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, MultiLine, Text

from app.scope import channel, timebase
from app.scope.palette import THEMES, TRACES

DARK = THEMES["dark"]
HALF_WIDTH, HALF_HEIGHT = timebase.DIVISIONS / 2, channel.DIVISIONS / 2
TICKS, TICK = 5, 0.06  # minor ticks for each division, and their half length in divisions


def draw(figure: Any) -> ColumnDataSource:
    """Draw the graticule below the traces; returns the source of the ground markers (see `markers`)."""
    figure.x_range.update(start=-HALF_WIDTH, end=HALF_WIDTH, reset_start=-HALF_WIDTH, reset_end=HALF_WIDTH)
    figure.y_range.update(
        start=-HALF_HEIGHT, end=HALF_HEIGHT, reset_start=-HALF_HEIGHT, reset_end=HALF_HEIGHT
    )
    for name, (xs, ys), dash in (("grid", divisions(), [2, 4]), ("axes", centre_axes(), [])):
        lines = MultiLine(xs="xs", ys="ys", line_color=DARK.line, line_width=1, line_dash=dash)
        figure.add_glyph(ColumnDataSource({"xs": xs, "ys": ys}), lines, level="underlay", name=name)
    grounds = ColumnDataSource(markers({}))
    figure.add_glyph(
        grounds,
        Text(
            x="x", y="y", text="text", text_color="color", text_font_size="13px", text_font_style="bold",
            text_baseline="middle", x_offset=3,
        ),
        level="overlay", name="grounds",
    )  # fmt: skip
    return grounds


def divisions() -> tuple[list[list[float]], list[list[float]]]:
    """The lines at the divisions, those through the centre left out."""
    uprights = [x for x in np.arange(-HALF_WIDTH, HALF_WIDTH + 1).tolist() if x]
    levels = [y for y in np.arange(-HALF_HEIGHT, HALF_HEIGHT + 1).tolist() if y]
    xs = [[x, x] for x in uprights] + [[-HALF_WIDTH, HALF_WIDTH]] * len(levels)
    ys = [[-HALF_HEIGHT, HALF_HEIGHT]] * len(uprights) + [[y, y] for y in levels]
    return xs, ys


def centre_axes() -> tuple[list[list[float]], list[list[float]]]:
    """The two centre lines and their ticks, as line segments in divisions."""
    xs = [[-HALF_WIDTH, HALF_WIDTH], [0.0, 0.0]]
    ys = [[0.0, 0.0], [-HALF_HEIGHT, HALF_HEIGHT]]
    for at in np.arange(-HALF_WIDTH * TICKS, HALF_WIDTH * TICKS + 1) / TICKS:
        xs.append([at, at])
        ys.append([-TICK, TICK])
    for at in np.arange(-HALF_HEIGHT * TICKS, HALF_HEIGHT * TICKS + 1) / TICKS:
        xs.append([-TICK, TICK])
        ys.append([at, at])
    return xs, ys


def markers(grounds: Mapping[int, tuple[float, str]]) -> dict[str, list[Any]]:
    """Columns of the ground markers at the left border.

    grounds  by slot: divisions above the centre, and text, such as `1▸`
    """
    return {
        "x": [-HALF_WIDTH] * len(grounds),
        "y": [divisions for divisions, _ in grounds.values()],
        "text": [text for _, text in grounds.values()],
        "slot": list(grounds),
        "color": [TRACES[slot] for slot in grounds],
    }
