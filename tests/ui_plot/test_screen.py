"""What a screen sends: everything, in one message, whatever the server believes to be on the glass."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from app.scope.autoset import SLOTS
from app.scope.palette import TRACES
from app.ui.plot import NOTHING
from app.ui.screen import Screen
from tests.conftest import wait_until
from tests.process import Server
from tests.ui_plot.frames import ROWS, frame, legend
from tests.ui_plot.session import Session

Event = dict[str, Any]


def opened(*slots: int) -> tuple[Screen, Document]:
    """A screen in a document, with a first frame."""
    screen, document = Screen(ROWS, frame(*slots), legend(*slots)), Document()
    document.add_root(screen.figure)
    return screen, document


def show(screen: Screen, document: Document, *slots: int) -> None:
    with set_curdoc(document):
        screen.show(frame(*slots), legend(*slots))


def names(screen: Screen) -> dict[str, str]:
    """A name for each model that a frame sets."""
    figure = screen.figure
    found = {renderer.data_source.id: f"data of {renderer.name}" for renderer in figure.renderers}
    found |= {renderer.glyph.id: f"line of {renderer.name}" for renderer in figure.renderers}
    for ranges in (figure.extra_x_ranges, figure.extra_y_ranges):
        found |= {kept.id: name for name, kept in ranges.items()}
    return found | {figure.id: "figure"}


def test_the_first_frame_is_in_the_document() -> None:
    screen, _ = opened(1, 4)
    figure = screen.figure
    assert (figure.extra_x_ranges["x4"].start, figure.extra_x_ranges["x4"].end) == (0.0, 14.0)
    assert (figure.extra_y_ranges["y1"].start, figure.extra_y_ranges["y1"].end) == (-3.0, 3.0)
    assert figure.tags[1] == ["name 1", 6.0, "s", False, "V", False, None, None]
    assert figure.tags[0] == NOTHING
    data = {renderer.name: renderer.data_source.data for renderer in figure.renderers}
    assert data["grounds"] == {
        "x": [-5.0, -5.0],
        "y": [0.5, 2.0],
        "text": ["2▸", "5▸"],
        "slot": [1, 4],
        "color": [TRACES[1], TRACES[4]],
    }
    assert np.array_equal(data["1"]["y1"], frame(1).traces[1].y)
    assert len(data["dots1"]["x"]) == 2
    assert len(data["0"]["x0"]) == len(data["dots0"]["x"]) == 0


def test_a_frame_that_is_the_same_is_sent_whole() -> None:
    screen, document = opened(0, 2)
    show(screen, document, 0, 2)
    sent: Counter[tuple[str, str]] = Counter()
    named = names(screen)
    document.on_change(lambda event: sent.update([(named[event.model.id], event.attr)]))
    show(screen, document, 0, 2)
    expected = {("figure", "tags"), ("data of grounds", "data")}
    expected |= {(f"data of {slot}", "data") for slot in range(SLOTS)}
    expected |= {(f"data of dots{slot}", "data") for slot in range(SLOTS)}
    for slot in (0, 2):
        expected |= {(f"{axis}{slot}", end) for axis in "xy" for end in ("start", "end")}
    assert expected <= sent.keys()


def test_slots_that_are_not_in_the_frame_are_emptied() -> None:
    screen, document = opened(0, 2)
    show(screen, document, 5)
    data = {renderer.name: renderer.data_source.data for renderer in screen.figure.renderers}
    for slot in set(range(SLOTS)) - {5}:
        assert len(data[str(slot)][f"x{slot}"]) == len(data[str(slot)][f"y{slot}"]) == 0
        assert len(data[f"dots{slot}"]["x"]) == 0
        assert screen.figure.tags[slot] == NOTHING
    assert len(data["5"]["y5"]) == ROWS


def test_a_closed_screen_leaves_its_stream_without_subscribers() -> None:
    screen, document = opened(0)
    show(screen, document, 0)
    stream = screen._plot._buffer
    screen.close()
    assert stream._subscribers == []


@pytest.fixture
def stopped(plots: Server) -> Any:
    """A session of a stopped screen with one channel, and its document's models by name."""
    plots.post({"x": list(range(100)), "y": [n % 7 for n in range(100)]})
    wait_until(lambda: b'"ch1"' in plots.ask("GET", "/channels")[1])
    with Session(plots.port) as session:
        session.said()
        session.command(do="run", frame=0, asked=1)
        session.patch()
        yield session


def test_a_rest_frame_is_one_message(stopped: Session) -> None:
    stopped.command(do="position", channel="ch1", clicks=0)
    events = stopped.patch()
    kinds = Counter((event["kind"], event.get("attr")) for event in events)
    assert kinds["ColumnsStreamed", None] + kinds["ColumnsStreamed", "data"] == 1
    assert kinds["ColumnDataChanged", "data"] + kinds["ColumnDataChanged", None] >= 2 * SLOTS
    assert kinds["ModelChanged", "tags"] == 1
    assert kinds["ModelChanged", "start"] == kinds["ModelChanged", "end"] == 2
    stopped.command(do="position", channel="ch1", clicks=0)
    assert Counter((event["kind"], event.get("attr")) for event in stopped.patch()) == kinds


def test_a_rest_frame_streams_exactly_the_rows_of_the_buffer(stopped: Session) -> None:
    stopped.command(do="position", channel="ch1", clicks=0)
    [streamed] = [event for event in stopped.patch() if event["kind"] == "ColumnsStreamed"]
    shapes = [column["shape"] for _, column in streamed["data"]["entries"]]
    assert shapes == [[streamed["rollover"]]] * 2
