"""The objects that are sent and given, as /openapi.json tells them."""

from __future__ import annotations

from typing import Any

Told = dict[str, Any]

NUMBER: Told = {"type": "number", "minimum": -1e150, "maximum": 1e150}
TEXT: Told = {"type": "string"}
NAME: Told = {"type": "string", "pattern": "^[A-Za-z0-9_.:/-]{1,64}$"}
UNIT: Told = {"type": "string", "pattern": "^[A-Za-z%]{0,16}$"}
WRITTEN: Told = {"type": "string", "pattern": "^-?[0-9]{1,15}([.][0-9]{1,15})?$"}


def ref(name: str) -> Told:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(required: str, **properties: Told) -> Told:
    """An object; the names of those of its members that are always there."""
    return {"type": "object", "required": required.split(), "properties": properties}


def array(items: Told) -> Told:
    return {"type": "array", "items": items}


def whole(least: int, most: int | None = None) -> Told:
    return {"type": "integer", "minimum": least} | ({} if most is None else {"maximum": most})


SCHEMAS: dict[str, Told] = {
    "Fault": thing("code field", code=TEXT, field=TEXT, index=whole(0), line=whole(1), channel=TEXT),
    "Point": {
        "type": "object",
        "description": "One sample. Without x it has the server's time. Numbers may come as text.",
        "required": ["y"],
        "properties": {
            "x": {"anyOf": [NUMBER, WRITTEN]},
            "y": {"anyOf": [NUMBER, WRITTEN]},
            "channel": NAME,
            "unit": UNIT,
            "x_unit": UNIT,
        },
    },
    "Columns": {
        "type": "object",
        "description": "One channel (y) or several (channels); x, or t0 with dt or rate. null is a gap.",
        "properties": {
            "x": array(NUMBER),
            "t0": NUMBER,
            "dt": {"type": "number", "exclusiveMinimum": 0},
            "rate": {"type": "number", "exclusiveMinimum": 0},
            "clock": {"enum": ["unix"]},
            "y": array({"type": ["number", "null"]}),
            "channels": {"type": "object", "additionalProperties": array({"type": ["number", "null"]})},
            "unit": TEXT,
            "units": {"type": "object", "additionalProperties": TEXT},
            "x_unit": TEXT,
        },
    },
    "Stored": {
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": {"enum": ["success", "partial"]},
            "accepted": whole(0),
            "duplicate": {"type": "boolean"},
            "durability": TEXT,
            "x0": NUMBER,
            "dt": NUMBER,
        },
    },
    "Samples": thing(
        "unit x_unit x y",
        unit=TEXT,
        x_unit=TEXT,
        first=whole(0),
        total=whole(0),
        x=array(NUMBER),
        y=array({"type": ["number", "null"]}),
    ),
    "Channel": thing(
        "name label unit x_unit total retained rate gaps lost",
        name=TEXT,
        label=TEXT,
        unit=TEXT,
        x_unit=TEXT,
        total=whole(0),
        retained=whole(0),
        rate={"type": ["number", "null"]},
        gaps=whole(0),
        lost={"type": ["integer", "null"]},
        figure={"type": "boolean"},
        updated={"type": "number", "description": "Unix seconds"},
    ),
    "Reading": thing(
        "value unit why",
        value={"type": ["number", "null"]},
        unit=TEXT,
        why={"type": ["string", "null"], "description": "why there is no value"},
        note=TEXT,
    ),
    "Event": thing(
        "n x number ago hit",
        n=whole(0),
        x=NUMBER,
        number=whole(1),
        ago={"type": ["number", "null"]},
        hit=TEXT,
    ),
    "Pin": thing(
        "id time note query channels samples size whole",
        id=whole(1),
        time=NUMBER,
        note=TEXT,
        query=TEXT,
        channels=array(TEXT),
        samples=whole(0),
        size=whole(0),
        whole={"type": "boolean"},
        status=TEXT,
    ),
    "Recording": thing(
        "id format asked channels began ended why message samples missed bytes parquet",
        id=whole(1),
        format={"enum": ["arrow", "csv"]},
        asked=array(TEXT),
        channels=array(TEXT),
        began=NUMBER,
        ended={"type": ["number", "null"]},
        why=TEXT,
        message=TEXT,
        samples=whole(0),
        missed=whole(0),
        bytes=whole(0),
        parquet=whole(0),
        status=TEXT,
    ),
    "Replay": thing(
        "id speed loop prefix samples began",
        id=whole(1),
        speed=NUMBER,
        loop={"type": "boolean"},
        prefix=TEXT,
        samples=whole(0),
        began=NUMBER,
        status=TEXT,
    ),
    "Setup": thing("id name time query", id=whole(1), name=TEXT, time=NUMBER, query=TEXT, status=TEXT),
    "Sweep": thing(
        "trigger rate query channels",
        trigger=thing("source x", source=TEXT, x={"type": ["number", "null"]}),
        rate={"enum": ["full", "drawn"]},
        query=TEXT,
        channels={"type": "object", "additionalProperties": ref("Samples")},
    ),
}
