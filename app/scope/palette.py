"""Colours: themes, palettes of eight for the traces, which have theirs by slot, and a ramp of levels."""

from __future__ import annotations

from dataclasses import dataclass

TRACES = ("#FFD60A", "#00E5FF", "#FF5CF4", "#5AA2FF", "#FF9F0A", "#34D158", "#C9A2FF", "#FF6B6B")
"""Of the standard palette in the dark: what readouts say; a page in other colours takes its own for them."""

# from the lowest level to the highest, evenly spaced and evenly lighter (OKLab 0.17 to 0.93)
RAMP = ("#0F0E18", "#142249", "#004176", "#006585", "#008687", "#07A684", "#61C472", "#B3DB50", "#FFEA4C")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of everything but the traces, named as in the style sheet.

    axes  the centre lines of a painted graticule
    lit   text on what is lit: on a lamp, on the colour of a channel
    """

    background: str
    surface: str
    raised: str
    line: str
    axes: str
    text: str
    dim: str
    accent: str
    trigger: str
    run: str
    wait: str
    stop: str
    lit: str


THEMES = {
    "dark": Theme(
        background="#0B0F14", surface="#121821", raised="#1A222D", line="#2A323C", axes="#36404C",
        text="#C9D4E0", dim="#8A97A8", accent="#4CC2FF", trigger="#FF8A00",
        run="#4CCC4C", wait="#FFB020", stop="#FF5A5A", lit="#08110A",
    ),
    "light": Theme(
        background="#FFFFFF", surface="#F3F5F8", raised="#E6EAF0", line="#C3CBD5", axes="#AAB4C0",
        text="#17202B", dim="#4A5767", accent="#0B63B0", trigger="#A04A00",
        run="#1A7A1A", wait="#8A5A00", stop="#C01F1F", lit="#FFFFFF",
    ),
}  # fmt: skip
PALETTES = {  # by palette and theme
    "standard": {
        "dark": TRACES,
        "light": ("#826400", "#00727B", "#B5179E", "#1F5FD0", "#AE4900", "#1A7733", "#6B3FC0", "#C22B2B"),
    },
    "okabe-ito": {  # brightened or darkened where a screen needs more contrast than paper
        "dark": ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#DF6300", "#CC79A7", "#008FDF", "#FFFFFF"),
        "light": ("#8A6000", "#156DA0", "#007757", "#716A09", "#AA4B00", "#AA417B", "#004B87", "#000000"),
    },
}
DASHES: dict[str, tuple[tuple[int, ...], ...]] = {  # px on and off, by palette
    "standard": ((),) * 8,
    "okabe-ito": (
        (), (10, 4), (3, 3), (10, 3, 3, 3), (18, 4), (6, 6), (14, 3, 3, 3, 3, 3), (2, 6),
    ),
}  # fmt: skip
MOST = 8  # colours of a palette


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one picture.

    traces  by place in the palette
    """

    theme: Theme
    traces: tuple[str, ...]
    dashes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, theme: str = "dark", palette: str = "standard") -> Colours:
        """Of a theme and a palette; `auto` and what is not known are the dark one and the standard one."""
        theme = theme if theme in THEMES else "dark"
        palette = palette if palette in PALETTES else "standard"
        return cls(THEMES[theme], PALETTES[palette][theme], DASHES[palette])
