"""What is drawn can be seen, and what is written can be read: in each theme, with each palette."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from app.scope.link import query, recall
from app.scope.palette import DASHES, MOST, PALETTES, THEMES, TRACES, Colours
from app.scope.scope import Scope

STATIC = Path(__file__).parents[2] / "app" / "ui" / "static"
STYLE = (STATIC / "theme.css").read_text("utf-8")
SCRIPT = (STATIC / "colours.js").read_text("utf-8")


def luminance(colour: str) -> float:
    """Source: Web Content Accessibility Guidelines 2.2, relative luminance
    https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [part / 255 for part in bytes.fromhex(colour.removeprefix("#"))]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: str) -> None:
    own = THEMES[theme]
    for ground in (own.background, own.surface, own.raised):
        for text in (own.text, own.dim, own.accent, own.trigger, own.run, own.stop, own.wait):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for lamp in (own.run, own.wait, own.stop, own.accent):
        assert contrast(own.lit, lamp) >= 4.5, lamp


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("palette", PALETTES)
def test_traces_can_be_seen_and_what_is_written_in_their_colours_be_read(palette: str, theme: str) -> None:
    own, traces = THEMES[theme], PALETTES[palette][theme]
    assert len(set(traces)) == MOST
    for trace in traces:
        assert contrast(trace, own.background) >= 3
        for ground in (own.background, own.surface, own.raised):
            assert contrast(trace, ground) >= 4.5, (trace, ground)
        assert contrast(own.lit, trace) >= 4.5, trace


def test_the_palette_for_colour_blind_people_does_not_rely_on_colour() -> None:
    assert len(set(DASHES["okabe-ito"])) == MOST
    assert all(len(dash) % 2 == 0 for dash in DASHES["okabe-ito"])
    for one, other in combinations(DASHES["okabe-ito"], 2):
        assert one != other


def variables(selector: str) -> dict[str, str]:
    """The colours that a rule of the style sheet sets."""
    rule = STYLE.partition(selector + " {")[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", rule))


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_has_the_same_colours(theme: str) -> None:
    selector = ":root" if theme == "dark" else f":root[data-theme={theme}]"
    found = variables(selector)
    assert {name: found[name] for name in asdict(THEMES[theme])} == asdict(THEMES[theme])
    for palette, sets in PALETTES.items():
        own = selector if palette == "standard" else f":root[data-theme={theme}][data-palette={palette}]"
        assert [variables(own)[f"ch{n + 1}"] for n in range(MOST)] == list(sets[theme])


def test_the_page_has_the_same_dashes_and_the_same_names_of_slots() -> None:
    assert re.findall(r"#[0-9A-F]{6}", SCRIPT) == list(TRACES)
    dashes = re.search(r"DASHES = \[(.*?)\n\]", SCRIPT, re.DOTALL)
    assert dashes is not None
    found = [tuple(map(int, re.findall(r"\d+", part))) for part in re.findall(r"\[(.*?)\]", dashes[1])]
    assert found == list(DASHES["okabe-ito"])


def test_what_is_unknown_is_dark_and_standard() -> None:
    assert Colours.of("auto", "") == Colours.of("dark", "standard") == Colours.of("", "none")


def test_a_link_tells_colours_and_cursors() -> None:
    text = "color.a=5&theme=light&palette=okabe-ito&cursors=time%2C0.2%2C0.7"
    scope = Scope()
    assert recall(scope, parse_qs(text)) == []
    assert query(scope) == text
    assert scope.view().query() == ""
    for bad in ("theme=pink", "palette=x", "cursors=time,2,3", "cursors=time", "cursors=xy,0,1", "color.a=9"):
        assert recall(scope, parse_qs(bad)) == [bad.partition("=")[0]]
    assert query(scope) == text
    scope.default()
    assert query(scope) == ""
