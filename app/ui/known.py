"""A figure of which everything is known beforehand: which models it has, and how they read as JSON.

Bokeh finds that out for each document anew, by asking each model for each of its properties: 20 ms when the
figure is put in, 40 ms when the page fetches it. Here it is asked once, while the plot is made. What that
leaves behind, empty lists and dicts for the properties that are not set, is more than half of a plot. It is
taken away: the garbage collector, which stops everything, would look through all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bokeh.core.property.wrappers import PropertyValueContainer
from bokeh.core.serialization import Serializer
from bokeh.models import Model

Changing = Iterable[tuple[Model, tuple[str, ...]]]
ANSWERS = ("references", "to_serializable")


def learn(figure: Any, changing: Changing, rest: Callable[[], None]) -> None:
    """Have the figure answer from memory. No model may come or go after this, and none may change but these.

    changing  models, and the names of their properties that are looked up each time
    rest      called in between
    """
    models = figure.references()
    rest()
    known = written(figure, rest)
    attributes = {rep["id"]: rep.setdefault("attributes", {}) for rep in objects(known)}
    looked_up = [(model, attributes[model.id], names) for model, names in changing]

    def to_serializable(serializer: Serializer) -> Any:
        for model, found, names in looked_up:
            found.update({name: serializer.encode(getattr(model, name)) for name in names})
        return known

    for model in models:
        unload(model)
    for name, answer in zip(ANSWERS, (models.copy, to_serializable), strict=True):
        object.__setattr__(figure, name, answer)  # Bokeh's models take no attributes of others


def written(figure: Any, rest: Callable[[], None]) -> Any:
    """The figure as Bokeh's JSON, its renderers first: they are written one after another."""
    serializer = Serializer(deferred=False)
    renderers = []
    for renderer in figure.renderers:
        renderers.append(serializer.encode(renderer))
        rest()
    found: Any = serializer.encode(figure)
    return found | {"attributes": {"renderers": renderers} | found["attributes"] | {"renderers": renderers}}


def unload(model: Any) -> None:
    """Take away empty defaults; Bokeh makes new ones if it is asked. The dict is not public (Bokeh 3.9)."""
    defaults = model._unstable_default_values
    for name in [
        name for name, kept in defaults.items() if isinstance(kept, PropertyValueContainer) and not kept
    ]:
        del defaults[name]


def forget(figure: Any) -> None:
    """Have the figure look things up again; it holds nothing of what it knew."""
    for name in ANSWERS:
        figure.__dict__.pop(name, None)


def objects(rep: Any) -> list[dict[str, Any]]:
    """All models in a piece of Bokeh's JSON, where they are written out."""
    if isinstance(rep, dict):
        own = [rep] if rep.get("type") == "object" and "id" in rep else []
        return own + [found for part in rep.values() for found in objects(part)]
    return [found for part in rep for found in objects(part)] if isinstance(rep, list | tuple) else []
