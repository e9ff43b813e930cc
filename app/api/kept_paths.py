"""The paths of what people keep, as /openapi.json tells them."""

from __future__ import annotations

from app.api.forms import TEXT, Told, array, ref, thing, whole
from app.api.parameters import KNOBS, LOOK, SCREEN, parameter
from app.api.paths import JSON
from app.api.recordings import MEDIA

NUMBERED = [parameter("name", "the number that the list tells", whole(1), "path") | {"required": True}]
CHANGE = ("origin_not_allowed", "disk_full", *LOOK)
DELETED = {"200": ("It is gone", {JSON: thing("status deleted", status=TEXT, deleted=whole(1))})}

KEPT: dict[str, dict[str, Told]] = {
    "/pins": {
        "get": {
            "summary": "The screens that people keep, the newest first",
            "answers": {"200": ("All pins", {JSON: array(ref("Pin"))})},
            "codes": LOOK,
        },
        "post": {
            "summary": "Keep the screen that the parameters ask for, with its samples",
            "parameters": KNOBS,
            "body": thing("", note=TEXT),
            "answers": {"200": ("The pin", {JSON: ref("Pin")})},
            "codes": (
                *("bad_json", "bad_note", "pin_limit", "body_too_large", "origin_not_allowed", "disk_full"),
                *SCREEN,
            ),
        },
    },
    "/setups": {
        "get": {
            "summary": "The set-ups that people keep, by name",
            "answers": {"200": ("All set-ups", {JSON: array(ref("Setup"))})},
            "codes": LOOK,
        },
        "post": {
            "summary": "Keep the set-up that the parameters are, in place of one of the same name",
            "parameters": KNOBS,
            "body": thing("name", name=TEXT),
            "answers": {"200": ("The set-up", {JSON: ref("Setup")})},
            "codes": (
                *("bad_json", "bad_name", "setup_limit", "body_too_large", "origin_not_allowed", "disk_full"),
                *SCREEN,
            ),
        },
    },
    "/setups/{name}": {
        "get": {
            "summary": "One set-up",
            "parameters": NUMBERED,
            "answers": {"200": ("The set-up", {JSON: ref("Setup")})},
            "codes": ("not_found", *LOOK),
        },
        "delete": {
            "summary": "Delete a set-up, for everybody",
            "parameters": NUMBERED,
            "answers": DELETED,
            "codes": ("not_found", *CHANGE),
        },
    },
    "/recordings": {
        "get": {
            "summary": "The recordings, the newest first",
            "answers": {"200": ("All recordings", {JSON: array(ref("Recording"))})},
            "codes": LOOK,
        },
        "post": {
            "summary": "Record every sample that comes from now on",
            "body": thing("", format={"enum": ["arrow", "csv"]}, channels=array(TEXT)),
            "answers": {"200": ("It is recorded", {JSON: ref("Recording")})},
            "codes": (
                *("bad_json", "bad_parameter", "no_folder", "recording_limit", "body_too_large"),
                *CHANGE,
            ),
        },
    },
    "/recordings/{name}": {
        "get": {
            "summary": "The file of a recording; of one that is under way, what is written by now",
            "parameters": [
                *NUMBERED,
                parameter("format", "parquet, where that was made", {"enum": ["arrow", "csv", "parquet"]}),
            ],
            "answers": {"200": ("The file", {media: {} for media in MEDIA.values()})},
            "codes": ("bad_parameter", "not_found", *LOOK),
        },
        "delete": {
            "summary": "Delete a recording, for everybody",
            "parameters": NUMBERED,
            "answers": DELETED,
            "codes": ("not_found", "recording_active", *CHANGE),
        },
    },
    "/recordings/{name}/stop": {
        "post": {
            "summary": "End a recording, and make a Parquet file of it if that is asked for",
            "parameters": [*NUMBERED, parameter("format", "to be made of it", {"enum": ["parquet"]})],
            "answers": {"200": ("It has ended", {JSON: ref("Recording")})},
            "codes": ("bad_parameter", "not_found", "recording_active", "draining", *CHANGE),
        },
    },
    "/recordings/{name}/replay": {
        "get": {
            "summary": "How a recording that is played gets on",
            "parameters": NUMBERED,
            "answers": {"200": ("It is played", {JSON: ref("Replay")})},
            "codes": ("not_found", *LOOK),
        },
        "post": {
            "summary": "Play a recording as a live source, from its beginning",
            "parameters": NUMBERED,
            "body": thing(
                "",
                speed={"type": "number", "minimum": 0, "maximum": 1_000_000},
                loop={"type": "boolean"},
                prefix={"type": "string", "pattern": "^[A-Za-z0-9_.:/-]{0,32}$"},
            ),
            "answers": {"200": ("It is played", {JSON: ref("Replay")})},
            "codes": (
                *("bad_json", "bad_parameter", "not_found", "recording_active", "replay_limit"),
                *("body_too_large", "origin_not_allowed", "forbidden", *LOOK),
            ),
        },
        "delete": {
            "summary": "Play it no more; its samples stay",
            "parameters": NUMBERED,
            "answers": {
                "200": ("It is not played", {JSON: thing("status stopped", status=TEXT, stopped=whole(1))})
            },
            "codes": ("not_found", "origin_not_allowed", *LOOK),
        },
    },
}
