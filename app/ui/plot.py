"""The plot of one screen: a Buffer feeds a DynamicMap, HoloViews draws eight traces from it.

The Buffer is as long as a frame has rows, so that each `send` replaces the picture. A slot without a trace is
the same empty curve each time, which HoloViews skips. Building one takes a quarter of a second, so it can be
done in steps (see `stock`), and what no page shows is taken out again: each model costs every tab that opens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import param
from bokeh.document import Document
from bokeh.models import (
    AllIndices,
    CDSView,
    ColumnDataSource,
    CustomJSHover,
    HoverTool,
    Range1d,
    Scatter,
    UnionRenderers,
)
from holoviews.core.util import disable_constant
from holoviews.plotting.bokeh import OverlayPlot
from holoviews.plotting.bokeh.renderer import BokehRenderer
from holoviews.streams import Buffer

from app.scope.autoset import SLOTS
from app.scope.frame import Trace
from app.scope.palette import THEMES, TRACES
from app.ui import graticule
from app.ui.known import forget, learn

hv.extension("bokeh")

DARK = THEMES["dark"]  # the page paints it anew in its own colours
NAME = "scope"  # of the figure
TRACE_WIDTH, DOT = 1.5, 6
NOTHING: list[Any] = ["", 0.0, "", False, "", False, None, None]  # the tag of a slot without a trace
HOVER = """
const slot = special_vars.name, i = special_vars.index
const [name, x0, x_unit, clock, y_unit, near, ny, nx] = figure.tags[slot]
const text = (value, n, unit) =>
  Number(n == null ? value.toPrecision(15) : value.toFixed(Math.min(n, 100))) + (unit ? ' ' + unit : '')
const column = (axis) => sources[slot].data[axis + slot][i]
const y = text(column('y'), ny, y_unit), x = x0 + column('x'), at = near ? '\u2248' : 'at'
if (!clock) return `${name}: ${y} ${at} ${text(x, nx, x_unit)}`
const digits = Math.min(nx ?? 6, 6), per = 10 ** digits
const parts = Math.round(x * per), second = Math.floor(parts / per)
const time = new Date(second * 1000).toLocaleTimeString([], {hour12: false})
const fraction = String(parts - second * per).padStart(digits, '0')
return `${name}: ${y} ${at} ${time}${digits ? '.' + fraction : ''}`
"""


Rest = Callable[[], None]


@dataclass(slots=True)
class Handles:
    """The Bokeh models that the hooks find in the plot, by slot."""

    figure: Any = None
    grounds: Any = None
    x: dict[int, Range1d] = field(default_factory=dict)
    y: dict[int, Range1d] = field(default_factory=dict)
    sources: dict[int, Any] = field(default_factory=dict)
    renderers: dict[int, Any] = field(default_factory=dict)
    dots: dict[int, ColumnDataSource] = field(default_factory=dict)

    def changing(self) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """The models that change, and their properties that do."""
        yield self.figure, ("tags", "hold_render")
        for source in (self.grounds, *self.sources.values(), *self.dots.values()):
            yield source, ("data",)
        for kept in (*self.x.values(), *self.y.values()):
            yield kept, ("start", "end")
        for renderer in self.renderers.values():
            yield renderer.glyph, ("line_width", "line_alpha")


class Glass(OverlayPlot):
    """HoloViews' plot of the eight curves; it may rest between two parts of its making.

    What is overridden is not public (HoloViews 1.23); without it, it would only be slower.
    """

    def __init__(self, rest: Rest, *args: Any, **kwargs: Any) -> None:
        self._rest = rest
        super().__init__(*args, **kwargs)

    def _apply_compositor(self, *args: Any, **kwargs: Any) -> Any:
        self._rest()
        return super()._apply_compositor(*args, **kwargs)

    def _create_subplots(self, *args: Any, **kwargs: Any) -> Any:
        self._rest()
        return super()._create_subplots(*args, **kwargs)

    def _init_plot(self, *args: Any, **kwargs: Any) -> Any:
        self._rest()
        figure = super()._init_plot(*args, **kwargs)
        self._rest()
        return figure

    def _plot_properties(self, *args: Any, **kwargs: Any) -> Any:
        self._rest()
        return super()._plot_properties(*args, **kwargs)

    def _update_plot(self, *args: Any, **kwargs: Any) -> None:
        """Axes, title and grid, which this plot has not."""


class Renderer(BokehRenderer):
    """Draws with `Glass`; WebGL is the browser's choice."""

    mode = param.Selector(default="server", objects=["default", "server"])
    webgl = param.Boolean(default=False)
    rest = param.Callable(default=None)

    def plotting_class(self, _drawn: Any) -> Any:
        self.rest()
        return partial(Glass, self.rest)


class Plot:
    """A drawn plot with nothing on it, for any one document.

    rows  of its Buffer: points of a trace at most
    rest  called now and then while it is made
    """

    def __init__(self, rows: int, rest: Rest = lambda: None) -> None:
        self.rows = rows
        self.handles = Handles()
        self._used: set[int] = set()
        self._buffer: Any = Buffer(blank(rows), length=rows, index=False)
        drawn = hv.DynamicMap(overlay(self._used), streams=[self._buffer])
        drawn.opts(*options(self.handles, rest))
        rest()
        renderer = Renderer.instance(rest=rest)
        self._drawn: Any = renderer.get_plot(drawn, doc=Document())  # not the one that is in hand just then
        self._drawn.document = None
        rest()
        lean(self.handles.figure)
        rest()
        learn(self.handles.figure, self.handles.changing(), rest)

    def begin(self, traces: dict[int, Trace]) -> None:
        """Put the first traces into the sources themselves, while the plot is in no document."""
        for slot, trace in traces.items():
            columns = (np.array(trace.x, float), np.array(trace.y, float))  # of its own: Bokeh keeps them
            self.handles.sources[slot].data = dict(zip(names(slot), columns, strict=True))
        with disable_constant(self._buffer):
            self._buffer.data = self._use(traces)

    def replace(self, traces: dict[int, Trace]) -> None:
        """Have HoloViews draw these traces instead of whatever is on the glass."""
        document = self.handles.figure.document
        if self._drawn.document is not document:
            self._drawn.document = document
        self._buffer.send(self._use(traces))

    def _use(self, traces: dict[int, Trace]) -> pd.DataFrame:
        self._used.clear()
        self._used.update(traces)
        return table(self.rows, traces)

    def close(self) -> None:
        """Let go of everything that would keep a tab alive."""
        self._drawn.cleanup()
        self._buffer._subscribers = []
        self._drawn = None
        forget(self.handles.figure)
        self.handles = Handles()


def names(slot: int) -> tuple[str, str]:
    """The columns of a slot."""
    return f"x{slot}", f"y{slot}"


def table(rows: int, traces: dict[int, Trace]) -> pd.DataFrame:
    """The frame as one table of `rows` rows: x and y of every slot, NaN where there is no point."""
    points = np.full((2 * SLOTS, rows), np.nan)
    for slot, trace in traces.items():
        points[2 * slot, : len(trace.x)] = trace.x
        points[2 * slot + 1, : len(trace.y)] = trace.y
    return pd.DataFrame(
        {name: points[2 * slot + k] for slot in range(SLOTS) for k, name in enumerate(names(slot))}
    )


@cache
def blank(rows: int) -> pd.DataFrame:
    """The table without a trace, the same for all plots that wait for a page: no Buffer changes its own."""
    return table(rows, {})


def overlay(used: set[int]) -> Callable[[pd.DataFrame], hv.Overlay]:
    """The callback of the DynamicMap: eight curves on one table, in slot order."""
    nothing = pd.DataFrame({name: np.empty(0) for slot in range(SLOTS) for name in names(slot)})
    empty = [curve(nothing, slot) for slot in range(SLOTS)]

    def draw(data: pd.DataFrame) -> hv.Overlay:
        return hv.Overlay([curve(data, slot) if slot in used else empty[slot] for slot in range(SLOTS)])

    return draw


def curve(data: pd.DataFrame, slot: int) -> hv.Curve:
    return hv.Curve(data, *names(slot), label=str(slot))


def options(handles: Handles, rest: Rest) -> list[Any]:
    """How HoloViews draws; the hooks are plain functions over `handles`, so that they hold no tab."""

    def keep(plot: Any, element: Any) -> None:
        slot = int(element.label)
        if slot not in handles.sources:
            adopt(handles, slot, plot)
            rest()

    def finish(plot: Any, _element: Any) -> None:
        if handles.figure is None and len(handles.sources) == SLOTS:
            complete(handles, plot.state)

    return [
        hv.opts.Curve(hooks=[keep], line_width=TRACE_WIDTH, line_join="round", apply_ranges=False,
            color=hv.Cycle(list(TRACES)),),
        hv.opts.Overlay(
            hooks=[finish], apply_ranges=False, show_legend=False, show_title=False, responsive=True,
            toolbar="disable", default_tools=[], xaxis=None, yaxis=None, bgcolor=DARK.background, border=0,
            show_frame=False,
        ),
    ]  # fmt: skip


def adopt(handles: Handles, slot: int, plot: Any) -> None:
    """Give a slot's curve its name, axes of its own and its dots."""
    figure, renderer = plot.state, plot.handles["glyph_renderer"]
    dots = ColumnDataSource({"x": np.empty(0), "y": np.empty(0)})
    marks = figure.add_glyph(
        dots, Scatter(x="x", y="y", size=DOT, fill_color=TRACES[slot], line_color=None), name=f"dots{slot}"
    )
    x, y = names(slot)
    for drawn in (renderer, marks):
        drawn.update(x_range_name=x, y_range_name=y)
    renderer.name = str(slot)
    handles.x[slot], handles.y[slot] = Range1d(0, 10), Range1d(-4, 4)
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
        extra_x_ranges={names(slot)[0]: kept for slot, kept in handles.x.items()},
        extra_y_ranges={names(slot)[1]: kept for slot, kept in handles.y.items()},
        min_border_left=1, min_border_top=1, outline_line_color=None, border_fill_color=DARK.background,
        name=NAME, tags=[NOTHING] * SLOTS,
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


def lean(figure: Any) -> None:
    """Take out what the page does not show: axes, title, tools, following, looks of what is selected."""
    figure.update(left=[], right=[], above=[], below=[], center=[], title=None)
    figure.toolbar.tools = [tool for tool in figure.toolbar.tools if isinstance(tool, HoverTool)]
    figure.update(js_event_callbacks={}, subscribed_events=set())
    figure._event_callbacks.clear()
    everything, policy = AllIndices(), UnionRenderers()
    for renderer in figure.renderers:
        renderer.update(
            view=CDSView(filter=everything),
            selection_glyph=None, nonselection_glyph=None, hover_glyph=None, muted_glyph=None,
        )  # fmt: skip
        renderer.data_source.selection_policy = policy
