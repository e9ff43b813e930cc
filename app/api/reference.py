"""The page that shows /openapi.json to people; nothing in it comes from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

Told = Mapping[str, Any]

FRAME = (Path(__file__).parent / "reference.html").read_text("utf-8")


def page(document: Told) -> str:
    """The document as HTML."""
    parts = [each for path, methods in document["paths"].items() for each in section(path, methods)]
    schemas = [schema(name, told) for name, told in document["components"]["schemas"].items()]
    about = document["info"]
    filled = FRAME.replace("@ABOUT@", text(about["description"])).replace("@VERSION@", text(about["version"]))
    return filled.replace("@PATHS@", "\n".join(parts)).replace("@SCHEMAS@", "\n".join(schemas))


def text(plain: str) -> str:
    """A text as HTML; what is between back-ticks is code."""
    parts = escape(plain).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def section(path: str, methods: Told) -> Iterator[str]:
    for method, told in methods.items():
        yield f'<section id="{escape(told["operationId"])}">'
        yield f'<h2><span class="{method}">{method.upper()}</span> <code>{escape(path)}</code></h2>'
        yield f"<p>{text(told['summary'])}</p>"
        if "requestBody" in told:
            media = ", ".join(f"`{name}`" for name in told["requestBody"]["content"])
            yield f"<p>Body: {text(media)}</p>"
        if told["parameters"]:
            rows = (
                row(f"`{each['name']}`", each["description"], kind(each["schema"]))
                for each in told["parameters"]
            )
            yield table("parameter", rows)
        yield table(
            "answer",
            (
                row(f"`{status}`", each["description"], content(each))
                for status, each in told["responses"].items()
            ),
        )
        yield "</section>"


def table(head: str, rows: Iterator[str]) -> str:
    names = f"<tr><th>{head}</th><th>meaning</th><th>form</th></tr>"
    return f"<table><thead>{names}</thead><tbody>{''.join(rows)}</tbody></table>"


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>"


def content(response: Told) -> str:
    return ", ".join(f"`{media}`" for media in response.get("content", {}))


def schema(name: str, told: Told) -> str:
    """The members of an object."""
    always = told.get("required", [])
    rows = (
        row(f"`{member}`", each.get("description", "always" if member in always else ""), kind(each))
        for member, each in told["properties"].items()
    )
    return f'<section id="{escape(name)}"><h2>{escape(name)}</h2>{table("member", rows)}</section>'


def kind(schema: Told) -> str:
    """What a value is, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(kind, schema["anyOf"]))
    return plain(schema)


def plain(schema: Told) -> str:
    named = schema.get("type", "anything")
    name = " or ".join(named) if isinstance(named, list) else str(named)
    if name == "array":
        return f"array of {kind(schema['items'])}"
    limits = [
        f"{word} {schema[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema
    ]
    return " ".join([name, *limits])
