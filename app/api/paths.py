"""What the paths are for, what they take and what they give, as /openapi.json tells it."""

from __future__ import annotations

from app.api.forms import NUMBER, TEXT, Told, array, ref, thing, whole
from app.api.parameters import CHANNELS, CHOSEN, KNOBS, LOOK, NUMBERED, RATE, SCREEN, SEND, STEPS, parameter
from app.api.selection import FORMATS

JSON = "application/json"

READY = thing("status checks boot_id", status=TEXT, checks={"type": "object"}, boot_id=TEXT)
STATE = thing(
    "status checks notices boot_id version uptime durability in lost out process channels details",
    status={"enum": ["pass", "fail"]},
    checks={"type": "object"},
    notices=array(TEXT),
    boot_id=TEXT,
    version=TEXT,
    uptime=NUMBER,
    durability={"enum": ["memory", "file", "stream"]},
    channels=array({"type": "object"}),
    details={"type": "object"},
    **{part: {"type": "object"} for part in ("in", "lost", "out", "process")},
)
PATHS: dict[str, dict[str, Told]] = {
    "/data": {
        "post": {
            "summary": "Store samples, all of them or none",
            "parameters": [
                parameter("dtype", "of bare numbers", {"enum": ["f4", "f8", "i2"]}),
                parameter("channel", "names of the columns of a body that names none, comma-separated", TEXT),
                *STEPS,
                parameter(
                    "on_error", "what to do with good samples beside bad ones", {"enum": ["fail", "skip"]}
                ),
                parameter("monotonic", "refuse an x that steps back", {"const": "strict"}),
                parameter(
                    "align", "the newest sample is taken now, by the server's clock", {"const": "server"}
                ),
                *NUMBERED,
            ],
            "body": {"anyOf": [ref("Point"), array(ref("Point")), ref("Columns")]},
            "answers": {
                "200": ("The samples are in memory, where everybody sees them", {JSON: ref("Stored")})
            },
            "codes": (
                *(
                    "bad_gzip",
                    "seq_conflict",
                    "bad_json",
                    "not_utf8",
                    "empty_body",
                    "invalid_sample",
                    "out_of_range",
                    "bad_parameter",
                ),
                *SEND,
                *(
                    "timeout",
                    "body_too_large",
                    "too_many_points",
                    "too_many_channels",
                    "unsupported_media_type",
                ),
                *("channel_limit", "bad_channel_name", "bad_unit", "overloaded", "bad_request"),
                "store_unavailable",
            ),
        },
        "get": {
            "summary": "The newest samples, or those of a range. As a WebSocket: a way in",
            "parameters": [
                CHANNELS,
                parameter(
                    "n", "how many of the newest, or all; 1000", {"anyOf": [whole(1), {"const": "all"}]}
                ),
                parameter("from", "smallest x", NUMBER),
                parameter("to", "largest x", NUMBER),
                parameter("points", "at most so many, the lowest and highest among them", whole(2)),
                parameter("format", "of the answer", {"enum": list(FORMATS)}),
            ],
            "answers": {
                "200": (
                    "The samples by channel",
                    {
                        JSON: thing(
                            "channels", channels={"type": "object", "additionalProperties": ref("Samples")}
                        ),
                        "text/csv": TEXT,
                        "application/x-npy": {},
                        "application/vnd.apache.arrow.stream": {},
                    },
                ),
                "101": ("The server takes messages, each of which is answered with its number",),
            },
            "codes": (
                *("bad_parameter", "unknown_channel", "too_many_points", "overloaded", "upgrade_required"),
                *LOOK,
            ),
        },
        "delete": {
            "summary": "Remove channels with their samples, all when none is named",
            "parameters": [CHANNELS],
            "answers": {
                "200": (
                    "Those that were removed",
                    {JSON: thing("status deleted", status=TEXT, deleted=array(TEXT))},
                )
            },
            "codes": ("bad_parameter", "unknown_channel", *SEND, "bad_request", "store_unavailable"),
        },
    },
    "/channels": {
        "get": {
            "summary": "The channels, in order of their first samples",
            "answers": {"200": ("What there is to read", {JSON: array(ref("Channel"))})},
            "codes": LOOK,
        }
    },
    "/screen.png": {
        "get": {
            "summary": "A picture of a screen, asked for with the parameters of its page",
            "parameters": [
                parameter("width", "px", whole(320, 3840)),
                parameter("height", "px", whole(240, 2160)),
                *KNOBS,
            ],
            "answers": {"200": ("The picture", {"image/png": {}})},
            "codes": ("overloaded", *SCREEN),
        }
    },
    "/screen.csv": {
        "get": {
            "summary": "The samples of a screen, a row for each x",
            "parameters": [CHOSEN, RATE, *KNOBS],
            "answers": {"200": ("The samples", {"text/csv": TEXT})},
            "codes": ("unknown_channel", "too_many_points", "overloaded", *SCREEN),
        }
    },
    "/screen.npz": {
        "get": {
            "summary": "The samples of a screen for NumPy",
            "parameters": [CHOSEN, RATE, *KNOBS],
            "answers": {"200": ("NAME.x and NAME.y for each channel, and meta", {"application/zip": {}})},
            "codes": ("unknown_channel", "too_many_points", "overloaded", *SCREEN),
        }
    },
    "/measurements": {
        "get": {
            "summary": "The measurements of a screen: those that m names, or all of one channel for each",
            "parameters": KNOBS,
            "answers": {
                "200": (
                    "Readings by channel and name",
                    {
                        JSON: {
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "additionalProperties": ref("Reading"),
                            },
                        }
                    },
                )
            },
            "codes": ("unknown_channel", *SCREEN),
        }
    },
    "/triggers": {
        "get": {
            "summary": "Where a trigger fires in all that is retained of its channel",
            "parameters": [
                parameter("limit", "the newest so many", whole(1, 100_000)),
                parameter("before", "a sample number: the events next before it", whole(0)),
                parameter("after", "a sample number: the events next after it", whole(0)),
                *KNOBS,
            ],
            "answers": {"200": ("The events, oldest first", {JSON: array(ref("Event"))})},
            "codes": ("overloaded", *SCREEN),
        }
    },
    "/single": {
        "get": {
            "summary": "Wait for one trigger, and get the sweep that it takes",
            "parameters": [
                parameter("timeout", "s to wait; 10", {"type": "number", "minimum": 0, "maximum": 60}),
                *KNOBS,
            ],
            "answers": {"200": ("The sweep", {JSON: ref("Sweep")}), "204": ("No trigger came in time",)},
            "codes": ("overloaded", *SCREEN),
        }
    },
    "/code.svg": {
        "post": {
            "summary": "A text as a QR code, such as the address of a phone's page",
            "body": thing("text", text={"type": "string", "minLength": 1, "maxLength": 500}),
            "answers": {"200": ("The code", {"image/svg+xml": TEXT})},
            "codes": ("bad_json", "bad_parameter", "body_too_large", *LOOK),
        }
    },
    "/frames": {
        "get": {
            "summary": "A WebSocket: the frames of a screen as they are made",
            "parameters": KNOBS,
            "answers": {"101": ("Frames follow",)},
            "codes": ("upgrade_required", "origin_not_allowed", "too_many_views", *SCREEN),
        }
    },
    "/": {
        "get": {
            "summary": "The front panel",
            "parameters": KNOBS,
            "answers": {
                "200": ("The page", {"text/html": TEXT}),
                "503": ("All front panels are taken", {"text/html": TEXT}),
            },
            "codes": LOOK,
        }
    },
    "/watch": {
        "get": {
            "summary": "The live screen without knobs",
            "parameters": KNOBS,
            "answers": {"200": ("The page", {"text/html": TEXT}), "304": ("The browser has it",)},
            "codes": LOOK,
        }
    },
    "/probe": {
        "get": {
            "summary": "The page that makes a phone a probe",
            "answers": {"200": ("The page", {"text/html": TEXT}), "304": ("The browser has it",)},
            "codes": LOOK,
        }
    },
    "/healthz": {
        "get": {
            "summary": "Whether the process lives",
            "answers": {
                "200": (
                    "It does",
                    {
                        JSON: thing(
                            "status boot_id version", status={"const": "pass"}, boot_id=TEXT, version=TEXT
                        )
                    },
                )
            },
            "codes": (),
        }
    },
    "/readyz": {
        "get": {
            "summary": "Whether requests may be sent here",
            "answers": {
                code: (said, {JSON: READY}) for code, said in (("200", "They may"), ("503", "Not now"))
            },
            "codes": (),
        }
    },
    "/status": {
        "get": {
            "summary": "The page that says how the server is",
            "answers": {"200": ("The page", {"text/html": TEXT})},
            "codes": LOOK,
        }
    },
    "/status.json": {
        "get": {
            "summary": "How the server is: what comes in, is lost, refused and sent, memory, every channel",
            "answers": {"200": ("Its state", {JSON: STATE})},
            "codes": LOOK,
        }
    },
    "/metrics": {
        "get": {
            "summary": "Figures for Prometheus",
            "answers": {"200": ("They are here", {"text/plain": TEXT})},
            "codes": LOOK,
        }
    },
    "/openapi.json": {
        "get": {
            "summary": "This document",
            "answers": {"200": ("The document", {JSON: {"type": "object"}}), "304": ("The reader has it",)},
            "codes": LOOK,
        }
    },
    "/docs": {
        "get": {
            "summary": "This document as a page",
            "answers": {"200": ("The page", {"text/html": TEXT}), "304": ("The browser has it",)},
            "codes": LOOK,
        }
    },
}
