"""The image of a painted screen, and that the page has the same colours."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from app.api.raster import colours, painted, rgb
from app.scope.palette import RAMP
from app.scope.raster import Raster

SCRIPT = Path(__file__).parents[2] / "app/ui/static/raster.js"


def test_the_page_has_the_same_colours() -> None:
    line = next(line for line in SCRIPT.read_text().splitlines() if "RAMP =" in line)
    assert tuple(re.findall(r"#\w{6}", line)) == RAMP


def test_colours_go_evenly_from_dark_to_bright() -> None:
    found = colours("#010203").astype(int)
    assert tuple(found[0]) == (1, 2, 3)
    assert (tuple(found[1]), tuple(found[255])) == (rgb(RAMP[0]), rgb(RAMP[-1]))
    light = found[1:] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(light) > -0.5).all()
    assert np.abs(np.diff(found[1:], axis=0)).max() <= 4


def test_an_image_is_painted_from_the_bottom_up_in_bands() -> None:
    values = np.full((4, 3), -80.0)
    values[1, 2], values[3, 0] = 0.0, np.nan
    raster = Raster.of(values, -80, 0, "dB")
    assert raster.levels[1].tolist() == [1, 1, 255]
    bands = [painted(raster, (400, 300), top, 150, "#FF0000") for top in (0, 150)]
    whole = np.concatenate([np.asarray(band) for band in bands])
    np.testing.assert_allclose(whole[10, 150], rgb(RAMP[-1]), atol=2)
    np.testing.assert_allclose(whole[290, 390], (255, 0, 0), atol=2)
    np.testing.assert_allclose(whole[290, 10], rgb(RAMP[0]), atol=2)
