"""Text in pictures: the typeface, and what stands in where it has no sign for something."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Literal

from PIL import ImageDraw, ImageFont

Face = ImageFont.FreeTypeFont
Side = Literal["left", "centre", "right"]

PARTS = ("latin", "greek", "math", "cyrillic", "latin-ext", "vietnamese")  # of Roboto, which Panel brings
SYSTEM = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "DroidSansFallback.ttf",
    "arial.ttf", "Arial Unicode.ttf", "msyh.ttc",
)  # fmt: skip
SAME = {"\u2009": " ", "\u202f": " ", "\u00a0": " "}  # signs that typefaces lack, and what looks like them
SPACE = 0.28  # width of a space, as a share of the size: in small type, those of the faces are too narrow
CAPITAL = 0.71  # height of a capital letter, as a share of the size
TRIED = 20  # px: size at which a face is asked what it has
NO_SIGN = "\uffff"


@lru_cache(maxsize=2)
def brought(*, bold: bool) -> tuple[str, ...]:
    """The files of the typeface that comes with Panel; none where it has moved."""
    found = find_spec("panel_material_ui")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    weight = 700 if bold else 400
    names = [f"dist/roboto-{part}-{weight}-normal-*.woff" for part in PARTS]
    return tuple(
        str(path) for folder in folders for name in names for path in sorted(Path(folder).glob(name))
    )


@lru_cache(maxsize=256)
def face(name: str, size: int) -> Face | None:
    """The face of a file, or of a name that the system knows; empty: Pillow's own. None: there is none."""
    try:
        if name:
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
        own = ImageFont.load_default(size)
    except OSError:
        return None
    return own if isinstance(own, Face) else None


@lru_cache(maxsize=4096)
def source(sign: str, *, bold: bool) -> str:
    """Which face has a sign; where none has it, the first one, which draws a box."""
    names = (*brought(bold=bold), "", *SYSTEM)
    return next((name for name in names if has(name, sign)), names[0])


def has(name: str, sign: str) -> bool:
    tried = face(name, TRIED)
    if tried is None:
        return False
    if sign == " ":
        return True
    missing = tried.getmask(NO_SIGN)
    drawn = tried.getmask(sign)
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


@lru_cache(maxsize=1024)
def runs(text: str, size: int, *, bold: bool) -> tuple[tuple[Face, str, float], ...]:
    """The text in pieces, each with a face that has its signs, and its width in px."""
    return tuple(pieces(text, size, bold=bold))


def pieces(text: str, size: int, *, bold: bool) -> Iterator[tuple[Face, str, float]]:
    signs = [SAME.get(sign, sign) for sign in text]
    for (name, blank), part in groupby(signs, lambda sign: (source(sign, bold=bold), sign == " ")):
        found, piece = face(name, size), "".join(part)
        if found is not None:
            yield found, piece, SPACE * size * len(piece) if blank else found.getlength(piece)


def width(text: str, size: int, *, bold: bool = False) -> float:
    """Width of a text, px."""
    return sum(length for _, _, length in runs(text, size, bold=bold))


def shortened(text: str, room: float, size: int, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as there is room for (px), with an ellipsis."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = next((n for n in range(len(text) - 1, 0, -1) if width(text[:n] + "…", size, bold=bold) <= room), 0)
    return text[:kept].rstrip() + "…" if kept else ""


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    *,
    bold: bool = False,
    side: Side = "left",
) -> float:
    """Write a line of text; returns its width.

    at    px: x of its left, centre or right (`side`), y of the middle of its capital letters
    size  px
    """
    parts = runs(text, size, bold=bold)
    whole = sum(length for _, _, length in parts)
    x = at[0] - {"left": 0.0, "centre": whole / 2, "right": whole}[side]
    for found, part, length in parts:
        draw.text((round(x), round(at[1] + CAPITAL * size / 2)), part, fill=colour, font=found, anchor="ls")
        x += length
    return whole
