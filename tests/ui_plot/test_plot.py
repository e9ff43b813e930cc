"""The plot without a browser."""

from __future__ import annotations

from collections import Counter

import numpy as np
from bokeh.document import Document
from holoviews.core.data import PipelineMeta

from app.scope.autoset import SLOTS
from app.scope.palette import TRACES
from app.ui.plot import Plot
from tests.ui_plot.frames import ROWS, trace


def test_the_models_that_a_page_fills_have_names() -> None:
    figure = Plot(ROWS).handles.figure
    assert figure.name == "scope"
    found = {renderer.name for renderer in figure.renderers}
    assert found >= {*map(str, range(SLOTS)), *(f"dots{slot}" for slot in range(SLOTS)), "grounds"}
    assert set(figure.extra_x_ranges) == {f"x{slot}" for slot in range(SLOTS)}
    assert set(figure.extra_y_ranges) == {f"y{slot}" for slot in range(SLOTS)}


def test_each_slot_is_drawn_on_axes_of_its_own_in_its_colour() -> None:
    handles = Plot(ROWS).handles
    for slot in range(SLOTS):
        line = handles.renderers[slot]
        assert (line.x_range_name, line.y_range_name) == (f"x{slot}", f"y{slot}")
        assert line.data_source is handles.sources[slot]
        assert (line.glyph.x, line.glyph.y) == (f"x{slot}", f"y{slot}")
        assert line.glyph.line_color == TRACES[slot]


def test_no_model_is_there_that_the_page_does_not_show() -> None:
    figure = Plot(ROWS).handles.figure
    found = Counter(type(model).__name__ for model in figure.references())
    shown = {"figure", "GlyphRenderer", "ColumnDataSource", "Selection", "CDSView", "Range1d", "LinearScale"}
    shown |= {"Line", "Scatter", "MultiLine", "Text", "Toolbar", "HoverTool", "CustomJSHover"}
    assert set(found) == shown | {"AllIndices", "UnionRenderers"}
    assert (found["Line"], found["Scatter"], found["AllIndices"]) == (SLOTS, SLOTS, 1)


def test_the_figure_asks_the_server_for_nothing() -> None:
    figure = Plot(ROWS).handles.figure
    assert figure.subscribed_events == set()
    assert figure.js_event_callbacks == {}


def test_a_frame_goes_through_the_buffer_as_exactly_its_rows() -> None:
    plot = Plot(ROWS)
    Document().add_root(plot.handles.figure)
    for n in (1, ROWS, 2, 40):
        drawn = trace(3, n)
        plot.replace({3: drawn})
        data = plot.handles.sources[3].data
        assert len(data["x3"]) == len(data["y3"]) == ROWS
        assert np.array_equal(data["y3"][:n], drawn.y)
        assert np.isnan(data["y3"][n:]).all()


def test_the_first_frame_is_there_before_the_document() -> None:
    plot = Plot(ROWS)
    first = trace(2)
    plot.begin({2: first})
    assert np.array_equal(plot.handles.sources[2].data["y2"], first.y)
    Document().add_root(plot.handles.figure)
    second = trace(2, 10, 1.0)
    plot.replace({2: second})
    assert np.array_equal(plot.handles.sources[2].data["y2"][:10], second.y)
    assert len(plot.handles.sources[2].data["y2"]) == ROWS


def test_each_source_has_arrays_of_its_own() -> None:
    plot, shared = Plot(ROWS), trace(0)
    plot.begin({0: shared, 1: shared})
    arrays = [column for slot in (0, 1) for column in plot.handles.sources[slot].data.values()]
    assert not any(np.shares_memory(array, shared.x) or np.shares_memory(array, shared.y) for array in arrays)


def test_other_plots_can_be_drawn_while_one_is_made() -> None:
    other, drawn = Plot(ROWS), 0
    Document().add_root(other.handles.figure)

    def rest() -> None:
        nonlocal drawn
        assert PipelineMeta.disable is False  # HoloViews' own switch, the same for all
        shown = trace(drawn % SLOTS, 30, drawn)
        other.replace({drawn % SLOTS: shown})
        assert np.array_equal(other.handles.sources[drawn % SLOTS].data[f"y{drawn % SLOTS}"][:30], shown.y)
        drawn += 1

    made = Plot(ROWS, rest)
    assert drawn > 2 * SLOTS
    Document().add_root(made.handles.figure)
    shown = trace(5)
    made.replace({5: shown})
    assert np.array_equal(made.handles.sources[5].data["y5"][:40], shown.y)
