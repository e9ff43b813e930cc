"""The screen of one tab: a Buffer feeds a DynamicMap, HoloViews draws eight traces from it.

The Buffer is as long as a frame has rows, so that each `send` replaces the picture. Knobs move the ranges of
the axes and never the data. A slot without a trace is the same empty curve each time, which HoloViews skips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import ColumnDataSource, CustomJSHover, HoverTool, Range1d, Scatter
from holoviews.streams import Buffer

from app.scope.autoset import SLOTS
from app.scope.frame import Frame, Trace
from app.ui import graticule
from app.ui.theme import BACKGROUND, TRACES

hv.extension("bokeh")
hv.renderer("bokeh").webgl = False  # drawn by software where there is no GPU, WebGL is far slower than canvas

TRACE_WIDTH, DOT = 1.5, 6
HOVER = """
const slot = special_vars.name, i = special_vars.index
const [name, x0, x_unit, clock, y_unit, near] = figure.tags[slot]
const text = (value, unit) => Number(value.toPrecision(15)) + (unit ? ' ' + unit : '')
const column = (axis) => sources[slot].data[axis + slot][i]
const y = text(column('y'), y_unit), x = x0 + column('x'), at = near ? '\u2248' : 'at'
if (!clock) return `${name}: ${y} ${at} ${text(x, x_unit)}`
const us = Math.round(x * 1e6), second = Math.floor(us / 1e6)
const time = new Date(second * 1000).toLocaleTimeString([], {hour12: false})
return `${name}: ${y} ${at} ${time}.${String(us - second * 1e6).padStart(6, '0')}`
"""


@dataclass(frozen=True, slots=True)
class About:
    """What the hover text says of a channel besides its samples."""

    label: str = ""
    unit: str = ""
    x_unit: str = ""
    clock: bool = False


@dataclass(slots=True)
class Handles:
    """The Bokeh models that the hooks find in the plot, by slot."""

    figure: Any = None
    grounds: Any = None
    x: dict[str, Range1d] = field(default_factory=dict)
    y: dict[str, Range1d] = field(default_factory=dict)
    sources: dict[int, Any] = field(default_factory=dict)
    renderers: dict[int, Any] = field(default_factory=dict)
    dots: dict[int, ColumnDataSource] = field(default_factory=dict)

    def clear(self) -> None:
        self.figure = self.grounds = None
        for kept in (self.x, self.y, self.sources, self.renderers, self.dots):
            kept.clear()


def table(rows: int, traces: dict[int, Trace]) -> pd.DataFrame:
    """The frame as one table of `rows` rows: x and y of every slot, NaN where there is no point."""
    points = np.full((2 * SLOTS, rows), np.nan)
    for slot, trace in traces.items():
        points[2 * slot, : len(trace.x)] = trace.x
        points[2 * slot + 1, : len(trace.y)] = trace.y
    return pd.DataFrame(
        {f"{axis}{slot}": points[2 * slot + k] for slot in range(SLOTS) for k, axis in enumerate("xy")}
    )


class Screen:
    """The plot of one tab. `show` replaces the picture; `vertical` moves the y axes."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.handles = Handles()
        self._used: set[int] = set()
        self._dotted: set[int] = set()
        self._buffer: Any = Buffer(table(rows, {}), length=rows, index=False)
        self._map = hv.DynamicMap(overlay(self._used), streams=[self._buffer])
        self._map.opts(*options(self.handles))
        self.pane = pn.pane.HoloViews(self._map, sizing_mode="stretch_both", linked_axes=False)

    def show(self, frame: Frame, about: dict[int, About]) -> None:
        """Put the frame on the screen."""
        self.horizontal(frame, about)
        self._used.clear()
        self._used.update(frame.traces)
        self._buffer.send(table(self.rows, frame.traces))
        for slot in self._dotted | {s for s, trace in frame.traces.items() if len(trace.dots)}:
            self.mark(slot, frame.traces.get(slot))

    def horizontal(self, frame: Frame, about: dict[int, About]) -> None:
        """The x axes, and what the hover text says."""
        figure = self.handles.figure
        for slot, trace in frame.traces.items():
            start, end = trace.ends
            self.handles.x[f"x{slot}"].update(start=start, end=end)
        tags = [tag(frame.traces.get(slot), about.get(slot, About())) for slot in range(SLOTS)]
        if tags != figure.tags:
            figure.tags = tags

    def mark(self, slot: int, trace: Trace | None) -> None:
        """Mark the points of a trace that no line reaches."""
        found = trace.dots if trace is not None else np.empty(0, int)
        x, y = (trace.x[found], trace.y[found]) if trace is not None else (found, found)
        self.handles.dots[slot].data = {"x": np.array(x, float), "y": np.array(y, float)}
        (self._dotted.add if len(found) else self._dotted.discard)(slot)

    def vertical(self, limits: dict[int, tuple[float, float]], grounds: dict[int, tuple[int, float]]) -> None:
        """The y axes by slot, and the ground markers (see `graticule.markers`)."""
        for slot, (start, end) in limits.items():
            self.handles.y[f"y{slot}"].update(start=start, end=end)
        markers = graticule.markers(grounds)
        if markers != self.handles.grounds.data:
            self.handles.grounds.data = markers

    def close(self) -> None:
        """Let go of everything that would keep the tab alive."""
        self._buffer._subscribers = []
        self.handles.clear()


def tag(trace: Trace | None, about: About) -> list[Any]:
    """Name, x0, unit of x, whether x is the time of day, unit of y, whether x is only that of a column."""
    x0, near = (trace.x0, trace.near) if trace is not None else (0.0, False)
    return [about.label, x0, about.x_unit, about.clock, about.unit, near]


def overlay(used: set[int]) -> Callable[[pd.DataFrame], hv.Overlay]:
    """The callback of the DynamicMap: eight curves on one table, in slot order."""
    nothing = pd.DataFrame({f"{axis}{slot}": np.empty(0) for slot in range(SLOTS) for axis in "xy"})
    empty = [curve(nothing, slot) for slot in range(SLOTS)]

    def draw(data: pd.DataFrame) -> hv.Overlay:
        return hv.Overlay([curve(data, slot) if slot in used else empty[slot] for slot in range(SLOTS)])

    return draw


def curve(data: pd.DataFrame, slot: int) -> hv.Curve:
    return hv.Curve(data, f"x{slot}", f"y{slot}", label=str(slot))


def options(handles: Handles) -> list[Any]:
    """How HoloViews draws; the hooks are plain functions over `handles`, so that they hold no tab."""

    def keep(plot: Any, element: Any) -> None:
        slot = int(element.label)
        if slot not in handles.sources:
            adopt(handles, slot, plot)

    def finish(plot: Any, _element: Any) -> None:
        if handles.figure is None and len(handles.sources) == SLOTS:
            complete(handles, plot.state)

    return [
        hv.opts.Curve(hooks=[keep], line_width=TRACE_WIDTH, line_join="round", apply_ranges=False,
            color=hv.Cycle(list(TRACES)),),
        hv.opts.Overlay(
            hooks=[finish], apply_ranges=False, show_legend=False, responsive=True, toolbar=None,
            default_tools=[],
            xaxis=None, yaxis=None, bgcolor=BACKGROUND, border=0, show_frame=False,
        ),
    ]  # fmt: skip


def adopt(handles: Handles, slot: int, plot: Any) -> None:
    """Give a slot's curve its colour, axes of its own and its dots."""
    figure, renderer = plot.state, plot.handles["glyph_renderer"]
    handles.x[f"x{slot}"], handles.y[f"y{slot}"] = Range1d(0, 10), Range1d(-4, 4)
    dots = ColumnDataSource({"x": np.empty(0), "y": np.empty(0)})
    marks = figure.add_glyph(
        dots, Scatter(x="x", y="y", size=DOT, fill_color=TRACES[slot], line_color=None), name=f"dots{slot}"
    )
    for drawn in (renderer, marks):
        drawn.update(x_range_name=f"x{slot}", y_range_name=f"y{slot}")
    renderer.name = str(slot)
    handles.sources[slot], handles.renderers[slot], handles.dots[slot] = (
        plot.handles["source"],
        renderer,
        dots,
    )


def complete(handles: Handles, figure: Any) -> None:
    """Once all curves are there: the graticule below them and one hover text for all."""
    handles.figure = figure
    handles.grounds = graticule.draw(figure)
    figure.update(  # dicts of our own: HoloViews would look for its axes in the ones that it made
        extra_x_ranges=dict(handles.x), extra_y_ranges=dict(handles.y),
        min_border=0, outline_line_color=None, border_fill_color=BACKGROUND,
        tags=[tag(None, About())] * SLOTS,
    )  # fmt: skip
    text = CustomJSHover(
        code=HOVER, args={"figure": figure, "sources": [handles.sources[s] for s in range(SLOTS)]}
    )
    figure.add_tools(
        HoverTool(
            renderers=list(handles.renderers.values()),
            tooltips=[("", "$name{custom}")],
            formatters={"$name": text},
            line_policy="nearest",
            description="Values under the pointer",
        )
    )
