"""The list of keys is complete and true."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "app" / "ui" / "static"
NAMES = {" ": "Space", "Escape": "Esc", "\\\\": "\\\\"}


def test_every_key_that_acts_is_listed_and_no_other() -> None:
    keys = (STATIC / "keys.js").read_text("utf-8")
    actions = re.search(r"const actions = \{(.*?)\n  \}", keys, re.DOTALL)
    together = re.search(r"const together = \{(.*?)\}", keys)
    assert actions is not None
    assert together is not None
    named = re.findall(r"'([^']+)': |(\w+): ", actions[1])
    acting = {quoted or bare for quoted, bare in named if not bare.startswith("Arrow")}
    found = {NAMES.get(name, name.upper()) for name in acting}
    found |= {f"Ctrl {name.upper()}" for name in re.findall(r"(\w+):", together[1])}
    listed = (STATIC / "help.js").read_text("utf-8").partition("const KEYS = [")[2].partition("\n]")[0]
    told = set(re.findall(r"\['([^']+)', ", listed))
    told = {key for name in told for key in (name.split() if re.fullmatch(r"\S \S", name) else [name])}
    assert {name for name in told if not re.search(r"\\u|Tab", name)} == found
