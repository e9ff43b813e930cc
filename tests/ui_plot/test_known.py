"""What a figure answers from memory is what Bokeh would find out."""

from __future__ import annotations

import json
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from panel.io.state import set_curdoc

from app.ui.known import forget, objects
from app.ui.screen import Screen
from tests.ui_plot.frames import ROWS, frame, legend

DEFAULTS = (("start", 0), ("hold_render", False), ("line_alpha", 1.0))
Models = dict[str, dict[str, Any]]


def models(document: Document) -> Models:
    """The attributes of all models in the document's JSON, those within them only by id, arrays by length."""
    text = json.loads(serialize_json(document.to_json(deferred=False)))
    return {rep["id"]: short(rep.get("attributes", {})) for rep in objects(text["roots"])}


def short(part: Any) -> Any:
    if isinstance(part, dict):
        known = part.get("type") == "object" and "id" in part
        return {"id": part["id"]} if known else {name: short(value) for name, value in part.items()}
    return [short(value) for value in part] if isinstance(part, list) else part


def told(found: Models) -> Models:
    """Without what equals a default that Bokeh leaves out."""
    return {
        id_: {name: value for name, value in attributes.items() if (name, value) not in DEFAULTS}
        for id_, attributes in found.items()
    }


def test_the_json_is_that_which_bokeh_writes() -> None:
    screen, document = Screen(ROWS, frame(0, 3), legend(0, 3)), Document()
    document.add_root(screen.figure)
    remembered = models(document)
    forget(screen.figure)
    assert told(remembered) == told(models(document))


def test_the_json_follows_what_is_shown_later() -> None:
    screen, document = Screen(ROWS), Document()
    document.add_root(screen.figure)
    models(document)
    with set_curdoc(document):
        screen.show(frame(1, 2, phase=0.5), legend(1, 2))
        screen.show(frame(2, 7, n=9), legend(2, 7))
    remembered = models(document)
    forget(screen.figure)
    assert told(remembered) == told(models(document))


def test_showing_frames_brings_no_model_and_takes_none() -> None:
    screen, document = Screen(ROWS), Document()
    document.add_root(screen.figure)
    before = {model.id for model in document.models}
    with set_curdoc(document):
        screen.show(frame(1, 2), legend(1, 2))
        screen.show(frame(), {})
    forget(screen.figure)
    assert {model.id for model in screen.figure.references()} == before


def test_every_model_is_written_out_before_it_is_referred_to() -> None:
    document = Document()
    document.add_root(Screen(ROWS).figure)
    text = json.loads(serialize_json(document.to_json(deferred=False)))
    seen: set[str] = set()

    def read(part: Any) -> None:
        if isinstance(part, dict):
            if "id" in part and part.get("type") == "object":
                seen.add(part["id"])
            elif set(part) == {"id"}:
                assert part["id"] in seen
            for value in part.values():
                read(value)
        elif isinstance(part, list):
            for value in part:
                read(value)

    read(text["roots"])
    assert len(seen) == len(document.models)
