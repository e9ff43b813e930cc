"""POST /code.svg: an address as a QR code, for a camera to read from the screen.

It is a POST since an address may hold a token after its #, which belongs into no address that is asked for.
"""

from __future__ import annotations

import io
from typing import Any

import orjson
import segno

from app.problems import JsonHandler, Problem

LONGEST = 500  # characters
LONGEST_BODY = 16 << 10  # bytes
DARK, LIGHT = "#0B0F14", "#FFFFFF"  # in both themes: a camera wants dark on light
WANTED = '{"text": "http://192.168.1.20:8080/probe"}'


def routes() -> list[Any]:
    """The path of this module, for the web server."""
    return [(r"/code\.svg", CodeHandler)]


def picture(text: str) -> bytes:
    """The QR code of a text as an SVG that is as large as what holds it."""
    made = io.BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(made, "svg", xmldecl=False, omitsize=True, dark=DARK, light=LIGHT)
    return made.getvalue()


class CodeHandler(JsonHandler):
    """A text as a QR code; nothing of it is kept."""

    def post(self) -> None:
        text = self.asked()
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "no-store")
        self.finish(picture(text))

    def asked(self) -> str:
        """
        Problem  bad_json, bad_parameter, body_too_large
        """
        if len(self.request.body) > LONGEST_BODY:
            raise Problem("body_too_large", f"this comes in {LONGEST_BODY} bytes at most")
        try:
            words = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise Problem("bad_json", f"the body is no JSON; send {WANTED}") from None
        text = words.get("text") if isinstance(words, dict) else None
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
            raise Problem("bad_parameter", f"text wants 1 to {LONGEST} characters; send {WANTED}")
        return text
