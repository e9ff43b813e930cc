"""The image of a painted screen: levels as colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.scope.frame import Frame
from app.scope.palette import RAMP
from app.scope.raster import LEVELS, Raster


def colours(background: str) -> NDArray[np.uint8]:
    """(256, 3): red, green and blue of each level; of 0 the background."""
    ramp = np.array([rgb(colour) for colour in RAMP], float)
    at = np.linspace(0, len(RAMP) - 1, LEVELS)
    levels = np.stack([np.interp(at, np.arange(len(RAMP)), part) for part in ramp.T], axis=1)
    return np.concatenate(([rgb(background)], np.rint(levels))).astype(np.uint8)


def rgb(colour: str) -> tuple[int, int, int]:
    """Of #RRGGBB."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def image(frame: Frame) -> Raster | None:
    """What a screen shows below its traces; None: nothing."""
    return next((trace.image for trace in frame.traces.values() if trace.image is not None), None)


def painted(found: Raster, size: tuple[int, int], top: int, height: int, background: str) -> Image.Image:
    """The rows [top, top + height) of an image on a glass of this size, px."""
    small = Image.fromarray(colours(background)[found.levels.T[::-1]])
    rows = found.levels.shape[1]
    box = (0.0, top / size[1] * rows, float(found.levels.shape[0]), (top + height) / size[1] * rows)
    return small.resize((size[0], height), Image.Resampling.BILINEAR, box)
