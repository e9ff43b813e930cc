"""The paths of what people keep, as /openapi.json tells them."""

from __future__ import annotations

from app.api.forms import TEXT, Told, array, ref, thing, whole
from app.api.parameters import KNOBS, LOOK, SCREEN, parameter
from app.api.paths import JSON

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
}
