"""The screen of one tab: what stands on it at rest, and on its first picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import panel as pn

from app.scope.autoset import SLOTS
from app.scope.frame import Frame, Trace
from app.ui import graticule
from app.ui.plot import NOTHING, Plot, names

Legend = Mapping[int, Mapping[str, Any]]


class Screen:
    """The plot of one tab.

    The page itself draws what is live, unseen by the server: what is believed to be on the glass here is not
    what is there. So `show` sends all it sets, also what has not changed for the server.

    rows    of a frame at most
    frame   the first picture: it comes with the document
    legend  by slot: label, unit, x_unit, clock, limits [bottom, top], ground [divisions, text]
    plot    one that is ready (see `stock`); made now, in a quarter of a second, when not given
    """

    def __init__(
        self,
        rows: int,
        frame: Frame | None = None,
        legend: Legend | None = None,
        plot: Plot | None = None,
    ) -> None:
        self._plot = plot or Plot(rows)
        frame = frame or Frame()
        self._plot.begin(frame.traces)
        self._dress(frame.traces, legend or {})

    @property
    def figure(self) -> Any:
        """The root of the page's document."""
        return self._plot.handles.figure

    def show(self, frame: Frame, legend: Legend) -> None:
        """Replace all that is on the glass by this frame, in one message; within a session's callback."""
        with pn.io.unlocked():
            self._plot.replace(frame.traces)
            for slot in set(range(SLOTS)) - frame.traces.keys():
                send(self._plot.handles.sources[slot], data={name: np.empty(0) for name in names(slot)})
            self._dress(frame.traces, legend)

    def _dress(self, traces: Mapping[int, Trace], legend: Legend) -> None:
        """Set everything but the traces themselves."""
        handles = self._plot.handles
        for slot, trace in traces.items():
            left, right = borders(trace, legend.get(slot, {}))
            send(handles.x[slot], start=left, end=right)
        for slot in traces.keys() & legend.keys():
            bottom, top = legend[slot]["limits"]
            send(handles.y[slot], start=bottom, end=top)
            alpha = legend[slot].get("alpha", 1.0)
            send(handles.renderers[slot].glyph, line_width=legend[slot]["width"], line_alpha=alpha)
        for slot, source in handles.dots.items():
            send(source, data=marks(traces.get(slot)))
        grounds = {slot: legend[slot]["ground"] for slot in sorted(traces.keys() & legend.keys())}
        send(handles.grounds, data=graticule.markers(grounds))
        send(handles.figure, tags=[tag(traces.get(slot), legend.get(slot)) for slot in range(SLOTS)])

    def close(self) -> None:
        """Let go of everything that would keep the tab alive."""
        self._plot.close()


def send(model: Any, **values: Any) -> None:
    """Set properties, and have them sent even if the server knows no others."""
    model.update(**values)
    for name in values:
        model.trigger(name, None, getattr(model, name))


def borders(trace: Trace, about: Mapping[str, Any]) -> tuple[float, float]:
    """x at the borders of the screen: of an XY screen, as the knobs of the channel across have them."""
    left, right = about["across"][1:] if "across" in about else trace.ends
    return left, right


def marks(trace: Trace | None) -> dict[str, Any]:
    """The points of a trace that no line reaches."""
    found = trace.dots if trace is not None else np.empty(0, int)
    x, y = (trace.x[found], trace.y[found]) if trace is not None else (found, found)
    return {"x": np.array(x, float), "y": np.array(y, float)}


def tag(trace: Trace | None, about: Mapping[str, Any] | None) -> list[Any]:
    """What the hover text says of a slot besides its samples.

    returns  name, x0, unit of x, whether x is the time of day, unit of y, whether x is only that of a column,
             and how many decimals of y and of x to show (None: all)
    """
    if trace is None or about is None:
        return NOTHING
    return [about["label"], trace.x0, about["x_unit"], about["clock"], about["unit"], trace.near, None, None]
