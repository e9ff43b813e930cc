"""What the paths of /openapi.json take in their addresses and headers, and what may go wrong with each."""

from __future__ import annotations

from app.api.forms import NAME, NUMBER, TEXT, UNIT, Told, array, whole

LOOK = ("unauthorized", "bad_request")
SEND = (
    "unauthorized",
    "forbidden",
    "origin_not_allowed",
    "rate_limited",
)


def parameter(name: str, about: str, schema: Told, place: str = "query") -> Told:
    return {"name": name, "in": place, "description": about, "schema": schema}


KNOBS = [
    parameter("tb", "timebase, units/div, such as 2m", TEXT),
    parameter("on", "draw a channel; may come several times", array(TEXT)),
    parameter("off", "do not draw a channel; may come several times", array(TEXT)),
    parameter("t.mode", "auto or normal", TEXT),
    parameter("t.kind", "edge, pulse, window, runt or timeout", TEXT),
    parameter("t.source", "the channel that triggers", TEXT),
    parameter("t.level", "in units of the source", TEXT),
    parameter("t.slope", "rising, falling or either", TEXT),
    parameter("t.holdoff", "in units of x", TEXT),
    parameter("delay", "x from the trigger to the reference point", TEXT),
    parameter("ref", "where on the screen that is, 0 to 1", TEXT),
    parameter("at", "the past: x in the middle of the screen", TEXT),
    parameter("hit", "the past: an event, as GET /triggers tells it", TEXT),
    parameter("m", "a measurement, CHANNEL:name; up to eight", array(TEXT)),
    parameter("gate", "the part of the screen that is measured, as 0.2,0.8", TEXT),
    parameter("zoom", "a main window of so many units/div around the screen", TEXT),
    parameter("persist", "persistence in seconds, or inf; pictures show none", TEXT),
    parameter("display", "yt, xy, fft or spectrogram", TEXT),
]
CHANNELS = parameter("channel", "names, comma-separated; all when there are none", TEXT)
RATE = parameter("rate", "every sample, or the points of the traces", {"enum": ["full", "drawn"]})
CHOSEN = parameter("channels", "names, comma-separated; all on the screen when there are none", TEXT)
SCREEN = ("bad_parameter", *LOOK)
NUMBERED = [
    parameter(
        "X-Source-Id",
        "the sender's name, of one that numbers its requests",
        {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        "header",
    ),
    parameter("X-Boot-Id", "another one after each start of it", NAME, "header"),
    parameter("X-Seq", "the number, one more each time; the same when it is sent again", whole(0), "header"),
    parameter("Idempotency-Key", "instead of a number: a key of the request's own", NAME, "header"),
]
STEPS = [
    parameter("t0", "x of the first sample of a body without x", NUMBER),
    parameter("dt", "x from one sample to the next", {"type": "number", "exclusiveMinimum": 0}),
    parameter("rate", "samples a second, instead of dt", {"type": "number", "exclusiveMinimum": 0}),
    parameter("clock", "when t0 is Unix time in seconds: it is the server's clock then", {"enum": ["unix"]}),
    parameter("unit", "of y; one for all, or one for each column, comma-separated", UNIT),
    parameter("x_unit", "of x", UNIT),
    parameter("precision", "of time stamps", {"enum": ["s", "ms", "us", "ns"]}),
]
